//! `git devpi promote --to URL`: the same bytes go from production to any index that speaks the upload API.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::fixture::{Fixture, PROJECT};
use crate::support::{DevpiServer, Tools};

const WHEEL: &str = "demo_pkg-1.4.57-py3-none-any.whl";

fn green_release() -> Fixture {
    let mut fixture = Fixture::new();
    let version = fixture.build("57");
    fixture.report(&fixture.api, ("main", &version), ("unit", true));
    fixture
}

/// A running pypiserver that accepts anonymous uploads; it ends with the test.
struct PypiServer {
    process: Child,
    url: String,
    packages: PathBuf,
}

impl PypiServer {
    fn start(fixture: &Fixture) -> Self {
        let tools = Tools::pypiserver();
        let packages = fixture.sandbox.path("packages");
        std::fs::create_dir_all(&packages).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(tools.bin().join("pypi-server"));
        command.args(["run", "-i", "127.0.0.1", "-p", &port.to_string(), "-P", ".", "-a", ".", "--disable-fallback"]);
        let process = command.arg(&packages).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { process, url: format!("http://127.0.0.1:{port}/"), packages };
        for _ in 0..300 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return server;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("pypiserver does not start");
    }
}

impl Drop for PypiServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn another_devpi_index_gets_the_files_that_production_has() {
    let mut fixture = green_release();
    let other = fixture.user.index("elsewhere");
    fixture.api.put(&other, &json!({"volatile": false, "bases": []}));
    let url = format!("{}{other}/", DevpiServer::shared().url());
    let promote = ["promote", "1.4.57", "--to", &url, "--json"];
    // Without a login nothing is uploaded; production has the release already.
    fixture.devpi(&promote).code(4).says("not allowed to upload");
    fixture
        .sandbox
        .set("GIT_DEVPI_UPLOAD_USER", &fixture.user.name.clone())
        .set("GIT_DEVPI_UPLOAD_TOKEN", "wrong-token");
    let run = fixture.devpi(&promote).code(4).says("not allowed to upload");
    assert!(!format!("{run}").contains("wrong-token"), "{run}");
    assert_eq!(fixture.api.files(&other, PROJECT, "1.4.57").len(), 0);
    assert_eq!(fixture.file("prod", "1.4.57").sha256, fixture.file("main", "1.4.57").sha256);

    fixture.sandbox.set("GIT_DEVPI_UPLOAD_TOKEN", &fixture.user.password.clone());
    let outcome = |answer: &serde_json::Value| answer["upload"]["files"][0]["outcome"].clone();
    let dry = fixture.devpi(&[&promote[..], &["--dry-run"]].concat()).ok().json();
    assert_eq!(outcome(&dry), "to be uploaded");
    assert_eq!(fixture.api.files(&other, PROJECT, "1.4.57").len(), 0);
    let done = fixture.devpi(&promote).ok().json();
    assert_eq!((&done["upload"]["index"], outcome(&done)), (&json!(url), json!("uploaded")));
    let uploaded = fixture.file("elsewhere", "1.4.57");
    assert_eq!(uploaded.sha256, fixture.file("prod", "1.4.57").sha256);
    let release = fixture.api.get(&format!("{other}/{PROJECT}/1.4.57")).unwrap();
    let promoted = fixture.api.get(&format!("{}/{PROJECT}/1.4.57", fixture.user.index("prod"))).unwrap();
    for field in ["requires_python", "summary", "requires_dist", "metadata_version"] {
        assert_eq!(release["result"][field], promoted["result"][field], "{field}");
    }
    // Again, and from production itself.
    assert_eq!(outcome(&fixture.devpi(&promote).ok().json()), "already there");
    let again = fixture.devpi(&[&promote[..], &["--from", "prod"]].concat()).ok().json();
    assert_eq!((&again["decision"], outcome(&again)), (&json!("already there"), json!("already there")));
}

#[test]
fn pypiserver_gets_the_files_and_keeps_its_own() {
    let mut fixture = green_release();
    let server = PypiServer::start(&fixture);
    let promote = ["promote", "1.4.57", "--to", &server.url];
    let wheel = fixture.file("main", "1.4.57");
    let bytes = fixture.api.bytes(&wheel.path);
    // What is not green is not uploaded, and neither is what is not in production when it is taken from there.
    fixture.devpi(&[&promote[..], &["--require", "system"]].concat()).code(1).says("no evidence");
    fixture.devpi(&[&promote[..], &["--from", "prod"]].concat()).code(1).says("not found on");
    assert!(!server.packages.join(WHEEL).exists());
    // Other bytes under the same name stay.
    std::fs::write(server.packages.join(WHEEL), "other bytes").unwrap();
    fixture.devpi(&promote).code(5).says("with other bytes").says("hint: ");
    assert_eq!(std::fs::read(server.packages.join(WHEEL)).unwrap(), b"other bytes");
    std::fs::remove_file(server.packages.join(WHEEL)).unwrap();

    let run = fixture.devpi(&promote).ok();
    assert!(run.stdout.contains(&format!("{WHEEL} on {}: uploaded", server.url)), "{run}");
    assert_eq!(std::fs::read(server.packages.join(WHEEL)).unwrap(), bytes);
    assert!(fixture.devpi(&promote).ok().stdout.contains("already there"));
    // Bad addresses.
    fixture.devpi(&["promote", "1.4.57", "--to", "http://"]).code(2).says("is not a URL for");
    let run = fixture.devpi(&["promote", "1.4.57", "--to", "http://me:secret@127.0.0.1/"]).code(2);
    assert!(!run.stderr.contains("secret"), "{run}");
    fixture.devpi(&["promote", "1.4.57", "--to", "http://index.example/"]).code(3).says("plain http");
    fixture.sandbox.git(&fixture.work, &["config", "devpi.deadline", "1s"]).ok();
    let url = server.url.clone();
    drop(server);
    fixture.devpi(&["promote", "1.4.57", "--to", &url]).code(6);
    fixture.by_hand();
}
