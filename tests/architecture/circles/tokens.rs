//! Rust source as a list of words and signs, without comments, string contents and test code.

/// One word (identifier, keyword, number) or one sign; `::` is one sign.
pub type Token = String;

/// The tokens of `source` outside `#[cfg(test)]` items.
pub fn tokens_of(source: &str) -> Vec<Token> {
    without_tests(&all_tokens(source))
}

fn all_tokens(source: &str) -> Vec<Token> {
    let text: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&first) = text.get(at) {
        let next = text.get(at + 1).copied();
        at = match (first, next) {
            ('/', Some('/')) => end_of_line(&text, at),
            ('/', Some('*')) => end_of_block_comment(&text, at),
            ('r', Some('"' | '#')) if raw_string_end(&text, at).is_some() => raw_string_end(&text, at).unwrap(),
            ('"', _) => end_of_string(&text, at),
            ('\'', _) => end_of_quote(&text, at),
            (':', Some(':')) => {
                tokens.push("::".to_owned());
                at + 2
            }
            _ if is_word(first) => {
                let end = text[at..].iter().position(|c| !is_word(*c)).map_or(text.len(), |length| at + length);
                tokens.push(text[at..end].iter().collect());
                end
            }
            _ => {
                if !first.is_whitespace() {
                    tokens.push(first.to_string());
                }
                at + 1
            }
        };
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn end_of_line(text: &[char], at: usize) -> usize {
    text[at..].iter().position(|c| *c == '\n').map_or(text.len(), |length| at + length)
}

/// Block comments nest in Rust.
fn end_of_block_comment(text: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at + 1 < text.len() {
        match (text[at], text[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The end of `r"…"` or `r#"…"#`; `None` when `r` begins a word or a raw identifier.
fn raw_string_end(text: &[char], start: usize) -> Option<usize> {
    let hashes = text[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + hashes;
    (text.get(open) == Some(&'"')).then_some(())?;
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let length = text[open + 1..].windows(closing.len()).position(|window| window == closing)?;
    Some(open + 1 + length + closing.len())
}

fn end_of_string(text: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() && text[at] != '"' {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The end of a character literal; a lifetime is only its quote.
fn end_of_quote(text: &[char], start: usize) -> usize {
    if text.get(start + 1) == Some(&'\\') {
        let rest = text.get(start + 3..).unwrap_or_default();
        return rest.iter().position(|c| *c == '\'').map_or(text.len(), |length| start + 4 + length);
    }
    if text.get(start + 2) == Some(&'\'') { start + 3 } else { start + 1 }
}

/// Leaves out each item that has `#[cfg(test)]` or `#[cfg(all(test, …))]` before it.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "#" && tokens.get(at + 1).is_some_and(|token| token == "[") {
            let end = closing_of(tokens, at + 1) + 1;
            let has = |word: &str| tokens[at..end].iter().any(|token| token == word);
            if has("cfg") && has("test") && !has("not") {
                at = end_of_item(tokens, end);
            } else {
                at = end;
            }
            continue;
        }
        kept.push(tokens[at].clone());
        at += 1;
    }
    kept
}

/// The place after the item that begins at `at`: after its `;`, or after its outermost braces.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        match tokens[at].as_str() {
            ";" => return at + 1,
            "{" => return closing_of(tokens, at) + 1,
            "[" | "(" => at = closing_of(tokens, at),
            _ => {}
        }
        at += 1;
    }
    tokens.len()
}

/// The place of the bracket that closes the one at `open`, whatever its kind.
pub fn closing_of(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "{" | "[" | "(" => depth += 1,
            "}" | "]" | ")" => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len() - 1
}
