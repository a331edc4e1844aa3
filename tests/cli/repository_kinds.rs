//! The kinds of repositories, and the ways to select one, that `every_repository` asks about.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;

use crate::support::Sandbox;

/// A repository, and how git is called in it.
pub struct Case {
    pub sandbox: Sandbox,
    /// The folder in which git starts.
    pub folder: PathBuf,
    /// The options between `git` and the command.
    pub options: Vec<String>,
}

/// Makes a repository; an error is the reason why this machine cannot.
pub type Make = fn(Sandbox) -> Result<Case, String>;

/// How repositories are stored.
pub const FORMATS: [(&str, Make); 20] = [
    ("plain", |sandbox| plain(sandbox, |_, _| {})),
    ("SHA-256", |sandbox| with_format(sandbox, "--object-format=sha256")),
    ("reftable", |sandbox| with_format(sandbox, "--ref-format=reftable")),
    ("extensions.refStorage=files", |sandbox| with_format(sandbox, "--ref-format=files")),
    ("packed refs and a commit-graph", |sandbox| {
        plain(sandbox, |sandbox, top| {
            sandbox.git(top, &["pack-refs", "--all"]).ok();
            sandbox.git(top, &["gc", "--quiet"]).ok();
            sandbox.git(top, &["commit-graph", "write", "--reachable"]).ok();
        })
    }),
    ("linked worktree", |sandbox| {
        let case = made(sandbox);
        case.sandbox.git(&case.folder, &["worktree", "add", "--quiet", "../linked", "-b", "linked", "main"]).ok();
        Ok(Case { folder: case.sandbox.path("linked/sub"), ..case })
    }),
    ("linked worktree with relative paths", |sandbox| {
        let case = made(sandbox);
        case.needs(&["worktree", "add", "--quiet", "--relative-paths", "../linked", "-b", "linked", "main"])?;
        Ok(Case { folder: case.sandbox.path("linked"), ..case })
    }),
    ("linked worktree of a bare repository", |sandbox| {
        let case = made(sandbox);
        case.sandbox.git(&case.sandbox.path(""), &["clone", "--quiet", "--bare", "clone", "bare.git"]).ok();
        let bare = case.sandbox.path("bare.git");
        case.sandbox.git(&bare, &["remote", "set-url", "origin", "../remote.git"]).ok();
        case.sandbox.git(&bare, &["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"]).ok();
        case.sandbox.git(&bare, &["fetch", "--quiet"]).ok();
        case.sandbox.git(&bare, &["remote", "set-head", "origin", "main"]).ok();
        settings(&case.sandbox, &bare);
        case.sandbox.git(&bare, &["worktree", "add", "--quiet", "../tree", "main"]).ok();
        Ok(Case { folder: case.sandbox.path("tree"), ..case })
    }),
    ("submodule", |sandbox| {
        let case = made(sandbox);
        let top = case.sandbox.repository("super");
        case.sandbox.git(&top, &["submodule", "--quiet", "add", "../remote.git", "lib"]).ok();
        settings(&case.sandbox, &top.join("lib"));
        Ok(Case { folder: top.join("lib"), ..case })
    }),
    ("shallow clone", |sandbox| cloned(sandbox, &["--depth=2", "--no-single-branch"])),
    ("partial clone without blobs", |sandbox| cloned(sandbox, &["--filter=blob:none"])),
    ("partial clone without trees", |sandbox| cloned(sandbox, &["--filter=tree:0"])),
    ("sparse checkout", |sandbox| {
        plain(sandbox, |sandbox, top| drop(sandbox.git(top, &["sparse-checkout", "set", "--cone", "sub"]).ok()))
    }),
    ("alternates", |sandbox| cloned(sandbox, &["--shared"])),
    ("alternates by a relative path", |sandbox| {
        let case = cloned(sandbox, &["--shared"])?;
        let file = case.folder.join(".git/objects/info/alternates");
        std::fs::write(file, "../../../remote.git/objects\n").unwrap();
        Ok(case)
    }),
    ("git folder elsewhere", |sandbox| cloned(sandbox, &["--separate-git-dir=git folder"])),
    ("a branch and a tag of the same name", |sandbox| {
        plain(sandbox, |sandbox, top| drop(sandbox.git(top, &["tag", "feature/x", "main~1"]).ok()))
    }),
    ("a branch name that is not ASCII", |sandbox| {
        plain(sandbox, |sandbox, top| drop(sandbox.git(top, &["switch", "--quiet", "--create", "größe/🚀"]).ok()))
    }),
    ("uncommitted changes", |sandbox| plain(sandbox, |sandbox, top| sandbox.write(top, "sub/a.txt", "changed"))),
    ("index version 4, split, with an untracked cache", |sandbox| {
        plain(sandbox, |sandbox, top| {
            sandbox.git(top, &["update-index", "--index-version", "4"]).ok();
            sandbox.git(top, &["update-index", "--split-index", "--untracked-cache"]).ok();
        })
    }),
];

/// From where, and with which options and variables, git finds a repository.
pub const PLACES: [(&str, Make); 14] = [
    ("subfolder", |sandbox| Ok(made(sandbox).inside("sub"))),
    ("behind a symbolic link", |sandbox| {
        let case = made(sandbox);
        std::os::unix::fs::symlink(&case.folder, case.sandbox.path("link")).unwrap();
        Ok(Case { folder: case.sandbox.path("link/sub"), ..case })
    }),
    ("path with spaces and a quote", |sandbox| {
        let case = made(sandbox);
        let folder = case.sandbox.path("it's a clone");
        std::fs::rename(&case.folder, &folder).unwrap();
        Ok(Case { folder, ..case })
    }),
    ("bare", |sandbox| {
        let case = cloned(sandbox, &["--bare"])?;
        case.git(&["remote", "set-head", "origin", "main"]);
        Ok(case)
    }),
    ("bare, as in a post-receive hook", |sandbox| {
        let mut case = cloned(sandbox, &["--bare"])?;
        case.git(&["remote", "set-head", "origin", "main"]);
        case.set("GIT_DIR", ".");
        Ok(case)
    }),
    ("inside .git", |sandbox| Ok(made(sandbox).inside(".git"))),
    ("core.worktree", |sandbox| {
        let case = made(sandbox);
        let tree = case.sandbox.path("tree");
        std::fs::create_dir(&tree).unwrap();
        case.sandbox.git(&case.folder, &["config", "core.worktree", "../../tree"]).ok();
        case.sandbox.git(&case.folder, &["checkout", "--quiet", "--force"]).ok();
        Ok(Case {
            options: strings(&[&format!("--git-dir={}", case.folder.join(".git").display())]),
            folder: tree,
            ..case
        })
    }),
    ("git --git-dir, relative", |sandbox| Ok(made(sandbox).with_options(&["--git-dir=.git"]))),
    ("git --git-dir and --work-tree from outside", |sandbox| {
        let case = made(sandbox).with_options(&["--git-dir=../clone/.git", "--work-tree=../clone"]);
        std::fs::create_dir(case.sandbox.path("outside")).unwrap();
        Ok(Case { folder: case.sandbox.path("outside"), ..case })
    }),
    ("git -C", |sandbox| Ok(made(sandbox).with_options(&["-C", "sub"]))),
    ("GIT_DIR of another repository", |sandbox| {
        let mut case = made(sandbox);
        let around = case.sandbox.repository("around");
        case.sandbox.git(&around, &["config", "devpi.user", "of-around"]).ok();
        case.set("GIT_DIR", case.folder.join(".git"));
        case.set("GIT_WORK_TREE", case.folder.clone());
        Ok(Case { folder: around, ..case })
    }),
    ("GIT_DIR of a linked worktree, as in its hooks", |sandbox| {
        let mut case = made(sandbox);
        case.sandbox.git(&case.folder, &["worktree", "add", "--quiet", "../linked", "-b", "linked", "main"]).ok();
        case.set("GIT_DIR", case.folder.join(".git/worktrees/linked"));
        Ok(Case { folder: case.sandbox.path("linked"), ..case })
    }),
    ("GIT_OBJECT_DIRECTORY and alternates in the environment", |sandbox| {
        let mut case = made(sandbox);
        let objects = case.sandbox.path("objects");
        std::fs::create_dir(&objects).unwrap();
        case.set("GIT_OBJECT_DIRECTORY", objects);
        case.set("GIT_ALTERNATE_OBJECT_DIRECTORIES", case.folder.join(".git/objects"));
        Ok(case)
    }),
    ("GIT_INDEX_FILE", |sandbox| {
        let mut case = made(sandbox);
        case.set("GIT_INDEX_FILE", case.sandbox.path("another-index"));
        Ok(case)
    }),
];

/// Where settings come from.
pub const CONFIGURATIONS: [(&str, Make); 10] = [
    ("worktreeConfig", |sandbox| {
        let case = made(sandbox);
        case.sandbox.git(&case.folder, &["worktree", "add", "--quiet", "../linked", "-b", "linked", "main"]).ok();
        let linked = case.sandbox.path("linked");
        case.sandbox.git(&linked, &["config", "extensions.worktreeConfig", "true"]).ok();
        case.sandbox.git(&linked, &["config", "--worktree", "devpi.user", "of-worktree"]).ok();
        case.sandbox.git(&linked, &["config", "--worktree", "core.hooksPath", "its hooks"]).ok();
        Ok(Case { folder: linked, ..case })
    }),
    ("GIT_CONFIG, which only `git config` reads", |sandbox| {
        let mut case = made(sandbox);
        std::fs::write(case.sandbox.path("config"), "[devpi]\n\tuser = of-file\n").unwrap();
        case.set("GIT_CONFIG", case.sandbox.path("config"));
        Ok(case)
    }),
    ("git -c", |sandbox| Ok(made(sandbox).with_options(&["-c", "devpi.user=of-c", "-c", "core.hooksPath=hooks of c"]))),
    ("git --config-env", |sandbox| {
        let mut case = made(sandbox).with_options(&["--config-env=devpi.user=NAME"]);
        case.set("NAME", "of-env");
        Ok(case)
    }),
    ("GIT_CONFIG_COUNT", |sandbox| {
        let mut case = made(sandbox);
        let pairs =
            [("devpi.user", "of-count"), ("core.hooksPath", ".counted"), ("remote.origin.url", "../counted.git")];
        case.set("GIT_CONFIG_COUNT", pairs.len().to_string());
        for (number, (key, value)) in pairs.iter().enumerate() {
            case.set(&format!("GIT_CONFIG_KEY_{number}"), key);
            case.set(&format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        Ok(case)
    }),
    ("GIT_CONFIG_GLOBAL", |sandbox| {
        let mut case = made(sandbox);
        let other = case.sandbox.path("other config");
        std::fs::copy(case.sandbox.path("home/.gitconfig"), &other).unwrap();
        case.set("GIT_CONFIG_GLOBAL", &other);
        case.sandbox.git(&case.folder, &["config", "--unset", "devpi.user"]).ok();
        case.sandbox.git(&case.folder, &["config", "--global", "devpi.user", "of-global"]).ok();
        case.sandbox.git(&case.folder, &["config", "--global", "url.../renamed.git.insteadOf", "../remote.git"]).ok();
        Ok(case)
    }),
    ("GIT_CONFIG_SYSTEM", |sandbox| {
        let mut case = made(sandbox);
        std::fs::write(case.sandbox.path("system"), "[devpi]\n\tuser = of-system\n").unwrap();
        case.sandbox.git(&case.folder, &["config", "--unset", "devpi.user"]).ok();
        case.sandbox.unset("GIT_CONFIG_NOSYSTEM");
        case.set("GIT_CONFIG_SYSTEM", case.sandbox.path("system"));
        Ok(case)
    }),
    ("includeIf gitdir", |sandbox| included(sandbox, |case| format!("gitdir:{}/", case.folder.display()))),
    ("includeIf onbranch", |sandbox| included(sandbox, |_| "onbranch:feature/**".to_owned())),
    ("includeIf hasconfig", |sandbox| included(sandbox, |_| "hasconfig:remote.*.url:**/remote.git".to_owned())),
];

impl Case {
    /// Runs `git OPTIONS devpi …` and returns its JSON.
    pub fn devpi(&self, arguments: &[&str]) -> Value {
        let run = self.sandbox.git(&self.folder, &self.words(&[&["devpi"], arguments].concat()));
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| Value::String(run.to_string()))
    }

    /// Stamps a copy, and returns the files that git lists in it.
    pub fn stamped(&self) -> String {
        let copy = self.sandbox.path("stamped copy");
        let run = self.sandbox.git(&self.folder, &self.words(&["devpi", "stamp", "--out", copy.to_str().unwrap()]));
        if run.status != 0 {
            return run.to_string();
        }
        let mut list = self.sandbox.command(&copy, "git");
        let variables = self.sandbox.git(&copy, &["rev-parse", "--local-env-vars"]).stdout;
        for name in variables.lines() {
            list.env_remove(name);
        }
        self.sandbox.finish(list.arg("ls-files")).text().to_owned()
    }

    /// Runs `git OPTIONS …` and returns its output, or what it says when it fails.
    ///
    /// `git config` reads the file that `GIT_CONFIG` names, and no other command does.
    pub fn git(&self, arguments: &[&str]) -> String {
        let mut command = self.sandbox.command(&self.folder, "git");
        let run = self.sandbox.finish(command.args(self.words(arguments)).env_remove("GIT_CONFIG"));
        if run.status == 0 { run.text().to_owned() } else { run.to_string() }
    }

    fn words<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        self.options.iter().map(String::as_str).chain(arguments.iter().copied()).collect()
    }

    fn set(&mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) {
        self.sandbox.set(name, value.as_ref().to_str().unwrap());
    }

    fn inside(self, folder: &str) -> Self {
        Self { folder: self.folder.join(folder), ..self }
    }

    fn with_options(self, options: &[&str]) -> Self {
        Self { options: strings(options), ..self }
    }

    /// Runs git; an error if this git does not know an option.
    fn needs(&self, arguments: &[&str]) -> Result<(), String> {
        needs(&self.sandbox, &self.folder, arguments)
    }
}

fn needs(sandbox: &Sandbox, folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let run = sandbox.git(folder, arguments);
    if run.status == 129 || run.stderr.contains("unknown option") {
        let version = sandbox.git(folder, &["--version"]).stdout;
        return Err(format!("{} does not know `git {}`", version.trim(), arguments.join(" ")));
    }
    run.ok();
    Ok(())
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A clone `clone` of `remote.git` on the branch `feature/x`, which is one commit ahead of `main`; `main` has the tag v1.4.
fn made(sandbox: Sandbox) -> Case {
    static ORIGINAL: OnceLock<Case> = OnceLock::new();
    // A copy needs one process instead of twenty.
    let original = &ORIGINAL.get_or_init(|| fill(Sandbox::new(), &[]).unwrap()).sandbox;
    let (clone, remote) = (original.path("clone"), original.path("remote.git"));
    let target = sandbox.path("");
    let words = ["-a", clone.to_str().unwrap(), remote.to_str().unwrap(), target.to_str().unwrap()];
    sandbox.run(&target, "cp", &words).ok();
    Case { folder: sandbox.path("clone"), sandbox, options: Vec::new() }
}

fn plain(sandbox: Sandbox, change: fn(&Sandbox, &Path)) -> Result<Case, String> {
    let case = made(sandbox);
    change(&case.sandbox, &case.folder);
    Ok(case)
}

fn with_format(sandbox: Sandbox, format: &str) -> Result<Case, String> {
    fill(sandbox, &[format]).map(|case| case.inside("sub"))
}

/// Another clone of the same remote.
fn cloned(sandbox: Sandbox, options: &[&str]) -> Result<Case, String> {
    let case = made(sandbox);
    let remote = format!("file://{}", case.sandbox.path("remote.git").display());
    case.sandbox.git(&case.folder, &["push", "--quiet", "origin", "feature/x"]).ok();
    case.sandbox.git(&case.sandbox.path("remote.git"), &["config", "uploadpack.allowFilter", "true"]).ok();
    let shared = options.contains(&"--shared");
    let source = if shared { "remote.git" } else { remote.as_str() };
    let arguments = [&["clone", "--quiet"], options, &["--", source, "another"]].concat();
    case.sandbox.git(&case.sandbox.path(""), &arguments).ok();
    let folder = case.sandbox.path("another");
    match options.contains(&"--bare") {
        true => {
            case.sandbox.git(&folder, &["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"]).ok();
            case.sandbox.git(&folder, &["fetch", "--quiet"]).ok();
        }
        false => drop(case.sandbox.git(&folder, &["switch", "--quiet", "feature/x"]).ok()),
    }
    settings(&case.sandbox, &folder);
    Ok(Case { folder, ..case })
}

/// A clone whose user's configuration sets `devpi.user` under a condition.
fn included(sandbox: Sandbox, condition: fn(&Case) -> String) -> Result<Case, String> {
    let case = made(sandbox);
    case.sandbox.git(&case.folder, &["config", "--unset", "devpi.user"]).ok();
    let file = case.sandbox.path("included");
    std::fs::write(&file, "[devpi]\n\tuser = of-include\n").unwrap();
    let key = format!("includeIf.{}.path", condition(&case));
    case.sandbox.git(&case.folder, &["config", "--global", &key, file.to_str().unwrap()]).ok();
    assert_eq!(case.git(&["config", "devpi.user"]), "of-include");
    Ok(case)
}

fn fill(sandbox: Sandbox, format: &[&str]) -> Result<Case, String> {
    let init = ["init", "--quiet", "--initial-branch=main"];
    needs(&sandbox, &sandbox.path(""), &[&init, format, &["--bare", "remote.git"]].concat())?;
    needs(&sandbox, &sandbox.path(""), &[&init, format, &["clone"]].concat())?;
    let folder = sandbox.path("clone");
    let pyproject = "[build-system]\nrequires = [\"hatchling\", \"hatch-vcs\"]\nbuild-backend = \"hatchling.build\"\n\
         [project]\nname = \"scm\"\ndynamic = [\"version\"]\n[tool.hatch.version]\nsource = \"vcs\"\n";
    sandbox.write(&folder, "pyproject.toml", pyproject);
    sandbox.write(&folder, "sub/a.txt", "a\n");
    sandbox.commit_all(&folder, "First");
    sandbox.git(&folder, &["tag", "-m", "Release", "v1.4"]).ok();
    sandbox.commit_all(&folder, "Second");
    sandbox.git(&folder, &["remote", "add", "origin", "../remote.git"]).ok();
    sandbox.git(&folder, &["push", "--quiet", "--tags", "origin", "main"]).ok();
    sandbox.git(&folder, &["fetch", "--quiet"]).ok();
    sandbox.git(&folder, &["remote", "set-head", "origin", "main"]).ok();
    sandbox.git(&folder, &["switch", "--quiet", "--create", "feature/x"]).ok();
    sandbox.commit_all(&folder, "Third");
    settings(&sandbox, &folder);
    Ok(Case { sandbox, folder, options: Vec::new() })
}

fn settings(sandbox: &Sandbox, folder: &Path) {
    sandbox.git(folder, &["config", "devpi.server", "https://devpi.example.com/"]).ok();
    sandbox.git(folder, &["config", "devpi.user", "of-clone"]).ok();
}
