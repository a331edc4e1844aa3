//! `fleet prune`: each repository by the rules on its own release branch, and no index of another one.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::deciding_remote::{hosted, index};
use crate::git_hosts::{self, hash};
use crate::prune_fixture::{PruneFixture, record};
use crate::support::Run;

const HOST: &str = "git.example";
const SHINY: &str = "ssh://git@git.example/acme/shiny.git";
const OTHER: &str = "ssh://git@git.example/acme/other.git";

/// `acme/shiny` with the branches `live`, `done` (merged) and `gone` (deleted), and their indexes.
fn shiny() -> PruneFixture {
    let fixture = hosted();
    for branch in ["live", "done", "gone"] {
        fixture.branch(branch);
        index(&fixture, branch, HOST);
    }
    fixture.merge(&["done"]);
    fixture.git(&["push", "--quiet", "origin", ":gone"]);
    fixture
}

/// A repository on the host whose release branch is `trunk`, with the settings and the merged branches `keep/x` and `old`.
fn other(fixture: &PruneFixture, path: &str, settings: &str) -> PathBuf {
    let sandbox = &fixture.sandbox;
    let work = sandbox.repository(&format!("work-{}", path.replace('/', "-")));
    sandbox.write(&work, ".git-devpi.toml", settings);
    sandbox.commit_all(&work, "First");
    let git = |arguments: &[&str]| sandbox.git(&work, arguments).ok();
    git(&["branch", "--quiet", "-m", "trunk"]);
    for branch in ["keep/x", "old"] {
        git(&["switch", "--quiet", "-c", branch, "trunk"]);
        sandbox.commit_all(&work, branch);
        git(&["switch", "--quiet", "trunk"]);
        git(&["merge", "--quiet", "--no-ff", "-m", "Merge", branch]);
    }
    let folder = git_hosts::folder(sandbox, HOST, path);
    git(&["clone", "--quiet", "--bare", ".", folder.to_str().unwrap()]);
    folder
}

fn index_of(fixture: &PruneFixture, name: &str, (repository, branch, path): (&str, &str, &str)) {
    let mut record = record(branch, true);
    record["repository"] = json!(repository);
    record["remote"] = json!(hash(HOST, path));
    fixture.index_with(name, &record, &json!({}));
}

/// Runs it in a folder without a repository.
#[track_caller]
fn prune(fixture: &PruneFixture, list: &str, arguments: &[&str]) -> Run {
    let home = fixture.sandbox.path("home");
    fixture.sandbox.write(&home, "remotes.txt", list);
    fixture.sandbox.devpi(&home, &[&["fleet", "prune", "--remotes", "remotes.txt"], arguments].concat())
}

fn line(answer: &Value, line: usize) -> Value {
    let remotes = answer["remotes"].as_array().unwrap();
    remotes.iter().find(|remote| remote["line"] == line).unwrap_or_else(|| panic!("{line}: {answer}")).clone()
}

fn deleted(remote: &Value) -> Vec<String> {
    let all = remote["prune"]["deleted"].as_array().unwrap();
    let mut names: Vec<String> =
        all.iter().map(|one| one["index"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn each_repository_follows_its_own_rules_and_a_failure_does_not_stop_the_others() {
    let mut fixture = shiny();
    // A branch with other rules.
    fixture.git(&["switch", "--quiet", "live"]);
    let rules = "release-branches = [\"main\"]\nrepository = \"shiny\"\nprotected = [\"done\"]\n";
    fixture.sandbox.write(&fixture.clone, ".git-devpi.toml", rules);
    fixture.sandbox.commit_all(&fixture.clone, "Rules");
    fixture.git(&["push", "--quiet", "origin", "live"]);
    let settings = "repository = \"other\"\nrelease-branches = [\"trunk\"]\nprotected = [\"keep/*\"]\n";
    other(&fixture, "acme/other.git", settings);
    other(&fixture, "acme/broken.git", "keep-fro = \"1h\"\n");
    for (name, branch) in [("o-keep", "keep/x"), ("o-old", "old"), ("o-gone", "gone")] {
        index_of(&fixture, name, ("other", branch, "acme/other"));
    }
    // Of a repository that is not listed.
    index_of(&fixture, "unlisted", ("unlisted", "gone", "acme/unlisted"));
    let list = format!(
        "\u{feff}# the team\r\n{SHINY}\r\n\r\nssh://git@git.example/acme/nowhere.git # moved\r\n\
         ssh://git@git.example/acme/broken.git\r\n{OTHER}\r\n{SHINY}\r\n"
    );
    let before = fixture.indexes();
    let dry = prune(&fixture, &list, &["--dry-run"]);
    assert!(dry.status != 0 && dry.stdout.contains("/done") && dry.stdout.contains("/o-old"), "{dry}");
    assert!(dry.stderr.contains("remotes.txt line 4 (ssh://git@git.example/acme/nowhere.git)"), "{dry}");
    prune(&fixture, &list, &[]).says("git devpi fleet prune --remotes FILE --yes");
    assert_eq!(fixture.indexes(), before);

    // What the job of another repository has in its environment.
    let elsewhere = fixture.clone.join(".git").to_str().unwrap().to_owned();
    fixture
        .sandbox
        .set("GITLAB_CI", "true")
        .set("CI", "true")
        .set("CI_DEFAULT_BRANCH", "live")
        .set("CI_PIPELINE_IID", "7");
    fixture.sandbox.set("GIT_DIR", &elsewhere).set("GIT_DEVPI_BRANCH", "live").set("GIT_DEVPI_REMOTE", "upstream");
    let run = prune(&fixture, &list, &["--yes", "--json"]);
    let answer = run.json();
    let (shiny, nowhere, broken, other) = (line(&answer, 2), line(&answer, 4), line(&answer, 5), line(&answer, 6));
    assert_eq!(
        (deleted(&shiny), deleted(&other)),
        (vec!["done".into(), "gone".into()], vec!["o-gone".into(), "o-old".into()])
    );
    assert_eq!(answer["remotes"].as_array().unwrap().len(), 4, "a remote that is listed twice counts once");
    assert_eq!(
        (&nowhere["error"]["code"], &broken["error"]["code"]),
        (&json!("remote-unreachable"), &json!("unknown-key"))
    );
    assert_eq!((&shiny["exit"], &broken["exit"], &broken["prune"]), (&json!(0), &json!(3), &json!(null)));
    let exits = answer["remotes"].as_array().unwrap().iter().map(|one| one["exit"].as_i64().unwrap());
    assert_eq!(exits.max(), Some(i64::from(run.status)), "the highest exit code: {run}");
    assert_eq!(fixture.indexes(), ["live", "main", "o-keep", "unlisted"]);
    assert!(!fixture.git(&["worktree", "list"]).stdout.contains("clone.git"));
}

#[test]
fn a_fork_a_declaration_and_another_owner_delete_nothing() {
    let fixture = shiny();
    // The fork has the same settings and names, and lacks the branch.
    let fork = git_hosts::copy(&fixture.sandbox, &fixture.remote, ("evil.example", "acme/shiny.git"));
    let folder = git_hosts::folder(&fixture.sandbox, "evil.example", "acme/shiny.git");
    fixture.sandbox.git(&folder, &["branch", "--quiet", "-D", "live"]).ok();
    // A hostile repository names production, another repository and a rule of its own.
    let hostile = "repository = \"shiny\"\nrelease-branches = [\"*\"]\nproduction = \"live\"\nprotected = []\nsquash-merges = true\n";
    other(&fixture, "eve/shiny.git", hostile);
    let before = fixture.indexes();
    let list = format!("{fork}\nssh://git@git.example/eve/shiny.git\n");
    let answer = prune(&fixture, &list, &["--yes", "--json"]).json();
    for place in [1, 2] {
        assert_eq!(deleted(&line(&answer, place)), Vec::<String>::new(), "{answer}");
    }
    assert_eq!(fixture.indexes(), before);

    // "This remote is the repository" would be said of every remote of the list.
    fixture.git(&["config", "--global", "devpi.repository", "shiny"]);
    let run = prune(&fixture, &format!("{list}{SHINY}\n"), &["--yes", "--json"]).code(3);
    assert_eq!(line(&run.json(), 3)["error"]["code"], "repository-for-all");
    fixture.git(&["config", "--global", "--unset", "devpi.repository"]);
    // Only the repositories of one owner.
    let home = fixture.sandbox.path("home");
    let words = ["--user", "another", "fleet", "prune", "--remotes", "remotes.txt", "--yes"];
    fixture.sandbox.devpi(&home, &words).code(3).says("its settings name the owner");
    fixture.sandbox.devpi(&home, &["fleet", "prune", "--remotes", "none.txt"]).code(2).says("none.txt not found");
    prune(&fixture, "# nothing\n", &["--yes"]).ok().says("lists no remote");
    assert_eq!(fixture.indexes(), before);
    // The repository itself decides.
    let words = ["--user", &fixture.user.name, "fleet", "prune", "--remotes", "remotes.txt", "--yes"];
    fixture.sandbox.write(&home, "remotes.txt", &format!("{list}{SHINY}\n"));
    fixture.sandbox.devpi(&home, &words).ok();
    assert_eq!(fixture.indexes(), ["live", "main"]);
}
