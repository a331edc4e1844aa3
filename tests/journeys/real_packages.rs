//! Four real packages of four build backends, from the first push to the deleted index.
//!
//! Their sdists come from the package index, version and sha256 pinned, and are turned into repositories.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Api, DevpiServer, Sandbox, TestUser, Tools};

pub struct Package {
    pub name: &'static str,
    pub version: &'static str,
    pub sha256: &'static str,
    /// The repository's tag, for a project with the version in tags.
    pub tag: Option<&'static str>,
    pub module: &'static str,
    /// The expected versions of build 57 of a branch and build 58 of main.
    pub expected: (&'static str, &'static str),
}

/// flit, version in `[project]`.
const ITSDANGEROUS: Package = Package {
    name: "itsdangerous",
    version: "2.2.0",
    sha256: "e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173",
    tag: None,
    module: "itsdangerous",
    expected: ("2.2.0.57.dev0", "2.2.0.58"),
};
/// hatch-vcs: the version is a tag.
const PLATFORMDIRS: Package = Package {
    name: "platformdirs",
    version: "4.3.6",
    sha256: "357fb2acbc885b0419afd3ce3ed34564c13c9b95c89360cd9563f73aa5e2b907",
    tag: Some("4.3.6"),
    module: "platformdirs",
    expected: ("4.3.57.dev0", "4.3.58"),
};
/// poetry, version in `[tool.poetry]`.
const TOMLKIT: Package = Package {
    name: "tomlkit",
    version: "0.13.2",
    sha256: "fff5fe59a87295b278abd31bec92c15d9bc4a06885ab12bcea52c71119392e79",
    tag: None,
    module: "tomlkit",
    expected: ("0.13.2.57.dev0", "0.13.2.58"),
};
/// flit, version in the module (`idna/package_data.py`).
const IDNA: Package = Package {
    name: "idna",
    version: "3.10",
    sha256: "12f65c9b470abda6dc35cf8e63cc574b1c52b11df2c86030af0ac09b01b13ea9",
    tag: None,
    module: "idna",
    expected: ("3.10.57.dev0", "3.10.58"),
};

#[test]
fn flit_with_a_static_version() {
    journey(&ITSDANGEROUS);
}

#[test]
fn hatch_with_a_version_from_tags() {
    journey(&PLATFORMDIRS);
}

#[test]
fn poetry() {
    journey(&TOMLKIT);
}

#[test]
fn flit_with_the_version_in_the_module() {
    journey(&IDNA);
}

/// A package's repository, its remote and its devpi user.
struct Fixture {
    sandbox: Sandbox,
    remote: PathBuf,
    work: PathBuf,
    api: Api,
    user: TestUser,
}

fn journey(package: &Package) {
    let server = DevpiServer::shared();
    let mut fixture = set_up(package, server);
    let (branch_version, release_version) = package.expected;

    // The push creates the branch's index.
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "-c", "feature/real"]).ok();
    fixture.sandbox.write(&fixture.work, "NOTE", "a change");
    fixture.sandbox.commit_all(&fixture.work, "a change");
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "-u", "origin", "feature/real"]).ok();
    assert!(fixture.api.index_names(&fixture.user.name).contains(&"feature-real".to_owned()));

    // The first machine builds, the second one fetches the same bytes.
    let index = fixture.user.index("feature-real");
    let first = ensure(&mut fixture, "work", ("feature/real", "57"));
    let second = ensure(&mut fixture, "second", ("feature/real", "57"));
    assert_eq!(first, second, "two machines, two files");
    let files = fixture.api.files(&index, package.name, branch_version);
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(first["sha256"], files[0].sha256.as_str());
    assert_eq!(metadata_version(&fixture, &index, package.name, branch_version), branch_version);

    // After the merge, main's build is tested and promoted.
    fixture.sandbox.git(&fixture.work, &["switch", "--quiet", "main"]).ok();
    fixture.sandbox.git(&fixture.work, &["merge", "--quiet", "--no-ff", "-m", "merge", "feature/real"]).ok();
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "origin", "main"]).ok();
    release(&mut fixture, package, release_version);

    // The branch is deleted on the remote, and prune deletes its index.
    fixture.sandbox.git(&fixture.work, &["push", "--quiet", "--delete", "origin", "feature/real"]).ok();
    fixture.sandbox.devpi(&fixture.work, &["prune", "--yes"]).ok();
    let left = fixture.api.index_names(&fixture.user.name);
    assert!(!left.contains(&"feature-real".to_owned()), "{left:?}");
    assert!(left.contains(&"main".to_owned()) && left.contains(&"prod".to_owned()), "{left:?}");
    assert_eq!(fixture.sandbox.git(&fixture.work, &["status", "--porcelain"]).ok().text(), "");
}

fn release(fixture: &mut Fixture, package: &Package, version: &str) {
    fixture.sandbox.set("CI", "true").set("BUILD_NUMBER", "58").set("GIT_DEVPI_BRANCH", "main");
    fixture.sandbox.devpi(&fixture.work, &["promote"]).code(1);
    assert!(fixture.api.files(&fixture.user.index("prod"), package.name, version).is_empty());
    fixture.sandbox.devpi(&fixture.work, &["test", "-e", "unit"]).ok();
    fixture.sandbox.devpi(&fixture.work, &["promote"]).ok();
    let built = fixture.api.files(&fixture.user.index("main"), package.name, version);
    let promoted = fixture.api.files(&fixture.user.index("prod"), package.name, version);
    assert_eq!(built.len(), 1, "{built:?}");
    assert_eq!(built[0].sha256, promoted[0].sha256);
    fixture.sandbox.unset("CI").unset("BUILD_NUMBER").unset("GIT_DEVPI_BRANCH");
}

fn set_up(package: &Package, server: &DevpiServer) -> Fixture {
    let mut sandbox = Sandbox::with_tools();
    let user = server.user();
    let api = server.api().logged_in(&user);
    api.put(&user.index("prod"), &serde_json::json!({"volatile": false, "acl_toxresult_upload": [user.name]}));
    let remote = sandbox.bare_remote("remote.git");
    let work = sandbox.repository("work");
    unpack(&sandbox, package, &work);
    // From another folder, because Python would import the work tree of a flat layout.
    let command = format!("change_dir = {{env_tmp_dir}}\ncommands = python -c \"import {}\"\n", package.module);
    sandbox.write(&work, "tox.ini", &format!("[tox]\nenv_list = unit\n\n[testenv]\n{command}"));
    let settings = format!(
        "server = \"{}\"\nuser = \"{}\"\nrepository = \"acme/{}\"\nrelease-branches = [\"main\"]\nrequire = [\"unit\"]\nkeep-for = \"0\"\n",
        server.url(),
        user.name,
        package.name
    );
    sandbox.write(&work, ".git-devpi.toml", &settings);
    sandbox.commit_all(&work, "first");
    if let Some(tag) = package.tag {
        sandbox.git(&work, &["tag", tag]).ok();
    }
    sandbox.git(&work, &["remote", "add", "origin", remote.to_str().unwrap()]).ok();
    let login = ["git-devpi", "login", server.url(), "--login", &user.name, "--password-stdin"];
    sandbox.run_with_input(&work, &login, user.password.as_bytes()).ok();
    sandbox.devpi(&work, &["hooks", "install", "--mode", "file"]).ok();
    sandbox.git(&work, &["push", "--quiet", "-u", "origin", "main", "--tags"]).ok();
    sandbox.set("GIT_DEVPI_SERVER", server.url()).set("GIT_DEVPI_REPOSITORY", &format!("acme/{}", package.name));
    Fixture { sandbox, remote, work, api, user }
}

/// Downloads the sdist with pip, which checks its sha256, and unpacks it into `folder`.
pub fn unpack(sandbox: &Sandbox, package: &Package, folder: &Path) {
    let list = sandbox.path("requirements.txt");
    let line = format!("{}=={} --hash=sha256:{}\n", package.name, package.version, package.sha256);
    std::fs::write(&list, line).unwrap();
    let to = sandbox.path("sdist");
    // The backend itself may be a wheel: maturin takes ten minutes to build.
    let words = ["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", package.name, "--require-hashes"];
    let words = [&words[..], &["-r", list.to_str().unwrap(), "-d", to.to_str().unwrap()]].concat();
    sandbox.run(&sandbox.path("home"), Tools::get().python().to_str().unwrap(), &words).ok();
    let named = |name: &str| to.join(format!("{name}-{}.tar.gz", package.version));
    let sdist = Some(named(package.name))
        .filter(|path| path.exists())
        .unwrap_or_else(|| named(&package.name.replace('-', "_")));
    let words = ["-xzf", sdist.to_str().unwrap(), "--strip-components=1", "-C", folder.to_str().unwrap()];
    sandbox.run(folder, "tar", &words).ok();
}

/// Runs `ensure` in CI in a new clone; returns the reported version and sha256.
fn ensure(fixture: &mut Fixture, clone: &str, (branch, number): (&str, &str)) -> Value {
    let folder = fixture.sandbox.path(clone);
    if !folder.exists() {
        fixture.sandbox.clone_of(&fixture.remote, clone);
        fixture.sandbox.git(&folder, &["checkout", "--quiet", "--detach", &format!("origin/{branch}")]).ok();
    }
    fixture.sandbox.set("CI", "true").set("BUILD_NUMBER", number).set("GIT_DEVPI_BRANCH", branch);
    let answer = fixture.sandbox.devpi(&folder, &["ensure", "--dest", "../dist", "--json"]).ok().json();
    fixture.sandbox.unset("CI").unset("BUILD_NUMBER").unset("GIT_DEVPI_BRANCH");
    serde_json::json!({ "version": answer["version"], "sha256": answer["sha256"] })
}

/// The version in the metadata of the stored wheel.
fn metadata_version(fixture: &Fixture, index: &str, project: &str, version: &str) -> String {
    let file = &fixture.api.files(index, project, version)[0];
    let wheel = fixture.sandbox.path("stored.whl");
    std::fs::write(&wheel, fixture.api.bytes(&file.path)).unwrap();
    let script = "import sys, zipfile, email.parser\nz = zipfile.ZipFile(sys.argv[1])\n\
                  m = [n for n in z.namelist() if n.endswith('.dist-info/METADATA')]\n\
                  print(email.parser.BytesParser().parsebytes(z.read(m[0]))['Version'])";
    let words = ["-c", script, wheel.to_str().unwrap()];
    fixture
        .sandbox
        .run(&fixture.sandbox.path("home"), Tools::get().python().to_str().unwrap(), &words)
        .ok()
        .text()
        .to_owned()
}
