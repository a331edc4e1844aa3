//! Exit codes and hints of the errors of settings.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::settings::{self, Key};

use Exit::Unusable;

pub(super) fn diagnose(error: &settings::Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &settings::Error) -> Diagnostic {
    use settings::Error as E;
    match error {
        E::UnknownKey { did_you_mean, path, .. } => {
            let every = "`git devpi settings` shows every setting".to_owned();
            let meant = did_you_mean.map(|key| format!("did you mean {key:?}? correct it in {}", path.display()));
            Diagnostic::of_hints(Unusable, meant.into_iter().chain([every]).collect())
        }
        E::NotForRepositories { path, git_config, .. } => {
            let instead =
                git_config.map_or_else(String::new, |key| format!("; set it in git config: `git config {key} VALUE`"));
            Diagnostic::hint(Unusable, format!("remove it from {}{instead}", path.display()))
        }
        E::TwoFiles { own, .. } => {
            Diagnostic::hint(Unusable, format!("keep one of them, for example: `git rm {}`", own.display()))
        }
        E::BadFile { path, .. } => Diagnostic::hint(Unusable, format!("correct the file {}", path.display())),
        E::BadValue { key, origin, .. } | E::BadName { key, origin, .. } => {
            Diagnostic::hint(Unusable, change(key, origin))
        }
        E::Missing { key } => Diagnostic::hint(Unusable, missing(key)),
    }
}

/// Says how to change a value at its origin.
fn change(key: &str, origin: &settings::Origin) -> String {
    use settings::Origin as O;
    match origin {
        O::Flag(flag) => format!("use another value for {flag}"),
        O::Environment(name) => format!("set {name} to another value, or `unset {name}`"),
        O::GitConfig { key, place } => format!("`git config {key} VALUE`, or `git config --unset {key}` ({place})"),
        O::RepositoryFile { path, key } => format!("change {key} in {}", path.display()),
        O::Derived(from) => format!("the value comes from {from}; set {key} to override it"),
        O::Default => format!("set {key}; `git devpi settings` shows every setting and its origin"),
    }
}

fn missing(key: &str) -> String {
    let spec = settings::KEYS.iter().find(|spec| spec.name == key);
    let example = match spec.map(|spec| spec.key) {
        Some(Key::Server) => "https://devpi.example.com/",
        Some(Key::User) => "acme",
        _ => "VALUE",
    };
    let init = match spec.map(|spec| spec.key) {
        Some(Key::Server | Key::User) => format!("`git devpi init --{key} {example}`, or "),
        _ => String::new(),
    };
    match spec.and_then(|spec| spec.git_config) {
        Some(config) => format!("{init}`git config {config} {example}`, or `--{key} {example}`"),
        None => format!("use `--{key} VALUE`"),
    }
}
