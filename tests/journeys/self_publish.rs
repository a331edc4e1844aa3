//! `git devpi self publish`: our own wheel on an index of the team's server, by the recipe of the man page.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::{Api, DevpiServer, Run, Sandbox, TestUser, Tools};

const WHEEL: &str = concat!("git_devpi-", env!("CARGO_PKG_VERSION"), "-py3-none-any.whl");

struct Publisher {
    sandbox: Sandbox,
    user: TestUser,
    api: Api,
    folder: PathBuf,
}

impl Publisher {
    /// Logged in, outside of a repository.
    fn new() -> Self {
        let server = DevpiServer::shared();
        let user = server.user();
        let mut sandbox = Sandbox::with_tools();
        let folder = sandbox.path("home");
        let login = ["git-devpi", "login", server.url(), "--login", &user.name, "--password-stdin"];
        sandbox.run_with_input(&folder, &login, user.password.as_bytes()).ok();
        sandbox.set("GIT_DEVPI_SERVER", server.url()).set("GIT_DEVPI_USER", &user.name);
        Self { sandbox, api: server.api().logged_in(&user), user, folder }
    }

    /// A wheel of this version, with `binary` as the program.
    fn wheel(&self, binary: &Path) -> PathBuf {
        let folder = tempfile::tempdir_in(self.sandbox.path("")).unwrap().keep();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let script = root.join("tests/support/plugin_wheel.py");
        let mut command = self.sandbox.command(&self.folder, Tools::get().python());
        command.arg(script).arg(root.join("python/git_devpi")).arg(&folder);
        self.sandbox.finish(command.arg(env!("CARGO_PKG_VERSION")).arg(binary)).ok();
        folder.join(WHEEL)
    }

    #[track_caller]
    fn publish(&self, arguments: &[&str]) -> Run {
        self.sandbox.run(&self.folder, "git-devpi", &[&["self", "publish"], arguments].concat())
    }

    fn sha256(&self, index: &str) -> String {
        self.api.files(&self.user.index(index), "git-devpi", env!("CARGO_PKG_VERSION"))[0].sha256.clone()
    }
}

/// The commands of a section of the page about the workflow.
fn recipe(section: &str) -> Vec<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("man/git-devpi-workflow.7")).unwrap();
    let (_, after) = page.split_once(&format!(".SS \"{section}\"")).unwrap();
    let section = after.split("\n.S").next().unwrap();
    let blocks = section.split(".nf\n").skip(1).map(|block| block.split(".fi").next().unwrap());
    blocks.flat_map(str::lines).map(|line| line.replace("\\-", "-")).collect()
}

#[test]
fn the_recipe_of_the_man_page_installs_git_devpi_from_the_teams_server() {
    let mut publisher = Publisher::new();
    let wheel = publisher.wheel(Path::new(env!("CARGO_BIN_EXE_git-devpi")));
    // The index that stands for PyPI.
    publisher.publish(&["pypi", wheel.to_str().unwrap()]).ok();
    let server = DevpiServer::shared();
    let root = publisher.sandbox.path("").display().to_string();
    publisher.sandbox.set("PIP_INDEX_URL", &format!("{}{}/pypi/+simple/", server.url(), publisher.user.name));
    publisher.sandbox.set("UV_TOOL_DIR", &format!("{root}/tools")).set("UV_TOOL_BIN_DIR", &format!("{root}/uv-bin"));
    let lines = recipe("Where CI does not reach PyPI");
    assert_eq!(lines.len(), 3, "{lines:?}");
    for line in lines {
        let line = line.replace("https://devpi.example.com/", server.url());
        let line = line.replace("tools/stable", &format!("{}/stable", publisher.user.name));
        let line = line.replace("pip install", &format!("python3 -m pip install --prefix '{root}/pip'"));
        // Only the first machine reaches the index that stands for PyPI.
        publisher.sandbox.run(&publisher.folder, "sh", &["-c", &line]).ok();
        publisher.sandbox.unset("PIP_INDEX_URL");
    }
    assert_eq!(publisher.sha256("stable"), publisher.sha256("pypi"), "the same bytes");
    for program in ["pip/bin/git-devpi", "uv-bin/git-devpi"] {
        let program = publisher.sandbox.path(program);
        let run = publisher.sandbox.run(&publisher.folder, program.to_str().unwrap(), &["--version"]).ok();
        assert_eq!(run.text(), concat!("git-devpi ", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn a_published_file_is_never_overwritten() {
    let publisher = Publisher::new();
    let [first, second] = ["one", "two"].map(|text| {
        publisher.sandbox.write(&publisher.folder, text, text);
        publisher.wheel(&publisher.folder.join(text))
    });
    let [first, second] = [&first, &second].map(|path| path.to_str().unwrap());
    let answer = publisher.publish(&["tools", first, "--json"]).ok().json();
    let index = publisher.user.index("tools");
    assert_eq!((&answer["index"], &answer["created"]), (&json!(index), &json!(true)));
    assert_eq!(answer["files"][0]["uploaded"], true);
    let stored = publisher.sha256("tools");
    assert_eq!(publisher.api.index(&index).unwrap()["volatile"], false);

    let again = publisher.publish(&["tools", first, "--json"]).ok().json();
    assert_eq!((&again["created"], &again["files"][0]["uploaded"]), (&json!(false), &json!(false)));
    publisher.publish(&[&index, second]).code(5).says("with other bytes").says("nothing was uploaded");
    assert_eq!(publisher.sha256("tools"), stored);

    // On a volatile index the server would overwrite the file.
    publisher.api.put(&publisher.user.index("volatile"), &json!({"volatile": true}));
    publisher.publish(&["volatile", first]).ok();
    publisher.publish(&["volatile", second]).code(5);
    assert_eq!(publisher.sha256("volatile"), stored);
}

#[test]
fn other_files_and_indexes_of_others_are_refused() {
    let publisher = Publisher::new();
    let wheel = publisher.wheel(Path::new("/dev/null"));
    let renamed = |name: &str| {
        let path = publisher.folder.join(name);
        std::fs::copy(&wheel, &path).unwrap();
        path.to_str().unwrap().to_owned()
    };
    publisher.publish(&["tools", &renamed("demo_pkg-1.0-py3-none-any.whl")]).code(2).says("demo-pkg, not of git-devpi");
    publisher.publish(&["tools", &renamed("git_devpi-9.9-py3-none-any.whl")]).code(2).says("its name says version 9.9");
    publisher.publish(&["tools", &renamed("git-devpi.zip.txt")]).code(2).says("git-devpi.zip.txt");
    publisher.publish(&["tools", "missing-1.0-py3-none-any.whl"]).code(3).says("missing-1.0");
    assert_eq!(publisher.api.index_names(&publisher.user.name), [""; 0], "no index for files that are refused");
    publisher.publish(&["root/tools", wheel.to_str().unwrap()]).code(4);
    let mut publisher = publisher;
    publisher
        .sandbox
        .set("PIP_INDEX_URL", &format!("{}{}/none/+simple/", DevpiServer::shared().url(), publisher.user.name));
    publisher.publish(&["tools"]).code(7).says("git devpi self publish INDEX FILE");
}
