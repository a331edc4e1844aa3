//! Builds that fail, and builds that are stopped: nothing is left behind, and the work tree is as before.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use super::inspect::state;
use crate::support::{Backend, PythonProject, Sandbox};

/// A build that leaves its process id in `started` and files beside the sources, and then does `next`.
struct Slow {
    sandbox: Sandbox,
    work: PathBuf,
    temporary: PathBuf,
    started: PathBuf,
}

/// Says all the time that it is there.
const FOR_EVER: &str = "while True:\n        open('ALIVE', 'w').close()\n        time.sleep(0.02)";

impl Slow {
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
        until("the build to begin", || self.started.exists());
        std::fs::read_to_string(&self.started).unwrap()
    }

    fn signal(&self, name: &str, process: &str) -> bool {
        self.sandbox.run(&self.work, "sh", &["-c", &format!("kill -s {name} {process}")]).status == 0
    }

    /// Not asked of the system, where a process that has ended and that nobody waits for is still one.
    fn is_running(&self) -> bool {
        let alive = self.sandbox.path("alive");
        let _ = std::fs::remove_file(&alive);
        std::thread::sleep(Duration::from_millis(300));
        alive.exists()
    }

    fn left(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.temporary).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| is_ours(path)).collect()
    }
}

fn is_ours(path: &Path) -> bool {
    path.file_name().unwrap().to_str().unwrap().starts_with("git-devpi-")
}

fn until(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_signal_ends_the_builder_and_leaves_nothing() {
    for name in ["INT", "TERM"] {
        let slow = Slow::new(FOR_EVER);
        let before = state(&slow.sandbox, &slow.work);
        let mut child = slow.start();
        slow.backend();
        assert!(slow.signal(name, &child.id().to_string()));
        assert_eq!(child.wait().unwrap().code(), Some(130), "SIG{name}");
        assert!(!slow.is_running(), "the backend still runs after SIG{name}");
        assert_eq!(slow.left(), [] as [PathBuf; 0], "SIG{name}");
        assert_eq!(state(&slow.sandbox, &slow.work), before, "SIG{name}");
        let said = std::fs::read_to_string(slow.sandbox.path("said")).unwrap();
        assert!(!said.contains("error:"), "no failure is told: {said}");
    }
}

#[test]
fn a_builder_that_does_not_listen_is_ended_too() {
    let slow = Slow::new(&format!("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    {FOR_EVER}"));
    let mut child = slow.start();
    slow.backend();
    until("the backend to be deaf", || slow.sandbox.path("alive").exists());
    assert!(slow.signal("TERM", &child.id().to_string()));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!slow.is_running());
    assert_eq!(slow.left(), [] as [PathBuf; 0]);
}

#[test]
fn being_killed_touches_nothing_in_the_work_tree() {
    let slow = Slow::new(FOR_EVER);
    let before = state(&slow.sandbox, &slow.work);
    let mut child = slow.start();
    let backend = slow.backend();
    child.kill().unwrap();
    child.wait().unwrap();
    slow.signal("KILL", &backend);
    assert_eq!(state(&slow.sandbox, &slow.work), before);
}

#[test]
fn a_failed_build_leaves_nothing() {
    let slow = Slow::new("raise SystemExit('the oven is cold')");
    let before = state(&slow.sandbox, &slow.work);
    slow.sandbox.devpi(&slow.work, &["build", "--number", "5"]).code(7).says("the oven is cold");
    assert_eq!(slow.left(), [] as [PathBuf; 0]);
    assert_eq!(state(&slow.sandbox, &slow.work), before);
}
