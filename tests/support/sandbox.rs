//! A temporary folder with its own home: commands inherit no settings, tokens, hooks or CI variables of the user who runs the tests, and
//! change nothing outside.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Run, Tools};

/// The inherited variables: those that programs need to run and to reach a package index.
const KEPT: [&str; 19] = [
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "COMSPEC",
    "PATHEXT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "LD_LIBRARY_PATH",
];

/// The prefixes of further inherited variables.
const KEPT_PREFIXES: [&str; 3] = ["PIP_", "UV_", "LLVM_PROFILE_"];

const GIT_CONFIG: &str = "[user]\n\tname = Test\n\temail = test@example.invalid\n[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n\
    [commit]\n\tgpgSign = false\n[protocol \"file\"]\n\tallow = always\n";

/// A temporary folder, and the environment in which commands are run there.
#[derive(Debug)]
pub struct Sandbox {
    folder: tempfile::TempDir,
    variables: BTreeMap<String, String>,
}

impl Sandbox {
    /// Provides git, the system's programs and the git-devpi under test; PATH has no Python tools.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("sandbox-").tempdir().unwrap();
        let kept = |name: &str| KEPT.contains(&name) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        let variables = std::env::vars().filter(|(name, _)| kept(name)).collect();
        let mut sandbox = Self { folder, variables };
        let home = sandbox.path("home");
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join(".gitconfig"), GIT_CONFIG).unwrap();
        let text = |path: &Path| path.to_str().expect("a temporary folder with a Unicode name").to_owned();
        sandbox.set("HOME", &text(&home));
        sandbox.set("USERPROFILE", &text(&home));
        sandbox.set("XDG_CONFIG_HOME", &text(&home.join(".config")));
        sandbox.set("GIT_CONFIG_GLOBAL", &text(&home.join(".gitconfig")));
        sandbox.set("GIT_CONFIG_NOSYSTEM", "1");
        sandbox.set("GIT_TERMINAL_PROMPT", "0");
        sandbox.set("GIT_DEVPI_HOME", &text(&home.join("git-devpi")));
        sandbox.set("LANG", "C.UTF-8");
        for (variable, tool) in [("PIP_CACHE_DIR", "pip"), ("UV_CACHE_DIR", "uv")] {
            sandbox.set(variable, &text(&Tools::download_cache(tool)));
        }
        let path = std::env::var("PATH").unwrap_or_default();
        sandbox.set("PATH", &path);
        let binary = Path::new(env!("CARGO_BIN_EXE_git-devpi"));
        sandbox.path_first(binary.parent().unwrap());
        sandbox
    }

    /// The same with tox, uv, build, devpi-client and their Python on PATH, after the git-devpi under test.
    pub fn with_tools() -> Self {
        let mut sandbox = Self::new();
        sandbox.path_first(&Tools::get().bin());
        sandbox.path_first(Path::new(env!("CARGO_BIN_EXE_git-devpi")).parent().unwrap());
        sandbox
    }

    /// A path in the sandbox.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Sets a variable for all commands from now on.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Unsets a variable for all commands from now on.
    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.variables.remove(name);
        self
    }

    /// Looks for programs in `folder` first.
    pub fn path_first(&mut self, folder: &Path) -> &mut Self {
        let old = self.variables.get("PATH").cloned().unwrap_or_default();
        let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&old).filter(|p| p != folder));
        let new = std::env::join_paths(folders).unwrap().into_string().unwrap();
        self.set("PATH", &new)
    }

    /// Leaves only these programs of the machine on PATH, and the git-devpi under test.
    #[cfg(unix)]
    pub fn only_programs(&mut self, programs: &[&str]) -> &mut Self {
        let bin = self.path("only-programs");
        std::fs::create_dir_all(&bin).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        for program in programs {
            let mut found = std::env::split_paths(&path).map(|folder| folder.join(program));
            std::os::unix::fs::symlink(found.find(|path| path.is_file()).unwrap(), bin.join(program)).unwrap();
        }
        self.set("PATH", bin.to_str().unwrap());
        self.path_first(Path::new(env!("CARGO_BIN_EXE_git-devpi")).parent().unwrap())
    }

    /// The current variables, for calls of the library.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// A command in `folder`, not yet started, so that a test can add variables or input. It inherits the sandbox's variables only.
    pub fn command(&self, folder: &Path, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.variables).current_dir(folder).stdin(Stdio::null());
        command
    }

    /// Runs a command in `folder`.
    #[track_caller]
    pub fn run(&self, folder: &Path, program: &str, arguments: &[&str]) -> Run {
        self.finish(self.command(folder, program).args(arguments))
    }

    /// Runs a command made with [`Sandbox::command`].
    #[track_caller]
    pub fn finish(&self, command: &mut Command) -> Run {
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let line = words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
        let output = command.output().unwrap_or_else(|e| panic!("{line}: {e}"));
        Run::new(line, &output)
    }

    /// Runs a command in `folder` with `input` on its stdin: a hook, a password.
    #[track_caller]
    pub fn run_with_input(&self, folder: &Path, words: &[&str], input: &[u8]) -> Run {
        let mut command = self.command(folder, words[0]);
        command.args(&words[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{words:?}: {e}"));
        // Small inputs fit into the pipe, so this does not block. A command that does not read its input is no error.
        let _ = child.stdin.take().unwrap().write_all(input);
        Run::new(words.join(" "), &child.wait_with_output().unwrap())
    }

    /// Runs git in `folder`.
    #[track_caller]
    pub fn git(&self, folder: &Path, arguments: &[&str]) -> Run {
        self.run(folder, "git", arguments)
    }

    /// Runs `git devpi …` in `folder`.
    #[track_caller]
    pub fn devpi(&self, folder: &Path, arguments: &[&str]) -> Run {
        self.git(folder, &[&["devpi"], arguments].concat())
    }

    /// Whether git runs hooks from its configuration, so that git-devpi installs them there.
    pub fn has_config_hooks(&self) -> bool {
        let version = self.git(&self.path(""), &["--version"]).ok().stdout;
        let mut numbers = version.trim_start_matches("git version ").split('.').map(|n| n.parse::<u32>().unwrap_or(0));
        (numbers.next(), numbers.next()) >= (Some(2), Some(54))
    }

    /// A bare repository as a remote.
    pub fn bare_remote(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        self.git(self.folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main", name]).ok();
        folder
    }

    /// An empty repository on the branch `main`.
    pub fn repository(&self, name: &str) -> PathBuf {
        let folder = self.path(name);
        self.git(self.folder.path(), &["init", "--quiet", "--initial-branch=main", name]).ok();
        folder
    }

    /// A clone of `remote`.
    pub fn clone_of(&self, remote: &Path, name: &str) -> PathBuf {
        let remote = remote.to_str().unwrap();
        self.git(self.folder.path(), &["clone", "--quiet", remote, name]).ok();
        self.path(name)
    }

    /// A fake interpreter: it reports these tags, and runs the tools' Python for everything else. Returns
    /// `NAME/bin/python`; `python3` and `python3.13` are beside it.
    #[cfg(unix)]
    pub fn interpreter(&self, name: &str, tags: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let bin = self.path(name).join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        let real = Tools::get().python();
        let lines = tags.split_whitespace().collect::<Vec<_>>().join("\n");
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *packaging.tags*) cat <<END\n{lines}\nEND\n;; *) exec '{}' \"$@\";; esac\n",
            real.display()
        );
        for name in ["python", "python3", "python3.13"] {
            std::fs::write(bin.join(name), &script).unwrap();
            std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        bin.join("python")
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything in the work tree; returns the commit.
    pub fn commit_all(&self, folder: &Path, message: &str) -> String {
        self.git(folder, &["add", "--all"]).ok();
        self.git(folder, &["commit", "--quiet", "--allow-empty", "-m", message]).ok();
        self.git(folder, &["rev-parse", "HEAD"]).ok().text().to_owned()
    }
}
