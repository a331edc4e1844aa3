//! A fault-injecting proxy for a real server: it runs a callback or drops the response at a given request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The callback of a fault.
type Hook = Box<dyn Fn() + Send>;

/// The delay of a request by [`Proxy::traffic`]: longer than a thread needs to start on a busy machine.
const LONG_LINE: Duration = Duration::from_millis(150);

/// A fault that the proxy injects.
pub enum Fault {
    /// The server has processed the request; the proxy calls this before it responds: to kill the client, or for what another client does.
    Call(Hook),
    /// The proxy calls this before the request arrives at the server.
    Before(Hook),
    /// The server has processed the request; the proxy drops the response.
    DropResponse,
    /// The server goes down: this request gets no answer, and no later one arrives, until [`Proxy::recover`].
    GoDown(Arrival),
}

/// Whether a request that gets no answer arrives at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Arrives,
    IsLost,
}

/// When the proxy injects the fault.
enum Moment {
    /// At this number of requests, counted from 1.
    Count(usize),
    /// At the first request with this method and this text in its path.
    Request(&'static str, &'static str),
}

impl Moment {
    fn is_now(&self, requests: &[String]) -> bool {
        match self {
            Self::Count(count) => requests.len() == *count,
            Self::Request(method, part) => {
                requests.last().is_some_and(|last| last.starts_with(method) && last.contains(part))
            }
        }
    }
}

/// What a client has sent since a moment.
#[derive(Debug)]
pub struct Traffic {
    /// Method and path of each request, in the order of the answers.
    pub requests: Vec<String>,
    /// The length of the longest chain of requests of which each one was sent after the answer to the one before.
    pub round_trips: usize,
    /// The size of all answers, in bytes.
    pub answered_bytes: usize,
}

#[derive(Default)]
struct State {
    /// Method and path of every request.
    requests: Vec<String>,
    /// When each request of `requests` arrived, and when its answer was sent.
    times: Vec<(Instant, Instant)>,
    /// The size of each answer, in bytes.
    sizes: Vec<usize>,
    /// How long a request is under way before the proxy forwards it.
    delay: Duration,
    /// The `Date` of every response, instead of the server's.
    date: Option<String>,
    /// The fault to inject, and when.
    fault: Option<(Moment, Fault)>,
    /// Whether the server is down.
    is_down: bool,
}

impl State {
    /// Whether the server is down for this request, or goes down before it arrives.
    fn is_lost(&mut self, request: &str) -> bool {
        let Self { requests, fault, is_down, .. } = self;
        if *is_down {
            return true;
        }
        requests.push(request.to_owned());
        let goes_down = fault.take_if(|(moment, fault)| matches!(fault, Fault::GoDown(_)) && moment.is_now(requests));
        requests.pop();
        *is_down = goes_down.is_some();
        matches!(goes_down, Some((_, Fault::GoDown(Arrival::IsLost))))
    }
}

impl State {
    /// The call to make before this request arrives.
    fn call_before(&mut self, request: &str) -> Option<Hook> {
        let Self { requests, fault, .. } = self;
        requests.push(request.to_owned());
        let taken = fault.take_if(|(moment, fault)| matches!(fault, Fault::Before(_)) && moment.is_now(requests));
        requests.pop();
        match taken {
            Some((_, Fault::Before(call))) => Some(call),
            _ => None,
        }
    }
}

/// A running proxy; it ends with the test process.
pub struct Proxy {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// Starts a proxy for the server at `url`.
    pub fn start(url: &str) -> Self {
        let upstream = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (upstream, state) = (upstream.clone(), Arc::clone(&shared));
                // A closed connection is an expected result of a fault.
                thread::spawn(move || drop(serve(stream, &upstream, &state)));
            }
        });
        Self { url, state }
    }

    /// Its root, with a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Injects a fault after the `n`th request from now on, counted from 1.
    pub fn inject_after(&self, n: usize, fault: Fault) {
        let mut state = self.state.lock().unwrap();
        let position = state.requests.len() + n;
        state.fault = Some((Moment::Count(position), fault));
    }

    /// Injects a fault at the next request of this method with this in its path.
    pub fn inject_at(&self, (method, part): (&'static str, &'static str), fault: Fault) {
        self.state.lock().unwrap().fault = Some((Moment::Request(method, part), fault));
    }

    /// The server is up again.
    pub fn recover(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_down = false;
        state.fault = None;
    }

    /// Whether the fault was injected.
    pub fn has_injected(&self) -> bool {
        self.state.lock().unwrap().fault.is_none()
    }

    /// Puts this into the `Date` of every answer from now on.
    pub fn set_date(&self, date: &str) {
        self.state.lock().unwrap().date = Some(date.to_owned());
    }

    /// Delays every request from now on, as a long line does: requests that are sent at once then overlap.
    pub fn set_delay(&self, delay: Duration) {
        self.state.lock().unwrap().delay = delay;
    }

    /// What `call` sends, through a line with a delay.
    pub fn traffic(&self, call: impl FnOnce()) -> Traffic {
        let before = self.state.lock().unwrap().requests.len();
        self.set_delay(LONG_LINE);
        call();
        self.set_delay(Duration::ZERO);
        let state = self.state.lock().unwrap();
        Traffic {
            requests: state.requests[before..].to_vec(),
            round_trips: longest_chain(&state.times[before..]),
            answered_bytes: state.sizes[before..].iter().sum(),
        }
    }

    /// Method and path of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }
}

/// The maximum number of requests of which none overlaps another: always the one that ends first.
fn longest_chain(times: &[(Instant, Instant)]) -> usize {
    let mut times = times.to_vec();
    times.sort_by_key(|(_, end)| *end);
    let mut last: Option<Instant> = None;
    times
        .iter()
        .filter(|(start, end)| last.is_none_or(|last| last <= *start) && last.replace(*end) != Some(*end))
        .count()
}

/// Forwards one request and its response, then closes the connection.
fn serve(client: TcpStream, upstream: &str, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut head, mut length, mut first) = (Vec::new(), 0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        assert!(!lower.starts_with("transfer-encoding:"), "a body without a length");
        if first.is_empty() {
            first = line.trim_end().to_owned();
        }
        if line == "\r\n" {
            break;
        }
        if !lower.starts_with("connection:") && !lower.starts_with("expect:") {
            head.extend_from_slice(line.as_bytes());
        }
    }
    head.extend_from_slice(b"Connection: close\r\n\r\n");
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let arrived = Instant::now();
    let delay = state.lock().unwrap().delay;
    thread::sleep(delay);

    if state.lock().unwrap().is_lost(first.trim_end_matches(" HTTP/1.1")) {
        return Ok(());
    }
    let before = state.lock().unwrap().call_before(first.trim_end_matches(" HTTP/1.1"));
    before.iter().for_each(|call| call());
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(&head)?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if let Some(date) = &state.lock().unwrap().date {
        answer = with_date(&answer, date);
    }

    let fault = {
        let mut state = state.lock().unwrap();
        state.requests.push(first.trim_end_matches(" HTTP/1.1").to_owned());
        state.times.push((arrived, Instant::now()));
        state.sizes.push(answer.len());
        let State { requests, fault, is_down, .. } = &mut *state;
        if *is_down {
            return Ok(());
        }
        fault.take_if(|(moment, fault)| !matches!(fault, Fault::Before(_)) && moment.is_now(requests))
    };
    match fault {
        Some((_, Fault::DropResponse)) => return Ok(()),
        Some((_, Fault::Call(call))) => call(),
        Some((_, Fault::GoDown(_))) => return Ok(()),
        Some((_, Fault::Before(_))) | None => {}
    }
    let mut client = client;
    client.write_all(&answer)
}

/// The answer with another `Date`.
fn with_date(answer: &[u8], date: &str) -> Vec<u8> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&answer[..end]);
    let lines = head.split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("date:"));
    let head: Vec<&str> = lines.collect();
    [format!("{}\r\nDate: {date}", head.join("\r\n")).as_bytes(), &answer[end..]].concat()
}
