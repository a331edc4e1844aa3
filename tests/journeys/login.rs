//! Logins on a real server: who gets a password, and what happens when a token expires.

use std::path::PathBuf;

use crate::support::{DevpiServer, Run, Sandbox, TestUser};

/// The token file of a sandbox.
fn token_file(sandbox: &Sandbox) -> PathBuf {
    sandbox.path("home/git-devpi/config/tokens.json")
}

fn tokens(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(token_file(sandbox)).unwrap_or_default()
}

fn log_in(sandbox: &Sandbox, server: &str, user: &TestUser, password: &str) -> Run {
    let words = ["git", "devpi", "login", server, "--login", &user.name, "--password-stdin"];
    sandbox.run_with_input(&sandbox.path("home"), &words, format!("{password}\n").as_bytes())
}

/// The user of the stored token, as the server reports it.
fn token_owner(sandbox: &Sandbox, server: &DevpiServer, user: &TestUser) -> serde_json::Value {
    let stored: serde_json::Value = serde_json::from_str(&tokens(sandbox)).unwrap();
    let token = stored[server.url()][&user.name]["token"].as_str().unwrap().to_owned();
    let header = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{}:{token}", user.name));
    let answer = reqwest::blocking::Client::builder().no_proxy().build().unwrap().get(format!("{}+api", server.url()));
    let answer = answer.header("X-Devpi-Auth", header).header("Accept", "application/json").send().unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer.text().unwrap()).unwrap();
    answer["result"]["authstatus"][1].clone()
}

#[test]
fn a_login_stores_a_valid_token_and_a_logout_removes_it() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let home = sandbox.path("home");
    log_in(&sandbox, server.url(), &user, &user.password).ok().says("logged in");
    assert_eq!(token_owner(&sandbox, server, &user), user.name.as_str());
    assert!(!tokens(&sandbox).contains(&user.password));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(token_file(&sandbox)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    sandbox.set("GIT_DEVPI_SERVER", server.url());
    let who = sandbox.devpi(&home, &["whoami", "--json"]).ok().json();
    assert_eq!((&who["login"], &who["server"]), (&user.name.as_str().into(), &server.url().into()));
    assert_eq!(who["version"], "6.20.3");
    assert!(who["expires"].as_str().unwrap().ends_with('Z'), "{who}");
    let text = sandbox.devpi(&home, &["whoami"]).ok();
    assert!(text.stdout.contains(&user.name) && text.stdout.contains("until"), "{text}");

    sandbox.devpi(&home, &["logout"]).ok().says("logged out");
    assert!(!tokens(&sandbox).contains(&user.name));
    sandbox.devpi(&home, &["whoami"]).code(4).says("not logged in");
    sandbox.devpi(&home, &["logout"]).ok().says("not logged in");
}

#[test]
fn a_wrong_password_is_rejected_and_not_stored() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let run = log_in(&sandbox, server.url(), &user, "not-the-password").code(4).says("rejects the password");
    assert!(!run.stderr.contains("not-the-password"), "{run}");
    assert!(!token_file(&sandbox).exists());
    log_in(&sandbox, server.url(), &user, "").code(4).says("--password-stdin");
    sandbox.set("GIT_DEVPI_PASSWORD", "wrong-too");
    let run = sandbox.devpi(&sandbox.path("home"), &["login", server.url(), "--login", &user.name]).code(4);
    assert!(!run.stderr.contains("wrong-too"), "{run}");
    // A token of devpi-tokens is not a password; the server has to accept it.
    log_in(&sandbox, server.url(), &user, "devpi-AgEAinvented").code(4);
    assert!(!tokens(&sandbox).contains("invented"));
}

#[test]
fn the_password_comes_from_the_environment_or_a_credential_helper_and_never_from_a_question() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let home = sandbox.path("home");
    let arguments = ["login", server.url(), "--login", &user.name];
    sandbox.devpi(&home, &arguments).code(4).says("no password for").says("GIT_DEVPI_PASSWORD");
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    sandbox.devpi(&home, &arguments).ok();
    assert_eq!(token_owner(&sandbox, server, &user), user.name.as_str());
    sandbox.unset("GIT_DEVPI_PASSWORD");
    sandbox.devpi(&home, &["logout", server.url()]).ok();

    let store = sandbox.path("credentials");
    let url = server.url().replace("http://", &format!("http://{}:{}@", user.name, user.password));
    std::fs::write(&store, format!("{url}\n")).unwrap();
    let helper = format!("store --file '{}'", store.display());
    sandbox.git(&home, &["config", "--global", "credential.helper", &helper]).ok();
    sandbox.devpi(&home, &arguments).ok();
    assert_eq!(token_owner(&sandbox, server, &user), user.name.as_str());

    // A rejected password is erased from the helper, so that it is not tried again.
    std::fs::write(&store, format!("{}\n", url.replace(&user.password, "outdated"))).unwrap();
    sandbox.devpi(&home, &arguments).code(4);
    assert_eq!(std::fs::read_to_string(&store).unwrap().trim(), "");
}

/// Replaces the stored token by an expired one, as itsdangerous would have signed it 11 hours ago.
fn expire_token(sandbox: &Sandbox) {
    let text = tokens(sandbox);
    let stored: serde_json::Value = serde_json::from_str(&text).unwrap();
    let token = stored.as_object().unwrap().values().next().unwrap().as_object().unwrap().values().next().unwrap();
    let token = token["token"].as_str().unwrap();
    let parts: Vec<&str> = token.rsplitn(3, '.').collect();
    let old = format!("{}.Z8nQAA.{}", parts[2], parts[0]);
    let json = |text: &str| serde_json::to_string(text).unwrap();
    std::fs::write(token_file(sandbox), text.replace(&json(token), &json(&old))).unwrap();
}

#[test]
fn an_expired_token_is_reported_or_renewed_with_a_password() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let work = sandbox.repository("work");
    sandbox.write(&work, "pyproject.toml", "[project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n");
    sandbox.commit_all(&work, "First");
    sandbox.set("GIT_DEVPI_SERVER", server.url()).set("GIT_DEVPI_USER", &user.name);
    log_in(&sandbox, server.url(), &user, &user.password).ok();
    expire_token(&sandbox);
    sandbox.devpi(&work, &["whoami"]).code(4).says("has expired").says("git devpi login");
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    sandbox.devpi(&work, &["init", "--yes"]).ok();
    assert_eq!(server.api().index_names(&user.name), ["prod", "work-main"]);
    sandbox.devpi(&work, &["whoami"]).ok();
}

#[test]
fn a_token_that_the_server_rejects_is_reported_as_expired() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    log_in(&sandbox, server.url(), &user, &user.password).ok();
    let text = tokens(&sandbox);
    let at = text.find("\"token\"").unwrap();
    let end = at + text[at..].find("\",\n").unwrap();
    // An invalid signature, as after a restart of a server without --secretfile.
    std::fs::write(token_file(&sandbox), format!("{}AAAA{}", &text[..end - 4], &text[end..])).unwrap();
    sandbox.set("GIT_DEVPI_SERVER", server.url());
    sandbox.devpi(&sandbox.path("home"), &["whoami"]).code(4).says("has expired");
}

#[test]
fn a_server_that_only_the_repository_names_gets_no_credentials() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    // Only a committed file of the repository names this server.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let work = sandbox.repository("work");
    let names = |url: &str| format!("server = \"{url}\"\nuser = \"{}\"\n", user.name);
    let hostile = format!("http://{}/", listener.local_addr().unwrap());
    sandbox.write(&work, ".git-devpi.toml", &names(&hostile));
    sandbox.commit_all(&work, "First");
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    let refused = "only the repository's settings name the server";
    sandbox.devpi(&work, &["login"]).code(4).says(refused).says(&format!("git devpi login {hostile}"));
    sandbox.devpi(&work, &["init", "--yes"]).code(4).says(refused);
    sandbox.devpi(&work, &["whoami"]).code(4).says("not logged in");
    let words = ["git", "devpi", "login", "--password-stdin"];
    sandbox.run_with_input(&work, &words, b"geheim\n").code(4).says(refused);
    assert!(!token_file(&sandbox).exists());
    assert!(listener.accept().is_err(), "the client did not connect");

    // A login that names the server confirms it from then on.
    sandbox.write(&work, ".git-devpi.toml", &names(server.url()));
    sandbox.devpi(&work, &["login"]).code(4);
    sandbox.devpi(&work, &["login", server.url()]).ok();
    sandbox.devpi(&work, &["login"]).ok();
    expire_token(&sandbox);
    sandbox.devpi(&work, &["init", "--yes"]).ok();
    assert_eq!(server.api().index_names(&user.name), ["prod", "work-main"]);
}

#[test]
fn a_login_over_plain_http_is_rejected() {
    let sandbox = Sandbox::new();
    let words = ["git", "devpi", "login", "http://devpi.example.com/", "--login", "bob", "--password-stdin"];
    let run = sandbox.run_with_input(&sandbox.path("home"), &words, b"geheim\n").code(3).says("plain http");
    assert!(run.stderr.contains("devpi.allowHttp") && !run.stderr.contains("geheim"), "{run}");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_password_prompt_shows_no_password() {
    let server = DevpiServer::shared();
    let (user, sandbox) = (server.user(), Sandbox::new());
    let home = sandbox.path("home");
    let store = sandbox.path("credentials");
    let helper = format!("store --file '{}'", store.display());
    sandbox.git(&home, &["config", "--global", "credential.helper", &helper]).ok();
    let words = ["git", "devpi", "login", server.url()];
    let right = format!("{}\r", user.password);
    let name = format!("{}\r", user.name);
    let script = [
        ("User name at", name.as_str()),
        ("Password for", "mistyped\r"),
        ("rejects the password", ""),
        ("Password for", &right),
    ];
    let run = sandbox.on_terminal(&home, &words, &script).ok();
    assert!(run.stdout.contains("logged in to"), "{run}");
    assert!(!run.stdout.contains(&user.password) && !run.stdout.contains("mistyped"), "{run}");
    assert_eq!(token_owner(&sandbox, server, &user), user.name.as_str());
    let kept = std::fs::read_to_string(&store).unwrap();
    assert!(
        kept.contains(&user.password) && !kept.contains("mistyped"),
        "git's helper stores the accepted password only: {kept}"
    );
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_user_decides_about_a_server_that_only_the_repository_names() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let work = sandbox.repository("work");
    sandbox.write(&work, ".git-devpi.toml", &format!("server = \"{}\"\nuser = \"{}\"\n", server.url(), user.name));
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    let words = ["git", "devpi", "login"];
    let run = sandbox.on_terminal(&work, &words, &[("Send the password", "\r")]).code(4);
    assert!(run.stdout.contains("only the repository's settings name the server"), "{run}");
    assert!(!token_file(&sandbox).exists(), "the default answer is no");
    let question = format!("Send the password of {} to {}", user.name, server.url());
    sandbox.on_terminal(&work, &words, &[(&question, "y")]).ok();
    assert_eq!(token_owner(&sandbox, server, &user), user.name.as_str());
}

#[test]
fn the_url_of_an_index_is_understood() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let (home, input) = (sandbox.path("home"), format!("{}\n", user.password));
    server.api().logged_in(&user).put(&user.index("dev"), &serde_json::json!({}));
    let index = format!("{}{}/dev", server.url(), user.name);
    for url in [format!("{index}/+simple/"), index.clone(), format!("{index}/"), format!("{index}/+f/a/b/x.whl")] {
        let run = sandbox.run_with_input(&home, &["git", "devpi", "login", &url, "--password-stdin"], input.as_bytes());
        run.ok().says(&format!("the index {}/dev; the server is {}\n", user.name, server.url())).says("logged in");
        assert!(tokens(&sandbox).contains(&format!("\"{}\"", server.url())), "{}", tokens(&sandbox));
    }
    // A folder of the same depth that is no index is taken as it is.
    let prefix = format!("{}not/there/", server.url());
    let words = ["git", "devpi", "login", &prefix, "--login", &user.name, "--password-stdin"];
    sandbox.run_with_input(&home, &words, input.as_bytes()).code(6).says(&prefix);
    // `init` takes the owner from it, too, and other verbs its root.
    let clone = sandbox.repository("clone");
    crate::support::PythonProject::new().write(&clone);
    sandbox.commit_all(&clone, "First");
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    let url = format!("{index}/+simple/");
    sandbox.devpi(&clone, &["init", "--server", &url, "--yes"]).ok().says("(taken from the URL of an index)");
    assert_eq!(sandbox.git(&clone, &["config", "devpi.server"]).ok().text(), server.url());
    assert!(server.api().index_names(&user.name).contains(&"prod".to_owned()));
    let status = sandbox.devpi(&clone, &["status", "--server", &url, "--json"]).ok().json();
    assert_eq!(status["index"]["name"].as_str(), Some(user.index("clone-main").as_str()), "{status}");
}

/// Containers of CI run as users without a home, or with one that cannot be written.
#[cfg(unix)]
#[test]
fn in_ci_without_a_writable_home_everything_works_for_one_call() {
    let mut fixture = crate::fixture::Fixture::new();
    fixture.in_ci("57");
    // Systems that do not set CI count, too, and values that mean "no" do not.
    for (home, ci) in [("/dev/null", ("CI", "true")), ("/proc/no-home", ("JENKINS_URL", "http://ci/"))] {
        fixture.sandbox.unset("CI").set(ci.0, ci.1).set("BRANCH_NAME", "main");
        for name in ["GIT_DEVPI_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
            fixture.sandbox.unset(name);
        }
        fixture.sandbox.set("HOME", home).set("GIT_DEVPI_PASSWORD", &fixture.user.password);
        fixture.sandbox.set("GIT_DEVPI_SERVER", DevpiServer::shared().url());
        let run = fixture.devpi(&["ensure", "--dest", "dist"]).ok().says("set GIT_DEVPI_HOME to a folder");
        assert_eq!(run.stderr.matches("GIT_DEVPI_HOME").count(), 1, "{run}");
        assert!(fixture.work.join(run.text()).exists(), "{run}");
        let place = run.stderr.split("login and cache are in ").nth(1).unwrap().split(' ').next().unwrap();
        std::fs::remove_dir_all(place).unwrap();
    }
    assert_eq!(fixture.api.versions(&fixture.user.index("main"), crate::fixture::PROJECT), ["1.4.57"]);
    // A person is told at once, instead of finding nothing in the cache the next time.
    fixture.by_hand();
    fixture.sandbox.unset("JENKINS_URL").set("CI", "false");
    fixture.devpi(&["login"]).code(3);
}
