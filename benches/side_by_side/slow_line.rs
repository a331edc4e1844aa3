//! The verbs through a slow line: 25 ms each way and 20 Mbit/s, with 1, 100 and 1,000 indexes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::fixture::{Fixture, remove};
use crate::measure::{Pair, median, millis, repeat};
use crate::support::{Backend, DevpiServer, Proxy};

/// The time of a byte from one side to the other.
const ONE_WAY: Duration = Duration::from_millis(25);
/// The speed of the line, in bytes per second.
const SPEED: f64 = 20e6 / 8.0;
const TURNS: usize = 3;

/// A line to `url`; returns the URL at its near end.
fn line(url: &str) -> String {
    let to = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let near = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(&to).unwrap();
            for (from, to) in [(&client, &server), (&server, &client)] {
                let _ = to.set_nodelay(true);
                carry(from.try_clone().unwrap(), to.try_clone().unwrap());
            }
        }
    });
    near
}

/// Carries bytes in one direction.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let (sender, receiver) = mpsc::sync_channel::<(Instant, Vec<u8>)>(64);
    thread::spawn(move || {
        let mut free_at = Instant::now();
        let mut piece = vec![0; 16 * 1024];
        while let Ok(length) = from.read(&mut piece) {
            free_at = free_at.max(Instant::now()) + Duration::from_secs_f64(length as f64 / SPEED);
            if sender.send((free_at + ONE_WAY, piece[..length].to_vec())).is_err() || length == 0 {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, piece) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if piece.is_empty() || to.write_all(&piece).is_err() {
                let _ = to.shutdown(std::net::Shutdown::Write);
                return;
            }
        }
    });
}

pub fn verbs(_server: &DevpiServer) {
    // A private server, because a thousand indexes make each change of them slow.
    let server = DevpiServer::own();
    let fixture = Fixture::new(&server, Backend::InTree);
    let proxy = Proxy::start(server.url());
    let line = line(server.url());
    for url in [proxy.url(), &line] {
        let login = ["git-devpi", "login", url, "--login", &fixture.user.name, "--password-stdin"];
        fixture.sandbox.run_with_input(&fixture.work, &login, fixture.user.password.as_bytes()).ok();
    }
    fixture.api().put(&fixture.user.index("prod"), &json!({"volatile": false, "bases": []}));
    fixture.ensure(1);
    let mut number = 1;
    for (from, indexes) in [(2, 1), (2, 100), (101, 1000)] {
        fixture.add_indexes(from, indexes);
        println!(
            "slow line, {indexes} other indexes: requests, round trips, bytes of the answers; loopback; slow line, and curl there"
        );
        let mut verb = |name: &str, prepare: &dyn Fn(), words: &[&str], is_new: bool| {
            let mut run = |url: &str| {
                prepare();
                number += usize::from(is_new);
                let build = if is_new { number } else { 1 };
                let mut command = fixture.command(build, "git");
                command.arg("devpi").args(words).env("GIT_DEVPI_SERVER", url).stdout(Stdio::null());
                let started = Instant::now();
                fixture.sandbox.finish(&mut command).ok();
                started.elapsed()
            };
            run(proxy.url());
            let mut counted = None;
            let traffic = proxy.traffic(|| counted = Some(run(proxy.url())));
            let near = median((0..TURNS).map(|_| run(server.url())).collect());
            let far = median((0..TURNS).map(|_| run(&line)).collect());
            let urls = vec![format!("{line}+api"); traffic.round_trips.max(1)];
            let words: Vec<&str> =
                ["--silent", "--fail", "--output", "/dev/null", "--header", "Accept: application/json"]
                    .into_iter()
                    .chain(urls.iter().map(String::as_str))
                    .collect();
            let curl = median(repeat(TURNS, || drop(fixture.sandbox.run(&fixture.work, "curl", &words).ok())));
            let Pair { ours, theirs } = Pair { ours: far, theirs: curl };
            println!(
                "  {name}: {} requests, {} round trips, {} bytes; {:.0} ms; {:.0} ms, curl with as many round trips {:.0} ms",
                traffic.requests.len(),
                traffic.round_trips,
                traffic.answered_bytes,
                millis(near),
                millis(ours),
                millis(theirs)
            );
        };
        let nothing = || {};
        let without_files = || {
            remove(&fixture.cache());
            remove(&fixture.work.join("dist"));
        };
        verb("ensure, there already", &nothing, &["ensure", "--dest", "dist"], false);
        verb("ensure, empty cache", &without_files, &["ensure", "--dest", "dist"], false);
        verb("ensure, build", &nothing, &["ensure", "--dest", "dist"], true);
        verb("status", &nothing, &["status"], false);
        verb("results", &nothing, &["results", "1.4.1"], false);
        verb("promote --dry-run", &nothing, &["promote", "1.4.1", "--require=", "--dry-run"], false);
    }
}
