//! Backends that call a compiler or another build system. They are ignored by default: they download cmake, ninja, meson or
//! maturin, and need a C compiler. `cargo test --test stamping -- --ignored`

use super::layout::{layout, pyproject};

const PLAIN: (&str, &str) = ("src/demo_pkg/__init__.py", "");
const INIT: (&str, &str) = ("src/demo_pkg/__init__.py", "__version__ = \"1.4\"\n");
const INIT_HOLDS: &[(&str, &str)] = &[("demo_pkg/__init__.py", "__version__ = \"{}\"\n")];
const MAIN: (&str, &str) =
    ("src/main.rs", "fn main() {\n    println!(\"version={}\", env!(\"CARGO_PKG_VERSION\"));\n}\n");
const CARGO: (&str, &str) =
    ("Cargo.toml", "[package]\nname = \"demo-pkg\"\nversion = \"1.4.0\"  # kept by people\nedition = \"2021\"\n");

#[test]
#[ignore = "downloads maturin and compiles"]
fn maturin_static() {
    const PROJECT: (&str, &str) =
        pyproject!("maturin", "\"maturin>=1,<2\"", "version = \"1.4\"\n[tool.maturin]\nbindings = \"bin\"\n");
    layout(&[PROJECT, CARGO, MAIN]).sdist_contains(&[("Cargo.toml", "version = \"1.4.0\"  # kept")]).check_with_local();
}

/// A base of two components gives `1.4.57`, which is valid for Cargo; the program prints the same version.
#[test]
#[ignore = "downloads maturin and compiles"]
fn maturin_dynamic() {
    const PROJECT: (&str, &str) =
        pyproject!("maturin", "\"maturin>=1,<2\"", "dynamic = [\"version\"]\n[tool.maturin]\nbindings = \"bin\"\n");
    layout(&[PROJECT, CARGO, MAIN]).base("{base:2}").check_with_local();
}

#[test]
#[ignore = "downloads maturin and compiles"]
fn maturin_dynamic_with_a_lock_file() {
    const LOCK: (&str, &str) = ("Cargo.lock", "version = 4\n\n[[package]]\nname = \"demo-pkg\"\nversion = \"1.4.0\"\n");
    const PROJECT: (&str, &str) = pyproject!(
        "maturin",
        "\"maturin>=1,<2\"",
        "dynamic = [\"version\"]\n[tool.maturin]\nbindings = \"bin\"\nlocked = true\n"
    );
    layout(&[PROJECT, CARGO, LOCK, MAIN]).base("{base:2}").check_with_local();
}

const CMAKE: (&str, &str) = (
    "CMakeLists.txt",
    "cmake_minimum_required(VERSION 3.15...3.30)\nproject(${SKBUILD_PROJECT_NAME} VERSION ${SKBUILD_PROJECT_VERSION} LANGUAGES C)\n\
     file(WRITE ${CMAKE_BINARY_DIR}/full.txt \"${SKBUILD_PROJECT_VERSION_FULL}\")\n\
     install(FILES ${CMAKE_BINARY_DIR}/full.txt DESTINATION demo_pkg)\n",
);
const FULL: &[(&str, &str)] = &[("demo_pkg/full.txt", "{}")];

#[test]
#[ignore = "downloads cmake and ninja"]
fn scikit_build_static() {
    layout(&[pyproject!("scikit_build_core.build", "\"scikit-build-core\"", "version = \"1.4\"\n"), PLAIN, CMAKE])
        .wheel_contains(FULL)
        .check_with_local();
}

#[test]
#[ignore = "downloads cmake and ninja"]
fn scikit_build_regex() {
    const PROJECT: (&str, &str) = pyproject!(
        "scikit_build_core.build",
        "\"scikit-build-core\"",
        "dynamic = [\"version\"]\n[tool.scikit-build.metadata.version]\nprovider = \"scikit_build_core.metadata.regex\"\n\
         input = \"src/demo_pkg/__init__.py\"\n"
    );
    layout(&[PROJECT, INIT, CMAKE]).contains(INIT_HOLDS).wheel_contains(FULL).check_with_local();
}

#[test]
#[ignore = "downloads cmake and ninja"]
fn scikit_build_scm() {
    const PROJECT: (&str, &str) = pyproject!(
        "scikit_build_core.build",
        "\"scikit-build-core\", \"setuptools-scm\"",
        "dynamic = [\"version\"]\n[tool.scikit-build]\nsdist.include = [\"src/demo_pkg/_version.py\"]\n\
         [tool.scikit-build.metadata.version]\nprovider = \"scikit_build_core.metadata.setuptools_scm\"\n\
         [tool.setuptools_scm]\nversion_file = \"src/demo_pkg/_version.py\"\n"
    );
    layout(&[PROJECT, PLAIN, CMAKE])
        .tagged("v1.4")
        .contains(&[("demo_pkg/_version.py", "version = '{}'\n")])
        .wheel_contains(FULL)
        .check_with_local();
}

#[test]
#[ignore = "downloads meson and ninja, and compiles"]
fn meson_static() {
    const MESON: (&str, &str) = (
        "meson.build",
        "project('demo-pkg', 'c', version: '1.4')\npy = import('python').find_installation(pure: false)\n\
         py.install_sources('src/demo_pkg/__init__.py', subdir: 'demo_pkg')\n",
    );
    layout(&[pyproject!("mesonpy", "\"meson-python\"", "version = \"1.4\"\n"), PLAIN, MESON]).check_with_local();
}

#[test]
#[ignore = "downloads meson and ninja, and compiles"]
fn meson_dynamic() {
    const MESON: (&str, &str) = (
        "meson.build",
        "project('demo-pkg', 'c',\n  version: '1.4',\n)\npy = import('python').find_installation(pure: false)\n\
         version = configure_file(output: '_version.py', input: 'src/demo_pkg/_version.py.in',\n  \
         configuration: {'version': meson.project_version()})\n\
         py.install_sources('src/demo_pkg/__init__.py', version, subdir: 'demo_pkg')\n",
    );
    layout(&[
        pyproject!("mesonpy", "\"meson-python\"", "dynamic = [\"version\"]\n"),
        PLAIN,
        MESON,
        ("src/demo_pkg/_version.py.in", "__version__ = '@version@'\n"),
    ])
    .wheel_contains(&[("demo_pkg/_version.py", "__version__ = '{}'\n")])
    .check_with_local();
}
