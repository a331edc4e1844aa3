//! The release branches as conditions of the CI systems.

/// Globs of branch names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branches {
    globs: Vec<String>,
}

/// A glob as far as systems without globs can express it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape<'a> {
    Name(&'a str),
    Prefix(&'a str),
    Suffix(&'a str),
    Other,
}

fn shape(glob: &str) -> Shape<'_> {
    let is_plain = |text: &str| !text.contains(['*', '?', '[', '{', '\\']);
    let prefix = glob.trim_end_matches('*');
    let suffix = glob.trim_start_matches('*');
    match () {
        () if is_plain(glob) => Shape::Name(glob),
        () if is_plain(prefix) => Shape::Prefix(prefix),
        () if is_plain(suffix) => Shape::Suffix(suffix),
        () => Shape::Other,
    }
}

impl Branches {
    pub fn new<'a>(globs: impl Iterator<Item = &'a str>) -> Self {
        Self { globs: globs.map(str::to_owned).collect() }
    }

    pub fn globs(&self) -> impl Iterator<Item = &str> {
        self.globs.iter().map(String::as_str)
    }

    /// The first branch that is not a glob.
    pub fn first_name(&self) -> &str {
        self.globs().find(|glob| matches!(shape(glob), Shape::Name(_))).unwrap_or("main")
    }

    /// An expression of functions that compare a reference. Globs that it cannot express are the second value.
    pub fn comparison(&self, reference: &str, operators: &Operators) -> (String, Vec<&str>) {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let full = |text: &str| quoted(&format!("refs/heads/{text}"));
        let call = |function: &str, value: &str| format!("{function}({reference}, {value})");
        let mut left_out = Vec::new();
        let mut terms = Vec::new();
        for glob in self.globs() {
            match shape(glob) {
                Shape::Name(name) => terms.push((operators.equal)(reference, &full(name))),
                Shape::Prefix(prefix) => terms.push(call("startsWith", &full(prefix))),
                Shape::Suffix(suffix) => terms.push(call("endsWith", &quoted(suffix))),
                Shape::Other => left_out.push(glob),
            }
        }
        ((operators.any)(&terms), left_out)
    }

    /// The patterns of a `case` of a POSIX shell, which are globs too.
    pub fn shell_patterns(&self) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./*?[]".contains(c);
        let escaped = |glob: &str| {
            glob.chars().fold(String::new(), |mut pattern, c| {
                if !is_plain(c) {
                    pattern.push('\\');
                }
                pattern.push(c);
                pattern
            })
        };
        self.globs().map(escaped).collect::<Vec<_>>().join("|")
    }

    /// Regular expressions of RE2 that match the whole name, between slashes.
    pub fn regular_expressions(&self) -> impl Iterator<Item = String> {
        self.globs().map(|glob| {
            let mut pattern = String::new();
            for c in glob.chars() {
                match c {
                    '*' if pattern.ends_with(".*") => {}
                    '*' => pattern.push_str(".*"),
                    '?' => pattern.push('.'),
                    '[' | ']' => pattern.push(c),
                    c if c.is_ascii_alphanumeric() || "-_ ".contains(c) => pattern.push(c),
                    c => pattern.extend(['\\', c]),
                }
            }
            format!("/^{pattern}$/")
        })
    }
}

/// How a system writes comparisons.
pub(super) struct Operators {
    /// Both sides are equal.
    pub equal: fn(&str, &str) -> String,
    /// One of the terms holds.
    pub any: fn(&[String]) -> String,
}

#[cfg(test)]
mod tests {
    use super::*;

    const GITHUB: Operators = Operators { equal: |a, b| format!("{a} == {b}"), any: |terms| terms.join(" || ") };

    #[test]
    fn globs_become_conditions() {
        let branches = Branches::new(["it's", "release/*", "v**", "*-stable", "a*b"].into_iter());
        let (condition, left_out) = branches.comparison("github.ref", &GITHUB);
        assert_eq!(
            condition,
            "github.ref == 'refs/heads/it''s' || startsWith(github.ref, 'refs/heads/release/') || \
             startsWith(github.ref, 'refs/heads/v') || endsWith(github.ref, '-stable')"
        );
        assert_eq!(left_out, ["a*b"]);
        assert_eq!(branches.first_name(), "it's");
        assert_eq!(branches.shell_patterns(), r"it\'s|release/*|v**|*-stable|a*b");
        let expressions: Vec<_> = branches.regular_expressions().collect();
        assert_eq!(expressions, [r"/^it\'s$/", r"/^release\/.*$/", "/^v.*$/", "/^.*-stable$/", "/^a.*b$/"]);
    }
}
