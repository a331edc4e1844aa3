//! The hook that `.pre-commit-hooks.yaml` publishes, under real pre-commit and prek and against a real server.

use crate::push_fixture::PushFixture;
use crate::support::Tools;

/// A clone without hooks of its own, whose manager runs the hook of this repository.
fn managed(manager: &str) -> PushFixture {
    let mut fixture = PushFixture::new();
    fixture.sandbox.devpi(&fixture.clone, &["hooks", "uninstall"]).ok();
    let folder = fixture.sandbox.repository("published");
    for name in [".pre-commit-hooks.yaml", "hooks/pre-commit.sh"] {
        std::fs::create_dir_all(folder.join("hooks")).unwrap();
        std::fs::copy(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name), folder.join(name)).unwrap();
    }
    let rev = fixture.sandbox.commit_all(&folder, "Publish");
    let config = format!("repos:\n- repo: {}\n  rev: {rev}\n  hooks:\n  - id: git-devpi\n", folder.display());
    fixture.sandbox.write(&fixture.clone, ".pre-commit-config.yaml", &config);
    fixture.sandbox.commit_all(&fixture.clone, "Configure");
    let path = fixture.sandbox.variables()["PATH"].clone();
    let bin = Tools::hook_managers().bin();
    // After the git-devpi under test.
    fixture.sandbox.set("PATH", &format!("{path}:{}", bin.display()));
    let install = ["install", "-t", "pre-push", "-t", "post-merge", "-t", "post-rewrite"];
    fixture.sandbox.run(&fixture.clone, bin.join(manager).to_str().unwrap(), &install).ok();
    fixture.git(&["push", "--quiet", "origin", "main"]).ok();
    fixture
}

#[test]
fn a_push_creates_the_index_and_a_pull_deletes_it() {
    for manager in ["pre-commit", "prek"] {
        let fixture = managed(manager);
        fixture.branch("feature/x", 1);
        fixture.push("feature/x").ok();
        assert!(fixture.index_names().contains(&"feature-x".to_owned()), "{manager}: {:?}", fixture.index_names());
        let record = fixture.record("feature-x");
        assert_eq!((&record["branch"], &record["own_commits"]), (&"feature/x".into(), &true.into()), "{manager}");
        // The next commit of the known branch.
        fixture.sandbox.commit_all(&fixture.clone, "Second");
        fixture.push("feature/x").ok();
        let colleague = fixture.sandbox.clone_of(&fixture.remote, "colleague");
        fixture.sandbox.git(&colleague, &["merge", "--quiet", "--no-ff", "-m", "Merge", "origin/feature/x"]).ok();
        fixture.sandbox.git(&colleague, &["push", "--quiet", "origin", "main"]).ok();
        fixture.set("devpi.keepFor", "0");
        fixture.git(&["switch", "--quiet", "main"]).ok();
        let pull = fixture.git(&["pull", "--quiet", "origin", "main"]).ok();
        assert!(!fixture.index_names().contains(&"feature-x".to_owned()), "{manager}: {pull}");
    }
}

#[test]
fn what_the_hook_says_is_shown() {
    for manager in ["pre-commit", "prek"] {
        let fixture = managed(manager);
        fixture.sandbox.devpi(&fixture.clone, &["logout"]).ok();
        fixture.branch("feature/y", 1);
        let push = fixture.push("feature/y").ok();
        let said = format!("{}{}", push.stdout, push.stderr);
        assert!(said.contains("devpi: ") && said.contains("git devpi login"), "{manager}: {push}");
        assert!(fixture.is_on_remote("feature/y"), "{manager}");
    }
}
