//! Several projects in one repository: one index for the branch, a version, a release and a claim for each project.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use super::fixture::{BUILD_COUNTER, Fixture, Machine, listing, sha256};
use crate::support::{Backend, DevpiServer, Proxy, PythonProject, Run};

const BRANCH: &str = "feature/mono";
const INDEX: &str = "feature-mono";
const SERVER: &str = "1.4.57.dev0";
const CLIENT: &str = "2.0.57.dev0";

/// The projects `server` 1.4 and `client` 2.0 in folders with other names. Builds are counted; the client's fails while
/// `FAIL_CLIENT` is set.
fn fixture() -> Fixture {
    let fixture = Fixture::new();
    fixture
        .sandbox
        .git(&fixture.work, &["rm", "-r", "--quiet", "pyproject.toml", "src", "tests", "backend", "tox.ini"])
        .ok();
    project(&fixture, "apps/server", ("server", "1.4"));
    project(&fixture, "apps/client", ("client", "2.0"));
    fixture.sandbox.write(&fixture.work, "docs/index.md", "Read me.");
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let settings = format!("{settings}project-dirs = [\"apps/server\", \"apps/client\"]\n");
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &settings);
    fixture.branch(BRANCH);
    fixture
}

fn project(fixture: &Fixture, folder: &str, (name, version): (&str, &str)) {
    PythonProject::new().backend(Backend::InTree).name(name).version(version).write(&fixture.work.join(folder));
    let backend = std::fs::read_to_string(fixture.work.join(folder).join("backend/in_tree.py")).unwrap();
    let spy = BUILD_COUNTER.replace("demo_pkg", name).replace("wheel\\n", &format!("{name}\\n"));
    let may_fail = format!(
        "\ndef build_wheel(d, c=None, m=None, plain=build_wheel):\n    name = plain(d)\n    \
         if os.environ.get('FAIL_{}'):\n        raise SystemExit('{name} is broken on purpose')\n    return name\n",
        name.to_uppercase()
    );
    fixture.sandbox.write(&fixture.work, &format!("{folder}/backend/in_tree.py"), &format!("{backend}{spy}{may_fail}"));
}

/// The built projects, one entry for each build.
fn built(fixture: &Fixture) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_to_string(fixture.sandbox.path("marks")).unwrap_or_default().lines().map(str::to_owned).collect();
    names.sort();
    names
}

/// `git devpi …` in a folder of the clone.
#[track_caller]
fn within(machine: &Machine<'_>, folder: &str, arguments: &[&str]) -> Run {
    machine.fixture.sandbox.finish(machine.command(arguments).current_dir(machine.clone.join(folder)))
}

fn wheel(name: &str, version: &str) -> String {
    format!("{name}-{version}-py3-none-any.whl")
}

/// The checksum of a release's one file and the commit of its provenance, as the server lists them.
#[track_caller]
fn release(fixture: &Fixture, (name, version): (&str, &str)) -> (String, String) {
    let index = fixture.user.index(INDEX);
    let files = fixture.api.files(&index, name, version);
    assert_eq!(files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), [wheel(name, version)]);
    let notes = fixture.api.tox_results(&index, name, version);
    assert_eq!(notes.len(), 1, "{notes:?}");
    let note = &notes[0].1["git-devpi"];
    assert_eq!(
        (&note["kind"], &note["version"], &note["sha256"]),
        (&json!("provenance"), &json!(version), &json!(files[0].sha256))
    );
    (files[0].sha256.clone(), note["commit"].as_str().unwrap().to_owned())
}

fn claims(fixture: &Fixture) -> Vec<String> {
    fixture.api.index_names(&fixture.user.name).into_iter().filter(|name| name.contains(".claim-")).collect()
}

#[test]
fn machines_in_the_root_and_in_the_project_folders_build_each_project_once() {
    let mut fixture = fixture();
    fixture.sandbox.set("BUILD_SECONDS", "1");
    let places = [("a", ""), ("b", "docs"), ("c", "apps/server/src/server"), ("d", "apps/client")];
    let machines = places.map(|(name, folder)| (fixture.machine(name, BRANCH), folder));
    let children = machines.each_ref().map(|(machine, folder)| {
        let mut command = machine.command(&["ensure", "--json", "--dest", "../dist"]);
        command.current_dir(machine.clone.join(folder)).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    });
    let answers = children.map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    });
    assert_eq!(built(&fixture), ["client", "server"]);
    let commit = machines[0].0.commit();
    let (server, client) = (release(&fixture, ("server", SERVER)), release(&fixture, ("client", CLIENT)));
    assert_eq!((&server.1, &client.1), (&commit, &commit));
    assert_eq!(claims(&fixture), Vec::<String>::new());
    assert_eq!(fixture.api.index_names(&fixture.user.name), [INDEX, "prod"], "one index for the branch");

    let is = |answer: &Value, (name, version, sha256): (&str, &str, &str), dest: &Path| {
        assert_eq!((&answer["project"], &answer["version"]), (&json!(name), &json!(version)));
        assert_eq!((&answer["sha256"], &answer["commit"]), (&json!(sha256), &json!(commit)));
        assert_eq!(listing(dest), [wheel(name, version)]);
        assert_eq!(sha256_of(dest, &wheel(name, version)), sha256);
    };
    let (server, client) = (("server", SERVER, &*server.0), ("client", CLIENT, &*client.0));
    // In the root, and in a folder outside the projects: all projects, in the order of project-dirs, each in its own folder.
    for (answer, dest) in [(&answers[0], fixture.sandbox.path("dist")), (&answers[1], machines[1].0.clone.join("dist"))]
    {
        assert_eq!(answer["schema"], 1);
        let projects = answer["projects"].as_array().unwrap();
        assert_eq!((projects.len(), listing(&dest)), (2, vec!["client".to_owned(), "server".to_owned()]));
        is(&projects[0], server, &dest.join("server"));
        is(&projects[1], client, &dest.join("client"));
    }
    is(&answers[2], server, &machines[2].0.clone.join("apps/server/src/dist"));
    is(&answers[3], client, &machines[3].0.clone.join("apps/dist"));

    // A project name overrides the folder.
    let machine = &machines[0].0;
    for folder in ["", "apps/server"] {
        let named =
            within(machine, folder, &["ensure", "--json", "--project", "Client", "--dest", "named"]).ok().json();
        assert_eq!(named["action"], "found");
        is(&named, client, &machine.clone.join(folder).join("named"));
    }
    within(machine, "", &["ensure", "--project", "other"]).code(2).says("server, client");
    let text = within(machine, "docs", &["ensure"]).ok();
    let names: Vec<_> = text.text().lines().map(|line| Path::new(line).file_name().unwrap().to_owned()).collect();
    assert_eq!(names, [&wheel("server", SERVER)[..], &wheel("client", CLIENT)[..]]);
    assert_eq!(built(&fixture), ["client", "server"]);
}

fn sha256_of(folder: &Path, name: &str) -> String {
    sha256(&folder.join(name))
}

#[test]
fn a_project_that_fails_does_not_stop_the_others() {
    let fixture = fixture();
    let machine = fixture.machine("first", BRANCH);
    let machine = machine.set("FAIL_SERVER", "1");
    let run = machine.ensure(&["--dest", "dist"]).code(7).says("server is broken on purpose").says("error: server: ");
    let answer = run.json();
    assert_eq!(answer["projects"][0]["project"], "server");
    assert!(answer["projects"][0]["error"].as_str().unwrap().contains("build"), "{answer}");
    assert_eq!(
        (&answer["projects"][1]["project"], &answer["projects"][1]["action"]),
        (&json!("client"), &json!("built"))
    );
    let (client, commit) = release(&fixture, ("client", CLIENT));
    assert_eq!(commit, machine.commit());
    assert!(fixture.api.files(&fixture.user.index(INDEX), "server", SERVER).is_empty());
    assert_eq!(listing(&machine.clone.join("dist")), ["client"]);

    let healed = machine.unset("FAIL_SERVER").ensure(&["--dest", "dist"]).ok().json();
    let actions: Vec<_> = healed["projects"].as_array().unwrap().iter().map(|one| one["action"].clone()).collect();
    assert_eq!(actions, ["built", "found"]);
    assert_eq!(healed["projects"][1]["sha256"], client.as_str());
    release(&fixture, ("server", SERVER));
    assert_eq!(claims(&fixture), Vec::<String>::new());
    // An error of all projects is reported for each, with one exit code.
    let stranger = fixture.machine("stranger", BRANCH).unset("GIT_DEVPI_PASSWORD").set("BUILD_NUMBER", "58");
    stranger.ensure(&[]).code(4).says("error: server: ").says("error: client: ");
    stranger.ensure(&["--no-build"]).code(1).says("server 1.4.58.dev0").says("client 2.0.58.dev0");
}

#[test]
fn every_verb_uses_the_project_of_the_current_folder() {
    let fixture = fixture();
    let machine = fixture.machine("first", BRANCH);
    machine.ensure(&[]).ok();
    let names = |run: Run| {
        let answer = run.ok().json();
        answer["projects"].as_array().unwrap().iter().map(|project| project["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(within(&machine, "", &["status", "--json"])), ["server", "client"]);
    assert_eq!(names(within(&machine, "apps/client/tests", &["status", "--json"])), ["client"]);
    assert_eq!(names(within(&machine, "", &["--project", "client", "status", "--json"])), ["client"]);

    assert_eq!(within(&machine, "apps/client/src", &["version"]).ok().text(), CLIENT);
    assert_eq!(within(&machine, "", &["--project", "server", "version"]).ok().text(), SERVER);
    for single in [&["version"][..], &["results"], &["test", "-e", "unit"]] {
        within(&machine, "", single).code(2).says("server, client").says("--project NAME");
    }
    let machine = machine.set("TOX_ENV_NAME", ".pkg_external");
    machine.ensure(&["--dest", "dist"]).code(2).says("server, client").says("--project NAME");
    let machine = machine.unset("TOX_ENV_NAME");

    // Only the client's file has evidence.
    within(&machine, "apps/client", &["test", "-e", "unit"]).ok();
    let results = |folder: &str, arguments: &[&str]| {
        let answer = within(&machine, folder, &[&["results", "--json"], arguments].concat()).ok().json();
        (answer["project"].clone(), answer["evidence"].as_array().map_or(0, Vec::len))
    };
    assert_eq!(results("apps/client", &[]), (json!("client"), 1));
    assert_eq!(results("", &[&format!("client=={CLIENT}")]), (json!("client"), 1));
    assert_eq!(results("", &["--project", "server"]), (json!("server"), 0));
    release(&fixture, ("server", SERVER));
    assert_eq!(fixture.api.tox_results(&fixture.user.index(INDEX), "client", CLIENT).len(), 2);
    assert_eq!(built(&fixture), ["client", "server"]);
}

#[test]
fn a_project_in_the_root_contains_another_one() {
    let fixture = Fixture::new();
    project(&fixture, "client", ("client", "2.0"));
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let write = |folders: &str| {
        fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &format!("{settings}project-dirs = [{folders}]\n"))
    };
    write("\".\", \"client\"");
    crate::fixture::apply_snippet(&fixture.work);
    crate::fixture::apply_snippet(&fixture.work.join("client"));
    fixture.branch(BRANCH);
    let machine = fixture.machine("first", BRANCH);
    let answer = machine.ensure(&["--dest", "dist"]).ok().json();
    let names: Vec<_> = answer["projects"].as_array().unwrap().iter().map(|one| one["project"].clone()).collect();
    assert_eq!(names, ["demo-pkg", "client"]);
    assert_eq!(listing(&machine.clone.join("dist")), ["client", "demo-pkg"]);
    for (folder, version) in [("client/src", CLIENT), ("src", SERVER), ("", SERVER)] {
        assert_eq!(within(&machine, folder, &["version"]).ok().text(), version, "{folder}");
    }
    let one = within(&machine, "client", &["ensure", "--json"]).ok().json();
    assert_eq!((&one["project"], &one["action"]), (&json!("client"), &json!("found")));

    // tox tests one package: that of the project with its tox.ini.
    for (folder, name, version) in [("", "demo_pkg", SERVER), ("client", "client", CLIENT)] {
        let top = machine.clone.join(folder);
        fixture
            .sandbox
            .finish(machine.program("tox", &["-e", "unit"]).current_dir(&top))
            .ok()
            .says("devpi: unit passed");
        assert_eq!(listing(&top.join(".tox/git-devpi")), [wheel(name, version)]);
    }
    machine.set("TOX_ENV_NAME", ".pkg_external").ensure(&["--project", "client"]).ok();

    // Two projects with one name would share a release.
    project(&fixture, "twin", ("Client", "2.0"));
    write("\"client\", \"twin\"");
    fixture.branch("feature/twin");
    let twins = fixture.machine("twins", "feature/twin");
    twins.ensure(&[]).code(3).says("project-dirs").says("twin").says("contains client, which client contains too");
}

/// The projects `p0`, `p1` …, whose builds note their begin and end in the file `spans`.
fn many(count: usize) -> Fixture {
    let mut fixture = Fixture::new();
    let spans = fixture.sandbox.path("spans");
    fixture.sandbox.set("BUILD_SPANS", spans.to_str().unwrap());
    for n in 0..count {
        let (folder, name) = (format!("projects/p{n}"), format!("p{n}"));
        project(&fixture, &folder, (&name, "1.4"));
        let backend = std::fs::read_to_string(fixture.work.join(&folder).join("backend/in_tree.py")).unwrap();
        let spans = format!(
            "\ndef build_wheel(d, c=None, m=None, failing=build_wheel):\n    import sys, time\n    \
             mark = lambda what: open(os.environ['BUILD_SPANS'], 'a').write(what + ' {name}\\n')\n    mark('begin')\n    \
             for n in range(3):\n        print('line', n, 'of {name}', flush=True)\n        time.sleep(0.2)\n    \
             try:\n        return failing(d)\n    finally:\n        mark('end')\n"
        );
        fixture.sandbox.write(&fixture.work, &format!("{folder}/backend/in_tree.py"), &format!("{backend}{spans}"));
    }
    let settings = std::fs::read_to_string(fixture.work.join(".git-devpi.toml")).unwrap();
    let settings = format!("{settings}project-dirs = [\"projects/*\"]\n");
    fixture.sandbox.write(&fixture.work, ".git-devpi.toml", &settings);
    fixture.branch(BRANCH);
    fixture
}

/// The largest number of builds at one time, and the number of all.
fn spans(fixture: &Fixture) -> (usize, usize) {
    let text = std::fs::read_to_string(fixture.sandbox.path("spans")).unwrap();
    let (mut running, mut most, mut all) = (0, 0, 0);
    for line in text.lines() {
        if line.starts_with("begin") {
            running += 1;
            all += 1;
            most = most.max(running);
        } else {
            running -= 1;
        }
    }
    (most, all)
}

#[test]
fn twelve_projects_are_built_in_parallel_and_found_with_thirteen_requests() {
    let fixture = many(12);
    let proxy = Proxy::start(DevpiServer::shared().url());
    let machine = fixture.machine("first", BRANCH).set("GIT_DEVPI_SERVER", proxy.url());
    machine.devpi(&["login", proxy.url()]).ok();
    // One of them fails.
    let machine = machine.set("FAIL_P7", "1").set("GIT_DEVPI_JOBS", "3");
    let before = proxy.requests().len();
    let run = machine.ensure(&["-v", "--dest", "dist"]).code(7).says("p7 is broken on purpose").says("error: p7: ");
    let answer = run.json();
    let of = |answer: &Value, key: &str| {
        let projects = answer["projects"].as_array().unwrap();
        projects.iter().map(|one| one[key].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    // In the order of the folders.
    let names = of(&answer, "project");
    assert_eq!(names[..5], ["p0", "p1", "p10", "p11", "p2"]);
    let expected = names.iter().map(|name| if name == "p7" { "-" } else { "built" });
    assert_eq!(of(&answer, "action"), expected.collect::<Vec<_>>(), "{answer}");
    let (most, all) = spans(&fixture);
    assert!((2..=3).contains(&most) && all == 12, "{most} at once, {all} in all");
    // The list of indexes was read once, and the index was created once, for all.
    let requests = proxy.requests()[before..].to_vec();
    let count = |request: String| requests.iter().filter(|sent| **sent == request).count();
    assert_eq!(count(format!("GET /{}", fixture.user.name)), 1, "{requests:#?}");
    // The server has no root/pypi, so it refuses the first request.
    assert_eq!(count(format!("PUT /{}", fixture.user.index(INDEX))), 2, "{requests:#?}");
    assert_eq!(count(format!("GET /{}/p7?ignore_bases=", fixture.user.index(INDEX))), 1, "{requests:#?}");
    // The output of each build is in one piece.
    let lines: Vec<&str> = run.stderr.lines().filter(|line| line.contains(" of p")).collect();
    for three in lines.chunks(3) {
        let name = three[0].rsplit(' ').next().unwrap();
        assert!(three.len() == 3 && three.iter().all(|line| line.ends_with(name)), "{lines:#?}");
    }
    // The error of the failed build repeats its output.
    assert_eq!(lines.len(), 3 * 13, "{}", run.stderr);
    // It waits for those who want to know why the build failed.
    assert_eq!(claims(&fixture).len(), 1);

    let machine = machine.unset("FAIL_P7");
    machine.ensure(&["--dest", "dist"]).ok();
    assert_eq!(claims(&fixture), Vec::<String>::new());
    let traffic = proxy.traffic(|| {
        let found = machine.ensure(&["--dest", "dist"]).ok().json();
        assert_eq!(of(&found, "action"), ["found"; 12]);
    });
    assert!(traffic.requests.len() <= 13 && traffic.round_trips <= 3, "{traffic:#?}");
}

#[test]
fn with_one_job_projects_are_built_one_after_the_other() {
    let fixture = many(3);
    let machine = fixture.machine("first", BRANCH).set("GIT_DEVPI_JOBS", "0");
    machine.ensure(&[]).code(3).says("jobs").says("GIT_DEVPI_JOBS").says("\"0\"");
    machine.set("GIT_DEVPI_JOBS", "1").ensure(&[]).ok();
    assert_eq!(spans(&fixture), (1, 3));
    assert_eq!(claims(&fixture), Vec::<String>::new());
}
