//! The contents of built files and work trees.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{Sandbox, Tools};

/// Prints the contents of `sys.argv[1]`, without any packaging library.
const READ: &str = r#"
import email.parser, hashlib, json, sys, tarfile, zipfile
path, files, modes = sys.argv[1], {}, {}
if path.endswith(".whl"):
    with zipfile.ZipFile(path) as wheel:
        for entry in wheel.infolist():
            files[entry.filename], modes[entry.filename] = wheel.read(entry), entry.external_attr >> 16 & 0o777
    meta = [f for n, f in files.items() if n.endswith(".dist-info/METADATA")]
else:
    with tarfile.open(path) as sdist:
        for entry in sdist.getmembers():
            name = entry.name.partition("/")[2]
            if entry.isfile():
                files[name], modes[name] = sdist.extractfile(entry).read(), entry.mode & 0o777
            elif entry.issym():
                files[name] = entry.linkname.encode()
    meta = [files["PKG-INFO"]]
head = email.parser.BytesParser().parsebytes(meta[0])
print(json.dumps({"metadata": len(meta), "name": head["Name"], "version": head["Version"], "modes": modes,
    "files": {n: b.decode("utf-8", "replace") for n, b in files.items() if not n.endswith("/")}}))
"#;

/// The contents of a wheel or an sdist. Names in an sdist are relative to its top folder.
#[derive(Debug)]
pub struct Archive {
    pub name: String,
    pub version: String,
    pub files: BTreeMap<String, String>,
    pub modes: BTreeMap<String, u32>,
}

impl Archive {
    /// Reads the file.
    #[track_caller]
    pub fn read(sandbox: &Sandbox, path: &Path) -> Self {
        let python = Tools::get().python();
        let words = ["-I", "-c", READ, path.to_str().unwrap()];
        let said = sandbox.run(&sandbox.path("home"), python.to_str().unwrap(), &words).ok().json();
        assert_eq!(said["metadata"], 1, "{}", path.display());
        let text = |key: &str| said[key].as_str().unwrap().to_owned();
        Self {
            name: text("name"),
            version: text("version"),
            files: serde_json::from_value(said["files"].clone()).unwrap(),
            modes: serde_json::from_value(said["modes"].clone()).unwrap(),
        }
    }

    /// The text of the one file whose path ends with `end`.
    #[track_caller]
    pub fn text(&self, end: &str) -> &str {
        let found: Vec<_> = self.files.iter().filter(|(name, _)| is_end_of(end, name)).collect();
        assert_eq!(found.len(), 1, "{end} in {:?}", self.files.keys());
        found[0].1
    }

    /// Whether a file's path ends with `end`.
    pub fn has(&self, end: &str) -> bool {
        self.files.keys().any(|name| is_end_of(end, name))
    }
}

fn is_end_of(end: &str, name: &str) -> bool {
    name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// Everything that a build must not change: each file of the work tree and of its git folder with mode and content (but git's index,
/// which `git status` may refresh), the output of `git status`, and every ref.
pub fn state(sandbox: &Sandbox, folder: &Path) -> String {
    let script = "git status --porcelain --ignored -uall; git for-each-ref; git stash list; git worktree list; \
        find . -name index -path '*/.git/*' -prune -o -printf '%M %p %l\\n' | sort; \
        find . -name index -path '*/.git/*' -prune -o -type f -exec sha256sum {} + | sort";
    sandbox.run(folder, "sh", &["-ec", script]).ok().stdout
}
