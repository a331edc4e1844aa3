//! TLS. The certificates in `tls/` (an authority whose key was deleted, and a server at 127.0.0.1) have no use outside
//! these tests.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use git_devpi::devpi::{Error, Server, ServerOptions};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::stub::devpi;

const CERTIFICATE: &[u8] = include_bytes!("tls/server.pem");
const KEY: &[u8] = include_bytes!("tls/server.key");

/// A server with a certificate of an authority that no system trusts.
fn start() -> ServerOptions {
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
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

#[test]
fn a_server_without_tls_is_distinguished_from_an_unreachable_one() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let error = probe(&ServerOptions::new(url.parse().unwrap())).unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
}
