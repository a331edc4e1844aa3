//! Children: every process that git-devpi starts is a [`Tool`].
//!
//! A child never inherits our secrets by accident (callers remove them with [`Tool::without_env`]), never gets a shell, and is
//! killed when its deadline has passed.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::error::Error;
use super::signals;

/// A process to be started.
#[derive(Debug)]
pub struct Tool {
    program: OsString,
    command: Command,
    input: Input,
    deadline: Option<Duration>,
    interruption: Interruption,
}

/// What becomes of a child when we are interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interruption {
    /// A terminal's Ctrl-C reaches it too, a signal to us alone does not.
    IsItsOwn,
    /// It is ended with everything that it has started.
    IsShared,
}

#[derive(Debug)]
enum Input {
    Null,
    Inherit,
    Bytes(Vec<u8>),
}

/// What a child printed, and how it ended.
#[derive(Debug, Clone)]
pub struct Output {
    /// Exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// Everything on stdout.
    pub stdout: Vec<u8>,
    /// Everything on stderr.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether it ended with 0.
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    /// stdout as text, without the line end.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end_matches(['\r', '\n']).to_owned()
    }

    /// stderr as text, trimmed.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim().to_owned()
    }
}

impl Tool {
    /// `program` by name (looked up on PATH) or by path; stdin is empty.
    #[allow(clippy::disallowed_methods)]
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref().to_owned();
        Self {
            command: Command::new(&program),
            program,
            input: Input::Null,
            deadline: None,
            interruption: Interruption::IsItsOwn,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I, S>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.command.args(args);
        self
    }

    /// Starts it in `folder`.
    #[must_use]
    pub fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets a variable for it.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes variables away from it.
    #[must_use]
    pub fn without_env<I, S>(mut self, names: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        for name in names {
            self.command.env_remove(name);
        }
        self
    }

    /// Gives it `bytes` on stdin.
    #[must_use]
    pub fn stdin_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// Lets it read our own stdin.
    #[must_use]
    pub fn stdin_inherit(mut self) -> Self {
        self.input = Input::Inherit;
        self
    }

    /// Kills it after `deadline`.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Ends it, and what it has started, when we are interrupted while [`Tool::stream`] runs it; nobody is then told that it failed.
    #[must_use]
    pub fn kill_on_interrupt(mut self) -> Self {
        self.interruption = Interruption::IsShared;
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            self.command.process_group(0);
        }
        self
    }

    /// The command line for messages. Arguments never carry secrets, by the rule of this house.
    pub fn display(&self) -> String {
        let words = std::iter::once(self.program.as_os_str()).chain(self.command.get_args());
        words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    /// Runs it and collects what it prints, whatever its status.
    pub fn output(mut self) -> Result<Output, Error> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let command = self.display();
        let deadline = self.deadline;
        let mut child = self.start()?;
        let stdout = child.stdout.take().map(|pipe| thread::spawn(move || read_all(pipe)));
        let stderr = child.stderr.take().map(|pipe| thread::spawn(move || read_all(pipe)));
        let status = wait(&mut child, deadline, &command)?;
        let join = |reader: Option<thread::JoinHandle<Vec<u8>>>| reader.and_then(|r| r.join().ok()).unwrap_or_default();
        Ok(Output { status: status.code(), stdout: join(stdout), stderr: join(stderr) })
    }

    /// Runs it; a status other than 0 is an error that carries what it printed.
    pub fn checked(self) -> Result<Output, Error> {
        let command = self.display();
        let output = self.output()?;
        if output.success() {
            return Ok(output);
        }
        let said = if output.stderr.is_empty() { output.text() } else { output.error_text() };
        Err(Error::ToolFailed { command, status: output.status, output: said })
    }

    /// Runs it with our own stdout and stderr; gives its status (`None`: a signal).
    pub fn inherit(mut self) -> Result<Option<i32>, Error> {
        self.command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
        let command = self.display();
        let deadline = self.deadline;
        let mut child = self.start()?;
        Ok(wait(&mut child, deadline, &command)?.code())
    }

    /// Runs it and hands stdout and stderr, as they come, to `sink`; keeps everything for the error message too.
    pub fn stream(mut self, sink: &mut dyn FnMut(&[u8])) -> Result<Output, Error> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let command = self.display();
        let (deadline, interruption) = (self.deadline, self.interruption);
        let mut child = self.start()?;
        let id = child.id();
        let _interrupted =
            (interruption == Interruption::IsShared).then(|| signals::on_interrupt(move || end_group(id)));
        let (sender, receiver) = std::sync::mpsc::channel::<(bool, Vec<u8>)>();
        let readers = [
            child.stdout.take().map(|pipe| forward(pipe, false, sender.clone())),
            child.stderr.take().map(|pipe| forward(pipe, true, sender.clone())),
        ];
        drop(sender);
        let mut output = Output { status: None, stdout: Vec::new(), stderr: Vec::new() };
        for (is_stderr, bytes) in receiver {
            sink(&bytes);
            if is_stderr { output.stderr.extend(bytes) } else { output.stdout.extend(bytes) }
        }
        for reader in readers.into_iter().flatten() {
            let _ = reader.join();
        }
        output.status = wait(&mut child, deadline, &command)?.code();
        if interruption == Interruption::IsShared {
            signals::block_if_interrupted();
        }
        Ok(output)
    }

    /// Starts it and lets it go: no descriptor of ours is held by it, its end is not waited for.
    pub fn detach(mut self) -> Result<(), Error> {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            self.command.process_group(0);
        }
        self.start().map(drop)
    }

    /// Starts it with stdout and stderr going to `log`, and gives its process id.
    pub fn daemon(mut self, log: std::fs::File) -> Result<u32, Error> {
        let command = self.display();
        let second = log.try_clone().map_err(|source| Error::ToolUnusable { command, source })?;
        self.command.stdout(log).stderr(second);
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            self.command.process_group(0);
        }
        self.start().map(|child| child.id())
    }

    fn start(mut self) -> Result<Child, Error> {
        let command = self.display();
        let stdin = match &self.input {
            Input::Null => Stdio::null(),
            Input::Inherit => Stdio::inherit(),
            Input::Bytes(_) => Stdio::piped(),
        };
        tracing::debug!(%command, "start");
        let mut child = self.command.stdin(stdin).spawn().map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::ToolMissing { program: self.program.to_string_lossy().into_owned() },
            _ => Error::ToolUnusable { command, source },
        })?;
        if let (Input::Bytes(bytes), Some(mut pipe)) = (self.input, child.stdin.take()) {
            // A child that ends without reading is no error: what it says by its status counts.
            thread::spawn(move || pipe.write_all(&bytes));
        }
        Ok(child)
    }
}

/// Asks a process group to end, and makes it after a second. By the shell's own `kill`: slim images have no program of that name.
#[cfg(unix)]
fn end_group(id: u32) {
    let signal = |name: &str| {
        let kill = Tool::new("sh").args(["-c", r#"kill -s "$0" -- "-$1""#, name]).arg(id.to_string()).output();
        kill.is_ok_and(|output| output.success())
    };
    if !signal("TERM") {
        return;
    }
    for _ in 0..50 {
        // Nobody left to be signalled.
        if !signal("0") {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    signal("KILL");
}

/// With everything that it has started.
#[cfg(not(unix))]
fn end_group(id: u32) {
    let _ = Tool::new("taskkill").args(["/T", "/F", "/PID"]).arg(id.to_string()).output();
}

fn read_all(mut pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = pipe.read_to_end(&mut bytes);
    bytes
}

fn forward(
    mut pipe: impl Read + Send + 'static,
    is_stderr: bool,
    sender: std::sync::mpsc::Sender<(bool, Vec<u8>)>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(n) = pipe.read(&mut buffer) {
            if n == 0 || sender.send((is_stderr, buffer[..n].to_vec())).is_err() {
                break;
            }
        }
    })
}

fn wait(child: &mut Child, deadline: Option<Duration>, command: &str) -> Result<ExitStatus, Error> {
    let unusable = |source| Error::ToolUnusable { command: command.to_owned(), source };
    let Some(after) = deadline else {
        return child.wait().map_err(unusable);
    };
    let started = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait().map_err(unusable)? {
            return Ok(status);
        }
        if started.elapsed() >= after {
            let _ = child.kill();
            let _ = child.wait();
            return Err(Error::ToolTimedOut { command: command.to_owned(), after });
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn output_and_status_come_back() {
        let output = Tool::new("sh").args(["-c", "cat; echo e >&2; exit 3"]).stdin_bytes("in").output().unwrap();
        assert_eq!((output.status, output.text().as_str(), output.error_text().as_str()), (Some(3), "in", "e"));
    }

    #[test]
    fn a_failure_carries_what_was_printed() {
        let error = Tool::new("sh").args(["-c", "echo why >&2; exit 7"]).checked().unwrap_err();
        assert!(matches!(error, Error::ToolFailed { status: Some(7), ref output, .. } if output == "why"), "{error:?}");
    }

    #[test]
    fn a_slow_child_is_stopped() {
        let started = Instant::now();
        let error = Tool::new("sleep").arg("5").deadline(Duration::from_millis(50)).output().unwrap_err();
        assert!(matches!(error, Error::ToolTimedOut { .. }));
        assert!(started.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Tool::new("no-such-program-here").output().unwrap_err();
        assert!(matches!(error, Error::ToolMissing { ref program } if program == "no-such-program-here"));
    }

    #[test]
    fn streamed_output_is_seen_as_it_comes_and_kept() {
        let mut seen = Vec::new();
        let output =
            Tool::new("sh").args(["-c", "echo a; echo b >&2"]).stream(&mut |b| seen.extend_from_slice(b)).unwrap();
        assert_eq!((output.text().as_str(), output.error_text().as_str(), seen.len()), ("a", "b", 4));
    }
}
