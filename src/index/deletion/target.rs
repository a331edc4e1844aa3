//! An index to delete, and whether it still is what was seen.

use std::borrow::Cow;

use crate::devpi::IndexConfig;
use crate::index::contents::Contents;
use crate::model::names::IndexName;
use crate::model::record::Record;

/// An index to delete, as it was seen.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Its name.
    pub index: &'a IndexName,
    /// Its configuration.
    pub seen: &'a IndexConfig,
    /// Its contents, if they were read: then it is not deleted after they have changed.
    pub contents: Option<&'a Contents>,
}

/// An index to delete whose contents are known.
pub(super) struct Prepared<'a> {
    pub(super) target: Target<'a>,
    pub(super) record: &'a Record,
    pub(super) contents: Cow<'a, Contents>,
}

/// Why the record is another one than the expected; `None` if it still describes the same index.
///
/// A change of `own_commits` does not count. A renewed claim is another one.
pub(super) fn changed(expected: &Record, now: Option<&Record>) -> Option<&'static str> {
    let is_same = match (expected, now) {
        (_, None) => return Some("its record was removed in the meantime"),
        (Record::Branch(was), Some(Record::Branch(is))) => {
            (&was.repository, &was.branch, was.created) == (&is.repository, &is.branch, is.created)
        }
        (Record::Claim(was), Some(Record::Claim(is))) => (&was.holder, was.until) == (&is.holder, is.until),
        _ => false,
    };
    (!is_same).then_some("its record changed in the meantime")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::names::CommitId;
    use crate::model::record::{BranchRecord, ClaimRecord};

    fn branch(created: &str, own_commits: bool) -> Record {
        let created = created.parse().unwrap();
        Record::Branch(BranchRecord {
            repository: "acme/shiny".into(),
            branch: "x".into(),
            own_commits,
            created,
            remote: None,
        })
    }

    fn claim(until: &str) -> Record {
        Record::Claim(ClaimRecord {
            repository: "acme/shiny".into(),
            branch: "x".into(),
            holder: "h".into(),
            commit: CommitId::parse(&"1".repeat(40)).unwrap(),
            project: None,
            version: None,
            until: until.parse().unwrap(),
            failed: None,
            abandoned: false,
            ci_url: None,
        })
    }

    #[test]
    fn an_index_that_was_made_anew_is_another_one() {
        let (first, second) = ("2026-01-02T03:04:05Z", "2026-01-03T03:04:05Z");
        assert_eq!(changed(&branch(first, false), Some(&branch(first, true))), None);
        assert!(changed(&branch(first, false), Some(&branch(second, false))).is_some());
        assert!(changed(&branch(first, false), None).is_some());
        assert_eq!(changed(&claim(first), Some(&claim(first))), None);
        assert!(changed(&claim(first), Some(&claim(second))).is_some(), "a renewed claim is alive");
        assert!(changed(&branch(first, false), Some(&claim(first))).is_some());
    }
}
