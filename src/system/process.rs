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
    group: Group,
}

/// The process group of the child, which decides what ends at the deadline and when a signal interrupts this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    /// The group of this process. The deadline ends the child alone; Ctrl-C in a terminal reaches it, other signals do not.
    Inherited,
    /// A group of its own. Deadline and signals end the child and its descendants.
    Own,
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
        Self { command: Command::new(&program), program, input: Input::Null, deadline: None, group: Group::Inherited }
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

    /// Ends the process and its descendants at the deadline, and when a signal interrupts [`Tool::stream`] or [`Tool::output`].
    ///
    /// `stream` and `output` do not return after such a signal.
    #[must_use]
    pub fn kill_descendants(mut self) -> Self {
        self.group = Group::Own;
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
    ///
    /// The deadline includes descendants that keep stdout or stderr open after the process has ended.
    pub fn output(mut self) -> Result<Output, Error> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let end = self.end();
        let mut child = self.start()?;
        let id = child.id();
        let _interrupted = end.on_interrupt(id);
        let stdout = child.stdout.take().map(|pipe| thread::spawn(move || read_all(pipe)));
        let stderr = child.stderr.take().map(|pipe| thread::spawn(move || read_all(pipe)));
        let status = end.wait(&mut child)?;
        end.wait_until(id, || [&stdout, &stderr].into_iter().flatten().all(thread::JoinHandle::is_finished))?;
        if end.group == Group::Own {
            signals::block_if_interrupted();
        }
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
        let end = self.end();
        let mut child = self.start()?;
        Ok(end.wait(&mut child)?.code())
    }

    /// Runs the command, passes stdout and stderr to `sink` as they arrive, and returns both.
    pub fn stream(mut self, sink: &mut dyn FnMut(&[u8])) -> Result<Output, Error> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let end = self.end();
        let mut child = self.start()?;
        let _interrupted = end.on_interrupt(child.id());
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
        output.status = end.wait(&mut child)?.code();
        if end.group == Group::Own {
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

    fn end(&self) -> End {
        End { command: self.display(), deadline: self.deadline, group: self.group, started: Instant::now() }
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
#[cfg(unix)]
fn end_group(id: u32) {
    if !signal_group(id, "TERM") {
        return;
    }
    for _ in 0..50 {
        // The group has no processes left.
        if !signal_group(id, "0") {
            return;
        }
        thread::sleep(Duration::from_millis(20));
    }
    kill_group(id);
}

#[cfg(unix)]
fn kill_group(id: u32) {
    signal_group(id, "KILL");
}

/// Uses the shell's built-in `kill`: slim container images have no `kill` program.
#[cfg(unix)]
fn signal_group(id: u32, signal: &str) -> bool {
    let kill = Tool::new("sh").args(["-c", r#"kill -s "$0" -- "-$1""#, signal]).arg(id.to_string()).output();
    kill.is_ok_and(|output| output.success())
}

/// Ends a process and its descendants.
#[cfg(not(unix))]
fn end_group(id: u32) {
    let _ = Tool::new("taskkill").args(["/T", "/F", "/PID"]).arg(id.to_string()).output();
}

#[cfg(not(unix))]
fn kill_group(id: u32) {
    end_group(id);
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

/// How a started process ends.
struct End {
    command: String,
    deadline: Option<Duration>,
    group: Group,
    started: Instant,
}

impl End {
    fn on_interrupt(&self, id: u32) -> Option<signals::OnInterrupt> {
        (self.group == Group::Own).then(|| signals::on_interrupt(move || end_group(id)))
    }

    /// Waits for the process; kills it at the deadline.
    fn wait(&self, child: &mut Child) -> Result<ExitStatus, Error> {
        let unusable = |source| Error::ToolUnusable { command: self.command.clone(), source };
        if self.deadline.is_none() {
            return child.wait().map_err(unusable);
        }
        let mut ended = None;
        let in_time = self.wait_until(child.id(), || {
            ended = child.try_wait().transpose();
            ended.is_some()
        });
        if in_time.is_err() {
            let _ = child.kill();
            let _ = child.wait();
        }
        in_time?;
        ended.transpose().map_err(unusable)?.map_or_else(|| child.wait().map_err(unusable), Ok)
    }

    /// Polls `is_done`; at the deadline ends the group of the process `id` if it is its own, and fails.
    fn wait_until(&self, id: u32, mut is_done: impl FnMut() -> bool) -> Result<(), Error> {
        let mut pause = Duration::from_micros(500);
        while let Some(after) = self.deadline {
            if is_done() {
                break;
            }
            if self.started.elapsed() >= after {
                if self.group == Group::Own {
                    kill_group(id);
                }
                return Err(Error::ToolTimedOut { command: self.command.clone(), after });
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests;
