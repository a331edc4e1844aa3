//! A repository to run `init` in, with the tox configuration of a test.

use std::path::{Path, PathBuf};

use crate::support::{Backend, DevpiServer, PythonProject, Run, Sandbox, TestUser};

/// A repository with a project that has no tox configuration but `files`, whose texts are added to those of the project. The user's password
/// is in the environment.
pub fn project(sandbox: &mut Sandbox, user: &TestUser, files: &[(&str, &str)]) -> PathBuf {
    let clone = sandbox.repository("clone");
    PythonProject::new().backend(Backend::InTree).write(&clone);
    std::fs::remove_file(clone.join("tox.ini")).unwrap();
    for (name, text) in files {
        let before = std::fs::read_to_string(clone.join(name)).unwrap_or_default();
        sandbox.write(&clone, name, &(before + text));
    }
    sandbox.commit_all(&clone, "First");
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    clone
}

/// Runs `init` without questions.
pub fn init(sandbox: &Sandbox, clone: &Path, user: &TestUser, further: &[&str]) -> Run {
    let arguments = ["init", "--server", DevpiServer::shared().url(), "--user", &user.name, "--yes"];
    sandbox.devpi(clone, &[&arguments, further].concat())
}
