//! The processes that started this one, on Linux. Elsewhere none is known.

use std::path::PathBuf;

/// The number of ancestors that are looked at: git, a shell, a hook manager and its runtime.
const MAX_DEPTH: usize = 12;

/// Returns the process id of the nearest ancestor that runs the program `name`.
pub fn nearest(name: &str) -> Option<u32> {
    let mut id = std::process::id();
    for _ in 0..MAX_DEPTH {
        id = parent_of(id)?;
        if is_running(id, name) {
            return Some(id);
        }
    }
    None
}

/// Whether the process `id` exists, has not ended, and runs the program `name`.
pub fn is_running(id: u32, name: &str) -> bool {
    state_of(id).is_some_and(|(program, state, _)| program == name && !matches!(state.as_str(), "Z" | "X"))
}

fn parent_of(id: u32) -> Option<u32> {
    state_of(id).map(|(_, _, parent)| parent).filter(|parent| *parent > 1)
}

/// Reads `ID (PROGRAM) STATE PARENT …` of proc_pid_stat(5). The program's name may contain spaces and parentheses.
fn state_of(id: u32) -> Option<(String, String, u32)> {
    let path: PathBuf = ["/proc", &id.to_string(), "stat"].iter().collect();
    let text = fs_err::read_to_string(path).ok()?;
    let (before, after) = text.rsplit_once(')')?;
    let program = before.split_once('(')?.1.to_owned();
    let mut fields = after.split_whitespace();
    Some((program, fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_ancestor_is_found_by_its_program() {
        let parent = parent_of(std::process::id()).unwrap();
        let (program, _, _) = state_of(parent).unwrap();
        assert_eq!(nearest(&program), Some(parent));
        assert!(is_running(parent, &program) && !is_running(parent, "another"));
        assert_eq!(nearest("no such program"), None);
        assert!(!is_running(u32::MAX, "git"));
    }
}
