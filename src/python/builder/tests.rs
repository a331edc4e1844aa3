//! Builds with real builders where they are on PATH, and with stand-ins that do the wrong thing.

use super::*;

const PYPROJECT: &str = "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";

/// A backend without dependencies, so that no build needs a network. It prints what it sees and makes what `wheel.txt` says.
const BACKEND: &str = r#"
import os, zipfile, sys
def build_wheel(out, config_settings=None, metadata_directory=None):
    name, version = open("wheel.txt").read().split()
    print("epoch", os.environ.get("SOURCE_DATE_EPOCH"), "pbr", os.environ.get("PBR_VERSION"), file=sys.stderr)
    print("umask", oct(os.umask(0o22)), "extra", os.environ.get("EXTRA"), file=sys.stderr)
    if version == "bad":
        raise SystemExit("this cannot be built")
    file = "%s-%s-py3-none-any.whl" % (name, version)
    with zipfile.ZipFile(os.path.join(out, file), "w") as wheel:
        info = "%s-%s.dist-info/" % (name, version)
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: %s\nVersion: %s\nRequires-Python: >=3.8\nProvides-Extra: a\nProvides-Extra: b\n\nThe Text\n" % (name, version))
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    return file
"#;

fn project(wheel: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (file, text) in [("pyproject.toml", PYPROJECT), ("backend.py", BACKEND), ("wheel.txt", wheel)] {
        std::fs::write(dir.path().join(file), text).unwrap();
    }
    // A trap for `python -m build`.
    std::fs::write(dir.path().join("build.py"), "raise SystemExit('wrong build')").unwrap();
    dir
}

/// Builds with every builder of this machine: (result, what was printed).
fn build_with_all(wheel: &str) -> Vec<(Result<Vec<PathBuf>, Error>, String)> {
    let choices = [BuilderChoice::Uv, BuilderChoice::Build, BuilderChoice::Pip];
    let environment = Environment::from_process();
    let builders = choices.iter().filter_map(|choice| Builder::find(*choice, &[Format::Wheel], &environment).ok());
    let module = interpreter::with_module(&environment, "build").map(|python| Builder::Build { python });
    builders.chain(module).map(|builder| build(&builder, wheel)).collect()
}

fn build(builder: &Builder, wheel: &str) -> (Result<Vec<PathBuf>, Error>, String) {
    let dir = project(wheel);
    let out = tempfile::tempdir().unwrap();
    let request = BuildRequest {
        dir: dir.path(),
        out: &out.path().join("new"),
        formats: &[Format::Wheel],
        python: None,
        source_date_epoch: 1_700_000_000,
        variables: &[("EXTRA".to_owned(), "e".to_owned())],
        name: &ProjectName::parse("demo-pkg").unwrap(),
        version: &Version::from_str("1.4.57").unwrap(),
        version_source: &VersionSource::ProjectTable,
    };
    let mut printed = Vec::new();
    let result = builder.build(&request, &Environment::from_process(), &mut |bytes| printed.extend_from_slice(bytes));
    let result = result.inspect(|files| {
        let fields = metadata::read(&files[0]).unwrap().form_fields();
        let field = |key: &str| fields.iter().filter(|(k, _)| k == key).map(|(_, v)| v.trim()).collect::<Vec<_>>();
        assert_eq!(field("requires_python"), [">=3.8"]);
        assert_eq!(field("provides_extras"), ["a", "b"]);
        assert_eq!(field("description"), ["The Text"]);
    });
    (result, String::from_utf8_lossy(&printed).into_owned())
}

#[test]
fn a_good_build_gives_its_file_and_what_was_printed() {
    for (result, printed) in build_with_all("demo_pkg 1.4.57") {
        let files = result.unwrap_or_else(|e| panic!("{e}: {printed}"));
        assert!(files[0].ends_with("demo_pkg-1.4.57-py3-none-any.whl"));
        assert!(printed.contains("epoch 1700000000 pbr None") && printed.contains("umask 0o22 extra e"), "{printed}");
    }
}

#[test]
fn what_was_not_asked_for_is_refused() {
    for (result, _) in build_with_all("demo_pkg 1.4") {
        assert!(matches!(result, Err(Error::WrongVersion { found, .. }) if found == "1.4"));
    }
    for (result, _) in build_with_all("UNKNOWN 1.4.57") {
        assert!(matches!(result, Err(Error::WrongName { found, .. }) if found == "UNKNOWN"));
    }
}

#[test]
fn a_failed_build_carries_its_output() {
    for (result, _) in build_with_all("demo_pkg bad") {
        let error = result.unwrap_err();
        assert!(
            matches!(&error, Error::BuildFailed { status: Some(s), output, .. } if *s > 0 && output.contains("cannot be built")),
            "{error:?}"
        );
    }
}

#[test]
fn a_builder_that_makes_nothing_is_no_builder() {
    let lazy = Builder::PyprojectBuild { program: "true".into() };
    let (result, _) = build(&lazy, "demo_pkg 1.4.57");
    assert!(matches!(result, Err(Error::UnexpectedFiles { count: 0, format: "wheel", .. })), "{result:?}");
}

#[test]
fn no_builder_says_what_was_looked_for() {
    let nothing = Environment::from_pairs([("PATH", "/nonexistent")]);
    let looked = |choice, format| match Builder::find(choice, &[format], &nothing) {
        Err(Error::NoBuilder { looked_for }) => looked_for,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        looked(BuilderChoice::Auto, Format::Wheel),
        ["uv", "pyproject-build", "python -m build", "python -m pip"]
    );
    assert_eq!(looked(BuilderChoice::Auto, Format::Sdist), ["uv", "pyproject-build", "python -m build"]);
    assert_eq!(looked(BuilderChoice::Uv, Format::Wheel), ["uv"]);
    assert_eq!(looked(BuilderChoice::Pip, Format::Wheel), ["python -m pip"]);
}

#[test]
fn versions_in_names_are_canonical_ones() {
    let version = |name: &str| version_in_name(Path::new(name));
    assert_eq!(version("/o/demo_pkg-1.4.0.dev0+gabc-py3-none-any.whl"), "1.4.0.dev0+gabc");
    assert_eq!(version("demo-pkg-1.4.57.tar.gz"), "1.4.57");
    assert!(!same_version("1.4", &Version::from_str("1.4.0").unwrap()));
    assert!(same_version("1.04", &Version::from_str("1.4").unwrap()));
}

#[test]
fn without_build_in_the_interpreter_the_builder_runs_with_its_own() {
    let dir = project("demo_pkg 1.4.57");
    let python = dir.path().join("no-python");
    let request = BuildRequest {
        dir: dir.path(),
        out: &dir.path().join("out"),
        formats: &[Format::Wheel],
        python: Some(&python),
        source_date_epoch: 0,
        variables: &[],
        name: &ProjectName::parse("demo-pkg").unwrap(),
        version: &Version::from_str("1.4.57").unwrap(),
        version_source: &VersionSource::ProjectTable,
    };
    for builder in [
        Builder::PyprojectBuild { program: "true".into() },
        Builder::Build { python: "true".into() },
        Builder::Pip { python: "true".into() },
    ] {
        match builder.build(&request, &Environment::from_process(), &mut |_| {}) {
            // `true` makes no file.
            Err(Error::UnexpectedFiles { count: 0, command, .. }) => {
                assert!(command.starts_with("true ") && !command.contains("no-python"), "{command}");
            }
            other => panic!("{other:?}"),
        }
    }
}
