//! Patterns of folders.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};

/// A glob of folders: `*` matches a part of a name, `**` any number of folders.
#[derive(Debug, Clone)]
pub struct FolderPattern(GlobMatcher);

impl FolderPattern {
    /// Parses a pattern; `None` for the name of a folder. The error is the reason.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        if !text.contains(['*', '?', '[', '{']) {
            return Ok(None);
        }
        let text = text.trim_start_matches("./").trim_end_matches('/');
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        glob.map(|glob| Some(Self(glob.compile_matcher()))).map_err(|error| format!("is no pattern: {}", error.kind()))
    }

    /// Whether it matches a folder, which is relative to the top of the repository.
    pub fn matches(&self, folder: &Path) -> bool {
        self.0.is_match(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_name() {
        let matching = |pattern: &str| {
            let pattern = FolderPattern::parse(pattern).unwrap().unwrap();
            let folders = ["libs", "libs/a", "libs/b", "libs/b/vendor", "apps/a"];
            folders.into_iter().filter(|folder| pattern.matches(Path::new(folder))).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(matching("libs/*"), "libs/a libs/b");
        assert_eq!(matching("./*/a/"), "libs/a apps/a");
        assert_eq!(matching("**/b"), "libs/b");
        assert_eq!(matching("{libs,apps}/[ab]"), "libs/a libs/b apps/a");
        assert!(FolderPattern::parse("libs/a").unwrap().is_none());
        assert!(FolderPattern::parse("libs/[a").unwrap_err().contains("is no pattern"));
    }
}
