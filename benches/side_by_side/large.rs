//! A large wheel, up and down, against curl; and the memory that it takes.

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

use crate::measure::{in_turns, median, millis, peak_memory, repeat, report};
use crate::place::{Place, remove};
use crate::support::{Backend, DevpiServer};

const SIZE: u64 = 500 << 20;
const TURNS: usize = 3;
const VERSION: &str = "1.4.1";
const BUDGET: &str = "at most 1.2 times";

pub fn large(_server: &DevpiServer) {
    // One whose folder is gone afterwards.
    let server = DevpiServer::own();
    let place = Place::new(&server, Backend::InTree);
    let data = place.sandbox.path("data.bin");
    write_random(&data);

    let mut ensure = place.command(1, "git-devpi");
    ensure.args(["ensure", "--dest", "dist", "--quiet"]).env("LARGE_FILE", &data).stdout(Stdio::null());
    let build = peak_memory(&mut ensure);
    let wheel = place.work.join(format!("dist/demo_pkg-{VERSION}-py3-none-any.whl"));
    assert!(std::fs::metadata(&wheel).unwrap().len() > SIZE);

    let session = session(&place);
    send(&place, &wheel);
    upload(&place, &session, &wheel);
    fetch(&place, &session);

    remove(&place.cache());
    remove(&place.work.join("dist"));
    let fetch = peak_memory(&mut ensure);
    let warm = median(repeat(TURNS, || {
        remove(&place.work.join("dist"));
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

/// To somebody who takes it as fast as it comes: what the sending itself costs.
fn send(place: &Place<'_>, wheel: &Path) {
    let url = swallow();
    let server = Server::new(&ServerOptions::new(url.parse().unwrap())).unwrap();
    let session = Session::new(&server, UserName::parse("u").unwrap(), &Token::new(SecretString::from("t")));
    let index = IndexName::parse("u/i").unwrap();
    let upload = upload_of(wheel);
    let ours = || assert!(session.upload(&index, &upload).is_ok());
    let content = format!("content=@{}", wheel.display());
    let url = format!("{url}u/i/");
    let words = ["--silent", "--show-error", "--fail", "--output", "/dev/null", "--form", &content, &url];
    let theirs = || drop(place.sandbox.run(&place.work, "curl", &words).ok());
    report("large, sending of 500 MB to nobody, against curl", in_turns(TURNS, ours, theirs), "no budget");
}

/// A server that reads every request to its end, and says that all is well.
fn swallow() -> String {
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

fn upload(place: &Place<'_>, session: &Session, wheel: &Path) {
    let upload = upload_of(wheel);
    let (api, count) = (place.api(), Cell::new(0));
    // An index for each, made before its time is taken.
    let indexes: Vec<String> = (0..2 * TURNS).map(|n| place.user.index(&format!("large{n}"))).collect();
    for index in &indexes {
        api.put(index, &json!({"volatile": true, "bases": []}));
    }
    let next = || {
        count.set(count.get() + 1);
        &indexes[count.get() - 1]
    };
    let ours = || assert!(session.upload(&IndexName::parse(next()).unwrap(), &upload).is_ok());
    let user = format!("{}:{}", place.user.name, api.token());
    let content = format!("content=@{}", wheel.display());
    let theirs = || {
        let url = format!("{}{}/", place.server.url(), next());
        let form = [":action=file_upload", "protocol_version=1", "name=demo-pkg", "version=1.4.1", &content];
        let mut words = vec!["--silent", "--show-error", "--fail", "--output", "/dev/null", "--user", &user];
        words.extend(form.iter().flat_map(|field| ["--form", field]));
        place.sandbox.run(&place.work, "curl", &[&words[..], &[&url]].concat()).ok();
    };
    report("large, upload of 500 MB, against curl", in_turns(TURNS, ours, theirs), BUDGET);
    // The room is wanted back.
    indexes.iter().for_each(|index| drop(api.delete(index)));
}

fn fetch(place: &Place<'_>, session: &Session) {
    let index = IndexName::parse(&place.user.index("main")).unwrap();
    let release = session.release(&index, &ProjectName::parse("demo-pkg").unwrap(), VERSION).unwrap().unwrap();
    let file = &release.files[0];
    let (to, url) = (place.sandbox.path("fetched.whl"), format!("{}{}", place.server.url(), file.path));
    let curl = |to: &Path| {
        let words = ["--silent", "--show-error", "--fail", "--output", to.to_str().unwrap(), &url];
        place.sandbox.run(&place.work, "curl", &words).ok();
    };
    let ours = || session.fetch(file, &to).unwrap();
    report("large, fetch of 500 MB, against curl", in_turns(TURNS, ours, || curl(&to)), BUDGET);
    // Ours knows afterwards that the bytes are the right ones.
    let checked = || {
        curl(&to);
        place.sandbox.run(&place.work, "sha256sum", &[to.to_str().unwrap()]).ok();
    };
    report("large, fetch of 500 MB, against curl and sha256sum", in_turns(TURNS, ours, checked), BUDGET);
    let ensure = || {
        remove(&place.cache());
        remove(&place.work.join("dist"));
        place.ensure(1);
    };
    let pair = in_turns(TURNS, ensure, || curl(&to));
    report("large, ensure with an empty cache, against curl", pair, "fetched, checked, kept, and copied to --dest");
}

fn session(place: &Place<'_>) -> Session {
    let server = Server::new(&ServerOptions::new(place.server.url().parse().unwrap())).unwrap();
    let user = UserName::parse(&place.user.name).unwrap();
    let token = server.login(&user, &SecretString::from(place.user.password.clone())).unwrap();
    Session::new(&server, user, &token)
}

fn write_random(path: &PathBuf) {
    let mut source = std::fs::File::open("/dev/urandom").unwrap();
    let mut file = std::fs::File::create(path).unwrap();
    std::io::copy(&mut std::io::Read::take(&mut source, SIZE), &mut file).unwrap();
    file.flush().unwrap();
    let _ = Command::new("sync").arg(path).status();
}
