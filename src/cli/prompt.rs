//! Prompts on the terminal. Hooks never prompt; other callers check [`is_possible`] first.

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Password};
use secrecy::SecretString;

use crate::system::terminal;

/// Whether stdin and stderr are a terminal.
pub fn is_possible() -> bool {
    terminal::is_interactive()
}

/// Asks for yes or no; `None` if the prompt was cancelled.
pub fn confirm(question: &str, default: bool) -> Option<bool> {
    Confirm::with_theme(&ColorfulTheme::default()).with_prompt(question).default(default).interact_opt().ok().flatten()
}

/// Asks for a line of text; `None` if the prompt was cancelled.
pub fn text(question: &str, default: Option<&str>) -> Option<String> {
    let theme = ColorfulTheme::default();
    let mut input = Input::<String>::with_theme(&theme).with_prompt(question);
    if let Some(default) = default {
        input = input.default(default.to_owned());
    }
    input.interact_text().ok()
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
