//! Log-ins on a real server: where a password goes and where it does not, what a token does when it has run out.

use std::path::PathBuf;

use crate::support::{DevpiServer, Run, Sandbox, TestUser};

/// Where the tokens of a sandbox lie.
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

/// Asks the server whose token lies in the file.
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
fn a_log_in_keeps_a_token_that_the_server_takes_and_log_out_forgets_it() {
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
    sandbox.devpi(&home, &["whoami"]).code(4).says("nobody is logged in");
    sandbox.devpi(&home, &["logout"]).ok().says("not logged in");
}

#[test]
fn a_wrong_password_is_refused_and_nothing_is_kept() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let run = log_in(&sandbox, server.url(), &user, "not-the-password").code(4).says("rejects the password");
    assert!(!run.stderr.contains("not-the-password"), "{run}");
    assert!(!token_file(&sandbox).exists());
    log_in(&sandbox, server.url(), &user, "").code(4).says("--password-stdin");
    sandbox.set("GIT_DEVPI_PASSWORD", "wrong-too");
    let run = sandbox.devpi(&sandbox.path("home"), &["login", server.url(), "--login", &user.name]).code(4);
    assert!(!run.stderr.contains("wrong-too"), "{run}");
    // A token of devpi-tokens is no password, and is not believed unseen.
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

    // What the server refuses is taken back from the helper, so that it is not tried for ever.
    std::fs::write(&store, format!("{}\n", url.replace(&user.password, "outdated"))).unwrap();
    sandbox.devpi(&home, &arguments).code(4);
    assert_eq!(std::fs::read_to_string(&store).unwrap().trim(), "");
}

/// Makes the token in the file one that has run out, as itsdangerous would have written it 11 hours ago.
fn let_it_run_out(sandbox: &Sandbox) {
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
fn a_token_that_has_run_out_is_said_and_renewed_where_there_is_a_password() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let work = sandbox.repository("work");
    sandbox.write(&work, "pyproject.toml", "[project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n");
    sandbox.commit_all(&work, "First");
    sandbox.set("GIT_DEVPI_SERVER", server.url()).set("GIT_DEVPI_USER", &user.name);
    log_in(&sandbox, server.url(), &user, &user.password).ok();
    let_it_run_out(&sandbox);
    sandbox.devpi(&work, &["whoami"]).code(4).says("has expired").says("git devpi login");
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    sandbox.devpi(&work, &["init", "--yes"]).ok();
    assert_eq!(server.api().index_names(&user.name), ["main", "prod"]);
    sandbox.devpi(&work, &["whoami"]).ok();
}

#[test]
fn a_token_that_the_server_does_not_know_any_more_is_said() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    log_in(&sandbox, server.url(), &user, &user.password).ok();
    let text = tokens(&sandbox);
    let at = text.find("\"token\"").unwrap();
    let end = at + text[at..].find("\",\n").unwrap();
    // Another signature: what a server without --secretfile makes of every token when it is restarted.
    std::fs::write(token_file(&sandbox), format!("{}AAAA{}", &text[..end - 4], &text[end..])).unwrap();
    sandbox.set("GIT_DEVPI_SERVER", server.url());
    sandbox.devpi(&sandbox.path("home"), &["whoami"]).code(4).says("has expired");
}

#[test]
fn a_hostile_repository_collects_no_credentials() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    // Whoever pushes to the repository has chosen the server; nobody else knows it.
    let trap = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    trap.set_nonblocking(true).unwrap();
    let work = sandbox.repository("work");
    let names = |url: &str| format!("server = \"{url}\"\nuser = \"{}\"\n", user.name);
    let hostile = format!("http://{}/", trap.local_addr().unwrap());
    sandbox.write(&work, ".git-devpi.toml", &names(&hostile));
    sandbox.commit_all(&work, "First");
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    let refused = "named by the repository only";
    sandbox.devpi(&work, &["login"]).code(4).says(refused).says(&format!("git devpi login {hostile}"));
    sandbox.devpi(&work, &["init", "--yes"]).code(4).says(refused);
    sandbox.devpi(&work, &["whoami"]).code(4).says("nobody is logged in");
    let words = ["git", "devpi", "login", "--password-stdin"];
    sandbox.run_with_input(&work, &words, b"geheim\n").code(4).says(refused);
    assert!(!token_file(&sandbox).exists());
    assert!(trap.accept().is_err(), "it was not even spoken to");

    // To name a server is to agree to it, from then on.
    sandbox.write(&work, ".git-devpi.toml", &names(server.url()));
    sandbox.devpi(&work, &["login"]).code(4);
    sandbox.devpi(&work, &["login", server.url()]).ok();
    sandbox.devpi(&work, &["login"]).ok();
    let_it_run_out(&sandbox);
    sandbox.devpi(&work, &["init", "--yes"]).ok();
    assert_eq!(server.api().index_names(&user.name), ["main", "prod"]);
}

#[test]
fn a_repository_cannot_make_anybody_log_in_without_encryption() {
    let sandbox = Sandbox::new();
    let words = ["git", "devpi", "login", "http://devpi.example.com/", "--login", "bob", "--password-stdin"];
    let run = sandbox.run_with_input(&sandbox.path("home"), &words, b"geheim\n").code(3).says("plain http");
    assert!(run.stderr.contains("devpi.allowHttp") && !run.stderr.contains("geheim"), "{run}");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_the_password_is_asked_for_and_never_shown() {
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
    assert!(kept.contains(&user.password) && !kept.contains("mistyped"), "git's helper keeps what was right: {kept}");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_a_person_decides_about_a_server_that_only_the_repository_names() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let work = sandbox.repository("work");
    sandbox.write(&work, ".git-devpi.toml", &format!("server = \"{}\"\nuser = \"{}\"\n", server.url(), user.name));
    sandbox.set("GIT_DEVPI_PASSWORD", &user.password);
    let words = ["git", "devpi", "login"];
    let run = sandbox.on_terminal(&work, &words, &[("Send the password", "\r")]).code(4);
    assert!(run.stdout.contains("is named by the repository only"), "{run}");
    assert!(!token_file(&sandbox).exists(), "no is the default");
    let question = format!("Send the password of {} to {}", user.name, server.url());
    sandbox.on_terminal(&work, &words, &[(&question, "y")]).ok();
    assert_eq!(token_owner(&sandbox, server, &user), user.name.as_str());
}
