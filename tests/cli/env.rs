//! `env` without settings. tests/journeys tests it on a real server.

use crate::support::{PythonProject, Sandbox};

#[test]
fn without_a_server_or_an_owner_there_is_no_index() {
    let sandbox = Sandbox::new();
    let work = sandbox.repository("work");
    PythonProject::new().write(&work);
    sandbox.commit_all(&work, "First");
    let run = sandbox.devpi(&work, &["env"]).code(3).says("no user is set");
    assert_eq!(run.stdout, "", "nothing that a shell could take for an answer");
    sandbox.devpi(&work, &["env", "--user", "acme"]).code(3).says("no server is set");
    sandbox.devpi(&work, &["env", "--shell", "csh"]).code(2).says("possible values");
}
