//! Logins without a password: tokens of devpi and of the plugin devpi-tokens, and passwords that git's credential helper keeps.

use serde_json::{Value, json};

use crate::support::{Api, Backend, DevpiServer, PythonProject, Run, Sandbox, TestUser};

fn log_in(sandbox: &Sandbox, server: &DevpiServer, options: &[&str], input: &str) -> Run {
    let words = [&["git", "devpi", "login", server.url()], options].concat();
    sandbox.run_with_input(&sandbox.path("home"), &words, format!("{input}\n").as_bytes())
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A token of devpi-tokens.
fn derived(api: &Api, user: &TestUser, restrictions: &Value) -> String {
    let answer = api.post(&format!("{}/+token-create", user.name), restrictions);
    answer["result"]["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_from_elsewhere_is_stored_once_the_server_accepts_it() {
    let server = DevpiServer::shared();
    let (user, other, mut sandbox) = (server.user(), server.user(), Sandbox::new());
    let token = server.api().logged_in(&user).token().to_owned();
    let run = log_in(&sandbox, server, &["--token-stdin"], &token).ok().says(&user.name);
    assert!(!format!("{run}").contains(&token), "{run}");
    sandbox.set("GIT_DEVPI_SERVER", server.url());
    let home = sandbox.path("home");
    let who = || sandbox.devpi(&home, &["whoami", "--json"]).ok().json()["login"].clone();
    assert_eq!(who(), user.name.as_str());

    log_in(&sandbox, server, &["--token-stdin", "--login", &other.name], &token).code(2).says(&user.name);
    log_in(&sandbox, server, &["--token-stdin"], &user.password).code(2).says("--password-stdin");
    log_in(&sandbox, server, &["--token-stdin"], "").code(2).says("no token");
    let forged = format!("{}AAAA", &token[..token.len() - 4]);
    log_in(&sandbox, server, &["--token-stdin"], &forged).code(4).says("rejects the token");
    assert_eq!(who(), user.name.as_str(), "a rejected token replaces none");
}

#[test]
fn a_remembered_password_renews_the_login_of_commands_and_hooks() {
    let server = DevpiServer::shared();
    let (user, mut sandbox) = (server.user(), Sandbox::new());
    let options = ["--login", &user.name, "--password-stdin", "--remember"];
    log_in(&sandbox, server, &options, &user.password).code(3).says("credential.helper");
    let (home, store) = (sandbox.path("home"), sandbox.path("credentials"));
    let helper = |value: &str| sandbox.git(&home, &["config", "--global", "credential.helper", value]).ok();
    helper("!true");
    log_in(&sandbox, server, &options, &user.password).code(7).says("did not keep the password");
    helper(&format!("store --file '{}'", store.display()));
    let run = log_in(&sandbox, server, &options, &user.password).ok().says("store --file").says(".gitconfig");
    assert!(!format!("{run}").contains(&user.password), "{run}");
    assert!(std::fs::read_to_string(&store).unwrap().contains(&user.password));

    sandbox.set("GIT_DEVPI_SERVER", server.url()).set("GIT_DEVPI_USER", &user.name);
    let (remote, work) = (sandbox.bare_remote("remote.git"), sandbox.repository("work"));
    PythonProject::new().backend(Backend::InTree).write(&work);
    sandbox.commit_all(&work, "First");
    sandbox.git(&work, &["remote", "add", "origin", remote.to_str().unwrap()]).ok();
    sandbox.git(&work, &["config", "devpi.releaseBranches", "main"]).ok();
    sandbox.devpi(&work, &["hooks", "install"]).ok();
    let tokens = home.join("git-devpi/config/tokens.json");
    let spoil = || {
        let mut stored: Value = serde_json::from_str(&std::fs::read_to_string(&tokens).unwrap()).unwrap();
        stored[server.url()][&user.name]["token"] = json!("not-a-token-of-this-server");
        std::fs::write(&tokens, stored.to_string()).unwrap();
    };
    spoil();
    sandbox.git(&work, &["push", "origin", "main"]).ok().says("created the index");
    spoil();
    sandbox.devpi(&work, &["index", "create", "--branch", "another"]).ok();
    assert_eq!(server.api().index_names(&user.name), ["another", "main"]);
}

#[test]
fn a_restricted_token_of_devpi_tokens_is_enough_for_ci() {
    let server = DevpiServer::with_plugins();
    let (user, mut sandbox) = (server.user(), Sandbox::with_tools());
    let api = server.api().logged_in(&user);
    let work = sandbox.repository("work");
    PythonProject::new().backend(Backend::InTree).write(&work);
    sandbox.write(&work, ".git-devpi.toml", &server.settings_file(&user));
    sandbox.commit_all(&work, "First");
    sandbox.set("CI", "true").set("BUILD_NUMBER", "7").set("GIT_DEVPI_BRANCH", "main");

    let expiring = derived(&api, &user, &json!({"expires": now() + 1}));
    log_in(&sandbox, server, &["--token-stdin"], &expiring).code(4).says("has expired");
    let all = ["index_create", "index_modify", "index_delete", "upload", "toxresult_upload", "pkg_read"];
    let owner = derived(&api, &user, &json!({"expires": now() + 100_000, "allowed": all}));
    log_in(&sandbox, server, &["--token-stdin"], &owner).ok().says("restricted: allowed=");
    let who = sandbox.devpi(&work, &["whoami", "--json"]).ok().json();
    assert!(who["restrictions"][0].as_str().unwrap().contains("index_create"), "{who}");
    assert!(who["expires"].as_str().is_some(), "{who}");
    sandbox.devpi(&work, &["ensure", "--dest", "../dist"]).ok();
    assert_eq!(api.index_names(&user.name), ["main"], "no claim is left");

    // A token for this index alone cannot create a claim.
    let narrow = derived(&api, &user, &json!({"expires": now() + 1000, "indexes": [user.index("main")]}));
    sandbox.devpi(&work, &["logout"]).ok();
    sandbox.set("GIT_DEVPI_PASSWORD", &narrow).set("GIT_DEVPI_SERVER", server.url()).set("BUILD_NUMBER", "8");
    sandbox.devpi(&work, &["ensure", "--dest", "../dist"]).ok();
    assert_eq!(api.files(&user.index("main"), "demo-pkg", "1.4.8").len(), 1);
    sandbox.set("GIT_DEVPI_BRANCH", "other");
    let run = sandbox.devpi(&work, &["ensure", "--dest", "../dist"]).code(4).says("denied access to index");
    assert!(!format!("{run}").contains(&narrow) && !run.stderr.contains("Exception"), "{run}");

    let short = derived(&api, &user, &json!({"expires": now() + 2}));
    std::thread::sleep(std::time::Duration::from_secs(2));
    sandbox.set("GIT_DEVPI_PASSWORD", &short).set("GIT_DEVPI_BRANCH", "main").set("BUILD_NUMBER", "9");
    sandbox.devpi(&work, &["logout"]).ok();
    sandbox.devpi(&work, &["ensure", "--dest", "../dist"]).code(4).says("has expired");
}
