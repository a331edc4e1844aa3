//! The environment of the demonstration: a temporary folder with the remote and the clones, and variables for the child processes.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::ops::Error;
use crate::ops::demo::account::Account;
use crate::ops::demo::request::DemoRequest;
use crate::ops::demo::sample;
use crate::system::directories::current_exe;
use crate::system::environment::{DEVPI_CLIENTDIR, GIT_DEVPI_HOME, GIT_DEVPI_PASSWORD};
use crate::system::files::{self, Access};
use crate::system::process::Tool;
use secrecy::ExposeSecret;

/// The variables that a child process inherits: what programs need to run and to reach a package index. All others are removed,
/// since they can belong to a repository, a CI system or the settings of the user.
const INHERITED: [&str; 31] = [
    "HOME",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "COMSPEC",
    "PATHEXT",
    "LD_LIBRARY_PATH",
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
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "NETRC",
    "TERM",
    "USER",
];

/// The prefixes of further inherited variables: the configuration of package installers.
const INHERITED_PREFIXES: [&str; 3] = ["PIP_", "UV_", "LLVM_PROFILE_"];

/// The folder and the environment of every child process.
pub(super) struct Fixture {
    folder: PathBuf,
    tools: PathBuf,
    server: String,
    password: SecretString,
    removed: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Fixture {
    /// Prepares the folder: git's configuration, and the running program as `git-devpi`.
    pub fn build(folder: &Path, tools: &Path, request: &DemoRequest<'_>, account: &Account) -> Result<Self, Error> {
        let programs = folder.join("bin");
        files::create_folder(&programs)?;
        let name = format!("git-devpi{}", std::env::consts::EXE_SUFFIX);
        link_program(&current_exe()?, &programs.join(name))?;
        let git_config = folder.join("gitconfig");
        files::write_atomic(&git_config, sample::GIT_CONFIG.as_bytes(), Access::Shared)?;

        let is_inherited =
            |name: &str| INHERITED.contains(&name) || INHERITED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        let names = request.environment.iter().map(|(name, _)| name);
        let removed = names.filter(|name| !is_inherited(name)).map(str::to_owned).collect();
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let old_path = request.environment.get("PATH").unwrap_or_default();
        let separator = if cfg!(windows) { ";" } else { ":" };
        let variables = [
            ("PATH", [text(&programs), text(tools), old_path.to_owned()].join(separator)),
            ("GIT_CONFIG_GLOBAL", text(&git_config)),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("GIT_TERMINAL_PROMPT", "0".to_owned()),
            ("GIT_DEVPI_KEEP_FOR", "0".to_owned()),
            (DEVPI_CLIENTDIR, text(&folder.join("no-devpi-client"))),
        ];
        Ok(Self {
            folder: folder.to_owned(),
            tools: tools.to_owned(),
            server: account.session.root().to_string(),
            password: account.password.clone(),
            removed,
            variables: variables.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        })
    }

    /// Returns a path below the folder.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }

    /// The server's URL.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Prepares a call of `program` for `actor`, which has its own home for tokens and caches and, as in CI, the password in a
    /// variable.
    pub fn tool(&self, actor: &str, program: &str) -> Tool {
        let own = self.tools.join(program);
        let tool = if own.exists() { Tool::new(own) } else { Tool::new(program) };
        let tool = tool.without_env(&self.removed);
        let tool = self.variables.iter().fold(tool, |tool, (name, value)| tool.env(name, value));
        tool.env(GIT_DEVPI_HOME, self.folder.join("homes").join(actor))
            .env(GIT_DEVPI_PASSWORD, self.password.expose_secret())
    }
}

/// Links the running program under the name `git-devpi`, also when it was started under another one.
fn link_program(program: &Path, place: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    let done = fs_err::os::unix::fs::symlink(program, place);
    #[cfg(not(unix))]
    let done = fs_err::copy(program, place).map(drop);
    Ok(done.map_err(crate::system::Error::file("create", place))?)
}
