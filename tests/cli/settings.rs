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
