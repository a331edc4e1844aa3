//! The decisions about the errors of each room.

use super::Verdict;
use crate::build::version;
use crate::cli::exit_code::Exit;
use crate::devpi;
use crate::git;
use crate::model::stamp::StampError;
use crate::ops::promote;
use crate::python;
use crate::settings::{self, Key};
use crate::system;
use crate::workspace::local_server;

use Exit::{Conflict, No, NotAllowed, Server, Tool, Unusable};

pub(super) fn git(error: &git::Error) -> Verdict {
    use git::Error as E;
    match error {
        E::NotARepository { .. } => Verdict::new(Unusable, &["go into a repository, or make one: `git init`"]),
        E::DubiousOwnership { path } => Verdict::hint(
            Unusable,
            format!("if you trust it: `git config --global --add safe.directory '{}'`", path.display()),
        ),
        E::GitMissing => Verdict::new(Tool, &["install git 2.25 or newer"]),
        E::GitFailed { output, .. } => Verdict::new(Tool, &[]).with_output(output),
        E::UnexpectedOutput { .. } => Verdict::new(Tool, &["git 2.25 or newer is needed: `git --version`"]),
        E::RemoteUnreachable { .. } | E::RemoteTimedOut { .. } => {
            Verdict::new(Tool, &["see whether git reaches it: `git ls-remote`"])
        }
        E::NoSuchCommit { .. } => {
            Verdict::new(Unusable, &["fetch it: `git fetch`; in a shallow clone `git fetch --unshallow`"])
        }
        E::LfsPointers { .. } => Verdict::new(Unusable, &["fetch the files: `git lfs pull`"]),
        E::NoWorkTree { .. } => Verdict::new(Unusable, &["run it in a clone of this repository"]),
        E::System(error) => system(error),
    }
}

pub(super) fn devpi(error: &devpi::Error) -> Verdict {
    use devpi::Error as E;
    let server_setting = "`git devpi settings` shows which server is set, and by whom";
    match error {
        E::BadUrl { .. } => Verdict::new(Unusable, &[server_setting]),
        E::UserInfoInUrl { url } => {
            Verdict::hint(Unusable, format!("`git config devpi.server {url}`, and `git devpi login` for the password"))
        }
        E::HttpNotAllowed { host, .. } => Verdict::hint(
            Unusable,
            format!("use https; or, on a network that you trust: `git config --add devpi.allowHttp {host}`"),
        ),
        E::BadCertificate { .. } => {
            Verdict::new(Unusable, &["`git devpi settings` shows who set ca-bundle and client-cert"])
        }
        E::Unreachable { .. } => {
            Verdict::new(Server, &["is the server running? is the address right? `git devpi settings` shows it"])
        }
        E::Tls { .. } => Verdict::new(
            Server,
            &["if the server's certificate is your company's: `git config --global devpi.caBundle /path/to/ca.pem`"],
        ),
        E::Broken { .. } | E::DeadlineExceeded { .. } | E::StaleReplica { .. } | E::ServerError { .. } => {
            Verdict::new(Server, &["try again; everything that was done stays as it is"])
        }
        E::Redirected { to, .. } => {
            Verdict::hint(Server, format!("if that is the server: `git config devpi.server {to}`"))
        }
        E::NotDevpi { .. } => {
            Verdict::new(Server, &["the URL must be the devpi server's root, without user and index", server_setting])
        }
        E::WrongPassword { login } => Verdict::hint(
            NotAllowed,
            format!("`git devpi login --login {login}` asks again; in CI see GIT_DEVPI_PASSWORD"),
        ),
        E::NotLoggedIn { .. } => Verdict::new(NotAllowed, &["`git devpi login`; in CI set GIT_DEVPI_PASSWORD"]),
        E::TokenExpired { login } => {
            Verdict::hint(NotAllowed, format!("`git devpi login --login {login}`; in CI set GIT_DEVPI_PASSWORD"))
        }
        E::NotAllowed { .. } => Verdict::new(
            NotAllowed,
            &["only the owner of an index can make, change and delete it: `git devpi whoami` shows who you are"],
        ),
        E::NotFound { .. } | E::Gone { .. } => Verdict::new(No, &["`git devpi status` shows what is there"]),
        E::Conflict { .. } => Verdict::new(Conflict, &["`git devpi status` shows what is there"]),
        E::TooLarge { .. } => Verdict::new(
            Conflict,
            &["raise the limit on the server: devpi-server --max-request-body-size, nginx client_max_body_size"],
        ),
        E::BadRequest { .. } => Verdict::new(Unusable, &[server_setting]),
        E::ChecksumMismatch { .. } => {
            Verdict::new(Conflict, &["something between here and the server changed the file; try again"])
        }
        E::System(error) => system(error),
    }
}

pub(super) fn python(error: &python::Error) -> Verdict {
    use python::Error as E;
    match error {
        E::NoProject { .. } => Verdict::new(
            Unusable,
            &[
                "go to the folder with pyproject.toml; where it is not at the top: `git config devpi.projectDirs FOLDER`",
            ],
        ),
        E::NameUnknown { .. } | E::NameRefused { .. } => {
            Verdict::new(Unusable, &["write the name into pyproject.toml: [project] name"])
        }
        E::VersionUnknown { .. } => Verdict::new(
            Unusable,
            &["write the semantic part as a literal, best in pyproject.toml: [project] version = \"1.4\""],
        ),
        E::InvalidFile { .. } => Verdict::new(Unusable, &[]),
        E::OutsideProject { .. } => Verdict::new(
            Unusable,
            &["keep the version in a file of this repository, best in pyproject.toml: [project] version = \"1.4\""],
        ),
        E::NoBuilder { .. } => Verdict::new(Tool, &["`python3 -m pip install build` or `python3 -m pip install uv`"]),
        E::BuildFailed { output, .. } => {
            Verdict::new(Tool, &["`git devpi stamp` makes the folder that was built, to be looked at"])
                .with_output(output)
        }
        E::UnexpectedFiles { .. } => Verdict::new(Tool, &["`git devpi build -v` shows what the builder says"]),
        E::WrongVersion { .. } => Verdict::new(
            Tool,
            &[
                "the project computes its version by itself; write it as a literal, best in pyproject.toml: [project] version",
            ],
        ),
        E::WrongName { .. } => {
            Verdict::new(Tool, &["[project] name in pyproject.toml and what the build makes must be one"])
        }
        E::Unreadable { .. } => Verdict::new(Tool, &["`git devpi build -v` shows what the builder says"]),
        E::NoTox { .. } => Verdict::new(Tool, &["`python3 -m pip install tox`"]),
        E::NoInterpreter { .. } => Verdict::new(Tool, &["name one that is there: `--python PATH`"]),
        E::System(error) => system(error),
    }
}

pub(super) fn settings(error: &settings::Error) -> Verdict {
    use settings::Error as E;
    match error {
        E::UnknownKey { did_you_mean, path, .. } => {
            let every = "`git devpi settings` shows every setting".to_owned();
            let meant = did_you_mean.map(|key| format!("did you mean {key:?}? change it in {}", path.display()));
            Verdict { exit: Unusable, hints: meant.into_iter().chain([every]).collect(), output: None }
        }
        E::NotForRepositories { path, git_config, .. } => {
            let instead =
                git_config.map_or_else(String::new, |key| format!("; set it for yourself: `git config {key} VALUE`"));
            Verdict::hint(Unusable, format!("take it out of {}{instead}", path.display()))
        }
        E::TwoFiles { own, .. } => {
            Verdict::hint(Unusable, format!("keep one of them; for instance `git rm {}`", own.display()))
        }
        E::BadFile { path, .. } => Verdict::hint(Unusable, format!("mend {}", path.display())),
        E::BadValue { key, origin, .. } | E::BadName { key, origin, .. } => {
            Verdict::hint(Unusable, change(key, origin))
        }
        E::Missing { key } => Verdict::hint(Unusable, missing(key)),
    }
}

/// How a value is changed where it was set.
fn change(key: &str, origin: &settings::Origin) -> String {
    use settings::Origin as O;
    match origin {
        O::Flag(flag) => format!("give {flag} another value"),
        O::Environment(name) => format!("set {name} to another value, or `unset {name}`"),
        O::GitConfig { key, place } => format!("`git config {key} VALUE`, or `git config --unset {key}` ({place})"),
        O::RepositoryFile { path, key } => format!("change {key} in {}", path.display()),
        O::Derived(from) => format!("it comes from {from}; set {key} to something else"),
        O::Default => format!("set {key}: `git devpi settings` shows where"),
    }
}

fn missing(key: &str) -> String {
    let spec = settings::KEYS.iter().find(|spec| spec.name == key);
    let example = match spec.map(|spec| spec.key) {
        Some(Key::Server) => "https://devpi.example.com/",
        Some(Key::User) => "acme",
        _ => "VALUE",
    };
    match spec.and_then(|spec| spec.git_config) {
        Some(config) => format!("`git devpi init` sets it; or `git config {config} {example}`; or --{key} {example}"),
        None => format!("give --{key}"),
    }
}

pub(super) fn system(error: &system::Error) -> Verdict {
    use system::Error as E;
    match error {
        E::File { .. } => Verdict::new(Unusable, &[]),
        E::ToolMissing { program } => Verdict::hint(Tool, format!("install {program}, or put it on PATH")),
        E::ToolUnusable { .. } | E::ToolTimedOut { .. } => Verdict::new(Tool, &[]),
        E::ToolFailed { output, .. } => Verdict::new(Tool, &[]).with_output(output),
        E::NoHome => Verdict::new(Unusable, &["say where to keep things: GIT_DEVPI_HOME=/some/folder"]),
    }
}

fn stamp(error: &StampError) -> Verdict {
    match error {
        StampError::BaseNotFinal { .. } => {
            Verdict::new(Unusable, &["on a release branch the base is final: write 1.4, not 1.4rc1"])
        }
        StampError::UnknownPlaceholder { .. }
        | StampError::UnmatchedBrace { .. }
        | StampError::UnavailablePlaceholder { .. } => {
            Verdict::new(Unusable, &["{base}, {base:2} and {number} are there; {commit} in local-version"])
        }
        StampError::NotAVersion { .. } | StampError::ReleaseNotFinal { .. } => {
            Verdict::new(Unusable, &["`git devpi settings` shows the templates and who set them"])
        }
    }
}

pub(super) fn version(error: &version::Fault) -> Verdict {
    use version::Fault as E;
    match error {
        E::Base { .. } => {
            Verdict::new(Unusable, &["write the semantic part there, for instance 1.4, or set a version tag"])
        }
        E::Stamp(error) => stamp(error),
        E::CiNumber(_) | E::Number { .. } => Verdict::new(
            Unusable,
            &["pass the CI's counter, digits only: GIT_DEVPI_BUILD_NUMBER=57, or --number 57, or name its variable in build-number-env"],
        ),
        E::NoBuildNumber { hint, .. } => Verdict::hint(
            Unusable,
            hint.map_or_else(
                || "set GIT_DEVPI_BUILD_NUMBER to the CI's counter for this build, or name its variable in build-number-env".to_owned(),
                str::to_owned,
            ),
        ),
        E::ChangesInCi { .. } => Verdict::new(
            Unusable,
            &["see what changes them before: `git diff`; commit it, or undo it with `git checkout -- .`"],
        ),
        E::NoVersionTag { .. } => Verdict::new(Unusable, &["set the first one: `git tag v0.1 && git push origin v0.1`"]),
        E::TooShallow { .. } => Verdict::new(
            Unusable,
            &["fetch the history and the tags: `git fetch --unshallow --tags`; in CI set the fetch depth to 0 (GitHub: fetch-depth: 0, GitLab: GIT_DEPTH: 0)"],
        ),
    }
}

pub(super) fn local_server(error: &local_server::Error) -> Verdict {
    use local_server::Error as E;
    match error {
        E::Unsupported => Verdict::new(Unusable, &["run devpi-server elsewhere and name it: `--server URL`"]),
        E::PythonMissing { .. } => Verdict::new(Tool, &["install Python 3.9 or newer"]),
        E::VenvModuleMissing { version, .. } => {
            Verdict::hint(Tool, format!("on Debian and Ubuntu: `sudo apt install python{version}-venv`"))
        }
        E::InstallFailed { output, .. } | E::InitFailed { output, .. } => Verdict::new(Tool, &[]).with_output(output),
        E::Died { tail, .. } | E::Silent { tail, .. } => {
            Verdict::new(Server, &["`git devpi server remove` and `git devpi server start` begin anew"])
                .with_output(tail)
        }
        E::NoFreePort(_) => Verdict::new(Server, &[]),
        E::ProcessUnknown { .. } | E::DoesNotStop { .. } => Verdict::new(Server, &["stop its process by hand"]),
        E::NotOurs { folder } => Verdict::hint(Conflict, format!("look at {} before you delete it", folder.display())),
        E::System(error) => system(error),
    }
}

pub(super) fn promotion(error: &promote::Fault) -> Verdict {
    use promote::Fault as E;
    match error {
        E::NoProduction { .. } => {
            Verdict::new(Unusable, &["`git devpi init` makes it; `git devpi settings` shows who set production"])
        }
        E::NoRemote => Verdict::new(Unusable, &["name it: `git remote add origin URL`"]),
        E::NoReleaseBranchOnRemote { .. } => Verdict::new(
            Unusable,
            &["name one that is there: `git config devpi.releaseBranches main`; `git ls-remote --heads` shows them"],
        ),
        E::PartlyThere { .. } => Verdict::new(
            Conflict,
            &["nothing was changed; build the commit again under a new build number, and promote that"],
        ),
        E::PromotedPartly { .. } => {
            Verdict::new(No, &["run `git devpi promote` again: it goes on where this one ended"])
        }
    }
}
