//! The answer of `env`: assignments in the syntax of a shell or of a CI system.

use serde_json::{Value, json};

use crate::cli::shell_kind::ShellKind;
use crate::cli::ui::Ui;
use crate::model::available::AvailableVersion;
use crate::model::names::escape_for_terminal;
use crate::ops::env::{Installed, Variables};

/// Shows the variables in the syntax of `shell`.
pub fn show(ui: &Ui, found: &Variables, shell: ShellKind) {
    if ui.wants_json() {
        let variables: serde_json::Map<String, Value> =
            found.variables.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        return ui.answer_json(&json!({ "schema": 1, "index": found.index.to_string(), "variables": variables }));
    }
    let lines: Vec<String> = found.variables.iter().map(|(name, value)| assignment(shell, name, value)).collect();
    ui.answer(&lines.join("\n"));
}

/// Shows what the installers get. `missing` are the variables that the shell has not set.
pub fn checked(ui: &Ui, variables: &Variables, (checked, missing): (&[Installed], &[&str])) {
    let index = &variables.index;
    if ui.wants_json() {
        let json = |one: &Option<AvailableVersion>| {
            one.as_ref().map(|one| json!({ "version": one.version, "index": one.index }))
        };
        let projects: Vec<Value> = checked
            .iter()
            .map(|one| {
                json!({
                    "project": one.project.as_str(),
                    "installed": json(&one.found),
                    "of_branch": one.is_of_branch(index),
                    "without_constraint": json(&one.without_constraint),
                })
            })
            .collect();
        return ui.answer_json(
            &json!({ "schema": 1, "index": index.to_string(), "projects": projects, "variables_not_set": missing }),
        );
    }
    let place = |one: &AvailableVersion| escape_for_terminal(&format!("{} from {}", one.version, one.index));
    for Installed { project, found, without_constraint } in checked {
        let Some(found) = found else {
            ui.answer(&format!("{project}: nothing, {index} and its bases have no release"));
            continue;
        };
        let other = without_constraint.as_ref().filter(|other| *other != found);
        let other = other.map(|other| format!(" (without the constraint: {})", place(other))).unwrap_or_default();
        ui.answer(&format!("{project} {}{other}", place(found)));
        if found.index != index.to_string() {
            ui.warn(&format!("{index} has no release of {project}: the next build of this branch in CI makes one"));
        }
    }
    if !missing.is_empty() {
        ui.note(&format!("this shell does not use them ({}): `eval \"$(git devpi env)\"`", missing.join(", ")));
    }
}

/// Returns one assignment; the value is quoted so that the shell expands nothing in it.
fn assignment(shell: ShellKind, name: &str, value: &str) -> String {
    match shell {
        ShellKind::Sh => format!("export {name}='{}'", value.replace('\'', r"'\''")),
        // Between single quotes, fish has two escape sequences: \\ and \'.
        ShellKind::Fish => format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
        ShellKind::Powershell => format!("$env:{name} = '{}'", value.chars().map(powershell).collect::<String>()),
        ShellKind::Dotenv => format!("{name}={}", dotenv(value)),
        ShellKind::Github => github(name, value),
    }
}

/// Doubles quotes: in PowerShell typographic quotes end a string too.
fn powershell(c: char) -> String {
    let is_quote = matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}');
    if is_quote { format!("{c}{c}") } else { c.to_string() }
}

/// Quotes a value only if it needs quotes: some readers of .env files keep them.
fn dotenv(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+@%,=~".contains(c);
    if value.chars().all(is_plain) {
        return value.to_owned();
    }
    if !value.contains(['\'', '\\', '\n']) {
        return format!("'{value}'");
    }
    let mut quoted = String::new();
    for c in value.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '"' | '\\' | '$' | '`' => quoted.extend(['\\', c]),
            other => quoted.push(other),
        }
    }
    format!("\"{quoted}\"")
}

/// Returns an entry for the file of GITHUB_ENV; a value of several lines is put between delimiters.
fn github(name: &str, value: &str) -> String {
    if !value.contains(['\n', '\r']) {
        return format!("{name}={value}");
    }
    let mut end = "END".to_owned();
    while value.contains(&end) {
        end.push('_');
    }
    format!("{name}<<{end}\n{value}\n{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: &str = r#"/tmp/it's a "bundle" $HOME `id` \n %PATH% ‘x’ ü.pem"#;

    #[cfg(unix)]
    #[test]
    fn a_shell_gets_exactly_the_value() {
        use crate::system::process::Tool;
        for value in [ODD, "", "'", "a\nb", r"\'", "$(touch x); exit 3"] {
            let script = format!("{}\nprintf %s \"$V\"", assignment(ShellKind::Sh, "V", value));
            let output = Tool::new("sh").args(["-c", &script]).checked().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), value);
        }
    }

    #[test]
    fn every_form_quotes_in_its_own_way() {
        let form = |shell| assignment(shell, "V", ODD);
        assert_eq!(form(ShellKind::Fish), r#"set -gx V '/tmp/it\'s a "bundle" $HOME `id` \\n %PATH% ‘x’ ü.pem'"#);
        assert_eq!(form(ShellKind::Powershell), r#"$env:V = '/tmp/it''s a "bundle" $HOME `id` \n %PATH% ‘‘x’’ ü.pem'"#);
        assert_eq!(form(ShellKind::Dotenv), r#"V="/tmp/it's a \"bundle\" \$HOME \`id\` \\n %PATH% ‘x’ ü.pem""#);
        assert_eq!(form(ShellKind::Github), format!("V={ODD}"));
        assert_eq!(assignment(ShellKind::Dotenv, "V", "https://h:1/a-b/+simple/"), "V=https://h:1/a-b/+simple/");
        assert_eq!(assignment(ShellKind::Dotenv, "V", "/a b"), "V='/a b'");
        assert_eq!(assignment(ShellKind::Github, "V", "a\nEND\nb"), "V<<END_\na\nEND\nb\nEND_");
    }
}
