//! The files outside of a project's folder that its description names: `../shared/data.bin`.
//!
//! Reads texts, not formats: a path that no build uses costs nothing but a check.

use std::path::PathBuf;

use super::error::Error;
use super::source_text::SourceText;
use super::static_value::strings;

/// The files that describe a project or its build.
const DESCRIPTIONS: [&str; 9] = [
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "MANIFEST.in",
    "hatch.toml",
    "hatch_build.py",
    "Cargo.toml",
    "meson.build",
    "CMakeLists.txt",
];

/// Returns the paths that lead out of the folder `dir`, relative to it.
///
/// The folder of a `Cargo.toml` stands for the crate in it. A path of `..` alone is left out: tools name the top of the repository so.
pub fn of(dir: &std::path::Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for name in DESCRIPTIONS {
        let Some(file) = SourceText::read(dir, name)? else { continue };
        let mut paths: Vec<String> = written(file.text()).map(str::to_owned).collect();
        if name.ends_with(".py") {
            paths.extend(strings(file.text()).into_iter().filter(|path| path.starts_with("../")));
        }
        for path in paths {
            let path = path.strip_suffix("/Cargo.toml").unwrap_or(&path);
            if path.split('/').any(|part| !matches!(part, "" | "." | "..")) {
                found.push(PathBuf::from(path));
            }
        }
    }
    Ok(found)
}

/// The texts that start with `../`, up to a quote, bracket, comma or space.
fn written(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("../").filter_map(|(at, _)| {
        let starts = text[..at].chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || "./_-".contains(c)));
        let rest = &text[at..];
        let end = rest.find(|c: char| c.is_whitespace() || "\"',;()[]{}*?".contains(c)).unwrap_or(rest.len());
        starts.then(|| rest[..end].trim_end_matches('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_every_description() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [
            (
                "pyproject.toml",
                "readme = '../README.md'\n[tool.setuptools_scm]\nroot = '../..'\n[x]\n\"../data/a b\" = 1\n",
            ),
            ("setup.py", "import os\nS = os.path.join('..', 'shared')\nopen('a/../b')\n"),
            ("MANIFEST.in", "recursive-include ../media *.bin\ninclude ../*.txt\n"),
            ("Cargo.toml", "core = { path = \"../core\" }\nother = { manifest = \"../rust/Cargo.toml\" }\n"),
        ] {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        let found: Vec<String> = of(dir.path()).unwrap().iter().map(|path| path.display().to_string()).collect();
        assert_eq!(found, ["../README.md", "../data/a", "../shared", "../media", "../core", "../rust"]);
    }
}
