//! Exit codes and hints of the errors of Python projects and tools.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::python;

use Exit::{Tool, Unusable};

pub(super) fn diagnose(error: &python::Error) -> Diagnostic {
    use python::Error as E;
    match error {
        E::NoProject { .. } => Diagnostic::new(
            Unusable,
            &[
                "go to the folder with pyproject.toml; where it is not at the top: `git config devpi.projectDirs FOLDER`",
            ],
        ),
        E::NameUnknown { .. } | E::NameRefused { .. } => {
            Diagnostic::new(Unusable, &["write the name into pyproject.toml: [project] name"])
        }
        E::VersionUnknown { .. } => Diagnostic::new(
            Unusable,
            &["write the semantic part as a literal, best in pyproject.toml: [project] version = \"1.4\""],
        ),
        E::InvalidFile { .. } => Diagnostic::new(Unusable, &[]),
        E::OutsideProject { .. } => Diagnostic::new(
            Unusable,
            &["keep the version in a file of this repository, best in pyproject.toml: [project] version = \"1.4\""],
        ),
        E::NoBuilder { .. } => {
            Diagnostic::new(Tool, &["`python3 -m pip install build` or `python3 -m pip install uv`"])
        }
        E::BuildFailed { output, .. } => {
            Diagnostic::new(Tool, &["`git devpi stamp` makes the folder that was built, to be looked at"])
                .with_output(output)
        }
        E::UnexpectedFiles { .. } => Diagnostic::new(Tool, &["`git devpi build -v` shows what the builder says"]),
        E::WrongVersion { .. } => Diagnostic::new(
            Tool,
            &[
                "the project computes its version by itself; write it as a literal, best in pyproject.toml: [project] version",
            ],
        ),
        E::WrongName { .. } => {
            Diagnostic::new(Tool, &["[project] name in pyproject.toml and what the build makes must be one"])
        }
        E::Unreadable { .. } => Diagnostic::new(Tool, &["`git devpi build -v` shows what the builder says"]),
        E::NoTox { .. } => Diagnostic::new(Tool, &["`python3 -m pip install tox`"]),
        E::NoInterpreter { .. } => Diagnostic::new(Tool, &["name one that is there: `--python PATH`"]),
        E::System(error) => super::system::diagnose(error),
    }
}
