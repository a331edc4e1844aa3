//! The man pages, generated from the definition of the command line.

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::exit_code::TABLE;
use crate::settings::{KEYS, RepositoryMay};
use crate::system::environment::{
    GIT_DEVPI_BUILD_NUMBER, GIT_DEVPI_HOME, GIT_DEVPI_HOOKS, GIT_DEVPI_LOG, GIT_DEVPI_PASSWORD, GIT_DEVPI_UPLOAD_TOKEN,
};

/// One man page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The file name, for example `git-devpi-ensure.1`.
    pub file_name: String,
    /// The page in roff.
    pub text: String,
}

/// The hand-written page about the workflow.
const WORKFLOW: &str = include_str!("../../man/git-devpi-workflow.7");

/// Returns the names that `man` takes, besides that of the main page: the verbs, their subcommands (`index-list`), and `workflow`.
pub fn page_names(root: &clap::Command) -> Vec<String> {
    let verbs = verbs_below(root, &[]).into_iter().map(|(words, _)| words.join("-"));
    verbs.chain(["workflow".to_owned()]).collect()
}

/// Returns all pages: `git-devpi.1`, one for each verb of `root` and each of its subcommands, and `git-devpi-workflow.7`.
pub fn pages(mut root: clap::Command) -> Vec<Page> {
    root.build();
    let verbs = verbs_below(&root, &[]);
    let mut pages = vec![Page { file_name: "git-devpi.1".to_owned(), text: main_page(root) }];
    for (words, verb) in verbs {
        let name = format!("git-devpi-{}", words.join("-"));
        let text = render(&Man::new(verb.bin_name(format!("git devpi {}", words.join(" ")))).title(&name));
        pages.push(Page { file_name: format!("{name}.1"), text });
    }
    pages.push(Page { file_name: "git-devpi-workflow.7".to_owned(), text: WORKFLOW.to_owned() });
    pages
}

/// Returns the visible subcommands of `command` and theirs, with the words that call them.
fn verbs_below(command: &clap::Command, words: &[String]) -> Vec<(Vec<String>, clap::Command)> {
    let mut verbs = Vec::new();
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set() && verb.get_name() != "help") {
        let words = [words, &[verb.get_name().to_owned()]].concat();
        verbs.push((words.clone(), verb.clone()));
        verbs.extend(verbs_below(verb, &words));
    }
    verbs
}

fn main_page(root: clap::Command) -> String {
    let mut text = render(&Man::new(root.bin_name("git devpi")));
    text.push_str(&settings_section());
    text.push_str(&environment_section());
    text.push_str(&exit_section());
    text
}

/// The variables that are no settings, with their meaning.
const VARIABLES: [(&str, &str); 6] = [
    (
        GIT_DEVPI_HOME,
        "The folder for logins, cache, state and the data of the local server, instead of the platform's standard folders. In CI, where no \
         folder of the user can be written, a temporary one is used, and says so.",
    ),
    (GIT_DEVPI_PASSWORD, "The password for the login, for CI. It is neither stored nor passed to child processes."),
    (GIT_DEVPI_BUILD_NUMBER, "The build number; overrides that of the CI system."),
    (GIT_DEVPI_UPLOAD_TOKEN, "The API token for promote --to URL; GIT_DEVPI_UPLOAD_USER names its user."),
    (GIT_DEVPI_HOOKS, "0 disables every hook."),
    (GIT_DEVPI_LOG, "The filter of the trace on stderr: debug, git_devpi::devpi=trace."),
];

fn environment_section() -> String {
    let mut roff = Roff::new();
    roff.control("SH", ["ENVIRONMENT"]);
    roff.text([roman("Besides the variables of settings:")]);
    for (name, meaning) in VARIABLES {
        roff.control("TP", []);
        roff.text([bold(name)]);
        roff.text([roman(meaning)]);
    }
    roff.render()
}

fn settings_section() -> String {
    let mut roff = Roff::new();
    roff.control("SH", ["SETTINGS"]);
    roff.text([roman(
        "The first of these that sets a value is used: flag, environment variable, git config, the \
         repository's settings file (the table tool.git-devpi of pyproject.toml, or .git-devpi.toml), default.",
    )]);
    for spec in KEYS {
        roff.control("TP", []);
        roff.text([bold(spec.name)]);
        let mut places = Vec::new();
        places.extend(spec.git_config.map(|key| format!("git config {key}")));
        places.extend(spec.environment.map(|name| format!("environment variable {name}")));
        places.extend(spec.default.filter(|d| !d.is_empty()).map(|default| format!("default {default}")));
        if spec.repository == RepositoryMay::No {
            places.push("not in the repository's settings file".to_owned());
        }
        roff.text([roman(format!("{} ({})", spec.help, places.join("; ")))]);
    }
    roff.render()
}

fn exit_section() -> String {
    let mut roff = Roff::new();
    roff.control("SH", ["EXIT STATUS"]);
    for (exit, meaning) in TABLE {
        roff.control("TP", []);
        roff.text([bold(exit.code().to_string())]);
        roff.text([roman(*meaning)]);
    }
    roff.render()
}

fn render(man: &Man) -> String {
    let mut bytes = Vec::new();
    // Writing to a Vec does not fail.
    let _ = man.render(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
