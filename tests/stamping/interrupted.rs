//! Failed and interrupted builds: temporary files are removed, and the work tree does not change.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use super::inspect::state;
use crate::support::{Backend, PythonProject, Sandbox};

/// A build that writes its process id to `started` and files beside the sources, and then runs `next`.
struct SlowBuild {
    sandbox: Sandbox,
    work: PathBuf,
    temporary: PathBuf,
    started: PathBuf,
}

/// Python code that recreates the file ALIVE until its process ends.
const LOOP: &str = "while True:\n        open('ALIVE', 'w').close()\n        time.sleep(0.02)";

impl SlowBuild {
    fn new(next: &str) -> Self {
        let mut sandbox = Sandbox::with_tools();
        let work = sandbox.repository("work");
        PythonProject::new().backend(Backend::InTree).write(&work);
        let started = sandbox.path("started");
        let backend = work.join("backend/in_tree.py");
        let text = std::fs::read_to_string(&backend).unwrap();
        let first = format!(
            "    import time\n    open('left.egg-info', 'w').write('x')\n    open({started:?} + '~', 'w').write(str(os.getpid()))\n    \
             os.rename({started:?} + '~', {started:?})\n    {}\n",
            next.replace("ALIVE", sandbox.path("alive").to_str().unwrap())
        );
        let head = "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n";
        assert!(text.contains(head));
        std::fs::write(&backend, text.replace(head, &format!("{head}{first}"))).unwrap();
        sandbox.commit_all(&work, "First");
        sandbox.git(&work, &["config", "devpi.releaseBranches", "main"]).ok();
        let temporary = sandbox.path("tmp");
        std::fs::create_dir(&temporary).unwrap();
        sandbox.set("TMPDIR", temporary.to_str().unwrap());
        Self { sandbox, work, temporary, started }
    }

    fn start(&self) -> Child {
        let mut command = self.sandbox.command(&self.work, env!("CARGO_BIN_EXE_git-devpi"));
        command.args(["build", "--number", "5"]).stderr(std::fs::File::create(self.sandbox.path("said")).unwrap());
        command.spawn().unwrap()
    }

    /// The backend's process.
    fn backend(&self) -> String {
        wait_for("the build to begin", || self.started.exists());
        std::fs::read_to_string(&self.started).unwrap()
    }

    fn signal(&self, name: &str, process: &str) -> bool {
        self.sandbox.run(&self.work, "sh", &["-c", &format!("kill -s {name} {process}")]).status == 0
    }

    /// Checked by a file, because the system still lists a zombie process.
    fn is_running(&self) -> bool {
        let alive = self.sandbox.path("alive");
        let _ = std::fs::remove_file(&alive);
        std::thread::sleep(Duration::from_millis(300));
        alive.exists()
    }

    fn temporary_files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.temporary).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| is_of_git_devpi(path)).collect()
    }
}

fn is_of_git_devpi(path: &Path) -> bool {
    path.file_name().unwrap().to_str().unwrap().starts_with("git-devpi-")
}

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_signal_ends_the_builder_and_removes_temporary_files() {
    for name in ["INT", "TERM"] {
        let build = SlowBuild::new(LOOP);
        let before = state(&build.sandbox, &build.work);
        let mut child = build.start();
        build.backend();
        assert!(build.signal(name, &child.id().to_string()));
        assert_eq!(child.wait().unwrap().code(), Some(130), "SIG{name}");
        assert!(!build.is_running(), "the backend still runs after SIG{name}");
        assert_eq!(build.temporary_files(), [] as [PathBuf; 0], "SIG{name}");
        assert_eq!(state(&build.sandbox, &build.work), before, "SIG{name}");
        let said = std::fs::read_to_string(build.sandbox.path("said")).unwrap();
        assert!(!said.contains("error:"), "no error is printed: {said}");
    }
}

#[test]
fn a_builder_that_ignores_signals_is_killed() {
    let build = SlowBuild::new(&format!("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    {LOOP}"));
    let mut child = build.start();
    build.backend();
    wait_for("the backend to ignore SIGTERM", || build.sandbox.path("alive").exists());
    assert!(build.signal("TERM", &child.id().to_string()));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!build.is_running());
    assert_eq!(build.temporary_files(), [] as [PathBuf; 0]);
}

#[test]
fn a_kill_leaves_the_work_tree_unchanged() {
    let build = SlowBuild::new(LOOP);
    let before = state(&build.sandbox, &build.work);
    let mut child = build.start();
    let backend = build.backend();
    child.kill().unwrap();
    child.wait().unwrap();
    build.signal("KILL", &backend);
    assert_eq!(state(&build.sandbox, &build.work), before);
}

#[test]
fn a_failed_build_removes_temporary_files() {
    let build = SlowBuild::new("raise SystemExit('broken on purpose')");
    let before = state(&build.sandbox, &build.work);
    build.sandbox.devpi(&build.work, &["build", "--number", "5"]).code(7).says("broken on purpose");
    assert_eq!(build.temporary_files(), [] as [PathBuf; 0]);
    assert_eq!(state(&build.sandbox, &build.work), before);
}
