//! The answers of `login`, `logout` and `whoami`.

use jiff::Timestamp;
use serde_json::json;

use crate::cli::ui::Ui;
use crate::git::ConfigEntry;
use crate::model::names::escape_for_terminal;
use crate::ops::login::{LoggedIn, LoggedOut};
use crate::system::clock;

/// Shows the new login, and the credential helper that keeps the password.
pub fn logged_in(ui: &Ui, done: &LoggedIn, helper: Option<&ConfigEntry>) {
    if ui.wants_json() {
        let mut answer = as_json(done);
        answer["password_kept_by"] = json!(helper.map(|helper| &helper.value));
        return ui.answer_json(&answer);
    }
    ui.note(&format!("logged in to {} as {}{}", done.server, done.login, until(done.expires)));
    if let Some(text) = restricted(done) {
        ui.note(&text);
    }
    if let Some(helper) = helper {
        ui.note(&format!(
            "git's credential helper keeps the password: {} ({} in {})",
            escape_for_terminal(&helper.value),
            escape_for_terminal(&helper.key),
            escape_for_terminal(&helper.origin)
        ));
    }
}

fn restricted(login: &LoggedIn) -> Option<String> {
    (!login.restrictions.is_empty()).then(|| format!("the token is restricted: {}", login.restrictions.join(" ")))
}

/// Shows the current login.
pub fn who(ui: &Ui, found: &LoggedIn) {
    if ui.wants_json() {
        return ui.answer_json(&as_json(found));
    }
    ui.answer(&format!("{} at {}{} (devpi-server {})", found.login, found.server, until(found.expires), found.version));
    if let Some(text) = restricted(found) {
        ui.note(&text);
    }
}

/// Shows the logins whose tokens were deleted.
pub fn logged_out(ui: &Ui, done: &LoggedOut) {
    let names = |names: &[crate::model::names::UserName]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let (gone, left) = (names(&done.logins), names(&done.left_to_devpi_client));
    if ui.wants_json() {
        let server = done.server.as_str();
        return ui.answer_json(&json!({ "schema": 1, "server": server, "logged_out": gone, "devpi_client": left }));
    }
    match &gone[..] {
        [] => ui.note(&format!("not logged in to {}", done.server)),
        names => ui.note(&format!("logged out of {}: {}", done.server, names.join(", "))),
    }
    if !left.is_empty() {
        ui.note(&format!("devpi-client is still logged in as {}; `devpi logoff` logs it out", left.join(", ")));
    }
}

fn as_json(login: &LoggedIn) -> serde_json::Value {
    json!({
        "schema": 1,
        "server": login.server.as_str(),
        "login": login.login.as_str(),
        "restrictions": login.restrictions,
        "expires": login.expires.map(|at| at.to_string()),
        "version": login.version,
    })
}

fn until(expires: Option<Timestamp>) -> String {
    let Some(expires) = expires else { return String::new() };
    let minutes = expires.duration_since(clock::now()).as_secs() / 60;
    let rounded = expires.strftime("%Y-%m-%d %H:%M UTC");
    match minutes / 60 {
        // A token of devpi-tokens lasts a year, as a rule.
        hours @ 48.. => format!(" until {rounded} ({} days)", hours / 24),
        hours => format!(" until {rounded} ({hours} h {:02} m)", minutes % 60),
    }
}
