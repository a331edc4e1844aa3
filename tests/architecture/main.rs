//! The house rules that a compiler cannot check: who may call whom, how long a file may be, which pages and names must exist.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod circles;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Room → the rooms that it may call. ARCHITECTURE.md holds the same table in words.
const MAY_CALL: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("system", &["model"]),
    ("git", &["model", "system"]),
    ("devpi", &["model", "system"]),
    ("python", &["model", "system"]),
    ("settings", &["model", "system", "git", "python"]),
    ("workspace", &["model", "system", "git", "devpi", "python", "settings"]),
    ("build", &["model", "system", "git", "devpi", "python", "settings", "workspace"]),
    ("index", &["model", "system", "git", "devpi", "python", "settings", "workspace"]),
    ("release", &["model", "system", "git", "devpi", "python", "settings", "workspace", "build", "index"]),
    ("ops", &["model", "system", "git", "devpi", "python", "settings", "workspace", "build", "index", "release"]),
    (
        "cli",
        &["model", "system", "git", "devpi", "python", "settings", "workspace", "build", "index", "release", "ops"],
    ),
];

/// Crates that only some rooms may name.
const KNOWS: &[(&str, &[&str])] = &[
    ("git2", &["git"]),
    ("reqwest", &["devpi"]),
    ("rustls", &["devpi"]),
    ("clap", &["cli"]),
    ("dialoguer", &["cli"]),
    ("indicatif", &["cli"]),
    ("comfy_table", &["cli"]),
    ("maud", &["cli"]),
    ("toml_edit", &["python", "settings"]),
    ("python_pkginfo", &["python"]),
    ("directories", &["system"]),
    ("globset", &["python", "settings"]),
    ("shlex", &["python"]),
];

/// What floor 1 may use of the outside world.
const MODEL_CRATES: &[&str] = &[
    "std",
    "crate",
    "super",
    "self",
    "deunicode",
    "pep440_rs",
    "serde",
    "serde_json",
    "thiserror",
    "jiff",
    "sha2",
    "url",
];

const LONGEST_FILE: usize = 400;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    files_below(&root().join(folder), "rs", &mut found);
    // A module's tests in a file of their own are tests all the same.
    found.retain(|path| !path.ends_with("tests.rs") || folder == "tests");
    found.sort();
    assert!(!found.is_empty());
    found
}

/// The source without its comments and without its tests.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text =
        text.split("\n#[cfg(test)]\nmod tests").next().unwrap().split("\n#[cfg(all(test").next().unwrap().to_owned();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn room_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(root().join("src")).ok()?;
    let first = inside.components().next()?.as_os_str().to_str()?.to_owned();
    MAY_CALL.iter().any(|(room, _)| *room == first).then_some(first)
}

/// Every `use` of a path that begins with `crate::`, also inside braces, names its room right after it.
fn rooms_named_in(code: &str) -> Vec<String> {
    code.match_indices("crate::")
        .filter(|(at, _)| !code[..*at].ends_with('$'))
        .map(|(at, found)| code[at + found.len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .collect()
}

#[test]
fn no_room_calls_a_higher_floor() {
    let rules: BTreeMap<&str, &[&str]> = MAY_CALL.iter().copied().collect();
    let mut wrong = Vec::new();
    for path in rust_files("src") {
        let Some(room) = room_of(&path) else { continue };
        for named in rooms_named_in(&code_of(&path)) {
            if rules.contains_key(named.as_str()) && named != room && !rules[room.as_str()].contains(&named.as_str()) {
                wrong.push(format!("{}: {room} may not call {named}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether `name::` begins a path, and is not the end of another one (`system::directories::`).
fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(&format!("{name}::")).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
    })
}

#[test]
fn each_party_is_known_to_one_room() {
    let mut wrong = Vec::new();
    for path in rust_files("src") {
        let Some(room) = room_of(&path) else { continue };
        let code = code_of(&path);
        for (name, rooms) in KNOWS {
            if names_crate(&code, name) && !rooms.contains(&room.as_str()) {
                wrong.push(format!("{}: {room} may not know {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_model_uses_its_own_dependencies_only() {
    let mut wrong = Vec::new();
    for path in rust_files("src/model") {
        for line in code_of(&path).lines().filter_map(|line| line.trim().strip_prefix("use ")) {
            let first = line.split("::").next().unwrap().trim_end_matches(';');
            let beside = path.with_file_name(format!("{first}.rs")).exists();
            if !MODEL_CRATES.contains(&first) && !beside {
                wrong.push(format!("{}: use {line}", path.display()));
            }
        }
        let code = code_of(&path);
        for forbidden in
            ["std::fs", "std::env", "std::net", "std::process", "SystemTime", "Timestamp::now", "Instant::now"]
        {
            if code.contains(forbidden) {
                wrong.push(format!("{}: {forbidden}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_cli_prints() {
    for path in rust_files("src") {
        let code = code_of(&path);
        for forbidden in ["println!", "eprintln!", "print!(", "dbg!", "todo!", "unimplemented!"] {
            assert!(!code.contains(forbidden), "{}: {forbidden}", path.display());
        }
        let speaks = code.contains("anstream::") || code.contains("io::stdout()") || code.contains("io::stderr()");
        let may = path.ends_with("cli/ui.rs") || path.ends_with("system/terminal.rs");
        assert!(!speaks || may, "{} writes past cli/ui.rs", path.display());
    }
}

#[test]
fn files_have_400_lines_at_most() {
    let mut long = Vec::new();
    for folder in ["src", "tests"] {
        for path in rust_files(folder) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            if lines > LONGEST_FILE {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn man_pages_match_the_command_line() {
    let pages = git_devpi::cli::manual::pages(<git_devpi::cli::args::Cli as clap::CommandFactory>::command());
    let folder = root().join("man");
    if std::env::var_os("UPDATE_MAN_PAGES").is_some() {
        for page in &pages {
            fs::write(folder.join(&page.file_name), &page.text).unwrap();
        }
    }
    for page in &pages {
        let stored = fs::read_to_string(folder.join(&page.file_name)).unwrap_or_default();
        assert!(
            stored == page.text,
            "man/{} is out of date: UPDATE_MAN_PAGES=1 cargo test --test architecture",
            page.file_name
        );
    }
    let stored = fs::read_dir(&folder).unwrap().count();
    assert_eq!(stored, pages.len(), "man/ holds a page that no command has");
}

#[test]
fn every_verb_has_its_files_and_an_example() {
    use clap::CommandFactory;
    let mut command = git_devpi::cli::args::Cli::command();
    command.build();
    for verb in command.get_subcommands() {
        // No module can have the name `self`.
        let name = verb.get_name().replace('-', "_").replace("self", "self_verb");
        let own = ["", "/mod"].map(|file| root().join(format!("src/cli/commands/{name}{file}.rs")));
        assert!(own.iter().any(|path| path.exists()), "{name} has no file of its own");
        assert_has_example(verb);
        // The events of `hook` are called by git and tox, not typed.
        verb.get_subcommands().filter(|_| !verb.is_hide_set()).for_each(assert_has_example);
    }
}

fn assert_has_example(verb: &clap::Command) {
    let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
    let name = verb.get_bin_name().unwrap_or(verb.get_name());
    assert!(help.contains("Example:") && help.contains("git devpi"), "{name} has no example in its help");
}

#[test]
fn the_readme_names_verbs_that_exist() {
    use clap::CommandFactory;
    let command = git_devpi::cli::args::Cli::command();
    let verbs: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    for page in ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for (at, found) in text.match_indices("git devpi ") {
            let verb: String =
                text[at + found.len()..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            let is_option = verb.starts_with('-');
            assert!(verb.is_empty() || is_option || verbs.contains(&verb.as_str()), "{page} names `git devpi {verb}`");
        }
    }
}

/// The targets of `![text](target)` on a page, with their texts.
fn pictures(page: &str) -> Vec<(&str, &str)> {
    let parts = page.split("![").skip(1).filter_map(|rest| rest.split_once("]("));
    parts.filter_map(|(text, rest)| Some((rest.split(')').next()?, text))).collect()
}

#[test]
fn the_readme_shows_pictures_that_exist() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let shown = pictures(&readme);
    for (target, text) in &shown {
        let picture = fs::read_to_string(root().join(target)).unwrap_or_else(|error| panic!("{target}: {error}"));
        assert!(text.len() > 40, "{target} has no text that says what it shows");
        assert!(picture.len() <= 60_000, "{target} has {} bytes", picture.len());
        for part in ["/tmp/", "/home/", "/root/", "/Users/", "127.0.0.1", "localhost", "demo-0"] {
            assert!(!picture.contains(part), "{target} names {part}, of the machine where it was made");
        }
        // An SVG in a page runs no script and loads nothing.
        assert!(picture.starts_with("<svg") && !picture.contains("<script") && !picture.contains("<image"), "{target}");
    }
    let mut targets: Vec<PathBuf> = shown.iter().map(|(target, _)| root().join(target)).collect();
    targets.sort();
    let mut stored = Vec::new();
    files_below(&root().join("docs/pictures"), "svg", &mut stored);
    stored.sort();
    assert_eq!(targets, stored, "the pictures of README.md, and those of docs/pictures");
    assert!(readme.contains("```mermaid"));
}

#[test]
fn the_pages_name_files_that_exist() {
    for page in ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        // Odd pieces are between backticks; upper case stands for a name, as in `src/ops/VERB.rs`.
        let quoted = text.split('`').skip(1).step_by(2).filter(|quoted| !quoted.contains(char::is_uppercase));
        let is_path =
            |quoted: &&str| quoted.starts_with("src/") || quoted.starts_with("tests/") || quoted.ends_with(".rs");
        for path in quoted.filter(is_path).filter(|path| path.contains('/')) {
            let exists = root().join(path).exists() || root().join("src").join(path).exists();
            assert!(exists, "{page} names {path}, which does not exist");
        }
    }
}
