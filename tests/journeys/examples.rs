//! Every example of every help text, in a repository where it can do its work. An example that is not listed here fails the test.

#![cfg(unix)]

use std::collections::BTreeSet;

use clap::CommandFactory;
use git_devpi::cli::args::Cli;

use crate::fixture::{Fixture, PROJECT, report};
use crate::support::{DevpiServer, Run};

/// Examples that other tests run, because they install a server, need a tool or a real push.
const ELSEWHERE: [(&str, &str); 11] = [
    ("git devpi demo --keep", "demo"),
    ("git devpi server start", "demo"),
    ("git devpi server stop", "demo"),
    ("git devpi server status --json", "demo"),
    ("git devpi server remove --yes", "server_verb"),
    ("git devpi self publish tools/stable", "self_publish"),
    ("pip install --index-url https://devpi.example.com/tools/stable/+simple/ --no-deps git-devpi", "self_publish"),
    (
        "git devpi results 1.4.57 --requirements > requirements.txt && pip install --require-hashes -r requirements.txt",
        "requirements",
    ),
    (
        "git devpi results 1.4.57 --format in-toto | head -1 > build.json && cosign attest-blob --statement build.json \
         --bundle build.sigstore.json FILE",
        "attestations",
    ),
    ("git push --dry-run    # git runs `git devpi hook pre-push`", "pre_push"),
    ("git devpi hooks install --chain", "hooks of tests/cli"),
];

/// The examples in an order in which each can do its work, with a part of its answer or message.
const ORDER: [(&str, &str); 38] = [
    ("echo \"$SECRET\" | git devpi login https://devpi.example.com/ --login ci --password-stdin", "logged in"),
    ("git devpi whoami", "6.20"),
    ("git devpi init --server https://devpi.example.com/ --user acme", "nothing to do"),
    ("git devpi init --undo --dry-run", "nothing was changed"),
    ("git devpi settings --json", "\"schema\": 1"),
    ("git devpi doctor", "packaging in tox"),
    ("git devpi status", "main"),
    ("git devpi status --all", "shiny-new-feature-x"),
    ("git devpi status --all --html status.html", "wrote status.html"),
    ("git devpi version --number 57 --json", "\"version\": \"1.4.57\""),
    ("git devpi stamp --out ../stamped", "stamped"),
    ("git devpi build --out dist", ".whl"),
    ("git devpi ensure --dest dist", ".whl"),
    ("git devpi test -e unit -- -vv", "unit"),
    ("eval \"$(git devpi env)\"", ""),
    ("git devpi env --check", "demo-pkg 1.4.57"),
    ("git devpi results 1.4.57 --json", "\"version\": \"1.4.57\""),
    ("git devpi results add report.json 1.4.57", "main: system"),
    ("git devpi results add --junit report.xml --env unit", "main: unit"),
    ("git devpi promote 1.4.57 --dry-run", "1.4.57"),
    ("git devpi fleet --details", "acme/demo"),
    ("git devpi index show", "main"),
    ("git devpi index show acme/prod", "prod"),
    ("git devpi index list --json", "\"schema\": 1"),
    ("git devpi index create --branch main", "main"),
    ("git devpi index sync --dry-run", ""),
    ("git devpi index adopt --from acme/old-name --dry-run", ""),
    ("git devpi index delete shiny-new-feature-x --yes", "shiny-new-feature-x"),
    ("git devpi index trash", "shiny-new-feature-x"),
    ("git devpi index restore shiny-new-feature-x", "shiny-new-feature-x"),
    ("git devpi prune --dry-run", ""),
    ("git devpi fleet prune --dry-run --remotes remotes.txt", "acme/demo"),
    ("git devpi hooks install", ""),
    ("git devpi hooks status --json", "\"schema\": 1"),
    ("git devpi hooks uninstall", ""),
    ("git devpi ci-recipe github > .github/workflows/devpi.yml", ""),
    ("git devpi withdraw 1.4.57 --yes", "1.4.57"),
    ("git devpi logout", "logged out"),
];

/// Examples without a repository.
const ANYWHERE: [&str; 3] = [
    "git devpi man --install ~/.local/share/man",
    "git devpi completions bash --install",
    "git devpi complete 1 -- git-devpi st",
];

fn examples(command: &clap::Command, found: &mut BTreeSet<String>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let lines = text.lines().skip_while(|line| !line.starts_with("Example:")).skip(1);
    found.extend(lines.take_while(|line| !line.trim().is_empty()).map(|line| line.trim().to_owned()));
    command.get_subcommands().filter(|verb| verb.get_name() != "help").for_each(|verb| examples(verb, found));
}

#[test]
fn every_example_of_the_help_texts_does_its_work() {
    let mut root = Cli::command();
    root.build();
    let mut found = BTreeSet::new();
    examples(&root, &mut found);
    let run_here = ORDER.iter().map(|(example, _)| *example).chain(ANYWHERE);
    let known: BTreeSet<String> =
        run_here.chain(ELSEWHERE.iter().map(|(example, _)| *example)).map(str::to_owned).collect();
    assert_eq!(found, known, "the examples of the help texts, and those that are run");

    let mut fixture = ready();
    let folder = fixture.work.clone();
    for example in ANYWHERE {
        sh(&fixture, example).ok();
    }
    for (example, part) in ORDER {
        let is_of_build = ["ensure --dest", "test -e", "results add --junit", "env --check"]
            .iter()
            .any(|verb| example.contains(verb));
        if is_of_build {
            fixture.in_ci("57");
        }
        let run = sh(&fixture, example);
        fixture.by_hand();
        // A check may find something on this machine.
        assert!(run.status == 0 || (example == "git devpi doctor" && run.status == 1), "{example}: {run}");
        assert!(run.stdout.contains(part) || run.stderr.contains(part), "{example}: {run}");
    }
    assert!(folder.join(".github/workflows/devpi.yml").metadata().unwrap().len() > 100);
    assert!(fixture.api.files(&fixture.user.index("prod"), PROJECT, "1.4.57").is_empty(), "withdrawn");
}

/// A repository that is set up, with a green and promoted release 1.4.57 and the index of a branch.
fn ready() -> Fixture {
    let mut fixture = Fixture::new();
    let (work, secret) = (fixture.work.clone(), fixture.user.password.clone());
    let home = fixture.sandbox.path("home");
    fixture.sandbox.set("SECRET", &secret).set("HOME", home.to_str().unwrap());
    let user = fixture.user.name.clone();
    // The examples name the index of a branch by the branch alone.
    fixture.sandbox.git(&fixture.work, &["config", "devpi.indexName", "{branch}"]).ok();
    fixture.devpi(&["init", "--server", DevpiServer::shared().url(), "--user", &user, "--yes"]).ok();
    fixture.sandbox.write(&work, ".gitignore", "/dist\n/status.html\n/remotes.txt\n/report.*\n/.tox\n/.github\n");
    fixture.sandbox.commit_all(&work, "Set up");
    let git = |arguments: &[&str]| fixture.sandbox.git(&work, arguments).ok();
    git(&["push", "--quiet", "origin", "main"]);
    git(&["push", "--quiet", "origin", "main:shiny-new-feature-x"]);
    fixture.devpi(&["index", "create", "--branch", "shiny-new-feature-x"]).ok();
    let version = fixture.build("57");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    fixture.devpi(&["promote", "1.4.57"]).ok();
    let sha256 = fixture.file("main", &version).sha256;
    fixture.sandbox.write(&work, "report.json", &report(&sha256, "system", true).to_string());
    fixture.sandbox.write(
        &work,
        "report.xml",
        "<testsuite tests=\"1\"><testcase classname=\"a\" name=\"b\" time=\"0.1\"/></testsuite>",
    );
    fixture.sandbox.write(&work, "remotes.txt", &format!("{}\n", fixture.remote.display()));
    std::fs::create_dir_all(work.join(".github/workflows")).unwrap();
    fixture
}

/// Runs an example with the names of this test in the places of the text's.
fn sh(fixture: &Fixture, example: &str) -> Run {
    let user = &fixture.user.name;
    let line = example
        .replace("https://devpi.example.com/", DevpiServer::shared().url())
        .replace("acme/prod", &fixture.user.index("prod"))
        .replace("--user acme", &format!("--user {user}"))
        .replace("--login ci", &format!("--login {user}"));
    fixture.sandbox.run(&fixture.work, "sh", &["-c", &line])
}
