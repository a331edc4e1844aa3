//! Prompts on the terminal. Hooks never prompt; other callers check [`is_possible`] first.

use dialoguer::console::Term;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Password};
use secrecy::SecretString;

use crate::system::terminal;

/// The width of a terminal that does not say its own.
const MIN_COLUMNS: usize = 40;

/// Whether stdin and stderr are a terminal.
pub fn is_possible() -> bool {
    terminal::is_interactive()
}

/// Columns for the mark before a question, and for the choice and the answer after it.
const AROUND: usize = 20;

/// Asks for yes or no; `None` if the prompt was cancelled.
pub fn confirm(question: &str, default: bool) -> Option<bool> {
    let question = fitted(question, AROUND, "Do it?");
    Confirm::with_theme(&ColorfulTheme::default()).with_prompt(question).default(default).interact_opt().ok().flatten()
}

/// Asks for a line of text; `None` if the prompt was cancelled.
pub fn text(question: &str, default: Option<&str>) -> Option<String> {
    let theme = ColorfulTheme::default();
    let default = default.unwrap_or_default();
    let length = default.chars().count();
    if default.is_empty() {
        let question = fitted(question, AROUND, "Answer");
        return Input::<String>::with_theme(&theme).with_prompt(question).interact_text().ok();
    }
    if length + 2 * AROUND <= columns() {
        let question = fitted(question, AROUND + length, "Answer");
        let input = Input::<String>::with_theme(&theme).with_prompt(question).default(default.to_owned());
        return input.interact_text().ok();
    }
    print(&format!("{question}: {default}"));
    let input = Input::<String>::with_theme(&theme).with_prompt("Enter accepts this").allow_empty(true);
    let typed = input.interact_text().ok()?;
    Some(if typed.trim().is_empty() { default.to_owned() } else { typed })
}

/// Asks for a line of text with a default.
///
/// For an optional value, `-` means empty. Returns `None` if the prompt was cancelled.
pub fn proposal(question: &str, proposed: &str, optional: bool) -> Option<String> {
    let question = if optional { format!("{question} (- for none)") } else { question.to_owned() };
    let default = if proposed.is_empty() && optional { "-" } else { proposed };
    let typed = text(&question, (!default.is_empty()).then_some(default))?;
    Some(if optional && typed.trim() == "-" { String::new() } else { typed.trim().to_owned() })
}

/// Returns the question if it leaves `around` columns of a line free; otherwise shows it, and returns the `short` one.
///
/// dialoguer clears one line when it redraws a prompt, so the other lines of a longer one would stay on the screen.
fn fitted(question: &str, around: usize, short: &str) -> String {
    if question.chars().count() + around <= columns() {
        return question.to_owned();
    }
    print(question);
    short.to_owned()
}

fn print(text: &str) {
    // A terminal that is gone fails the prompt, too.
    drop(Term::stderr().write_line(text));
}

fn columns() -> usize {
    usize::from(Term::stderr().size().1).max(MIN_COLUMNS)
}

/// Asks for a password without echo; `None` if the prompt was cancelled.
pub fn password(question: &str) -> Option<SecretString> {
    let theme = ColorfulTheme::default();
    Password::with_theme(&theme).with_prompt(question).interact().ok().map(SecretString::from)
}

/// Asks twice for a new password; `None` if the prompt was cancelled.
pub fn new_password(question: &str) -> Option<SecretString> {
    let theme = ColorfulTheme::default();
    let typed = Password::with_theme(&theme)
        .with_prompt(question)
        .with_confirmation("Repeat the password", "the passwords differ")
        .interact();
    typed.ok().map(SecretString::from)
}

/// Asks which `items` to keep selected; returns their positions, or `None` if cancelled.
pub fn choose(question: &str, items: &[String]) -> Option<Vec<usize>> {
    let theme = ColorfulTheme::default();
    let chosen: Vec<(&str, bool)> = items.iter().map(|item| (item.as_str(), true)).collect();
    MultiSelect::with_theme(&theme).with_prompt(question).items_checked(chosen).interact_opt().ok().flatten()
}

/// Reads a password from the first line of stdin; `None` if that line is empty.
pub fn password_from_stdin() -> Option<SecretString> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok()?;
    let password = line.trim_end_matches(['\r', '\n']);
    (!password.is_empty()).then(|| SecretString::from(password))
}
