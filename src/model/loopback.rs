//! Addresses of this machine.

use url::{Host, Url};

/// Whether the host of a URL is a loopback address, which means another server on every machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        let is = |text: &str| is_loopback(&Url::parse(text).unwrap());
        for local in [
            "http://127.0.0.1:3141/",
            "http://127.8.9.1/",
            "https://[::1]/",
            "http://localhost/",
            "http://a.localhost/",
        ] {
            assert!(is(local), "{local}");
        }
        for other in ["http://10.0.0.1/", "https://localhost.example.com/", "https://devpi.example/", "data:x"] {
            assert!(!is(other), "{other}");
        }
    }
}
