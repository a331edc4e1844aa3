//! Files that git ignores, and would not commit.

use std::path::Path;

use super::error::Error;
use super::repository::Repository;

impl Repository {
    /// Returns the rule by which git ignores an untracked file, as `FILE:LINE:PATTERN`; `None` for a file that `git add` takes.
    ///
    /// Cost: one `git check-ignore`.
    pub fn ignore_rule(&self, path: &Path) -> Result<Option<String>, Error> {
        let path = path.to_string_lossy();
        let output = self.git().ask(&["check-ignore", "--verbose", "--", &path])?;
        let text = output.text();
        let rule = text.split('\t').next().unwrap_or_default().to_owned();
        // A pattern that begins with `!` makes an exception.
        let is_exception = rule.splitn(3, ':').nth(2).is_some_and(|pattern| pattern.starts_with('!'));
        Ok(Some(rule).filter(|rule| !rule.is_empty() && !is_exception))
    }
}

#[cfg(test)]
mod tests {
    use crate::git::testing::Sandbox;

    #[test]
    fn the_rule_is_named_and_an_exception_is_none() {
        let sandbox = Sandbox::new();
        let top = sandbox.repository("work");
        sandbox.commit(&top, ".gitignore", "# local\n*.py\n!kept.py\n");
        let repository = sandbox.open(&top);
        let rule = |name: &str| repository.ignore_rule(&top.join(name)).unwrap();
        assert_eq!(rule("toxfile.py").as_deref(), Some(".gitignore:2:*.py"));
        assert_eq!((rule("kept.py"), rule("tox.ini"), rule(".gitignore")), (None, None, None));
    }
}
