//! Questions to a person. ReleaseSelector on a terminal only; hooks and CI never get here.

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Password};
use secrecy::SecretString;

use crate::system::terminal;

/// Whether a question can be asked at all.
pub fn is_possible() -> bool {
    terminal::is_interactive()
}

/// Yes or no; `None` when the person broke off.
pub fn confirm(question: &str, default: bool) -> Option<bool> {
    Confirm::with_theme(&ColorfulTheme::default()).with_prompt(question).default(default).interact_opt().ok().flatten()
}

/// A line of text; `None` when the person broke off.
pub fn text(question: &str, default: Option<&str>) -> Option<String> {
    let theme = ColorfulTheme::default();
    let mut input = Input::<String>::with_theme(&theme).with_prompt(question);
    if let Some(default) = default {
        input = input.default(default.to_owned());
    }
    input.interact_text().ok()
}

/// A line of text with a proposal; `-` takes an optional one back to nothing. `None` when the person broke off.
pub fn proposal(question: &str, proposed: &str, optional: bool) -> Option<String> {
    let question = if optional { format!("{question} (- for none)") } else { question.to_owned() };
    let default = if proposed.is_empty() && optional { "-" } else { proposed };
    let typed = text(&question, (!default.is_empty()).then_some(default))?;
    Some(if optional && typed.trim() == "-" { String::new() } else { typed.trim().to_owned() })
}

/// A password, not shown.
pub fn password(question: &str) -> Option<SecretString> {
    let theme = ColorfulTheme::default();
    Password::with_theme(&theme).with_prompt(question).interact().ok().map(SecretString::from)
}

/// A password that is new, typed twice.
pub fn new_password(question: &str) -> Option<SecretString> {
    let theme = ColorfulTheme::default();
    let typed = Password::with_theme(&theme).with_prompt(question).with_confirmation("Again", "they differ").interact();
    typed.ok().map(SecretString::from)
}

/// Some of `items`, all of them chosen at first; `None` when the person broke off.
pub fn choose(question: &str, items: &[String]) -> Option<Vec<usize>> {
    let theme = ColorfulTheme::default();
    let chosen: Vec<(&str, bool)> = items.iter().map(|item| (item.as_str(), true)).collect();
    MultiSelect::with_theme(&theme).with_prompt(question).items_checked(chosen).interact_opt().ok().flatten()
}

/// The first line of stdin as a password; `None` when there is none.
pub fn password_from_stdin() -> Option<SecretString> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok()?;
    let password = line.trim_end_matches(['\r', '\n']);
    (!password.is_empty()).then(|| SecretString::from(password))
}
