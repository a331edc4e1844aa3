//! Exit codes and hints of the errors of the page of `status`.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::ops::shell_word::quoted;
use crate::ops::status::PageError;

pub(super) fn diagnose(error: &PageError) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &PageError) -> Diagnostic {
    match error {
        PageError::NotAFile { path, found } => {
            let file = if *found == "a folder" { path.join("status.html") } else { "status.html".into() };
            let file = quoted(&file.display().to_string());
            Diagnostic::hint(Exit::Usage, format!("name a file: `git devpi status --all --html {file}`"))
        }
        PageError::TwoAnswers => Diagnostic::hint(
            Exit::Usage,
            "name a file for the page: `git devpi status --all --html status.html --json`",
        ),
    }
}
