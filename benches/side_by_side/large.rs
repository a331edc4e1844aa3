//! Upload and download of a large wheel, against curl; and the used memory.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git_devpi::devpi::{Server, ServerOptions, Session, Token, Upload};
use git_devpi::model::names::{IndexName, ProjectName, UserName};
use git_devpi::system::files;
use secrecy::SecretString;
use serde_json::json;

use crate::fixture::{Fixture, remove};
use crate::measure::{in_turns, median, millis, peak_memory, repeat, report};
use crate::support::{Backend, DevpiServer};

const SIZE: u64 = 500 << 20;
const TURNS: usize = 3;
const VERSION: &str = "1.4.1";
const BUDGET: &str = "at most 1.2 times";

pub fn large(_server: &DevpiServer) {
    // A private server, because its data takes gigabytes.
    let server = DevpiServer::own();
    let fixture = Fixture::new(&server, Backend::InTree);
    let data = fixture.sandbox.path("data.bin");
    write_random(&data);

    let mut ensure = fixture.command(1, "git-devpi");
    ensure.args(["ensure", "--dest", "dist", "--quiet"]).env("LARGE_FILE", &data).stdout(Stdio::null());
    let build = peak_memory(&mut ensure);
    let wheel = fixture.work.join(format!("dist/demo_pkg-{VERSION}-py3-none-any.whl"));
    assert!(std::fs::metadata(&wheel).unwrap().len() > SIZE);

    let session = session(&fixture);
    send(&fixture, &wheel);
    upload(&fixture, &session, &wheel);
    fetch(&fixture, &session);

    remove(&fixture.cache());
    remove(&fixture.work.join("dist"));
    let fetch = peak_memory(&mut ensure);
    let warm = median(repeat(TURNS, || {
        remove(&fixture.work.join("dist"));
        assert!(ensure.status().unwrap().success());
    }));
    let same = median(repeat(TURNS, || assert!(ensure.status().unwrap().success())));
    println!(
        "large: at most {build:.1} MB of memory to build and upload, {fetch:.1} MB to fetch (at most 32 MB); from the cache {:.0} ms, there \
         already {:.0} ms, sha256sum alone {:.0} ms",
        millis(warm),
        millis(same),
        millis(median(repeat(TURNS, || drop(files::sha256_of_file(&wheel).unwrap()))))
    );
}

/// An upload to a server that discards the data: the cost of sending.
fn send(fixture: &Fixture<'_>, wheel: &Path) {
    let url = discarding_server();
    let server = Server::new(&ServerOptions::new(url.parse().unwrap())).unwrap();
    let session = Session::new(&server, UserName::parse("u").unwrap(), &Token::new(SecretString::from("t")));
    let index = IndexName::parse("u/i").unwrap();
    let upload = upload_of(wheel);
    let ours = || assert!(session.upload(&index, &upload).is_ok());
    let content = format!("content=@{}", wheel.display());
    let url = format!("{url}u/i/");
    let words = ["--silent", "--show-error", "--fail", "--output", "/dev/null", "--form", &content, &url];
    let theirs = || drop(fixture.sandbox.run(&fixture.work, "curl", &words).ok());
    report(
        "large, sending of 500 MB to a server that discards it, against curl",
        in_turns(TURNS, ours, theirs),
        "at most 1.5 times",
    );
}

/// A server that reads and discards requests and responds with 200.
fn discarding_server() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::with_capacity(1 << 20, stream.unwrap());
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                let lower = line.to_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if lower.starts_with("expect:") {
                    reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").unwrap();
                }
                line.clear();
            }
            std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).unwrap();
            let answer = "HTTP/1.1 200 OK\r\nX-DEVPI-API-VERSION: 2\r\nContent-Type: application/json\r\n\
                Content-Length: 2\r\nConnection: close\r\n\r\n{}";
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    url
}

fn upload_of(wheel: &Path) -> Upload {
    let fields = [("name", "demo-pkg"), ("version", VERSION)];
    let fields = fields.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    Upload { file: wheel.to_owned(), fields }
}

fn upload(fixture: &Fixture<'_>, session: &Session, wheel: &Path) {
    let upload = upload_of(wheel);
    let (api, count) = (fixture.api(), Cell::new(0));
    // A separate index for each run, created before the measurement.
    let indexes: Vec<String> = (0..2 * TURNS).map(|n| fixture.user.index(&format!("large{n}"))).collect();
    for index in &indexes {
        api.put(index, &json!({"volatile": true, "bases": []}));
    }
    let next = || {
        count.set(count.get() + 1);
        &indexes[count.get() - 1]
    };
    let ours = || assert!(session.upload(&IndexName::parse(next()).unwrap(), &upload).is_ok());
    let user = format!("{}:{}", fixture.user.name, api.token());
    let content = format!("content=@{}", wheel.display());
    let theirs = || {
        let url = format!("{}{}/", fixture.server.url(), next());
        let form = [":action=file_upload", "protocol_version=1", "name=demo-pkg", "version=1.4.1", &content];
        let mut words = vec!["--silent", "--show-error", "--fail", "--output", "/dev/null", "--user", &user];
        words.extend(form.iter().flat_map(|field| ["--form", field]));
        fixture.sandbox.run(&fixture.work, "curl", &[&words[..], &[&url]].concat()).ok();
    };
    report("large, upload of 500 MB, against curl", in_turns(TURNS, ours, theirs), BUDGET);
    // Frees disk space.
    indexes.iter().for_each(|index| drop(api.delete(index)));
}

fn fetch(fixture: &Fixture<'_>, session: &Session) {
    let index = IndexName::parse(&fixture.user.index("main")).unwrap();
    let release = session.release(&index, &ProjectName::parse("demo-pkg").unwrap(), VERSION).unwrap().unwrap();
    let file = &release.files[0];
    let (to, url) = (fixture.sandbox.path("fetched.whl"), format!("{}{}", fixture.server.url(), file.path));
    let curl = |to: &Path| {
        let words = ["--silent", "--show-error", "--fail", "--output", to.to_str().unwrap(), &url];
        fixture.sandbox.run(&fixture.work, "curl", &words).ok();
    };
    let ours = || session.fetch(file, &to).unwrap();
    report("large, fetch of 500 MB, against curl", in_turns(TURNS, ours, || curl(&to)), BUDGET);
    // git-devpi also verifies the checksum; curl does not.
    let checked = || {
        curl(&to);
        fixture.sandbox.run(&fixture.work, "sha256sum", &[to.to_str().unwrap()]).ok();
    };
    report("large, fetch of 500 MB, against curl and sha256sum", in_turns(TURNS, ours, checked), BUDGET);
    let ensure = || {
        remove(&fixture.cache());
        remove(&fixture.work.join("dist"));
        fixture.ensure(1);
    };
    let pair = in_turns(TURNS, ensure, || curl(&to));
    report("large, ensure with an empty cache, against curl", pair, "fetched, checked, kept, and copied to --dest");
}

fn session(fixture: &Fixture<'_>) -> Session {
    let server = Server::new(&ServerOptions::new(fixture.server.url().parse().unwrap())).unwrap();
    let user = UserName::parse(&fixture.user.name).unwrap();
    let token = server.login(&user, &SecretString::from(fixture.user.password.clone())).unwrap();
    Session::new(&server, user, &token)
}

fn write_random(path: &PathBuf) {
    let mut source = std::fs::File::open("/dev/urandom").unwrap();
    let mut file = std::fs::File::create(path).unwrap();
    std::io::copy(&mut std::io::Read::take(&mut source, SIZE), &mut file).unwrap();
    file.flush().unwrap();
    let _ = Command::new("sync").arg(path).status();
}
