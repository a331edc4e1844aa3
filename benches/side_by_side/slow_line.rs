//! The verbs through a slow line: 25 ms each way and 20 Mbit/s, with 1, 100 and 1,000 indexes.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::fixture::{Fixture, remove};
use crate::measure::{median, millis, repeat};
use crate::promote::{PROJECT, PROMOTE, clear_production, green_release};
use crate::support::{DevpiServer, Proxy};

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

/// The three ways to one server.
struct Lines<'a> {
    fixture: &'a Fixture<'a>,
    /// Counts.
    proxy: Proxy,
    /// The URL behind the slow line.
    far: String,
    /// The number of the newest build.
    number: Cell<usize>,
}

/// A verb to measure.
struct Verb {
    name: &'static str,
    words: &'static [&'static str],
    /// Whether each run builds a new version; the others concern the first one.
    builds: bool,
    prepare: fn(&Fixture<'_>),
}

const VERBS: [Verb; 6] = [
    Verb { name: "ensure, there already", words: &["ensure", "--dest", "dist"], builds: false, prepare: |_| {} },
    Verb { name: "ensure, empty cache", words: &["ensure", "--dest", "dist"], builds: false, prepare: forget_files },
    Verb { name: "ensure, build", words: &["ensure", "--dest", "dist"], builds: true, prepare: |_| {} },
    Verb { name: "status", words: &["status"], builds: false, prepare: |_| {} },
    Verb { name: "results", words: &["results", "1.4.1"], builds: false, prepare: |_| {} },
    Verb { name: "promote", words: &PROMOTE, builds: false, prepare: forget_promotion },
];

fn forget_files(fixture: &Fixture<'_>) {
    remove(&fixture.cache());
    remove(&fixture.work.join("dist"));
}

fn forget_promotion(fixture: &Fixture<'_>) {
    if fixture.api().versions(&fixture.user.index("prod"), PROJECT).contains(&"1.4.1".to_owned()) {
        clear_production(fixture);
    }
}

impl Lines<'_> {
    fn run(&self, verb: &Verb, url: &str) -> Duration {
        (verb.prepare)(self.fixture);
        self.number.set(self.number.get() + usize::from(verb.builds));
        let build = if verb.builds { self.number.get() } else { 1 };
        let mut command = self.fixture.command(build, "git");
        command.arg("devpi").args(verb.words).env("GIT_DEVPI_SERVER", url).stdout(Stdio::null());
        let started = Instant::now();
        self.fixture.sandbox.finish(&mut command).ok();
        started.elapsed()
    }

    fn report(&self, verb: &Verb) {
        self.run(verb, self.proxy.url());
        let traffic = self.proxy.traffic(|| {
            self.run(verb, self.proxy.url());
        });
        let near = median((0..TURNS).map(|_| self.run(verb, self.fixture.server.url())).collect());
        let far = median((0..TURNS).map(|_| self.run(verb, &self.far)).collect());
        let urls = vec![format!("{}+api", self.far); traffic.round_trips.max(1)];
        let options = ["--silent", "--fail", "--output", "/dev/null", "--header", "Accept: application/json"];
        let words: Vec<&str> = options.into_iter().chain(urls.iter().map(String::as_str)).collect();
        let curl = || drop(self.fixture.sandbox.run(&self.fixture.work, "curl", &words).ok());
        println!(
            "  {}: {} requests, {} round trips, {} bytes; {:.0} ms; {:.0} ms, curl with as many round trips {:.0} ms",
            verb.name,
            traffic.requests.len(),
            traffic.round_trips,
            traffic.answered_bytes,
            millis(near),
            millis(far),
            millis(median(repeat(TURNS, curl)))
        );
    }
}

pub fn verbs(_server: &DevpiServer) {
    // A private server, because a thousand indexes make each change of them slow.
    let server = DevpiServer::own();
    let fixture = green_release(&server);
    let lines =
        Lines { fixture: &fixture, proxy: Proxy::start(server.url()), far: line(server.url()), number: Cell::new(1) };
    for url in [lines.proxy.url(), &lines.far] {
        let login = ["git-devpi", "login", url, "--login", &fixture.user.name, "--password-stdin"];
        fixture.sandbox.run_with_input(&fixture.work, &login, fixture.user.password.as_bytes()).ok();
    }
    for (from, indexes) in [(2, 1), (2, 100), (101, 1000)] {
        fixture.add_indexes(from, indexes);
        println!(
            "slow line, {indexes} indexes of branches: requests, round trips, bytes of the answers; time on loopback; on the line, and curl there"
        );
        VERBS.iter().for_each(|verb| lines.report(verb));
    }
}
