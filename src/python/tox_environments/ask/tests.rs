//! Answers of tox as it printed them (4.2 to 4.67), and programs in its place that do not answer.

use std::path::PathBuf;
use std::time::Instant;

use super::*;
use crate::python::tox_environments::role::Role;

const ANSWER: &str = "[testenv:py39-unit]\npackage = external\nrunner = virtualenv\ncommands = python -c x\n\n\
    [testenv:ed]\npackage = editable\nrunner = virtualenv\ncommands =\n  a\n  b\n\n\
    [testenv:lock]\npackage = wheel\nrunner = uv-venv-lock-runner\ncommands = a\n\n\
    [testenv:script]\nrunner = virtualenv-pep-723\ncommands = a\n\n\
    [testenv:none]\npackage = wheel\nrunner = virtualenv\ncommands = \n\n\
    [testenv:odd]\npackage = # Exception: ValueError(\"x\")\nrunner = virtualenv\ncommands = a\n\n\
    [tox]\nenv_list =\n  py39-unit\n  ed\n  lock\n  script\n  none\n";

/// A program in the place of tox, which sees the arguments of `tox config`.
fn question<T>(script: &str, ask: impl FnOnce(&Question<'_>) -> T) -> T {
    let dir = tempfile::tempdir().unwrap();
    let tox = Tox::of_words(&["sh", "-c", script, "tox"]);
    let (folder, file) = (dir.path().to_owned(), PathBuf::from("tox.ini"));
    let input = Input {
        folder,
        file,
        text: String::new(),
        format: ToxFormat::Ini("tox"),
        plugin: None,
        hands_out_package: false,
    };
    let environment = Environment::from_pairs([("GIT_DEVPI_PASSWORD", "x"), ("TOXENV", "only")]);
    ask(&Question { deadline: Duration::from_millis(400), ..Question::new(&tox, &input, &environment) })
}

fn env_list(script: &str) -> Result<Vec<ToxEnvironment>, Refusal> {
    question(script, |question| question.env_list().unwrap())
}

fn other(reason: &str) -> Result<Vec<ToxEnvironment>, Refusal> {
    Err(Refusal::Other(reason.to_owned()))
}

#[test]
fn an_answer_of_tox_is_read() {
    let environments = env_list(&format!("cat <<'END'\n{ANSWER}END\nexit 255")).unwrap();
    let roles: Vec<(&str, Role)> = environments.iter().map(|e| (&*e.name, e.role.clone())).collect();
    let lock = Role::RunnerInstalls("uv-venv-lock-runner".to_owned());
    let expected =
        [("py39-unit", Role::TestsPackage), ("ed", Role::Editable), ("lock", lock), ("script", Role::NoPackage)];
    assert_eq!(roles[..4], expected);
    assert_eq!(roles[4..], [("none", Role::NoCommands)]);
}

#[test]
fn an_environment_that_tox_cannot_describe_spoils_the_list() {
    let absent = format!("cat <<'END'\nrn: runner 'x' is not available\n{ANSWER}  odd\n  rn\nEND");
    assert_eq!(env_list(&absent), other("package of testenv:odd: Exception: ValueError(\"x\")"));
    assert_eq!(env_list(&absent.replace("  odd\n", "")), other("rn: runner 'x' is not available"));
}

#[test]
fn a_missing_requirement_is_passed_over_and_another_tox_is_not() {
    let says = |missing: &str| {
        format!(
            "ROOT: HandledError| provisioning explicitly disabled within x, but is missing [requires (has)]: {missing}"
        )
    };
    let plugin = format!(
        "case \"$*\" in *'-x tox.requires='*) cat <<'END'\n{ANSWER}END\n;; *) echo '{}'; exit 254;; esac",
        says("tox-uv>=1,<2")
    );
    assert_eq!(env_list(&plugin).unwrap().len(), 5);
    let too_old = format!("echo '{}'; exit 254", says("tox-uv>=1, tox>=9 (4.67)"));
    assert_eq!(env_list(&too_old), Err(Refusal::ToxTooOld("tox-uv>=1, tox>=9 (4.67)".to_owned())));
}

#[test]
fn a_program_that_does_not_answer_gives_a_reason() {
    assert_eq!(env_list("echo 'ROOT: HandledError| bad\nhint'; exit 1"), other("bad hint"));
    assert_eq!(env_list("printf 'Traceback\nTypeError: x\n' >&2; exit 1"), other("TypeError: x"));
    assert_eq!(env_list("exit 0"), other("it printed nothing"));
    let started = Instant::now();
    assert_eq!(env_list("sleep 30 & sleep 30"), other("`tox config` did not end within 0.4 s"));
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn tox_sees_neither_secrets_nor_the_settings_of_a_single_run() {
    let script = "echo \"password=$GIT_DEVPI_PASSWORD env=$TOXENV hooks=$GIT_DEVPI_HOOKS\" >&2";
    assert_eq!(env_list(script), other("password= env= hooks=0"));
}

#[test]
fn names_are_asked_one_by_one_when_one_of_them_is_unknown() {
    let script = "case \"$*\" in *nope*) echo 'ROOT: HandledError| provided environments not found in configuration file:\n\
        nope'; exit 254;; *) echo '[testenv:unit]\npackage = skip\n[tox]';; esac";
    let names = ["nope", "unit"].map(str::to_owned);
    let found = question(script, |question| question.named(&names).unwrap());
    assert_eq!(found, [NamedEnvironment::Unknown, NamedEnvironment::Known(Role::NoPackage)]);
}
