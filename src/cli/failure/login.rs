//! Exit codes and hints of the errors of a login.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::LoginError;

use Exit::{Tool, Unusable, Usage};

/// Returns the exit code and the hints of an error.
pub(super) fn diagnose(error: &LoginError) -> Diagnostic {
    match error {
        LoginError::NoToken => Diagnostic::hint(
            Usage,
            "a token begins with `devpi-`, or with `[\"USER\"`; for a password: `git devpi login --password-stdin`",
        ),
        LoginError::TokenOfOther { user, .. } => {
            Diagnostic::hint(Usage, format!("`git devpi login --login {user} --token-stdin`"))
        }
        LoginError::NoCredentialHelper { .. } => Diagnostic::new(Unusable, CREDENTIAL_HELPERS),
        LoginError::PasswordNotKept { .. } => Diagnostic::hint(
            Tool,
            "`git config --show-origin --get-regexp credential` shows the helpers; `git credential approve` tries one",
        ),
    }
}

/// How to set a helper, the safe ones first.
const CREDENTIAL_HELPERS: &[&str] = &[
    "with a keychain: `git config --global credential.helper manager` (or osxkeychain, libsecret)",
    "in memory, for a day: `git config --global credential.helper 'cache --timeout=86400'`",
    "in a file (mode 0600) in plain text: `git config --global credential.helper store`",
];
