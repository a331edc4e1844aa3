//! `git devpi ci-recipe`: each system's file is valid for its linter or schema, and its shell lines work on a real server with the variables
//! that the system sets.

use std::path::Path;

use crate::fixture::{Fixture, PROJECT};
use crate::support::{Sandbox, Tools};

/// A system: its file, the schema that check-jsonschema has for it, and its variables for a push to `main`. `$` is the commit.
struct System {
    name: &'static str,
    file: &'static str,
    schema: &'static [&'static str],
    variables: &'static str,
}

const SYSTEMS: [System; 6] = [
    System {
        name: "github",
        file: ".github/workflows/devpi.yml",
        schema: &["vendor.github-workflows"],
        variables: "CI=true GITHUB_ACTIONS=true GITHUB_RUN_NUMBER=57 GITHUB_REF_NAME=main GITHUB_REF_TYPE=branch \
                    GITHUB_REF=refs/heads/main GITHUB_HEAD_REF= GITHUB_EVENT_NAME=push GITHUB_SHA=$ \
                    GITHUB_SERVER_URL=https://h GITHUB_REPOSITORY=acme/demo GITHUB_RUN_ID=99",
    },
    System {
        name: "gitlab",
        file: ".gitlab-ci.yml",
        schema: &["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
        variables: "CI=true GITLAB_CI=true CI_PIPELINE_IID=57 CI_COMMIT_BRANCH=main CI_COMMIT_REF_NAME=main CI_COMMIT_SHA=$ \
                    CI_DEFAULT_BRANCH=main CI_PIPELINE_URL=https://h/57",
    },
    System {
        name: "jenkins",
        file: "Jenkinsfile",
        schema: &[],
        variables: "CI=true JENKINS_URL=https://h/ BUILD_NUMBER=57 BRANCH_NAME=main BRANCH_IS_PRIMARY=true GIT_COMMIT=$ \
                    BUILD_URL=https://h/57",
    },
    System {
        name: "azure",
        file: "azure-pipelines.yml",
        schema: &["vendor.azure-pipelines", "--data-transform", "azure-pipelines", "--regex-variant", "nonunicode"],
        variables: "TF_BUILD=True BUILD_BUILDID=57 BUILD_BUILDNUMBER=2026.1 BUILD_SOURCEBRANCH=refs/heads/main \
                    BUILD_SOURCEVERSION=$ BUILD_REASON=IndividualCI SYSTEM_COLLECTIONURI=https://h/ SYSTEM_TEAMPROJECT=demo",
    },
    System {
        name: "bitbucket",
        file: "bitbucket-pipelines.yml",
        schema: &["vendor.bitbucket-pipelines"],
        variables: "CI=true BITBUCKET_BUILD_NUMBER=57 BITBUCKET_BRANCH=main BITBUCKET_COMMIT=$ \
                    BITBUCKET_GIT_HTTP_ORIGIN=https://h/acme/demo",
    },
    System {
        name: "bamboo",
        file: "bamboo-specs/bamboo.yml",
        schema: &["vendor.bamboo-spec"],
        variables: "bamboo_planKey=A-B bamboo_agentId=1 bamboo_buildNumber=57 bamboo_planRepository_branchName=main \
                    bamboo_planRepository_revision=$ bamboo_resultsUrl=https://h/57",
    },
];

const TOX: &str = "[tox]\nenv_list = unit, system\n\n[testenv]\ncommands = python -c \"import demo_pkg\"\n";

/// The lines of the file that run a program by uvx, with the values that the system fills in.
fn lines(text: &str) -> Vec<String> {
    let unescaped = |line: &str| line.replace("\\\"", "\"");
    let mut found: Vec<String> = Vec::new();
    let values = |word: &str| -> Vec<String> {
        let line = text.lines().filter(|line| line.contains(word) && line.contains("-e "));
        line.flat_map(|line| line.split('"').filter(|part| part.starts_with("-e ")).map(str::to_owned)).collect()
    };
    for line in text.lines().filter(|line| line.contains("uvx ")) {
        let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ").trim_start_matches("script: ");
        let line = line.trim_start_matches("sh ").trim_matches(['"', '\'']);
        match line.split_once("${{ matrix.tox }}").or(line.split_once("$(TOX)")) {
            Some((before, _)) => found.extend(
                values(if text.contains("$(TOX)") { "TOX:" } else { "tox:" })
                    .iter()
                    .map(|value| format!("{before}{value}")),
            ),
            None => found.push(unescaped(line)),
        }
    }
    found
}

/// A folder in which uvx finds our wheel, as it would on PyPI. Its program starts the one under test.
fn own_wheel(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = folder.join("git-devpi");
    std::fs::write(&program, format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_git-devpi"))).unwrap();
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(folder, Tools::get().python());
    command.arg(root.join("tests/support/plugin_wheel.py")).arg(root.join("python/git_devpi")).arg(folder);
    sandbox.finish(command.arg(env!("CARGO_PKG_VERSION")).arg(&program)).ok();
}

fn recipe(fixture: &Fixture, system: &System) -> String {
    let answer = fixture.devpi(&["ci-recipe", system.name, "--json"]).ok().json();
    assert_eq!(answer["path"], system.file);
    assert_eq!(answer["secrets"], serde_json::json!(["GIT_DEVPI_PASSWORD"]));
    answer["text"].as_str().unwrap().to_owned()
}

fn fixture() -> Fixture {
    let fixture = Fixture::new();
    fixture.sandbox.write(&fixture.work, "tox.ini", TOX);
    std::fs::remove_file(fixture.work.join("toxfile.py")).unwrap();
    fixture.sandbox.commit_all(&fixture.work, "Plain tox");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet"]).ok();
    fixture
}

#[test]
fn every_file_is_valid_for_its_system() {
    let fixture = fixture();
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let several = settings.replace("[\"main\"]", "[\"main\", \"release/*\", \"it's\"]");
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &several);
    let linters = Tools::ci_linters();
    for system in &SYSTEMS {
        fixture.sandbox.write(&fixture.work, system.file, &recipe(&fixture, system));
        let check = |program: &str, arguments: &[&str]| {
            let program = linters.bin().join(program);
            fixture.sandbox.run(&fixture.work, program.to_str().unwrap(), arguments).ok();
        };
        if !system.schema.is_empty() {
            check("check-jsonschema", &[&["--builtin-schema"], system.schema, &[system.file]].concat());
        }
        if system.name == "github" {
            check("actionlint", &[system.file]);
        }
    }
}

#[test]
fn the_workflow_of_the_release_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workflow = root.join(".github/workflows/release.yml");
    let (sandbox, linters) = (Sandbox::new(), Tools::ci_linters());
    let check = |program: &str, arguments: &[&str]| {
        let program = linters.bin().join(program);
        let arguments = [arguments, &[workflow.to_str().unwrap()]].concat();
        sandbox.run(&sandbox.path("home"), program.to_str().unwrap(), &arguments).ok();
    };
    check("actionlint", &[]);
    check("check-jsonschema", &["--builtin-schema", "vendor.github-workflows"]);
    let text = std::fs::read_to_string(&workflow).unwrap();
    let scripts: Vec<&str> = text.split_whitespace().filter(|word| word.starts_with("scripts/")).collect();
    assert_eq!(scripts, ["scripts/build-wheel.sh", "scripts/check-wheel.sh"]);
    assert!(scripts.iter().all(|script| root.join(script).is_file()));
}

#[test]
fn the_shell_lines_of_every_file_test_and_promote_on_a_real_server() {
    let wheels = tempfile::tempdir().unwrap();
    own_wheel(wheels.path());
    for system in &SYSTEMS {
        let mut fixture = fixture();
        let text = recipe(&fixture, system);
        let lines = lines(&text);
        let commit = fixture.sandbox.git(&fixture.work, &["rev-parse", "HEAD"]).ok().text().to_owned();
        for pair in system.variables.split_whitespace() {
            let (name, value) = pair.split_once('=').unwrap();
            fixture.sandbox.set(name, if value == "$" { &commit } else { value });
        }
        fixture.sandbox.set("UV_FIND_LINKS", wheels.path().to_str().unwrap());
        // CI has no stored login. The files set these variables.
        fixture.forget_token();
        let temporary = fixture.sandbox.path("temporary").to_str().unwrap().to_owned();
        let (server, user, password) =
            (crate::support::DevpiServer::shared().url(), fixture.user.name.clone(), fixture.user.password.clone());
        for (name, value) in [
            ("GIT_DEVPI_SERVER", server),
            ("GIT_DEVPI_LOGIN", user.as_str()),
            ("GIT_DEVPI_PASSWORD", password.as_str()),
            ("WORKSPACE_TMP", &temporary),
        ] {
            assert!(name == "WORKSPACE_TMP" || text.contains(name), "{name} is missing in {text}");
            fixture.sandbox.set(name, value);
        }
        assert!(text.contains(server) && text.contains(&user), "{text}");
        assert_eq!(lines.len(), if system.name == "bamboo" { 3 } else { 4 }, "{lines:?}");
        for line in &lines {
            fixture.sandbox.run(&fixture.work, "sh", &["-c", line]).ok();
        }
        let passed = ["system", "unit"].map(|name| (name.to_owned(), true));
        assert_eq!(fixture.verdicts("main", "1.4.57"), passed, "{}", system.name);
        let promoted = fixture.api.versions(&fixture.user.index("prod"), PROJECT);
        assert!(promoted.contains(&"1.4.57".to_owned()), "{}: {promoted:?}", system.name);
    }
}

#[test]
fn the_jobs_are_those_of_the_repository() {
    let fixture = fixture();
    let text = |system: &str| fixture.devpi(&["ci-recipe", system]).ok().says("GIT_DEVPI_PASSWORD").stdout;
    fixture.sandbox.write(&fixture.work, "tox.ini", "[tox]\nenv_list = py3{11,12}-{a,b}\n");
    let gitlab = text("gitlab");
    for environment in ["py311-a", "py311-b", "py312-a", "py312-b"] {
        assert!(gitlab.contains(&format!("tox -e {environment}\"")), "{gitlab}");
    }
    // A second project with a configuration of its own.
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &format!("{settings}project-dirs = [\".\", \"my lib\"]\n"));
    fixture.sandbox.write(&fixture.work, "my lib/pyproject.toml", "[project]\nname = \"lib\"\nversion = \"1.0\"\n");
    fixture.sandbox.write(&fixture.work, "my lib/tox.ini", "[tox]\nenv_list = unit\n");
    fixture.sandbox.git(&fixture.work, &["add", "--all"]).ok();
    let bitbucket = text("bitbucket");
    assert!(bitbucket.contains("\"my lib/unit\"") && bitbucket.contains("tox -c 'my lib' -e unit\""), "{bitbucket}");
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &settings);
    // Without env_list: what a release must pass.
    fixture.sandbox.write(&fixture.work, "tox.ini", "[testenv]\n");
    assert!(text("jenkins").contains("tox -e unit'"), "{}", text("jenkins"));
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &settings.replace("require = [\"unit\"]\n", ""));
    fixture.devpi(&["ci-recipe", "azure"]).code(3).says("no tox environments").says("env_list");
    fixture.sandbox.write(&fixture.work, "tox.ini", "[tox\n");
    fixture.devpi(&["ci-recipe", "azure"]).code(3).says("tox.ini");
    fixture.devpi(&["ci-recipe", "cron"]).code(2).says("possible values");
}

/// Names that mean something to YAML, to Groovy or to a shell.
const ODD_NAMES: [&str; 10] = ["my env", "it's", "a: b #c", "*d", "$e", "[f]", "\"g\\h", "null", "1.0", "é"];
/// Those of them that tox takes.
const ODD_FOR_TOX: [&str; 4] = ["*d", "null", "1.0", "é"];

/// The environments of `require`: tox's configuration has none.
fn with_required(fixture: &Fixture, names: &[&str]) {
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let others = settings.lines().filter(|line| !line.starts_with("require ="));
    let text = others.map(|line| format!("{line}\n")).collect::<String>()
        + &format!("require = {}\n", serde_json::json!(names));
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &text);
    for file in ["tox.ini", "tox.toml"] {
        let _ = std::fs::remove_file(fixture.work.join(file));
    }
}

fn with_env_list(fixture: &Fixture, names: &[&str]) {
    let _ = std::fs::remove_file(fixture.work.join("tox.ini"));
    let names = serde_json::json!(names);
    let tox =
        format!("env_list = {names}\n\n[env_run_base]\npackage = \"wheel\"\ncommands = [[\"python\", \"-c\", \"\"]]\n");
    fixture.sandbox.write(&fixture.work, "tox.toml", &tox);
}

/// Prints the words after `-e` of each string in a file that is a command line or the arguments of tox.
const NAMES_IN_YAML: &str = r#"
import json, shlex, sys
from ruamel.yaml import YAML

def strings(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []

lines = [text for text in strings(YAML(typ="safe").load(open(sys.argv[1]))) if text.startswith("-e ") or "tox -e " in text]
words = [shlex.split(line) for line in lines]
print(json.dumps(list(dict.fromkeys(line[line.index("-e") + 1] for line in words))))
"#;

#[test]
fn names_of_environments_are_text_for_every_system() {
    let fixture = fixture();
    let linters = Tools::ci_linters();
    let python = linters.python();
    let all = SYSTEMS.iter().filter(|system| !system.schema.is_empty());
    let cases = all.flat_map(|system| [(system, &ODD_NAMES[..]), (system, &ODD_FOR_TOX)]);
    for (system, names) in cases {
        if names.len() == ODD_NAMES.len() {
            with_required(&fixture, names)
        } else {
            with_env_list(&fixture, names)
        }
        fixture.sandbox.write(&fixture.work, system.file, &recipe(&fixture, system));
        let check = linters.bin().join("check-jsonschema");
        let arguments = [&["--builtin-schema"], system.schema, &[system.file]].concat();
        fixture.sandbox.run(&fixture.work, check.to_str().unwrap(), &arguments).ok();
        let words = ["-c", NAMES_IN_YAML, system.file];
        let found = fixture.sandbox.run(&fixture.work, python.to_str().unwrap(), &words).ok().json();
        assert_eq!(found, serde_json::json!(names), "{}", system.name);
    }
    with_env_list(&fixture, &["my env"]);
    fixture.devpi(&["ci-recipe", "github"]).code(3).says("my env").says("hint: correct ").says("tox.toml");
    for name in ["${{ github.token }}", "$(System.AccessToken)", "a,b"] {
        with_required(&fixture, &[name]);
        fixture.devpi(&["ci-recipe", "github"]).code(3).says(&format!("{name:?}")).says("hint: rename");
    }
}

#[test]
#[ignore = "needs java and npm"]
fn groovy_compiles_the_jenkinsfile() {
    let fixture = fixture();
    let jars = Tools::groovy().join("*");
    let compile = |file: &str| {
        let words =
            ["-cp", jars.to_str().unwrap(), "org.codehaus.groovy.tools.FileSystemCompiler", "-d", ".git/classes", file];
        fixture.sandbox.run(&fixture.work, "java", &words)
    };
    let jenkins = &SYSTEMS[2];
    fixture.sandbox.write(&fixture.work, jenkins.file, &recipe(&fixture, jenkins));
    compile(jenkins.file).ok();
    with_required(&fixture, &ODD_NAMES);
    let text = recipe(&fixture, jenkins);
    fixture.sandbox.write(&fixture.work, jenkins.file, &text);
    compile(jenkins.file).ok();
    let broken = text.replace("stage('it\\'s')", "stage('it's')");
    assert_ne!(broken, text);
    fixture.sandbox.write(&fixture.work, "Broken", &broken);
    assert_ne!(compile("Broken").status, 0);
}

#[test]
fn a_recipe_without_settings_names_init() {
    let fixture = fixture();
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let without = |keys: &[&str]| {
        let kept = settings.lines().filter(|line| !keys.iter().any(|key| line.starts_with(&format!("{key} ="))));
        fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &kept.collect::<Vec<_>>().join("\n"));
        fixture.devpi(&["ci-recipe", "github"]).code(3).says("`git devpi init`")
    };
    without(&["server", "user"]).says("server and user are not set").says("--server SERVER --user USER`");
    without(&["user"]).says("user is not set").says("SYSTEM --user USER`");
    without(&["server"]).says("server is not set");
    fixture.devpi(&["ci-recipe", "gitlab", "--server", "https://devpi.example.com/"]).ok();
}
