//! Starts child processes; each is a [`Tool`].
//!
//! A child runs without a shell and is killed after its deadline. Callers remove secrets from its environment with
//! [`Tool::without_env`].

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::error::Error;
use super::signals;

/// A command to run, like [`Command`] with a deadline and input.
#[derive(Debug)]
pub struct Tool {
    program: OsString,
    command: Command,
    input: Input,
    deadline: Option<Duration>,
    interruption: Interruption,
}

/// What happens to the child when a signal interrupts this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interruption {
    /// Nothing: Ctrl-C in a terminal also reaches the child, other signals do not.
    Ignore,
    /// The child and its descendants are ended.
    KillGroup,
}

#[derive(Debug)]
enum Input {
    Null,
    Inherit,
    Bytes(Vec<u8>),
}

/// The output and exit status of a child process.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit status; `None` if a signal ended the process.
    pub status: Option<i32>,
    /// The content of stdout.
    pub stdout: Vec<u8>,
    /// The content of stderr.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether the exit status is 0.
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    /// Returns stdout as text without trailing line breaks.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Returns stderr as trimmed text.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim().to_owned()
    }
}

impl Tool {
    /// Creates a command for `program`, a name on PATH or a path, with empty stdin.
    #[allow(clippy::disallowed_methods)]
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let program = program.as_ref().to_owned();
        Self {
            command: Command::new(&program),
            program,
            input: Input::Null,
            deadline: None,
            interruption: Interruption::Ignore,
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

    /// Sets the current folder of the process.
    #[must_use]
    pub fn current_dir(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes environment variables.
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

    /// Writes `bytes` to stdin.
    #[must_use]
    pub fn stdin_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// Inherits stdin.
    #[must_use]
    pub fn stdin_inherit(mut self) -> Self {
        self.input = Input::Inherit;
        self
    }

    /// Sets the time after which the process is killed.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Ends the process and its descendants when a signal interrupts [`Tool::stream`].
    ///
    /// `stream` does not return in that case.
    #[must_use]
    pub fn kill_on_interrupt(mut self) -> Self {
        self.interruption = Interruption::KillGroup;
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            self.command.process_group(0);
        }
        self
    }

    /// Returns the command line for messages. Callers must not pass secrets as arguments.
    pub fn display(&self) -> String {
        let words = std::iter::once(self.program.as_os_str()).chain(self.command.get_args());
        words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    /// Runs the command and returns its output, whatever the exit status.
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

    /// Runs the command; an exit status other than 0 is [`Error::ToolFailed`] with the output.
    pub fn checked(self) -> Result<Output, Error> {
        let command = self.display();
        let output = self.output()?;
        if output.success() {
            return Ok(output);
        }
        let text = if output.stderr.is_empty() { output.text() } else { output.error_text() };
        Err(Error::ToolFailed { command, status: output.status, output: text })
    }

    /// Runs the command with inherited stdout and stderr. Returns the exit status; `None` for a signal.
    pub fn inherit(mut self) -> Result<Option<i32>, Error> {
        self.command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
        let command = self.display();
        let deadline = self.deadline;
        let mut child = self.start()?;
        Ok(wait(&mut child, deadline, &command)?.code())
    }

    /// Runs the command, passes stdout and stderr to `sink` as they arrive, and returns both.
    pub fn stream(mut self, sink: &mut dyn FnMut(&[u8])) -> Result<Output, Error> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let command = self.display();
        let (deadline, interruption) = (self.deadline, self.interruption);
        let mut child = self.start()?;
        let id = child.id();
        let _interrupted =
            (interruption == Interruption::KillGroup).then(|| signals::on_interrupt(move || end_group(id)));
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
        if interruption == Interruption::KillGroup {
            signals::block_if_interrupted();
        }
        Ok(output)
    }

    /// Starts the command without standard streams, and does not wait for it.
    pub fn detach(mut self) -> Result<(), Error> {
        self.command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            self.command.process_group(0);
        }
        self.start().map(drop)
    }

    /// Starts the command with stdout and stderr in `log`, and returns the process id.
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
            // A child that exits without reading stdin is not an error: its exit status decides.
            thread::spawn(move || pipe.write_all(&bytes));
        }
        Ok(child)
    }
}

/// Sends SIGTERM to a process group, and SIGKILL after one second.
///
/// Uses the shell's built-in `kill`: slim container images have no `kill` program.
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
        // The group has no processes left.
        if !signal("0") {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    signal("KILL");
}

/// Ends a process and its descendants.
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
