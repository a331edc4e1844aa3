//! `fleet`: the repositories of an owner in one table.

use serde_json::{Value, json};

use crate::fixture::report;
use crate::support::{Api, DevpiServer, Run, Sandbox, TestUser};

struct Fleet {
    server: DevpiServer,
    api: Api,
    user: TestUser,
    /// Without a git repository.
    sandbox: Sandbox,
}

impl Fleet {
    fn new() -> Self {
        let server = DevpiServer::backdated();
        let user = server.user();
        let api = server.api().logged_in(&user);
        Self { api, user, sandbox: Sandbox::new(), server }
    }

    /// `git devpi --server … --user … fleet …` in a folder without a repository.
    #[track_caller]
    fn fleet(&self, arguments: &[&str]) -> Run {
        let common = ["--server", self.server.url(), "--user", &self.user.name];
        self.sandbox.devpi(&self.sandbox.path("home"), &[&common[..], &["fleet"], arguments].concat())
    }

    fn repository<'a>(answer: &'a Value, name: &str) -> &'a Value {
        let all = answer["repositories"].as_array().unwrap();
        all.iter().find(|one| one["repository"] == name).unwrap_or_else(|| panic!("{name}: {answer}"))
    }

    fn index(&self, name: &str, record: &Value, more: &Value) {
        let mut config = json!({ "volatile": false, "bases": [], "acl_toxresult_upload": [self.user.name],
            "custom_data": { "git-devpi": record } });
        for (key, value) in more.as_object().unwrap() {
            config[key] = value.clone();
        }
        self.api.put(&self.user.index(name), &config);
    }

    fn branch(&self, name: &str, repository: &str) {
        self.index(name, &branch(repository, name), &json!({ "bases": [self.user.index("prod")] }));
    }

    /// Uploads a release of this size, and a result of the environment `unit` if there is one.
    fn release(&self, index: &str, (project, version): (&str, &str), (size, passed): (usize, Option<bool>)) {
        let index = self.user.index(index);
        let file = format!("{}-{version}-py3-none-any.whl", project.replace('-', "_"));
        let mut bytes = format!("{index} {version} ").into_bytes();
        bytes.resize(size, b'x');
        self.api.upload(&index, (project, version), (&file, &bytes));
        if let Some(passed) = passed {
            let file = self.api.files(&index, project, version).remove(0);
            self.api.post(&file.path, &report(&file.sha256, "unit", passed));
        }
    }
}

fn branch(repository: &str, branch: &str) -> Value {
    json!({ "schema": 1, "kind": "branch", "repository": repository, "branch": branch, "own_commits": true,
        "created": "2020-01-02T03:04:05Z" })
}

fn kinds(repository: &Value) -> Vec<&str> {
    repository["attention"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

#[test]
fn one_request_lists_the_repositories_outside_of_a_git_repository() {
    let fleet = Fleet::new();
    fleet.fleet(&[]).ok().says("has no index of a repository");
    fleet.api.put(&fleet.user.index("prod"), &json!({}));
    fleet.branch("a-main", "acme/a");
    fleet.branch("b-main", "acme/b");
    fleet.branch("b-x", "acme/b");
    fleet.api.put(&fleet.user.index("by-hand"), &json!({}));
    fleet.index("b-y", &branch("acme/b", "y"), &json!({ "volatile": true }));
    let claim = json!({ "schema": 1, "kind": "claim", "repository": "acme/c", "branch": "x", "holder": "h",
        "commit": "1".repeat(40), "until": "2999-01-01T00:00:00Z" });
    let mut failed = claim.clone();
    (failed["failed"], failed["project"], failed["version"]) = ("no module x".into(), "c".into(), "1.4.7".into());
    fleet.index("c.claim-0123456789ab-1", &claim, &json!({ "volatile": true }));
    fleet.index("c.claim-0123456789ab-2", &failed, &json!({ "volatile": true }));

    let answer = fleet.fleet(&["--json"]).ok().json();
    assert_eq!((&answer["requests"], &answer["others"]), (&json!(1), &json!(2)), "{answer}");
    let names: Vec<_> = answer["repositories"].as_array().unwrap().iter().map(|one| &one["repository"]).collect();
    assert_eq!(names, ["acme/c", "acme/b", "acme/a"], "those that need attention first");
    let (b, c) = (Fleet::repository(&answer, "acme/b"), Fleet::repository(&answer, "acme/c"));
    assert_eq!((kinds(c), &c["building"]), (vec!["failed-build"], &json!(1)));
    assert_eq!((kinds(b), b["branches"].as_array().unwrap().len()), (vec!["interrupted-deletion"], 3));
    assert_eq!((&b["size"], &b["projects"], &b["growth_per_week"]), (&json!(null), &json!(null), &json!(null)));

    let shown = fleet.fleet(&[]).ok().says("2 more indexes");
    assert!(shown.stdout.contains("acme/c: the build of c 1.4.7 failed: no module x"), "{shown}");
    let table: Vec<&str> = shown.stdout.lines().take_while(|line| !line.is_empty()).collect();
    assert!(table.len() == 4 && table[1].starts_with("failed") && table[3].starts_with("ok"), "{shown}");

    let nobody = ["--server", fleet.server.url(), "--user", "nobody", "fleet"];
    fleet.sandbox.devpi(&fleet.sandbox.path("home"), &nobody).code(3).says("has no user nobody");
    fleet.sandbox.devpi(&fleet.sandbox.path("home"), &["--server", fleet.server.url(), "fleet"]).code(3).says("user");
}

#[test]
fn details_tell_versions_sizes_and_what_is_idle() {
    let fleet = Fleet::new();
    let production =
        json!({ "schema": 1, "kind": "production", "repository": "acme/b", "created": "2020-01-02T03:04:05Z" });
    fleet.api.put(&fleet.user.index("prod"), &json!({ "volatile": false }));
    fleet.index("b-prod", &production, &json!({}));
    for (index, repository) in [("a-main", "acme/a"), ("a-x", "acme/a"), ("b-main", "acme/b")] {
        fleet.branch(index, repository);
    }
    // Its production index is not known.
    fleet.index("c-main", &branch("acme/c", "main"), &json!({}));
    fleet.server.upload_days_ago(40);
    fleet.release("a-main", ("a", "1.4.9"), (1000, Some(true)));
    fleet.release("a-x", ("a", "1.4.10.dev0"), (500, Some(true)));
    fleet.release("b-prod", ("b", "1.1"), (10, None));
    fleet.release("b-main", ("b", "1.0"), (70, Some(true)));
    fleet.server.upload_days_ago(0);
    fleet.release("a-main", ("a", "1.4.100"), (2000, Some(false)));
    fleet.release("a-main", ("a", "1.4.60"), (300, Some(true)));
    fleet.release("prod", ("a", "1.4.9"), (1000, None));
    // The index of acme/a's production holds a project of the same name.
    fleet.release("prod", ("b", "9.0"), (1000, None));
    fleet.release("c-main", ("c", "2.0"), (70, Some(true)));

    let answer = fleet.fleet(&["--details", "--json"]).ok().json();
    let (a, b) = (Fleet::repository(&answer, "acme/a"), Fleet::repository(&answer, "acme/b"));
    let prod = fleet.user.index("prod");
    let expected = json!([{ "name": "a", "newest_green": "1.4.60", "production_index": prod, "production": "1.4.9" }]);
    assert_eq!(a["projects"], expected);
    assert_eq!((&a["size"], &a["growth_per_week"]), (&json!(3800), &json!(2300)));
    assert_eq!(kinds(a), ["not-in-production", "idle"]);
    assert_eq!((&b["projects"][0]["newest_green"], &b["projects"][0]["production"]), (&json!("1.0"), &json!("1.1")));
    assert_eq!((&b["size"], &b["growth_per_week"]), (&json!(70), &json!(0)));
    assert_eq!(kinds(b), Vec::<&str>::new(), "production is newer, and a quiet release branch is not idle");
    let c = Fleet::repository(&answer, "acme/c");
    assert_eq!((&c["projects"][0]["production"], kinds(c)), (&json!(null), vec![]), "{c}");
    assert_eq!(c["projects"][0]["newest_green"], "2.0");
    // A list, four branch indexes with a project each, two on production, five reports, six files.
    assert!(answer["requests"].as_u64().unwrap() <= 1 + 4 * 2 + 2 + 5 + 6, "{answer}");

    let shown = fleet.fleet(&["--details"]).ok();
    let line = shown.stdout.lines().find(|line| line.contains("acme/a  ")).unwrap();
    let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells, ["warning", "acme/a", "2", "1.4.60", "1.4.9", "3.8 kB", "2.3 kB"]);
    assert!(shown.stdout.contains("acme/a: a 1.4.60 passed, production has 1.4.9"), "{shown}");
    // A result of a user who may not give evidence counts no more than anonymous ones.
    fleet.api.patch(&fleet.user.index("a-main"), &json!({ "acl_toxresult_upload": ["another"] }));
    let answer = fleet.fleet(&["--details", "--json"]).ok().json();
    assert_eq!(Fleet::repository(&answer, "acme/a")["projects"][0]["newest_green"], json!(null));
}
