//! Where it is played: a temporary folder with the remote and everybody's clones, and an environment in which nothing of the person's
//! own is found.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::ops::Error;
use crate::ops::demo::{Account, DemoRequest, sample};
use crate::system::directories::current_exe;
use crate::system::environment::{DEVPI_CLIENTDIR, GIT_DEVPI_HOME, GIT_DEVPI_PASSWORD};
use crate::system::files::{self, Access};
use crate::system::process::Tool;
use secrecy::ExposeSecret;

/// What a child keeps of the environment: what programs need to run, and to reach a package index from here. Everything else might
/// belong to a repository, to a CI system, or to somebody's settings.
const KEPT: [&str; 31] = [
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

/// The same by their beginnings: how this machine reaches its package index.
const KEPT_PREFIXES: [&str; 3] = ["PIP_", "UV_", "LLVM_PROFILE_"];

/// The folder, and what every child is given.
pub(super) struct Theatre {
    folder: PathBuf,
    tools: PathBuf,
    server: String,
    password: SecretString,
    taken_away: Vec<String>,
    given: Vec<(String, String)>,
}

impl Theatre {
    /// Makes the folder ready: git's configuration, and this very program as `git-devpi`.
    pub fn build(folder: &Path, tools: &Path, request: &DemoRequest<'_>, account: &Account) -> Result<Self, Error> {
        let programs = folder.join("bin");
        files::create_folder(&programs)?;
        let name = format!("git-devpi{}", std::env::consts::EXE_SUFFIX);
        put_program(&current_exe()?, &programs.join(name))?;
        let git_config = folder.join("gitconfig");
        files::write_atomic(&git_config, sample::GIT_CONFIG.as_bytes(), Access::Shared)?;

        let kept = |name: &str| KEPT.contains(&name) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        let names = request.environment.iter().map(|(name, _)| name);
        let taken_away = names.filter(|name| !kept(name)).map(str::to_owned).collect();
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let old_path = request.environment.get("PATH").unwrap_or_default();
        let separator = if cfg!(windows) { ";" } else { ":" };
        let given = [
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
            taken_away,
            given: given.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        })
    }

    /// A path in it.
    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }

    /// The server's URL.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// A program on the machine called `machine`: it has a home for tokens and caches of its own, and, as CI systems give it, the
    /// password in a variable.
    pub fn tool(&self, machine: &str, program: &str) -> Tool {
        let own = self.tools.join(program);
        let tool = if own.exists() { Tool::new(own) } else { Tool::new(program) };
        let tool = tool.without_env(&self.taken_away);
        let tool = self.given.iter().fold(tool, |tool, (name, value)| tool.env(name, value));
        tool.env(GIT_DEVPI_HOME, self.folder.join("homes").join(machine))
            .env(GIT_DEVPI_PASSWORD, self.password.expose_secret())
    }
}

/// This program under its own name, however it was started.
fn put_program(program: &Path, place: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    let done = fs_err::os::unix::fs::symlink(program, place);
    #[cfg(not(unix))]
    let done = fs_err::copy(program, place).map(drop);
    Ok(done.map_err(crate::system::Error::file("create", place))?)
}
