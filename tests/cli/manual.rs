//! Help, man pages, usage errors.

use crate::support::Sandbox;

#[test]
fn an_unknown_verb_is_a_usage_error() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("home");
    sandbox.devpi(&folder, &["stauts"]).code(2).says("status");
    sandbox.devpi(&folder, &["version", "--quiet", "--verbose"]).code(2);
}

#[test]
fn help_goes_to_stdout_and_names_the_exit_codes_page() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("home");
    let help = sandbox.devpi(&folder, &["-h"]).ok();
    assert!(help.text().contains("git devpi demo"), "{}", help.text());
    let page = sandbox.devpi(&folder, &["man"]).ok();
    assert!(page.text().contains("EXIT STATUS") && page.text().contains("release\\-branches"), "{}", page.text());
    sandbox.devpi(&folder, &["man", "nothing"]).code(2).says("man page \"nothing\" not found");
}

#[test]
fn man_pages_are_installed_in_the_man_path() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("home");
    sandbox.devpi(&folder, &["man", "--install", "share/man"]).ok();
    assert!(folder.join("share/man/man1/git-devpi-ensure.1").is_file());
    assert!(folder.join("share/man/man7/git-devpi-workflow.7").is_file());
    // Every page that a page names is one of them.
    let pages = folder.join("share/man/man1");
    let mut named = 0;
    for page in std::fs::read_dir(&pages).unwrap() {
        let text = std::fs::read_to_string(page.unwrap().path()).unwrap().replace('\\', "");
        for name in
            text.lines().filter_map(|line| line.strip_suffix("(1)")).filter(|name| name.starts_with("git-devpi-"))
        {
            assert!(pages.join(format!("{name}.1")).is_file(), "no page {name}");
            named += 1;
        }
    }
    assert!(named > 30, "{named} names");
    sandbox.devpi(&folder, &["man", "index-delete"]).ok();
}
