//! What one source file defines, binds to names and mentions.

use std::collections::BTreeSet;

use super::tokens::{Token, closing_of, tokens_of};

/// The segments of a path, as written: `["crate", "git", "Head"]`.
pub type Path = Vec<String>;

/// One name that a `use` binds.
#[derive(Debug, Clone)]
pub struct Use {
    /// The bound name; `*` for a glob.
    pub name: String,
    pub path: Path,
    /// Whether other files may reach the item by this name.
    pub public: bool,
}

/// One source file, read for its imports.
#[derive(Debug, Default)]
pub struct SourceFile {
    /// The items at the top level of the file.
    pub defines: BTreeSet<String>,
    pub uses: Vec<Use>,
    /// Paths of two or more segments outside `use`.
    pub paths: Vec<Path>,
    /// Words outside `use`; tells whether a re-exported name is used in the file itself.
    pub words: BTreeSet<String>,
}

const ITEMS: &[&str] = &["fn", "struct", "enum", "union", "trait", "type", "const", "static"];
/// What may stand between `const` and `fn`.
const QUALIFIERS: &[&str] = &["fn", "unsafe", "async", "extern", "mut"];

impl SourceFile {
    pub fn parse(source: &str) -> Self {
        let tokens = tokens_of(source);
        let mut file = Self::default();
        let (mut at, mut depth) = (0, 0_usize);
        while let Some(token) = tokens.get(at) {
            let next = tokens.get(at + 1).map_or("", String::as_str);
            match token.as_str() {
                "{" => depth += 1,
                "}" => depth = depth.saturating_sub(1),
                "use" if next != "<" => {
                    at = file.read_use(&tokens, at);
                    continue;
                }
                "macro_rules" => {
                    let name = tokens.get(at + 2).cloned().unwrap_or_default();
                    file.defines.insert(name);
                }
                word if depth == 0 && ITEMS.contains(&word) && !QUALIFIERS.contains(&next) => {
                    file.defines.insert(next.to_owned());
                }
                _ => {}
            }
            at = file.read_path(&tokens, at);
        }
        file
    }

    /// Reads one `use`; returns the place after its `;`.
    fn read_use(&mut self, tokens: &[Token], at: usize) -> usize {
        let end = tokens[at..].iter().position(|token| token == ";").map_or(tokens.len(), |length| at + length);
        let before = at.checked_sub(1).map_or("", |before| tokens[before].as_str());
        // `pub use` or `pub(crate) use`.
        let public = matches!(before, "pub" | ")");
        self.read_use_tree(&tokens[at + 1..end], &[], public);
        end + 1
    }

    fn read_use_tree(&mut self, tree: &[Token], prefix: &[String], public: bool) {
        let mut path = prefix.to_vec();
        let mut at = 0;
        while let Some(token) = tree.get(at) {
            match token.as_str() {
                "::" => {}
                "as" => return self.bind(tree[at + 1].clone(), path, public),
                "{" => {
                    let inside = &tree[at + 1..closing_of(tree, at)];
                    return split_at_commas(inside).iter().for_each(|part| self.read_use_tree(part, &path, public));
                }
                // `git::{self}` binds `git`.
                "self" if !path.is_empty() => {}
                word => path.push(word.to_owned()),
            }
            at += 1;
        }
        if let Some(name) = path.last().cloned() {
            self.bind(name, path, public);
        }
    }

    fn bind(&mut self, name: String, path: Path, public: bool) {
        self.uses.push(Use { name, path, public });
    }

    /// Reads the path or the single token at `at`; returns the place after it.
    fn read_path(&mut self, tokens: &[Token], at: usize) -> usize {
        let is_word = |token: &String| token.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !is_word(&tokens[at]) {
            return at + 1;
        }
        let mut path = vec![tokens[at].clone()];
        let mut end = at + 1;
        while tokens.get(end).is_some_and(|token| token == "::") && tokens.get(end + 1).is_some_and(is_word) {
            path.push(tokens[end + 1].clone());
            end += 2;
        }
        self.words.insert(path[0].clone());
        if path.len() > 1 {
            self.paths.push(path);
        }
        end
    }
}

fn split_at_commas(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}
