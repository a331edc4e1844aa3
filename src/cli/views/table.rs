//! Tables without borders, which are easy to copy and to grep.
//!
//! On a terminal they fit its width: long names are shortened in the middle, and texts are wrapped. Elsewhere every cell is complete.

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};
use dialoguer::console::Term;

/// The narrowest terminal that tables are fitted to, in columns.
const MIN_COLUMNS: usize = 60;
/// The shortest shortened name, in characters.
const MIN_NAME: usize = 12;
/// What a name is shortened with.
const ELLIPSIS: char = '…';

/// Cells that have a colour beside their word.
const COLOURS: [(&str, AnsiColor); 5] = [
    ("passed", AnsiColor::Green),
    ("ok", AnsiColor::Green),
    ("failed", AnsiColor::Red),
    ("fault", AnsiColor::Red),
    ("warning", AnsiColor::Yellow),
];

/// Returns a table with a header line; two spaces separate the columns.
pub fn render(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let terminal = Term::stdout();
    let width = terminal.is_term().then(|| usize::from(terminal.size().1).max(MIN_COLUMNS));
    render_in(width, header, rows)
}

fn render_in(width: Option<usize>, header: &[&str], mut rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(header.iter().map(|word| word.to_uppercase()));
    if let Some(width) = width {
        shorten_names(&mut rows, width);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let lines = table.to_string();
    lines.lines().map(|line| painted(line.trim_end())).collect::<Vec<_>>().join("\n")
}

/// Shortens cells of one word until the rows fit, the longest ones first, as far as they stay recognisable.
fn shorten_names(rows: &mut [Vec<String>], width: usize) {
    for row in rows {
        // Texts wrap at their spaces, and get a third of the width.
        let has_text = row.iter().any(|cell| cell.contains(' '));
        let available = (if has_text { width * 2 / 3 } else { width }).saturating_sub(2 * row.len());
        let mut names: Vec<(usize, &mut String)> =
            row.iter_mut().filter(|cell| !cell.contains(' ')).map(|cell| (cell.chars().count(), cell)).collect();
        while names.iter().map(|(length, _)| length).sum::<usize>() > available
            && let Some((length, _)) =
                names.iter_mut().max_by_key(|(length, _)| *length).filter(|(length, _)| *length > MIN_NAME)
        {
            *length -= 1;
        }
        for (length, name) in names {
            *name = shortened(name, length);
        }
    }
}

/// Leaves out the middle of a name, so that it has `length` characters.
fn shortened(name: &str, length: usize) -> String {
    let chars: Vec<char> = name.chars().collect();
    if chars.len() <= length {
        return name.to_owned();
    }
    let (head, tail) = (length / 2, length - length / 2 - 1);
    chars[..head].iter().chain([&ELLIPSIS]).chain(&chars[chars.len() - tail..]).collect()
}

/// Gives the words of [`COLOURS`] their colours where they are whole cells.
fn painted(line: &str) -> String {
    let mut painted = line.to_owned();
    for (word, colour) in COLOURS {
        let style: Style = colour.on_default();
        let mut from = 0;
        while let Some(at) = painted[from..].find(word).map(|at| from + at) {
            let end = at + word.len();
            let (before, after) = (&painted[..at], &painted[end..]);
            let is_cell =
                (before.is_empty() || before.ends_with("  ")) && (after.is_empty() || after.starts_with("  "));
            let new = if is_cell { format!("{style}{word}{style:#}") } else { word.to_owned() };
            from = at + new.len();
            painted = format!("{before}{new}{after}");
        }
    }
    painted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn a_table_fits_a_terminal_and_is_complete_elsewhere() {
        let name = "acme/acme-shiny-feature-a-very-long-name-of-a-branch-1a2b3c4";
        let branch = "feature/a-very-long-name-of-a-branch-with-a-ticket-NUMBER-4711";
        let why = "contained in origin/main since 2026-11-20, and has no upload of the last ten minutes";
        let header = ["index", "branch", "state", "last used", "why"];
        let rows = || {
            vec![
                row(&[name, branch, "merged", "2026-11-20 10:11 UTC", why]),
                row(&["a/b", "x", "live", "-", "on origin"]),
            ]
        };
        let wide = render_in(None, &header, rows());
        assert!(wide.contains(name) && wide.contains(branch) && wide.contains(why), "{wide}");
        for width in [80, 100, 200] {
            let text = render_in(Some(width), &header, rows());
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}:\n{text}");
            // Both ends of the names stay.
            assert!(width >= 200 || text.contains('…'), "{width}:\n{text}");
            assert!(text.contains("acme/") && text.contains("feature") && text.contains("live"), "{width}:\n{text}");
        }
    }

    #[test]
    fn names_lose_their_middle() {
        assert_eq!(shortened("abcdefghijklmnop", 9), "abcd…mnop");
        assert_eq!((shortened("größe", 5), shortened("größen", 5)), ("größe".to_owned(), "gr…en".to_owned()));
    }

    #[test]
    fn only_whole_cells_have_a_colour() {
        let green = AnsiColor::Green.on_default();
        assert_eq!(painted("x  passed  1"), format!("x  {green}passed{green:#}  1"));
        assert_eq!(painted("ok  found"), format!("{green}ok{green:#}  found"));
        for line in ["it has passed", "passed-1  x", "token  ", "failed before  x"] {
            assert_eq!(painted(line), line);
        }
    }
}
