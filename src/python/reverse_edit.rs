//! Takes an earlier change out of a text that may have been edited since.
//!
//! Lines that the change added go, and lines that it replaced come back. A line that was edited since is no longer the change's, and stays.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A text without an earlier change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversed {
    /// The text; `None` if the file is deleted.
    pub text: Option<String>,
    /// Lines of before the change that do not come back, because those in their place were edited since.
    pub lost: Vec<String>,
}

/// Returns `current` without the change from `before` to `after`. `None` stands for a missing file.
pub fn reverse(before: Option<&str>, after: Option<&str>, current: Option<&str>) -> Reversed {
    let unchanged = |text: Option<&str>| Reversed { text: text.map(str::to_owned), lost: Vec::new() };
    let (Some(after), Some(now)) = (after, current) else {
        // The change deleted the file, or the file was deleted since.
        return unchanged(if after.is_none() && current.is_none() { before } else { current });
    };
    if now == after || Some(now) == before {
        return unchanged(before);
    }
    let reversed = reverse_lines(before.unwrap_or_default(), after, now);
    let is_empty = reversed.text.as_deref().is_some_and(|text| text.trim().is_empty());
    if before.is_none() && is_empty { Reversed { text: None, ..reversed } } else { reversed }
}

fn reverse_lines(before: &str, after: &str, now: &str) -> Reversed {
    // Without line ends: an editor or git may have changed all of them.
    let (old, new, lines): (Vec<&str>, Vec<&str>, Vec<&str>) =
        (before.lines().collect(), after.lines().collect(), now.lines().collect());
    let image = images(&new, &lines);
    let mut edit = LineEdit { removed: vec![false; lines.len()], inserted: vec![Vec::new(); lines.len() + 1] };
    let mut lost = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (was, is) = (op.old_range(), op.new_range());
        if matches!(op, DiffOp::Equal { .. }) {
            continue;
        }
        let kept: Vec<usize> = is.clone().filter_map(|at| image[at]).collect();
        kept.iter().for_each(|&at| edit.removed[at] = true);
        if was.is_empty() {
            continue;
        }
        let place = match kept.first() {
            Some(&first) => (kept.len() == is.len()).then_some(first),
            None if !is.is_empty() => None,
            // The change only removed lines: they were between these two.
            None => match (is.start.checked_sub(1).map(|above| image[above]), image.get(is.start)) {
                (Some(Some(above)), _) => Some(above + 1),
                (_, Some(Some(below))) => Some(*below),
                (None, None) => Some(0),
                _ => None,
            },
        };
        match place {
            Some(at) => edit.inserted[at].extend(old[was].iter().map(|&line| line.to_owned())),
            // The user may have written it again.
            None => {
                let gone = old[was].iter().filter(|line| !line.trim().is_empty() && !lines.contains(line));
                lost.extend(gone.map(|&line| line.to_owned()));
            }
        }
    }
    edit.keep_headers(&lines);
    edit.keep_lone_blanks(&lines);
    Reversed { text: Some(edit.apply(now)), lost }
}

/// The position in `lines` of each line of `new`; `None` for a line that was edited or deleted since.
fn images(new: &[&str], lines: &[&str]) -> Vec<Option<usize>> {
    let mut image = vec![None; new.len()];
    for op in capture_diff_slices(Algorithm::Myers, new, lines) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            (0..len).for_each(|n| image[old_index + n] = Some(new_index + n));
        }
    }
    image
}

/// A change of lines.
struct LineEdit {
    removed: Vec<bool>,
    /// The lines to insert above each line, and at the end.
    inserted: Vec<Vec<String>>,
}

impl LineEdit {
    /// Keeps the header of a table or section in which a line stays, with the empty line above it: without it, the line would belong to the
    /// table above.
    fn keep_headers(&mut self, lines: &[&str]) {
        for at in (0..lines.len()).filter(|&at| is_header(lines[at])) {
            let stays = |line: usize| !self.removed[line] && !is_blank_or_comment(lines[line]);
            let next = (at + 1..lines.len()).find(|&line| stays(line));
            if self.removed[at] && next.is_some_and(|next| !is_header(lines[next])) {
                self.removed[at] = false;
                if at > 0 && lines[at - 1].trim().is_empty() {
                    self.removed[at - 1] = false;
                }
            }
        }
    }

    /// Keeps empty lines around which nothing else goes: any empty line of the user looks like one of the change.
    fn keep_lone_blanks(&mut self, lines: &[&str]) {
        let mut run = 0;
        while run < lines.len() {
            let end = (run..lines.len()).find(|&line| !self.removed[line]).unwrap_or(lines.len());
            if lines[run..end].iter().all(|line| line.trim().is_empty()) {
                self.removed[run..end].fill(false);
            }
            run = end + 1;
        }
    }

    fn apply(&self, now: &str) -> String {
        let end_of_line = if now.contains("\r\n") { "\r\n" } else { "\n" };
        let mut text = String::with_capacity(now.len());
        let insert = |text: &mut String, lines: &[String]| {
            for line in lines {
                if !text.is_empty() && !text.ends_with('\n') {
                    text.push_str(end_of_line);
                }
                text.push_str(line);
                text.push_str(end_of_line);
            }
        };
        for (at, line) in now.split_inclusive('\n').enumerate() {
            insert(&mut text, &self.inserted[at]);
            if !self.removed[at] {
                text.push_str(line);
            }
        }
        insert(&mut text, &self.inserted[self.removed.len()]);
        text
    }
}

fn is_header(line: &str) -> bool {
    line.starts_with('[') && line.split(['#', ';']).next().is_some_and(|code| code.trim_end().ends_with(']'))
}

fn is_blank_or_comment(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with(['#', ';'])
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "[tox]\nenv_list = a\n\n[testenv]\npackage = wheel\ndeps = x\n";
    const AFTER: &str =
        "[tox]\nenv_list = a\n\n[testenv]\npackage = external\ndeps = x\n\n[pkgenv]\npass_env = *\ncommands = y\n";

    fn reversed(now: &str) -> (String, Vec<String>) {
        let Reversed { text, lost } = reverse(Some(BEFORE), Some(AFTER), Some(now));
        (text.unwrap(), lost)
    }

    #[test]
    fn an_unchanged_file_is_as_before() {
        for (before, after) in [("a", "a\n\n[t]\nb = 1\n"), ("\u{feff}a\r\n", "\u{feff}a\r\nb\r\n"), ("", "x\n")] {
            assert_eq!(reverse(Some(before), Some(after), Some(after)).text.as_deref(), Some(before));
            assert_eq!(reverse(Some(before), Some(after), Some(before)).text.as_deref(), Some(before));
        }
        assert_eq!(reverse(None, Some("x\n"), Some("x\n")).text, None);
        assert_eq!(reverse(None, Some("x\n"), None).text, None);
        assert_eq!(reverse(Some("x\n"), None, None).text.as_deref(), Some("x\n"));
        assert_eq!(reverse(Some("x\n"), None, Some("new\n")).text.as_deref(), Some("new\n"));
    }

    #[test]
    fn lines_of_the_user_stay_wherever_they_are() {
        let cases = [
            (AFTER.replace("deps = x\n", "deps = x\n  y\n"), BEFORE.replace("deps = x\n", "deps = x\n  y\n")),
            (format!("# top\n{AFTER}"), format!("# top\n{BEFORE}")),
            (AFTER.replace('\n', "\r\n"), BEFORE.replace('\n', "\r\n")),
            (AFTER.trim_end().to_owned(), BEFORE.to_owned()),
            // Between our own lines, and in our table.
            (format!("{AFTER}\n[mine]\nx = 1\n"), format!("{BEFORE}\n[mine]\nx = 1\n")),
            (AFTER.replace("pass_env = *\n", "pass_env = *\ndeps = z\n"), format!("{BEFORE}\n[pkgenv]\ndeps = z\n")),
        ];
        for (now, expected) in cases {
            assert_eq!(reversed(&now), (expected, Vec::new()), "{now}");
        }
    }

    #[test]
    fn a_line_that_was_edited_since_is_the_users() {
        let now = AFTER.replace("package = external", "package = sdist");
        let (text, lost) = reversed(&now);
        assert_eq!(text, BEFORE.replace("wheel", "sdist"));
        assert_eq!(lost, ["package = wheel"]);
        // The user took the change back, in a part or as a whole.
        let own = format!("{BEFORE}\n[mine]\n");
        assert_eq!(reversed(&own), (own.clone(), Vec::new()));
        assert_eq!(reversed(BEFORE), (BEFORE.to_owned(), Vec::new()));
        let (text, _) = reversed(&AFTER.replace("pass_env = *", "pass_env = HOME"));
        assert_eq!(text, format!("{BEFORE}\n[pkgenv]\npass_env = HOME\n"));
    }

    #[test]
    fn a_new_file_goes_unless_something_of_the_user_is_in_it() {
        let after = "# ours\nserver = 1\nuser = 2\n";
        assert_eq!(reverse(None, Some(after), Some("\n# ours\nuser = 2\n")).text, None);
        assert_eq!(reverse(None, Some(after), Some(&format!("{after}mine = 3\n"))).text.unwrap(), "mine = 3\n");
    }

    #[test]
    fn removed_lines_come_back_to_their_place() {
        let (before, after) = ("a\nuse_develop = true\nb\n", "a\nb\n");
        let now = |text| reverse(Some(before), Some(after), Some(text)).text.unwrap();
        assert_eq!(now("0\na\nb\nc\n"), "0\na\nuse_develop = true\nb\nc\n");
        assert_eq!(now("b\nc\n"), "use_develop = true\nb\nc\n");
    }
}
