//! The log of a withdrawal: what production held, written before the deletion.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::devpi::Server;
use crate::model::evidence::Origin;
use crate::model::names::{IndexName, ProjectName};
use crate::ops::Error;
use crate::ops::withdraw::withdrawal::Withdrawal;
use crate::system::files;
use crate::workspace::Workspace;
use crate::workspace::deletion_log::{self, DeletionLog};

/// The folder of the logs, below the state folder.
const FOLDER: &str = "withdrawn-releases";

/// The path of a new log.
pub(super) fn path(workspace: &Workspace<'_>, server: &Server, withdrawal: &Withdrawal) -> PathBuf {
    let release = &withdrawal.release;
    let (user, index) = (release.index.user(), release.index.name());
    let subject = format!("{user}-{index}-{}-{}", release.project.file_stem(), file_name_part(&release.version));
    DeletionLog { folder: FOLDER, subject: &subject }.path(workspace, server)
}

/// A version is whatever another client uploaded.
fn file_name_part(version: &str) -> String {
    version.chars().map(|c| if c.is_ascii_alphanumeric() || "._+!-".contains(c) { c } else { '_' }).collect()
}

/// Writes the log.
pub(super) fn write(path: &Path, server: &Server, withdrawal: &Withdrawal, saved: &[PathBuf]) -> Result<(), Error> {
    let release = &withdrawal.release;
    let files: Vec<Value> = release
        .files
        .iter()
        .map(|file| {
            json!({
                "file": file.file_name,
                "sha256": file.sha256.as_str(),
                "uploaded": file.log.first().map(|entry| entry.when.to_string()),
            })
        })
        .collect();
    let evidence: Vec<Value> = withdrawal
        .evidence
        .iter()
        .map(|row| {
            json!({
                "file": row.file_name,
                "environment": row.environment,
                "verdict": row.verdict.as_str(),
                "who": row.who,
                "when": row.when.to_string(),
            })
        })
        .collect();
    let commit = match &withdrawal.origin {
        Origin::Commit(commit) => Some(commit.as_str()),
        _ => None,
    };
    let contents = json!({
        "index": release.index.to_string(),
        "project": release.project.as_str(),
        "version": release.version,
        "commit": commit,
        "config": withdrawal.config.raw,
        "files": files,
        "evidence": evidence,
        "saved": saved.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
    });
    Ok(deletion_log::write(path, server, contents)?)
}

/// The newest log of a withdrawal of this release from this index.
pub(super) fn find(
    workspace: &Workspace<'_>,
    server: &Server,
    (index, project, version): (&IndexName, &ProjectName, &str),
) -> Result<Option<PathBuf>, Error> {
    let index = index.to_string();
    let expected = [("server", server.root().as_str()), ("index", &index), ("version", version)];
    for path in files::newest_names_first(&workspace.directories.state.join(FOLDER), "json")? {
        let Some(bytes) = files::read_optional(&path)? else { continue };
        let Ok(log) = serde_json::from_slice::<Value>(&bytes) else { continue };
        if log["project"] == project.as_str() && expected.iter().all(|(key, value)| log[*key] == **value) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_of_another_client_stays_in_the_folder() {
        assert_eq!(file_name_part("1!1.4.57+local-1"), "1!1.4.57+local-1");
        assert_eq!(file_name_part("../../x y\u{202e}"), ".._.._x_y_");
    }
}
