//! Native wheels of Linux: `linux_x86_64` says nothing about the libraries that a wheel needs, so PyPI refuses it.
//!
//! auditwheel copies those libraries into the wheel and gives it the tag of a standard (`manylinux_2_17_x86_64`).

use std::path::{Path, PathBuf};

use super::build_environment::removed;
use super::builder::{BuildRequest, check};
use super::error::Error;
use super::interpreter;
use crate::model::distribution::Distribution;
use crate::system::environment::Environment;
use crate::system::files;
use crate::system::process::Tool;

/// The program.
const AUDITWHEEL: &str = "auditwheel";

/// Which wheels are repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    /// Those of Linux, if auditwheel is on PATH and succeeds.
    Auto,
    /// Those of Linux; a missing auditwheel is an error.
    Auditwheel,
    /// None.
    None,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repaired {
    /// It is no wheel with a tag `linux_*`.
    NotNeeded,
    /// The new file.
    Done(PathBuf),
    /// The file keeps its tag.
    Kept {
        /// Why; `None` if no repair was asked for.
        reason: Option<KeptReason>,
    },
}

/// Why a wheel keeps its tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptReason {
    /// auditwheel is not on PATH.
    NoAuditwheel,
    /// auditwheel failed with this last line.
    Failed(String),
}

/// Repairs `file`, which was built for `request`, if its tag says only `linux_*`.
///
/// Passes the output of auditwheel to `sink`. The new file is in a folder beside the old one, with name and version checked.
pub fn repair(
    file: &Path,
    choice: Repair,
    (request, environment): (&BuildRequest<'_>, &Environment),
    sink: &mut dyn FnMut(&[u8]),
) -> Result<Repaired, Error> {
    if !is_linux_wheel(file) {
        return Ok(Repaired::NotNeeded);
    }
    let kept = |reason| Ok(Repaired::Kept { reason });
    if choice == Repair::None {
        return kept(None);
    }
    let Some(program) = interpreter::on_path(environment, AUDITWHEEL) else {
        return match choice {
            Repair::Auditwheel => Err(Error::NoAuditwheel { file: file.to_owned() }),
            _ => kept(Some(KeptReason::NoAuditwheel)),
        };
    };
    let out = request.out.join("repaired");
    files::create_folder(&out)?;
    let mut printed = Vec::new();
    let tool = Tool::new(&program)
        .args(["repair", "--wheel-dir"])
        .arg(&out)
        .arg(file)
        .current_dir(request.out)
        .kill_descendants()
        .without_env(removed(environment))
        .env("SOURCE_DATE_EPOCH", request.source_date_epoch.max(0).to_string());
    let output = tool.stream(&mut |bytes| {
        printed.extend_from_slice(bytes);
        sink(bytes);
    })?;
    let text = String::from_utf8_lossy(&printed).into_owned();
    let wheel = if output.success() { single_wheel(&out)? } else { None };
    match wheel {
        Some(wheel) => {
            check(&wheel, request)?;
            Ok(Repaired::Done(wheel))
        }
        None if choice == Repair::Auditwheel => {
            Err(Error::RepairFailed { file: file.to_owned(), status: output.status, output: text })
        }
        None => {
            let last = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
            kept(Some(KeptReason::Failed(last.to_owned())))
        }
    }
}

fn is_linux_wheel(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let parsed = Distribution::parse(&name).ok().filter(Distribution::is_wheel);
    parsed.is_some_and(|wheel| wheel.platforms().any(|platform| platform.starts_with("linux_")))
}

fn single_wheel(folder: &Path) -> Result<Option<PathBuf>, Error> {
    let unreadable = |source| crate::system::Error::File { action: "read", path: folder.to_owned(), source };
    let entries = fs_err::read_dir(folder).map_err(unreadable)?;
    let mut wheels =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "whl"));
    Ok(wheels.next().filter(|_| wheels.next().is_none()))
}
