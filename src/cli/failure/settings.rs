//! Exit codes and hints of the errors of settings.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::settings::{self, Key};

use Exit::Unusable;

pub(super) fn diagnose(error: &settings::Error) -> Diagnostic {
    use settings::Error as E;
    match error {
        E::UnknownKey { did_you_mean, path, .. } => {
            let every = "`git devpi settings` shows every setting".to_owned();
            let meant = did_you_mean.map(|key| format!("did you mean {key:?}? change it in {}", path.display()));
            Diagnostic { exit: Unusable, hints: meant.into_iter().chain([every]).collect(), output: None }
        }
        E::NotForRepositories { path, git_config, .. } => {
            let instead =
                git_config.map_or_else(String::new, |key| format!("; set it for yourself: `git config {key} VALUE`"));
            Diagnostic::hint(Unusable, format!("take it out of {}{instead}", path.display()))
        }
        E::TwoFiles { own, .. } => {
            Diagnostic::hint(Unusable, format!("keep one of them; for instance `git rm {}`", own.display()))
        }
        E::BadFile { path, .. } => Diagnostic::hint(Unusable, format!("mend {}", path.display())),
        E::BadValue { key, origin, .. } | E::BadName { key, origin, .. } => {
            Diagnostic::hint(Unusable, change(key, origin))
        }
        E::Missing { key } => Diagnostic::hint(Unusable, missing(key)),
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
