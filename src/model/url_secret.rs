//! Passwords and tokens in URLs, which must not be printed.

/// Replaces the user part of URLs in `text` by `***` where it has, or may be, a secret.
///
/// That is every user part with a password, and every one of http and https, where a token may stand in the user's place. `git@` in
/// `ssh://git@host` stays. The text need not be a valid URL.
pub fn masked(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        masked.push_str(before);
        masked.push_str("://");
        let word = after.split([' ', '\t', '\n', '"', '\'']).next().unwrap_or_default();
        let host = word.split(['/', '?', '#']).next().unwrap_or_default();
        // A password with an unescaped `/`: what seems to be the port is none.
        let port = host.rsplit('@').next().and_then(|host| host.rsplit_once(':')).map_or("", |(_, port)| port);
        let authority = if port.bytes().all(|b| b.is_ascii_digit()) || host.ends_with(']') { host } else { word };
        rest = after;
        if let Some((user, _)) = authority.rsplit_once('@') {
            if user.contains(':') || before.ends_with("http") || before.ends_with("https") {
                masked.push_str("***");
            } else {
                masked.push_str(user);
            }
            rest = &after[user.len()..];
        }
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_user_names_of_ssh_stay() {
        for (text, shown) in [
            ("https://ci:s3cret@h/devpi/", "https://***@h/devpi/"),
            ("https://ghp_token@h:8/x", "https://***@h:8/x"),
            ("http://a:p@ss@h", "http://***@h"),
            ("HTTPS+x://u:p@h?a=b@c", "HTTPS+x://***@h?a=b@c"),
            ("ssh://git@h/x.git", "ssh://git@h/x.git"),
            ("ssh://git:pw@h/x.git", "ssh://***@h/x.git"),
            ("a http://u:p@h and https://t@i/", "a http://***@h and https://***@i/"),
            ("https://h/a@b", "https://h/a@b"),
            ("https://ci:s3/cr?et@h/x", "https://***@h/x"),
            ("https://[::1]:8/a@b", "https://[::1]:8/a@b"),
            ("://@", "://@"),
            ("http://", "http://"),
            ("git@h:x.git", "git@h:x.git"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_password_stays(user in "[a-z]{1,5}", host in "[a-z]{1,5}", password in "PW[A-Z0-9@]{0,9}", around in "[ -~ü]{0,9}") {
            let text = format!("{around} https://{user}:{password}@{host}/ {around}");
            let shown = masked(&text);
            proptest::prop_assert!(!shown.contains("PW"), "{shown}");
        }
    }
}
