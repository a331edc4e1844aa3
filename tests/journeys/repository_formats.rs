//! A branch's whole life (pushed, built, merged, pruned) in every format of repository: the server holds the same afterwards.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::prune_fixture::states;
use crate::support::{Backend, DevpiServer, PythonProject, Sandbox, TestUser, report};

/// Options of `git init`, of `git clone`, and whether the work happens in a linked worktree.
struct Format {
    name: &'static str,
    init: &'static [&'static str],
    clone: &'static [&'static str],
    linked: bool,
}

const FORMATS: [Format; 8] = [
    Format { name: "SHA-1, files", init: &[], clone: &[], linked: false },
    Format { name: "SHA-256", init: &["--object-format=sha256"], clone: &[], linked: false },
    Format { name: "reftable", init: &["--ref-format=reftable"], clone: &["--ref-format=reftable"], linked: false },
    Format {
        name: "SHA-256 and reftable, linked worktree",
        init: &["--object-format=sha256", "--ref-format=reftable"],
        clone: &["--ref-format=reftable"],
        linked: true,
    },
    Format { name: "partial clone without blobs", init: &[], clone: &["--filter=blob:none"], linked: false },
    Format { name: "partial clone without trees", init: &[], clone: &["--filter=tree:0"], linked: false },
    Format { name: "alternates", init: &[], clone: &["--shared"], linked: false },
    Format { name: "linked worktree", init: &[], clone: &[], linked: true },
];

/// Makes a remote and a work tree with installed hooks; an error if this git does not know the format.
fn made(sandbox: &Sandbox, user: &TestUser, format: &Format) -> Result<PathBuf, String> {
    let (top, source, remote) = (sandbox.path(""), sandbox.path("source"), sandbox.path("shiny.git"));
    let init = [&["init", "--quiet", "--initial-branch=main"], format.init].concat();
    let run = sandbox.git(&top, &[&init[..], &["--bare", "shiny.git"]].concat());
    if run.status == 129 {
        return Err(format!("{} does not know {:?}", sandbox.git(&top, &["--version"]).text(), format.init));
    }
    run.ok();
    sandbox.git(&remote, &["config", "uploadpack.allowFilter", "true"]).ok();
    sandbox.git(&top, &[&init[..], &["source"]].concat()).ok();
    PythonProject::new().backend(Backend::InTree).write(&source);
    sandbox.write(&source, ".git-devpi.toml", "release-branches = [\"main\"]\n");
    sandbox.commit_all(&source, "First");
    sandbox.git(&source, &["push", "--quiet", "../shiny.git", "main"]).ok();
    let url =
        if format.clone.contains(&"--shared") { "shiny.git".into() } else { format!("file://{}", remote.display()) };
    sandbox.git(&top, &[&["clone", "--quiet"], format.clone, &["--", &url, "clone"]].concat()).ok();
    let clone = sandbox.path("clone");
    for (key, value) in [("server", DevpiServer::shared().url()), ("user", &user.name), ("keepFor", "0")] {
        sandbox.git(&clone, &["config", &format!("devpi.{key}"), value]).ok();
    }
    let login = ["git-devpi", "login", "--password-stdin"];
    sandbox.run_with_input(&clone, &login, user.password.as_bytes()).ok();
    if format.linked {
        sandbox.git(&clone, &["switch", "--quiet", "--detach"]).ok();
        sandbox.git(&clone, &["worktree", "add", "--quiet", "../linked", "main"]).ok();
    }
    let work = if format.linked { sandbox.path("linked") } else { clone };
    sandbox.devpi(&work, &["hooks", "install"]).ok();
    Ok(work)
}

/// Pushes two branches, builds and merges one of them, and returns what the server and `prune` say.
fn lived(sandbox: &Sandbox, user: &TestUser, work: &Path) -> (Vec<String>, Vec<String>, BTreeMap<String, String>) {
    let api = DevpiServer::shared().api().logged_in(user);
    sandbox.git(work, &["push", "--quiet", "origin", "main"]).ok();
    for branch in ["feature/live", "feature/merged"] {
        sandbox.git(work, &["switch", "--quiet", "--create", branch, "main"]).ok();
        sandbox.write(work, &format!("src/{branch}.txt"), branch);
        sandbox.commit_all(work, branch);
        sandbox.git(work, &["push", "--quiet", "origin", branch]).ok();
    }
    let indexes = api.index_names(&user.name);
    sandbox.devpi(work, &["ensure", "--number", "7", "--dest", "../dist"]).ok();
    let merged = indexes.iter().find(|name| name.starts_with("feature-merged")).expect("the hook created it");
    let links = api.files(&user.index(merged), "demo-pkg", "1.4.7.dev0");
    let files = links.iter().map(|link| link.path.rsplit('/').next().unwrap().to_owned()).collect();
    sandbox.git(work, &["switch", "--quiet", "main"]).ok();
    sandbox.git(work, &["merge", "--quiet", "--no-ff", "-m", "Merge", "feature/merged"]).ok();
    // The hooks would delete the index at once.
    sandbox.git(work, &["push", "--quiet", "--no-verify", "origin", "main"]).ok();
    let plan = sandbox.devpi(work, &["prune", "--dry-run", "--json"]).ok().json();
    (indexes, files, states(&plan))
}

#[test]
fn a_branch_lives_the_same_life_in_every_format() {
    let mut expected = None;
    for format in FORMATS {
        let (user, sandbox) = (DevpiServer::shared().user(), Sandbox::with_tools());
        let start = std::time::Instant::now();
        let work = match made(&sandbox, &user, &format) {
            Ok(work) => work,
            Err(reason) => {
                report(&format!("skipped: {}: {reason}", format.name));
                continue;
            }
        };
        let life = lived(&sandbox, &user, &work);
        report(&format!("{}: {:?} {life:?}", format.name, start.elapsed()));
        assert_eq!(life.1, ["demo_pkg-1.4.7.dev0-py3-none-any.whl"], "{}", format.name);
        assert_eq!(&life, expected.get_or_insert_with(|| life.clone()), "{}", format.name);
    }
    let states: Vec<_> = expected.unwrap().2.into_values().collect();
    assert!(states.contains(&"merged".to_owned()) && states.contains(&"live".to_owned()), "{states:?}");
}
