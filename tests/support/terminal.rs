//! Runs a command in a pseudo-terminal, with scripted input.

use std::path::Path;

use super::{Run, Sandbox};

/// `argv[1]` lists the texts to wait for and the input to type then, in order; the rest is the command. stdout gets the terminal's output.
const TYPIST: &str = r#"
import json, os, pty, select, sys, time
script, command = json.loads(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown, seen, end = b"", 0, time.time() + 120
while time.time() < end:
    while script and script[0][0].encode() in shown[seen:]:
        # A prompt reads keys a moment after it is shown.
        time.sleep(0.2)
        seen = shown.index(script[0][0].encode(), seen) + len(script[0][0].encode())
        os.write(terminal, script.pop(0)[1].encode())
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            some = os.read(terminal, 4096)
        except OSError:
            break
        if not some:
            break
        shown += some
sys.stdout.write(shown.decode(errors="replace"))
if script:
    sys.stdout.write("\nnever asked: %r\n" % script)
    os.kill(child, 9)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(99 if script else code)
"#;

impl Sandbox {
    /// Runs a command in `folder` in a pseudo-terminal; after each first text appears, the second is typed.
    #[track_caller]
    pub fn on_terminal(&self, folder: &Path, words: &[&str], script: &[(&str, &str)]) -> Run {
        let script = serde_json::to_string(script).unwrap();
        self.run(folder, "python3", &[&["-c", TYPIST, &script], words].concat())
    }
}
