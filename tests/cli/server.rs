//! `server` without an installation and without a terminal. tests/journeys tests it with an installation.

use crate::support::Sandbox;

#[test]
fn stop_and_remove_succeed_without_a_server() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    let status = sandbox.devpi(&home, &["server", "status", "--json"]).code(1).json();
    assert_eq!((&status["schema"], &status["server"]["state"]), (&1.into(), &"absent".into()));
    let folder = sandbox.path("home/git-devpi/data/server");
    assert_eq!(status["server"]["folder"], folder.to_str().unwrap());
    assert!(sandbox.devpi(&home, &["server", "status"]).code(1).stdout.contains("not installed"));
    sandbox.devpi(&home, &["server", "stop"]).ok().says("does not run");
    sandbox.devpi(&home, &["server", "remove"]).ok().says("no local server");
    assert!(!sandbox.path("home/git-devpi/data").exists(), "status creates no folder");
}

#[test]
fn without_a_terminal_remove_needs_yes() {
    let sandbox = Sandbox::new();
    let (home, folder) = (sandbox.path("home"), sandbox.path("home/git-devpi/data/server"));
    sandbox.write(&folder, "secret", "0123456789012345678901234567890123456789");
    sandbox.write(&folder, "data/packages", "x");
    sandbox.devpi(&home, &["server", "remove"]).code(2).says("there is no terminal").says("--yes");
    assert!(folder.join("data/packages").exists());
    sandbox.devpi(&home, &["server", "remove", "--yes"]).ok().says("removed ");
    assert!(!folder.exists());
}

#[test]
fn a_folder_without_a_local_server_is_not_removed() {
    let sandbox = Sandbox::new();
    let (home, folder) = (sandbox.path("home"), sandbox.path("home/git-devpi/data/server"));
    sandbox.write(&folder, "novel.txt", "once upon a time");
    sandbox.devpi(&home, &["server", "remove", "--yes"]).code(5).says("is not the folder of a local server");
    assert!(folder.join("novel.txt").exists());
}

#[test]
fn without_a_suitable_python_the_error_names_the_required_version() {
    let mut sandbox = Sandbox::new();
    let programs = sandbox.path("programs");
    let git = which("git");
    std::fs::create_dir(&programs).unwrap();
    #[cfg(unix)]
    for (name, target) in [("git", git.as_path()), ("git-devpi", std::path::Path::new(env!("CARGO_BIN_EXE_git-devpi")))]
    {
        std::os::unix::fs::symlink(target, programs.join(name)).unwrap();
    }
    sandbox.set("PATH", programs.to_str().unwrap());
    let program = programs.join("git-devpi");
    let run = sandbox.run(&sandbox.path("home"), program.to_str().unwrap(), &["server", "start"]).code(7);
    assert!(run.stderr.contains("Python 3.9 or newer not found on PATH") && run.stderr.contains("hint:"), "{run}");
}

fn which(name: &str) -> std::path::PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()).unwrap()
}
