//! TLS. The certificates in `tls/` (two authorities whose keys were deleted, a server at 127.0.0.1, and a client) have no use outside
//! these tests.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use git_devpi::devpi::{Error, Scheme, Server, ServerOptions};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::stub::devpi;

const CERTIFICATE: &[u8] = include_bytes!("tls/server.pem");
const KEY: &[u8] = include_bytes!("tls/server.key");
/// The authority of client.pem.
const CLIENTS_CA: &[u8] = include_bytes!("tls/clients-ca.pem");

/// A server with a certificate of an authority that no system trusts.
fn start() -> ServerOptions {
    start_with(&[])
}

/// The same, for these application protocols in the order of the server's preference.
fn start_with(protocols: &[&str]) -> ServerOptions {
    let mut config = config(Arc::new(NoClientAuth));
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    serve(config)
}

/// The server's side of TLS, which judges the certificates of clients by `clients`.
fn config(clients: Arc<dyn ClientCertVerifier>) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap()
}

fn serve(config: ServerConfig) -> ServerOptions {
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            if stream.read(&mut [0; 4096]).is_ok() {
                for (_, piece) in devpi("200 OK", r#"{"result": {"authstatus": ["noauth", "", []]}}"#) {
                    let _ = stream.write_all(&piece);
                }
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    ServerOptions::new(url.parse().unwrap())
}

fn probe(options: &ServerOptions) -> Result<(), Error> {
    Server::new(options).unwrap().probe().map(drop)
}

#[test]
fn an_unknown_authority_is_refused_until_it_is_in_the_bundle() {
    let mut options = start();
    let error = probe(&options).unwrap_err();
    assert!(matches!(&error, Error::Tls { cause, .. } if cause.contains("certificate")), "{error:?}");
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/devpi/tls");
    options.ca_bundle = Some(here.join("ca.pem"));
    probe(&options).unwrap();
}

#[test]
fn a_front_that_prefers_http_2_is_spoken_to_in_http_1() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/devpi/tls");
    for (protocols, works) in
        [(&["h2", "http/1.1"][..], true), (&["h2", "http/1.0", "http/1.1"], true), (&["h2"], false)]
    {
        let mut options = start_with(protocols);
        options.ca_bundle = Some(here.join("ca.pem"));
        let answer = probe(&options);
        assert_eq!(answer.is_ok(), works, "{protocols:?} {answer:?}");
        if let Err(error) = answer {
            assert!(matches!(&error, Error::Tls { .. }), "{error:?}");
        }
    }
}

#[test]
fn a_front_that_asks_for_a_client_certificate_gets_it() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/devpi/tls");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(CLIENTS_CA).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let mut options = serve(config(clients));
    options.ca_bundle = Some(here.join("ca.pem"));
    let error = probe(&options).unwrap_err();
    assert!(matches!(&error, Error::Tls { cause, .. } if cause.contains("CertificateRequired")), "{error:?}");
    options.client_cert = Some(here.join("client.pem"));
    probe(&options).unwrap();
}

#[test]
fn an_invalid_ca_bundle_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = start();
    options.ca_bundle = Some(dir.path().join("missing.pem"));
    assert!(matches!(probe(&options), Err(Error::BadCertificate { path, .. }) if path.ends_with("missing.pem")));
    let empty = dir.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    options.ca_bundle = Some(empty.clone());
    assert!(matches!(probe(&options), Err(Error::BadCertificate { .. })));
    options.ca_bundle = None;
    options.client_cert = Some(empty);
    assert!(matches!(probe(&options), Err(Error::BadCertificate { purpose: "client certificate", .. })));
}

/// A server that sends `answer` to the first bytes of each client.
fn answering(scheme: &str, answer: &'static [u8]) -> ServerOptions {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{scheme}://{}/devpi/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    ServerOptions::new(url.parse().unwrap())
}

#[test]
fn a_server_without_tls_speaks_another_scheme() {
    for answer in [b"HTTP/1.1 400 Bad Request\r\n\r\n".as_slice(), b"HTTP/1.0 200 OK\r\n\r\n{}"] {
        let options = answering("https", answer);
        let error = probe(&options).unwrap_err();
        let names_root =
            matches!(&error, Error::WrongScheme { url, other: Scheme::Http, .. } if url == options.url.as_str());
        assert!(names_root, "{error:?}");
        assert_eq!(error.to_string(), format!("{} does not speak https: it answers without TLS", options.url));
    }
}

/// devpi-server waits for the end of a request head; others close the connection.
#[test]
fn a_server_that_does_not_answer_a_handshake_is_asked_in_plain_http() {
    for is_waiting in [true, false] {
        for (answer, is_http) in [(b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), true), (b"220 smtp\r\n", false)] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("https://{}/", listener.local_addr().unwrap());
            thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    thread::spawn(move || {
                        let mut head = [0; 4096];
                        let length = stream.read(&mut head).unwrap_or(0);
                        assert!(!String::from_utf8_lossy(&head[..length]).to_lowercase().contains("auth"));
                        match head[..length].ends_with(b"\r\n\r\n") {
                            true => drop(stream.write_all(answer)),
                            false if is_waiting => thread::sleep(std::time::Duration::from_secs(9)),
                            false => {}
                        }
                    });
                }
            });
            let mut options = ServerOptions::new(url.parse().unwrap());
            options.connect_timeout = std::time::Duration::from_millis(600);
            options.deadline = std::time::Duration::from_secs(2);
            let error = probe(&options).unwrap_err();
            let names_http = matches!(error, Error::WrongScheme { other: Scheme::Http, .. });
            assert_eq!(names_http, is_http, "{is_waiting} {error:?}");
        }
    }
}

#[test]
fn a_server_with_tls_speaks_another_scheme() {
    const NGINX: &[u8] =
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html><head>\
        <title>400 The plain HTTP request was sent to HTTPS port</title></head></html>";
    const APACHE: &[u8] =
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<title>400 Bad Request\
        </title>Reason: You're speaking plain HTTP to an SSL-enabled server port.";
    const GO: &[u8] = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
    for answer in [NGINX, APACHE, GO] {
        let options = answering("http", answer);
        let error = probe(&options).unwrap_err();
        assert!(
            matches!(&error, Error::WrongScheme { url, other: Scheme::Https, .. } if url == options.url.as_str()),
            "{error:?}"
        );
    }
    // Another error of a proxy.
    let other = probe(&answering("http", b"HTTP/1.0 400 Bad Request\r\n\r\nUnknown host\n")).unwrap_err();
    assert!(matches!(other, Error::NotDevpi { .. }), "{other:?}");
    // A server that sends a TLS alert.
    let mut options = start();
    let _ = options.url.set_scheme("http");
    let error = probe(&options).unwrap_err();
    assert!(matches!(error, Error::NotHttp { .. } | Error::Broken { .. }), "{error:?}");
    let error = probe(&answering("http", b"\x15\x03\x01\x00\x02\x02\x46")).unwrap_err();
    assert!(matches!(error, Error::NotHttp { .. }), "{error:?}");
}
