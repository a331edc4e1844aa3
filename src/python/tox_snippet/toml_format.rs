//! The snippet in `tox.toml` and in `[tool.tox]` of `pyproject.toml`.
//!
//! Edits the text, so comments, layout and line ends stay, and parses the result again: an unexpected result is refused.

use toml_edit::{Document, Item};

use super::package_environment::{Edited, NO_PACKAGE, OUR_COMMAND, PACKAGE_ENVIRONMENT, SKIPPED, lock_runner};

/// The location of the tables of tox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `tox.toml`: tables are at the root.
    ToxToml,
    /// `pyproject.toml`: tables are below `tool.tox`.
    Pyproject,
}

impl Place {
    fn prefix(self) -> &'static str {
        match self {
            Self::ToxToml => "",
            Self::Pyproject => "tool.tox.",
        }
    }
}

/// The base table of all package environments.
///
/// Not `env.".pkg_external"`: tox before 4.41 splits that name at its dot (observed with 4.21 to 4.30). An environment that builds a
/// wheel itself reads only `pass_env` of these keys.
const PACKAGE_BASE: &str = "env_pkg_base";

const KEYS: &str = r#"package_glob = "{work_dir}{/}git-devpi{/}*"
allowlist_externals = ["git"]
pass_env = ["*"]
commands = [["git", "devpi", "ensure", "--dest", "{work_dir}{/}git-devpi"]]
"#;

const PACKAGE: &str = "package = \"external\"";

/// Edits `text`.
pub(super) fn edit(text: &str, place: Place) -> Edited {
    let tox = Tox::parse(text, place)?;
    tox.refuse_what_installs_nothing()?;
    let mut edited = text.to_owned();
    if tox.text(&["env_run_base", "package"]) != Some("external") {
        edited = tox.with_package(&edited)?;
    }
    if Tox::parse(&edited, place)?.flag(&["env_run_base", "use_develop"]) {
        edited = Tox::parse(&edited, place)?.without_develop(&edited)?;
    }
    let tox = Tox::parse(&edited, place).map_err(|_| unusual())?;
    if !tox.is_complete() {
        tox.refuse_foreign_environment()?;
        let header = format!("[{}{PACKAGE_BASE}]", place.prefix());
        edited =
            below_header(&edited, &header, KEYS).unwrap_or_else(|| with_block(&edited, &format!("{header}\n{KEYS}")));
    }
    let result = Tox::parse(&edited, place).map_err(|_| unusual())?;
    if result.is_complete() { Ok(edited) } else { Err(unusual()) }
}

/// Removes what [`edit`], also of earlier versions, wrote.
pub(super) fn remove(text: &str, place: Place) -> Edited {
    let mut edited = text.to_owned();
    let environment = Tox::parse(text, place)?.package_environment();
    for table in [&["env", &environment][..], &[PACKAGE_BASE]] {
        let tox = Tox::parse(&edited, place)?;
        if tox.contains(&[table, &["commands"]].concat(), OUR_COMMAND) {
            let keys: Vec<&str> = KEYS.lines().filter_map(|line| line.split(' ').next()).collect();
            edited = without_keys(&edited, place, (table, &keys))?;
        }
    }
    if edited != text && Tox::parse(&edited, place)?.text(&["env_run_base", "package"]) == Some("external") {
        edited = without_keys(&edited, place, (&["env_run_base"], &["package"]))?;
    }
    if is_present(&edited, place) { Err(unusual()) } else { Ok(edited) }
}

/// Whether a package environment of the snippet exists.
pub(super) fn is_present(text: &str, place: Place) -> bool {
    Tox::parse(text, place).is_ok_and(|tox| tox.environment_contains("commands", OUR_COMMAND))
}

/// The environments for which tox builds the project itself, each with the setting that says so.
pub(super) fn exceptions(text: &str, place: Place) -> Vec<(String, String)> {
    let Ok(tox) = Tox::parse(text, place) else { return Vec::new() };
    let names = tox.get(&["env"]).and_then(Item::as_table_like).map(|table| table.iter().map(|(name, _)| name));
    let setting = |name: &str| match (tox.text(&["env", name, "package"]), tox.text(&["env", name, "runner"])) {
        (_, Some(runner)) if runner.contains("lock") => Some(format!("runner = {runner}")),
        (Some(package), _) if !["external", "skip", "deps-only"].contains(&package) => {
            Some(format!("package = {package}"))
        }
        _ => tox.flag(&["env", name, "use_develop"]).then(|| "use_develop".to_owned()),
    };
    names.into_iter().flatten().filter_map(|name| Some((name.to_owned(), setting(name)?))).collect()
}

/// The setting with which no environment installs the project, if it is set.
pub(super) fn no_package_key(text: &str, place: Place) -> Option<&'static str> {
    let tox = Tox::parse(text, place).ok()?;
    NO_PACKAGE.into_iter().find(|key| tox.flag(&[key]))
}

/// Removes the lines of keys of a table, and its header with the empty line above it if nothing else is in the table.
fn without_keys(text: &str, place: Place, (table, keys): (&[&str], &[&str])) -> Edited {
    let mut edited = text.to_owned();
    for key in keys {
        let tox = Tox::parse(&edited, place)?;
        let Some(span) = tox.get(&[table, &[*key]].concat()).and_then(Item::span) else { continue };
        let start = edited[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = edited[span.end..].find('\n').map_or(edited.len(), |at| span.end + at + 1);
        if !edited[start..span.start].split('=').next().is_some_and(|left| left.trim().ends_with(key)) {
            return Err(unusual());
        }
        edited.replace_range(start..end, "");
    }
    let tox = Tox::parse(&edited, place)?;
    let found = tox.get(table).and_then(Item::as_table);
    if let Some(header) = found.filter(|found| found.is_empty() && !found.is_dotted()).and_then(|found| found.span()) {
        let end = edited[header.start..].find('\n').map_or(edited.len(), |at| header.start + at + 1);
        let above = &edited[..header.start];
        let gap = ["\r\n\r\n", "\n\n"].iter().find(|gap| above.ends_with(*gap)).map_or(0, |gap| gap.len() / 2);
        edited.replace_range(header.start - gap..end, "");
    }
    Ok(edited)
}

fn unusual() -> String {
    "has a layout that cannot be edited".to_owned()
}

/// The complete snippet, for editing by hand.
pub(super) fn snippet(place: Place) -> String {
    let prefix = place.prefix();
    format!("[{prefix}env_run_base]\n{PACKAGE}\n[{prefix}{PACKAGE_BASE}]\n{KEYS}").replace("\n[", "\n\n[")
}

fn with_block(text: &str, block: &str) -> String {
    let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    format!("{}{}{}", text.trim_end(), end_of_line.repeat(2), block.replace('\n', end_of_line))
}

/// Inserts `lines` below the header of a table; `None` if the text has no such header.
fn below_header(text: &str, header: &str, lines: &str) -> Option<String> {
    let end_of_line = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let code = line.split('#').next().unwrap_or_default();
        if code.chars().filter(|c| !c.is_whitespace()).eq(header.chars()) {
            let between = if line.ends_with('\n') { "" } else { end_of_line };
            let lines = lines.replace('\n', end_of_line);
            return Some(format!("{}{between}{lines}{}", &text[..at], &text[at..]));
        }
    }
    None
}

struct Tox {
    document: Document<String>,
    place: Place,
}

impl Tox {
    fn parse(text: &str, place: Place) -> Result<Self, String> {
        let document =
            Document::parse(text.to_owned()).map_err(|error| format!("is not valid: {}", error.message()))?;
        Ok(Self { document, place })
    }

    fn get(&self, path: &[&str]) -> Option<&Item> {
        let root: &[&str] = if self.place == Place::Pyproject { &["tool", "tox"] } else { &[] };
        root.iter().chain(path).try_fold(self.document.as_item(), |item, key| item.get(key))
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        self.get(path)?.as_str()
    }

    fn flag(&self, path: &[&str]) -> bool {
        self.get(path).and_then(Item::as_bool).unwrap_or(false)
    }

    /// The name of the package environment; tox derives it from `package_env` if that is set.
    fn package_environment(&self) -> String {
        let of_base = self.text(&["env_run_base", "package_env"]).map(str::to_owned);
        let of_core = || self.text(&["package_env"]).map(|name| format!("{name}_external"));
        of_base.or_else(of_core).unwrap_or_else(|| PACKAGE_ENVIRONMENT.to_owned())
    }

    fn refuse_what_installs_nothing(&self) -> Result<(), String> {
        if self.flag(&["env_run_base", "skip_install"]) {
            return Err(SKIPPED.to_owned());
        }
        match self.text(&["env_run_base", "runner"]) {
            Some(runner) if runner.contains("lock") => Err(lock_runner(runner)),
            _ => Ok(()),
        }
    }

    /// Rejects an existing package environment: tox would merge it with ours.
    fn refuse_foreign_environment(&self) -> Result<(), String> {
        let name = self.package_environment();
        if self.get(&["env", &name]).is_some() {
            return Err(format!("has an environment {name} that builds the package in another way"));
        }
        let taken = KEYS.lines().filter_map(|line| line.split(' ').next());
        let taken: Vec<&str> = taken.filter(|key| self.get(&[PACKAGE_BASE, key]).is_some()).collect();
        if taken.is_empty() { Ok(()) } else { Err(format!("already sets {} in {PACKAGE_BASE}", taken.join(", "))) }
    }

    /// Whether the value of `key` in the package environment, with arrays joined, contains `text`.
    fn environment_contains(&self, key: &str, text: &str) -> bool {
        let environment = self.package_environment();
        let (own, base): (&[&str], &[&str]) = (&["env", &environment, key], &[PACKAGE_BASE, key]);
        self.contains(if self.get(own).is_some() { own } else { base }, text)
    }

    /// Whether a value, with arrays joined, contains `text`.
    fn contains(&self, path: &[&str], text: &str) -> bool {
        fn words(item: &toml_edit::Value, found: &mut Vec<String>) {
            match item {
                toml_edit::Value::Array(items) => items.iter().for_each(|item| words(item, found)),
                other => found.extend(other.as_str().map(str::to_owned)),
            }
        }
        let mut found = Vec::new();
        if let Some(value) = self.get(path).and_then(Item::as_value) {
            words(value, &mut found);
        }
        found.join(" ").contains(text)
    }

    fn is_complete(&self) -> bool {
        self.text(&["env_run_base", "package"]) == Some("external")
            && !self.flag(&["env_run_base", "use_develop"])
            && self.environment_contains("commands", OUR_COMMAND)
            && self.environment_contains("package_glob", "*")
            && (self.environment_contains("allowlist_externals", "git")
                || self.environment_contains("allowlist_externals", "*"))
            && self.environment_contains("pass_env", "*")
    }

    /// Sets `package = "external"` in the base table: replaces the value, or adds a line or the table.
    fn with_package(&self, text: &str) -> Edited {
        if let Some(span) = self.get(&["env_run_base", "package"]).and_then(Item::span) {
            return Ok(format!("{}\"external\"{}", &text[..span.start], &text[span.end..]));
        }
        let header = format!("[{}env_run_base]", self.place.prefix());
        let line = format!("{PACKAGE}\n");
        match (below_header(text, &header, &line), self.get(&["env_run_base"])) {
            (Some(edited), _) => Ok(edited),
            (None, None) => Ok(with_block(text, &format!("{header}\n{line}"))),
            (None, Some(_)) => Err("has env_run_base in a form that cannot be edited".to_owned()),
        }
    }

    /// Disables `use_develop`, which takes precedence over `package`.
    fn without_develop(&self, text: &str) -> Edited {
        let span = self.get(&["env_run_base", "use_develop"]).and_then(Item::span);
        let span = span.ok_or_else(|| "has use_develop in a form that cannot be edited".to_owned())?;
        Ok(format!("{}false{}", &text[..span.start], &text[span.end..]))
    }
}
