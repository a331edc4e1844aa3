//! Words in command lines that users copy into a shell, and that CI runs.

/// Quotes a word for a POSIX shell, unless it needs no quotes.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/,:+@%=".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_read_otherwise_is_quoted() {
        for plain in ["py312-unit", "acme/feature-x", "devpi.repository=acme/shiny", "https://devpi.example.com:8443/"]
        {
            assert_eq!(quoted(plain), plain);
        }
        for (word, expected) in
            [("", "''"), ("a b", "'a b'"), ("a;b", "'a;b'"), ("$(x)", "'$(x)'"), ("it's", r"'it'\''s'")]
        {
            assert_eq!(quoted(word), expected);
        }
    }
}
