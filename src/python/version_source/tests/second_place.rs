//! `__version__` beside the version source.

use super::*;

/// Stamps the project; returns the written files, the differing ones, and the text of `path`.
fn second(files: Files, path: &str) -> (Vec<String>, Vec<(String, String)>, String) {
    let dir = project(files);
    let source = read(dir.path()).unwrap().version_source;
    let edit = stamp(dir.path(), &source);
    (edit.files, edit.differing, std::fs::read_to_string(dir.path().join(path)).unwrap())
}

#[test]
fn a_second_place_is_stamped_when_it_equals_the_base() {
    let flit = toml("flit_core.buildapi", "[project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n");
    let uv = toml(
        "uv_build",
        "[project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n[tool.uv.build-backend]\nmodule-name = \"other\"\n",
    );
    let poetry = toml(
        "poetry.core.masonry.api",
        "[tool.poetry]\nname = \"demo-pkg\"\nversion = \"1.4\"\npackages = [{ include = \"other\", from = \"src\" }]\n",
    );
    let cfg = "[metadata]\nname = demo-pkg\nversion = 1.4\n";
    let cargo = toml("maturin", DYNAMIC);
    let cases: [(Files, &str); 6] = [
        (&[("pyproject.toml", &flit), ("demo_pkg/__init__.py", "__version__ = '1.4.0'\n")], "demo_pkg/__init__.py"),
        (&[("pyproject.toml", &uv), ("src/other/__init__.py", "__version__ = '1.4'\n")], "src/other/__init__.py"),
        (
            &[
                ("pyproject.toml", &poetry),
                ("src/other/__about__.py", "__version__ = '1.4'\n"),
                ("src/other/__init__.py", ""),
            ],
            "src/other/__about__.py",
        ),
        (&[("setup.cfg", cfg), ("demo_pkg.py", "__version__ = '1.4'\n")], "demo_pkg.py"),
        (
            &[
                ("setup.cfg", "[metadata]\nname = demo-pkg\nversion = file: VERSION\n"),
                ("VERSION", "1.4\n"),
                ("demo/pkg/__init__.py", "from .v import x as __version__\n"),
                ("demo/pkg/v.py", "x = '1.4'\n"),
            ],
            "demo/pkg/v.py",
        ),
        (
            &[
                ("pyproject.toml", &cargo),
                ("Cargo.toml", "[package]\nname = 'demo'\nversion = '1.4.0'\n"),
                ("demo_pkg/__init__.py", "__version__ = '1.4'\n"),
            ],
            "demo_pkg/__init__.py",
        ),
    ];
    for (files, path) in cases {
        let (written, differing, text) = second(files, path);
        assert!(text.contains("= '1.4.57.dev0'"), "{path}: {text}");
        assert!(written.contains(&path.to_owned()) && differing.is_empty(), "{written:?} {differing:?}");
    }
}

#[test]
fn a_second_place_with_another_version_is_said() {
    let flit = toml("flit_core.buildapi", "[project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n");
    for (text, found) in
        [("__version__ = '1.3'\n", "1.3"), ("__version__ = (1, 5)\n", "1.5"), ("__version__ = 'dev'\n", "dev")]
    {
        let files: Files = &[("pyproject.toml", &flit), ("demo_pkg/__init__.py", text)];
        let (written, differing, after) = second(files, "demo_pkg/__init__.py");
        assert_eq!((written, after.as_str()), (vec!["pyproject.toml".to_owned()], text));
        assert_eq!(differing, [("demo_pkg/__init__.py".to_owned(), found.to_owned())]);
    }
    for text in ["__version__ = version('demo-pkg')\n", "x = 1\n"] {
        let files: Files = &[("pyproject.toml", &flit), ("demo_pkg/__init__.py", text)];
        assert_eq!(second(files, "demo_pkg/__init__.py").1, []);
    }
}

#[test]
fn packages_of_another_name_are_found() {
    let setuptools = toml("setuptools.build_meta", "[project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n");
    let hatch = toml("hatchling.build", "[project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n");
    let hatch_named = format!("{hatch}[tool.hatch.build.targets.wheel]\npackages = [\"lib/other\"]\n");
    let pdm = toml(
        "pdm.backend",
        "[project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n[tool.pdm.build]\npackage-dir = \"lib\"\n",
    );
    let cfg = |options: &str| format!("[metadata]\nname = demo-pkg\nversion = 1.4\n[options]\n{options}");
    let (listed, found) =
        (cfg("packages =\n    first\n    other\n"), cfg("packages = find:\npackage_dir =\n    =lib\n"));
    let setup = |packages: &str| format!("setup(name='demo-pkg', version='1.4', packages={packages})\n");
    let (setup_list, setup_find) = (setup("['other']"), setup("find_packages(exclude=['tests'])"));
    const LITERAL: &str = "__version__ = '1.4'\n";
    for (configuration, text, path) in [
        ("pyproject.toml", &setuptools, "other/__init__.py"),
        ("pyproject.toml", &setuptools, "src/other/__init__.py"),
        ("pyproject.toml", &setuptools, "src/space/inner/__init__.py"),
        ("pyproject.toml", &hatch, "src/other/_version.py"),
        ("pyproject.toml", &hatch_named, "lib/other/__init__.py"),
        ("pyproject.toml", &pdm, "lib/other/__init__.py"),
        ("setup.cfg", &listed, "other/__init__.py"),
        ("setup.cfg", &found, "lib/other/__init__.py"),
        ("setup.py", &setup_list, "other/__init__.py"),
        ("setup.py", &setup_find, "other/__init__.py"),
    ] {
        for (literal, expected) in
            [(LITERAL, "__version__ = '1.4.57.dev0'\n"), ("__version__ = '1.3'\n", "__version__ = '1.3'\n")]
        {
            let init = path.replace("_version.py", "__init__.py");
            let mut files = vec![(configuration, text.as_str()), (path, literal)];
            files.extend((init != path).then_some((init.as_str(), "")));
            let (written, differing, after) = second(&files, path);
            assert_eq!(after, expected, "{text} {path}");
            let is_stamped = literal == LITERAL;
            assert_eq!(
                (written.contains(&path.to_owned()), differing.is_empty()),
                (is_stamped, is_stamped),
                "{text} {path}"
            );
        }
    }
}

#[test]
fn what_is_no_package_of_the_project_stays() {
    let setuptools = toml("setuptools.build_meta", "[project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n");
    let listed = format!("{setuptools}[tool.setuptools]\npackages = [\"demo_pkg\"]\n");
    let hatch = toml("hatchling.build", "[project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n");
    for (text, path, beside) in [
        (&setuptools, "tests/__init__.py", None),
        (&setuptools, "unit_tests/__init__.py", None),
        (&setuptools, "docs/__init__.py", None),
        (&setuptools, "not-a-name/__init__.py", None),
        (&setuptools, "other/__init__.py", Some("other/pyproject.toml")),
        (&setuptools, "src/other/__init__.py", Some("src/other/setup.py")),
        (&listed, "other/__init__.py", None),
        (&hatch, "other/__init__.py", None),
    ] {
        for literal in ["__version__ = '1.4'\n", "__version__ = '1.3'\n"] {
            let mut files = vec![("pyproject.toml", text.as_str()), (path, literal)];
            files.extend(beside.map(|beside| (beside, "")));
            let (written, differing, after) = second(&files, path);
            assert_eq!((written.len(), differing.len(), after.as_str()), (1, 0, literal), "{text} {path}");
        }
    }
}
