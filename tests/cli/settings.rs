//! `git devpi settings`: values and their origins.

use crate::support::Sandbox;

#[test]
fn every_layer_of_settings_is_shown_as_origin() {
    let mut sandbox = Sandbox::new();
    let folder = sandbox.repository("work");
    sandbox.write(&folder, "pyproject.toml", "[tool.git-devpi]\nuser = \"acme\"\nrequire = [\"unit\"]\n");
    sandbox.git(&folder, &["config", "devpi.production", "ops/prod"]).ok();
    sandbox.set("GIT_DEVPI_KEEP_FOR", "1h");
    let all =
        sandbox.git(&folder, &["-c", "devpi.builder=uv", "devpi", "settings", "--json", "--server", "https://x/"]);
    let all = all.ok().json()["settings"].clone();
    let origin = |key: &str| all[key]["origin"].as_str().unwrap_or_default().to_owned();
    assert_eq!(all["server"]["value"], "https://x/");
    assert_eq!(origin("server"), "flag --server");
    assert_eq!(origin("user"), "user in pyproject.toml");
    assert_eq!(all["require"]["value"], serde_json::json!(["unit"]));
    assert!(origin("production").starts_with("git config devpi.production"), "{}", origin("production"));
    assert!(origin("builder").contains("command line"), "{}", origin("builder"));
    assert_eq!(origin("keep-for"), "environment variable GIT_DEVPI_KEEP_FOR");
    assert_eq!(origin("formats"), "default");
    assert_eq!(all["repository"]["value"], "work");
}

#[test]
fn settings_are_a_table_or_json_with_a_schema() {
    let sandbox = Sandbox::new();
    let folder = sandbox.repository("work");
    let text = sandbox.devpi(&folder, &["settings"]).ok();
    assert!(text.text().starts_with("SETTING"), "{}", text.text());
    assert_eq!(sandbox.devpi(&folder, &["settings", "--json"]).ok().json()["schema"], 1);
}

#[test]
fn a_password_in_a_url_is_shown_by_no_verb() {
    for (place, url) in [
        ("environment", "https://ci:S3CRET@devpi.example/"),
        ("git config", "https://S3CRET@devpi.example/x"),
        ("file", "htp://ci:S3CRET@devpi.example"),
        ("flag", "https://ci:S3C/RET@devpi.example"),
    ] {
        let mut sandbox = Sandbox::new();
        let folder = sandbox.repository("work");
        crate::support::PythonProject::new().write(&folder);
        sandbox.commit_all(&folder, "First");
        let mut flag = Vec::new();
        match place {
            "environment" => _ = sandbox.set("GIT_DEVPI_SERVER", url),
            "git config" => _ = sandbox.git(&folder, &["config", "devpi.server", url]).ok(),
            "file" => sandbox.write(&folder, ".git-devpi.toml", &format!("server = \"{url}\"\nuser = \"a\"\n")),
            _ => flag = vec!["--server", url],
        }
        for verb in ["settings", "doctor", "status", "whoami", "env", "login", "promote"] {
            for json in [&[][..], &["--json"]] {
                let run = sandbox.devpi(&folder, &[&[verb][..], json, &flag].concat());
                let text = format!("{run}").replace(&run.command, "");
                assert!(!text.contains("S3C"), "{place}: {run}");
            }
        }
    }
}
