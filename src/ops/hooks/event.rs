//! The git hooks of git-devpi, and the scripts for them in a hooks folder.
//!
//! The script is POSIX sh with LF line ends on every platform: a CR after `#!/bin/sh` makes git 2.47 hang. It looks for
//! git-devpi on PATH, then at its location during the installation; without git-devpi it lets git continue.

use std::path::Path;

/// A git hook of git-devpi.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// Before a push.
    PrePush,
    /// After a merge or a pull.
    PostMerge,
    /// After a rebase.
    PostRewrite,
    /// After a push, in the bare repository that was pushed to.
    PostReceive,
}

/// The start of every script after the first line. The number after it is its version.
const MARKER: &str = "# git-devpi hook ";
/// The end of every script.
const END: &str = "# end of git-devpi hook";
/// The line that differs between machines.
const PROGRAM_LINE: &str = "program=@PROGRAM@";

/// The author of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptAuthor {
    /// git-devpi wrote it.
    GitDevpi(ScriptState),
    /// Another program or a person wrote or changed it.
    Other,
}

/// The state of a script of git-devpi.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptState {
    /// This version wrote it.
    Current,
    /// Another version wrote it.
    Outdated,
    /// It has CR LF line ends.
    CrLf,
}

impl Event {
    /// The hooks of a clone.
    pub const ALL: [Self; 3] = [Self::PrePush, Self::PostMerge, Self::PostRewrite];

    /// All hooks: those of a clone, and that of the repository that is pushed to.
    pub const WITH_SERVER_SIDE: [Self; 4] = [Self::PrePush, Self::PostMerge, Self::PostRewrite, Self::PostReceive];

    /// Returns git's name of the hook, which is also the file's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::PrePush => "pre-push",
            Self::PostMerge => "post-merge",
            Self::PostRewrite => "post-rewrite",
            Self::PostReceive => "post-receive",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::PrePush => include_str!("../../../hooks/pre-push"),
            Self::PostMerge => include_str!("../../../hooks/post-merge"),
            Self::PostRewrite => include_str!("../../../hooks/post-rewrite"),
            Self::PostReceive => include_str!("../../../hooks/post-receive"),
        }
    }

    /// Returns the script.
    ///
    /// `program` is the path of git-devpi; `None` for a folder that other machines share.
    pub fn script(self, program: Option<&Path>) -> String {
        let program = quoted(program.and_then(Path::to_str).unwrap_or_default());
        self.template().replace(PROGRAM_LINE, &format!("program={program}"))
    }

    /// Returns the command for git's configuration.
    ///
    /// git appends ` "$@"` and runs it in a shell; it does not pass the name of the hook.
    pub fn command(self, program: Option<&Path>) -> String {
        let name = self.name();
        let program = quoted(program.and_then(Path::to_str).unwrap_or_default());
        format!(
            "f() {{ p={program}; command -v git-devpi >/dev/null 2>&1 && p=git-devpi; \
             if command -v \"$p\" >/dev/null 2>&1; then \"$p\" hook {name} \"$@\"; \
             else echo 'devpi: git-devpi not found on PATH, {name} hook skipped' >&2; fi; }}; f"
        )
    }

    /// Returns the section of git's configuration for the command.
    ///
    /// It must differ from the name of the hook.
    pub fn config_section(self) -> String {
        format!("hook.devpi-{}", self.name())
    }

    /// Returns the author of a script.
    pub fn author(self, bytes: &[u8]) -> ScriptAuthor {
        let Ok(text) = std::str::from_utf8(bytes) else { return ScriptAuthor::Other };
        let plain = text.replace("\r\n", "\n");
        let begins = plain.strip_prefix("#!/bin/sh\n").is_some_and(|rest| rest.starts_with(MARKER));
        let ends_once = plain.trim_end().ends_with(END) && plain.matches(END).count() == 1;
        if !begins || !ends_once {
            return ScriptAuthor::Other;
        }
        let anywhere = plain.lines().map(|line| if line.starts_with("program=") { PROGRAM_LINE } else { line });
        ScriptAuthor::GitDevpi(if plain != text {
            ScriptState::CrLf
        } else if anywhere.eq(self.template().lines()) {
            ScriptState::Current
        } else {
            ScriptState::Outdated
        })
    }
}

/// Quotes a text as one word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_recognized_for_any_program_path() {
        for event in Event::WITH_SERVER_SIDE {
            for program in [None, Some(Path::new("/opt/it's here/git-devpi"))] {
                let script = event.script(program);
                assert_eq!(event.author(script.as_bytes()), ScriptAuthor::GitDevpi(ScriptState::Current));
                assert_eq!(
                    event.author(script.replace('\n', "\r\n").as_bytes()),
                    ScriptAuthor::GitDevpi(ScriptState::CrLf)
                );
                assert!(script.starts_with("#!/bin/sh\n") && script.contains(&format!("hook {} ", event.name())));
                assert!(!script.contains("@PROGRAM@"));
                let older = script.replace("hook 2:", "hook 1:");
                assert_eq!(event.author(older.as_bytes()), ScriptAuthor::GitDevpi(ScriptState::Outdated));
            }
        }
    }

    #[test]
    fn a_changed_script_belongs_to_another_author() {
        let script = Event::PrePush.script(None);
        let first = script.replacen("#!/bin/sh\n", "#!/bin/sh\nmake lint || exit 1\n", 1);
        for other in [format!("{script}make lint\n"), first, "#!/bin/sh\n".to_owned(), String::new()] {
            assert_eq!(Event::PrePush.author(other.as_bytes()), ScriptAuthor::Other, "{other}");
        }
        assert_eq!(Event::PrePush.author(b"#!/bin/sh\n\xff"), ScriptAuthor::Other);
    }
}
