//! When a connection logs in: for which responses, how often, and what is repeated.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use git_devpi::devpi::{Authenticator, BasicLogin, Error, LoginNeed, Server, Session, Token};
use git_devpi::model::names::UserName;
use secrecy::SecretString;
use serde_json::json;

use crate::stub::{Reply, Request, SECRET, Stub, devpi, index, page, reply, user};

/// Answers with a new token each time, and notes what was rejected.
#[derive(Debug, Default)]
struct Answers {
    logins: AtomicUsize,
    rejected: Mutex<Vec<Option<UserName>>>,
    basic_rejected: AtomicUsize,
    basic: Option<BasicLogin>,
    /// Asks the server for the token.
    exchanges: bool,
}

impl Authenticator for Answers {
    fn basic_login(&self) -> Option<BasicLogin> {
        self.basic.clone()
    }

    fn basic_login_rejected(&self, _: &BasicLogin) {
        self.basic_rejected.fetch_add(1, Ordering::Relaxed);
    }

    fn log_in(&self, need: &LoginNeed<'_>) -> Result<Option<(UserName, Token)>, Error> {
        self.logins.fetch_add(1, Ordering::Relaxed);
        self.rejected.lock().unwrap().push(need.rejected.map(|rejected| rejected.login.clone()));
        let login = user("acme");
        if self.exchanges {
            let stored = (need.exchange)(&login, &SecretString::from("password"))?;
            return Ok(Some((login, stored.token)));
        }
        Ok(Some((login, Token::new(SecretString::from("fresh")))))
    }
}

fn server(stub: &Stub, answers: &Arc<Answers>) -> Server {
    let mut options = stub.options();
    options.authenticator = Some(Arc::<Answers>::clone(answers));
    Server::new(&options).unwrap()
}

/// The header of `acme` with the token `fresh`.
const FRESH: &str = "YWNtZTpmcmVzaA==";

fn is_fresh(request: &Request) -> bool {
    request.header("x-devpi-auth") == Some(FRESH)
}

fn no_indexes() -> Reply {
    devpi("200 OK", r#"{"result": {"username": "acme", "indexes": {}}, "type": "userconfig"}"#)
}

fn denied(kind: usize) -> Reply {
    match kind {
        0 => devpi("401 Unauthorized", r#"{"message": "no"}"#),
        1 => devpi("403 Forbidden", r#"{"message": "no", "code": "403 Forbidden"}"#),
        2 => page("401 Authorization Required", "401 Authorization Required"),
        3 => page("403 Forbidden", "403 Forbidden"),
        _ => reply("302 Found", "Location: /+login?goto_url=/acme\r\nContent-Type: text/html\r\n", b"<html></html>"),
    }
}

#[test]
fn a_denied_read_is_repeated_once_with_a_login() {
    for kind in 0..5 {
        let stub = Stub::start(move |request, _| if is_fresh(request) { no_indexes() } else { denied(kind) });
        let answers = Arc::new(Answers::default());
        let server = server(&stub, &answers);
        assert!(server.user_indexes(&user("acme")).unwrap().unwrap().is_empty(), "{kind}");
        assert!(server.clone().user_indexes(&user("acme")).is_ok(), "a clone has the login too");
        assert_eq!(stub.requests().len(), 3, "{kind}");
        assert_eq!(*answers.rejected.lock().unwrap(), [None], "{kind}");
    }
}

#[test]
fn parallel_requests_log_in_once() {
    let stub = Stub::start(|request, _| if is_fresh(request) { no_indexes() } else { denied(0) });
    let answers = Arc::new(Answers::default());
    let server = server(&stub, &answers);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| server.user_indexes(&user("acme")).unwrap());
        }
    });
    assert_eq!(answers.logins.load(Ordering::Relaxed), 1);
}

#[test]
fn a_login_that_is_denied_too_is_not_renewed_for_every_request() {
    for kind in 0..5 {
        let stub = Stub::start(move |request, _| match request.path.as_str() {
            "/+api" => devpi("200 OK", r#"{"result": {"authstatus": ["noauth", "", []]}}"#),
            _ => denied(kind),
        });
        let answers = Arc::new(Answers::default());
        let server = server(&stub, &answers);
        for _ in 0..3 {
            let error = server.user_indexes(&user("acme")).unwrap_err();
            let is_said =
                matches!(error, Error::TokenExpired { .. } | Error::WrongToken { .. } | Error::NotAllowed { .. });
            assert!(is_said, "{kind}: {error:?}");
        }
        assert_eq!(answers.logins.load(Ordering::Relaxed), 1, "{kind}");
    }
}

#[test]
fn a_write_is_repeated_when_the_token_is_invalid_but_not_when_a_right_is_missing() {
    let create = |status: &'static str| {
        let stub = Stub::start(move |request, _| match request.path.as_str() {
            "/+api" => devpi("200 OK", &format!(r#"{{"result": {{"authstatus": {status}}}}}"#)),
            _ if is_fresh(request) => devpi("200 OK", r#"{"result": {"type": "stage"}, "type": "indexconfig"}"#),
            _ => denied(1),
        });
        let answers = Arc::new(Answers::default());
        let session = Session::new(&server(&stub, &answers), user("acme"), &Token::new(SecretString::from(SECRET)));
        let results: Vec<_> = (0..2).map(|_| session.create_index_as(&index("acme/x"), &json!({})).map(drop)).collect();
        (results, stub.requests().len(), answers.logins.load(Ordering::Relaxed))
    };
    let (results, requests, logins) = create(r#"["noauth", "", []]"#);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!((requests, logins), (4, 1), "denied, +api, repeated; then one");
    let (results, requests, logins) = create(r#"["ok", "acme", []]"#);
    assert!(results.iter().all(|result| matches!(result, Err(Error::NotAllowed { .. }))), "{results:?}");
    assert_eq!((requests, logins), (3, 0), "+api is asked once");
}

#[test]
fn a_server_that_rejects_the_password_is_asked_once() {
    let stub = Stub::start(|request, _| match request.path.as_str() {
        "/+login" => devpi("401 Unauthorized", r#"{"message": "user 'acme' could not be authenticated"}"#),
        _ => denied(0),
    });
    let answers = Arc::new(Answers { exchanges: true, ..Answers::default() });
    let server = server(&stub, &answers);
    let error = server.user_indexes(&user("acme")).unwrap_err();
    assert!(matches!(error, Error::WrongPassword { .. }), "{error:?}");
    assert!(matches!(server.user_indexes(&user("acme")), Err(Error::NotLoggedIn { .. })));
    assert_eq!(stub.requests().iter().filter(|request| request.path == "/+login").count(), 1);
}

#[test]
fn a_connection_without_renewal_shows_what_the_server_says() {
    let stub = Stub::start(|_, _| denied(0));
    let answers = Arc::new(Answers::default());
    let error = server(&stub, &answers).without_renewal().user_indexes(&user("acme")).unwrap_err();
    assert!(matches!(error, Error::NotLoggedIn { .. }), "{error:?}");
    assert_eq!((stub.requests().len(), answers.logins.load(Ordering::Relaxed)), (1, 0));
}

#[test]
fn the_proxys_login_goes_beside_that_of_the_server() {
    const BASIC: &str = "Basic dGVhbTpvZi10aGUtcHJveHk=";
    let stub = Stub::start(|request, _| match (request.header("authorization"), is_fresh(request)) {
        (Some(BASIC), true) => no_indexes(),
        (Some(BASIC), false) => denied(0),
        _ => reply(
            "401 Unauthorized",
            "WWW-Authenticate: Negotiate, Basic realm=\"team\"\r\nContent-Type: text/html\r\n",
            b"",
        ),
    });
    let basic = |password: &str| Some(BasicLogin { user: "team".to_owned(), password: SecretString::from(password) });
    let answers = Arc::new(Answers { basic: basic("of-the-proxy"), ..Answers::default() });
    assert!(server(&stub, &answers).user_indexes(&user("acme")).is_ok());
    assert_eq!(answers.basic_rejected.load(Ordering::Relaxed), 0);

    let answers = Arc::new(Answers { basic: basic("wrong"), ..Answers::default() });
    let error = server(&stub, &answers).user_indexes(&user("acme")).unwrap_err();
    assert!(matches!(&error, Error::ProxyRejectsLogin { user, .. } if user == "team"), "{error:?}");
    assert!(!error.to_string().contains("wrong"));
    assert_eq!(answers.basic_rejected.load(Ordering::Relaxed), 1);

    let error = server(&stub, &Arc::new(Answers::default())).user_indexes(&user("acme")).unwrap_err();
    assert!(matches!(error, Error::ProxyNeedsLogin { .. }), "{error:?}");
}
