//! Servers that answer nothing without a login: devpi-lockdown, a page in HTML, and a proxy with basic authentication.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Api, Backend, ClosedFront, Closure, DevpiServer, PythonProject, Run, Sandbox, TestUser};

/// A clone whose settings name the closed server.
struct Fixture {
    sandbox: Sandbox,
    front: ClosedFront,
    user: TestUser,
    /// Beside the front.
    api: Api,
    work: PathBuf,
}

impl Fixture {
    fn new(server: &DevpiServer, closure: Closure) -> Self {
        let front = ClosedFront::start(server.url(), closure);
        let user = server.user();
        let api = server.api().logged_in(&user);
        let mut sandbox = Sandbox::with_tools();
        let (remote, work) = (sandbox.bare_remote("acme/demo.git"), sandbox.repository("work"));
        PythonProject::new().backend(Backend::InTree).write(&work);
        let settings = format!(
            "user = \"{}\"\nrepository = \"acme/demo\"\nrelease-branches = [\"main\"]\nrequire = [\"unit\"]\n",
            user.name
        );
        sandbox.write(&work, ".git-devpi.toml", &settings);
        sandbox.commit_all(&work, "First");
        sandbox.git(&work, &["remote", "add", "origin", remote.to_str().unwrap()]).ok();
        sandbox.git(&work, &["push", "--quiet", "-u", "origin", "main"]).ok();
        api.put(&user.index("prod"), &json!({"volatile": false, "acl_toxresult_upload": [user.name]}));
        sandbox.set("GIT_DEVPI_SERVER", front.url());
        Self { sandbox, front, user, api, work }
    }

    fn devpi(&self, arguments: &[&str]) -> Run {
        self.sandbox.devpi(&self.work, arguments)
    }

    /// Forgets the token, so that only the password is left.
    fn forget_token(&self) {
        let _ = std::fs::remove_file(self.sandbox.path("home/git-devpi/config/tokens.json"));
    }

    /// Replaces the token by one that the server does not know.
    fn spoil_token(&self) {
        let path = self.sandbox.path("home/git-devpi/config/tokens.json");
        let mut tokens: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        tokens[self.front.url()][&self.user.name]["token"] = json!("not-a-token-of-this-server");
        std::fs::write(path, tokens.to_string()).unwrap();
    }
}

/// Reads, on a branch with one build.
const READS: [&[&str]; 14] = [
    &["status"],
    &["status", "--all"],
    &["results"],
    &["results", "--requirements", "1.4.7"],
    &["env", "--shell", "dotenv"],
    &["settings"],
    &["doctor"],
    &["index", "list"],
    &["index", "show"],
    &["index", "sync", "--dry-run"],
    &["prune", "--dry-run"],
    &["prune", "--releases", "--dry-run"],
    &["promote", "--dry-run", "1.4.7"],
    &["withdraw", "--dry-run", "1.4.7"],
];

/// What each verb says with and without a front, apart from the server's address.
fn compare(fixture: &Fixture, prepare: impl Fn(&Fixture)) {
    for verb in READS {
        prepare(fixture);
        fixture.front.take_requests();
        let run = fixture.devpi(verb);
        assert_ne!(run.status, 4, "{run}");
        assert!(!run.stderr.contains("login") || verb == ["doctor"], "{run}");
        let requests = fixture.front.take_requests();
        let denied = requests.iter().filter(|(_, status)| [401, 302, 403].contains(status)).count();
        assert!(denied <= 2, "{verb:?}: {requests:?}");
        let open = fixture.devpi(&[&["--server", DevpiServer::with_plugins().url()], verb].concat());
        assert_eq!(run.status, open.status, "{run}\nwithout the front: {open}");
    }
}

fn whole_loop(fixture: &mut Fixture, prepare: impl Fn(&Fixture)) {
    fixture.sandbox.set("CI", "true").set("BUILD_NUMBER", "7");
    prepare(fixture);
    let built = fixture.devpi(&["ensure", "--dest", "../dist", "--json"]).ok().json();
    assert_eq!(built["version"], "1.4.7");
    prepare(fixture);
    fixture.devpi(&["test", "-e", "unit"]).ok();
    fixture.sandbox.unset("CI").unset("BUILD_NUMBER");
    compare(fixture, &prepare);
    prepare(fixture);
    fixture.devpi(&["promote", "1.4.7"]).ok();
    assert_eq!(fixture.api.files(&fixture.user.index("prod"), "demo-pkg", "1.4.7").len(), 1);
}

#[test]
fn with_a_password_alone_every_verb_works_behind_devpi_lockdown() {
    let mut fixture = Fixture::new(DevpiServer::with_plugins(), Closure::Lockdown);
    let run = fixture.devpi(&["status"]).code(4);
    assert!(run.stderr.contains("git devpi login") && !run.stderr.contains("redirect"), "{run}");
    let password = fixture.user.password.clone();
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", &password);
    whole_loop(&mut fixture, Fixture::forget_token);
    // A token that has become invalid is renewed in passing, by reads too.
    compare(&fixture, Fixture::spoil_token);
    fixture.sandbox.unset("GIT_DEVPI_PASSWORD");
    fixture.spoil_token();
    fixture.devpi(&["status"]).code(4).says("has expired").says("git devpi login");
}

#[test]
fn a_page_instead_of_every_answer_means_a_login_too() {
    let mut fixture = Fixture::new(DevpiServer::with_plugins(), Closure::Page);
    fixture.devpi(&["index", "list"]).code(4).says("git devpi login");
    let words = ["git", "devpi", "login", "--password-stdin"];
    let password = fixture.user.password.clone();
    fixture.sandbox.run_with_input(&fixture.work, &words, b"wrong\n").code(4).says("rejects the password");
    fixture.sandbox.run_with_input(&fixture.work, &words, password.as_bytes()).ok();
    whole_loop(&mut fixture, |_| {});
    fixture.spoil_token();
    fixture.devpi(&["status"]).code(4).says("git devpi login");
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", &password);
    fixture.devpi(&["status"]).ok();
}

#[test]
fn a_proxy_with_basic_authentication_has_a_login_of_its_own() {
    let mut fixture = Fixture::new(DevpiServer::with_plugins(), Closure::Basic("team", "of-the-proxy"));
    let (url, password) = (fixture.front.url().to_owned(), fixture.user.password.clone());
    fixture.sandbox.set("GIT_DEVPI_PASSWORD", &password);
    for verb in [["status"], ["doctor"], ["whoami"]] {
        let run = fixture.devpi(&verb);
        assert!(run.status != 0, "{run}");
    }
    let hint = format!("git config --global devpi.{url}.basicAuthUser USER");
    fixture.devpi(&["status"]).code(4).says("a proxy in front of").says(&hint);
    fixture.sandbox.git(&fixture.work, &["config", "--global", &format!("devpi.{url}.basicAuthUser"), "team"]).ok();
    fixture.sandbox.set("GIT_DEVPI_BASIC_AUTH_PASSWORD", "mistyped");
    let run = fixture.devpi(&["status"]).code(4).says("rejects the password of team");
    assert!(!format!("{run}").contains("mistyped"), "{run}");

    fixture.sandbox.unset("GIT_DEVPI_BASIC_AUTH_PASSWORD");
    let store = fixture.sandbox.path("credentials");
    let helper = format!("store --file '{}'", store.display());
    fixture.sandbox.git(&fixture.work, &["config", "--global", "credential.helper", &helper]).ok();
    std::fs::write(&store, format!("{}\n", url.replace("http://", "http://team:of-the-proxy@"))).unwrap();
    whole_loop(&mut fixture, |_| {});
    assert!(std::fs::read_to_string(&store).unwrap().contains("of-the-proxy"));

    // A password that the proxy no longer accepts is erased.
    std::fs::write(&store, format!("{}\n", url.replace("http://", "http://team:outdated@"))).unwrap();
    fixture.devpi(&["status"]).code(4);
    assert_eq!(std::fs::read_to_string(&store).unwrap().trim(), "");
}

#[test]
fn a_repository_cannot_send_the_proxys_password_elsewhere() {
    let (user, mut sandbox) = (DevpiServer::shared().user(), Sandbox::new());
    let front = ClosedFront::start(DevpiServer::shared().url(), Closure::Basic("team", "of-the-proxy"));
    let work = sandbox.repository("work");
    sandbox.write(&work, ".git-devpi.toml", &format!("server = \"{}\"\nuser = \"{}\"\n", front.url(), user.name));
    sandbox.commit_all(&work, "First");
    sandbox.git(&work, &["config", "devpi.basicAuthUser", "team"]).ok();
    sandbox.set("GIT_DEVPI_BASIC_AUTH_PASSWORD", "of-the-proxy").set("GIT_DEVPI_PASSWORD", &user.password);
    sandbox.devpi(&work, &["index", "list"]).code(4);
    assert!(front.take_requests().iter().all(|(_, status)| *status == 401));
    let key = format!("devpi.{}.basicAuthUser", front.url());
    sandbox.git(&work, &["config", &key, "team"]).ok();
    sandbox.devpi(&work, &["index", "list"]).ok();
    sandbox.write(&work, ".git-devpi.toml", "basic-auth-user = \"x\"\n");
    sandbox.devpi(&work, &["settings"]).code(3).says("basic-auth-user");
}
