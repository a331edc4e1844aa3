//! Keeps a withdrawn release out of production until a promotion names it.

use super::super::evidence::WithdrawalRecord;
use super::super::names::IndexName;
use super::super::release::Release;
use super::blocker::Blocker;

/// The blocker of a withdrawn release, where `production` now holds the files `held` of its version.
///
/// A release of which production has a file was promoted again since.
pub(super) fn blocker(
    withdrawal: Option<&WithdrawalRecord>,
    production: &IndexName,
    held: Option<&Release>,
) -> Option<Blocker> {
    let WithdrawalRecord { who, when } = withdrawal.filter(|_| held.is_none())?;
    Some(Blocker::Withdrawn { who: who.clone(), when: *when, index: production.clone() })
}

#[cfg(test)]
mod tests {
    use super::super::super::evidence::samples::{Sample, minute, user};
    use super::super::super::evidence::withdrawal;
    use super::super::super::tox_result::samples::sha;
    use super::super::super::tox_result::{Note, WithdrawalNote};
    use super::*;

    fn production() -> IndexName {
        IndexName::parse("acme/prod").unwrap()
    }

    fn note(version: &str, file: char, index: &str) -> Note {
        Note::Withdrawal(WithdrawalNote { version: version.into(), sha256: sha(file), index: index.into() })
    }

    fn recorded(who: Option<&str>, note: Note) -> Option<WithdrawalRecord> {
        let sample = Sample::new("acme/main", "1.4.57").file("demo.whl", sha('b')).noted(who, 4, note);
        withdrawal(&sample.release, &sample.reports, (&[user("ci")], &production()))
    }

    #[test]
    fn only_a_trusted_record_about_this_release_and_production_counts() {
        let expected = WithdrawalRecord { who: Some("ci".into()), when: minute(4) };
        assert_eq!(recorded(Some("ci"), note("1.4.57", 'b', "acme/prod")), Some(expected));
        assert_eq!(recorded(Some("mallory"), note("1.4.57", 'b', "acme/prod")), None);
        assert_eq!(recorded(None, note("1.4.57", 'b', "acme/prod")), None);
        assert_eq!(recorded(Some("ci"), note("1.4.58", 'b', "acme/prod")), None);
        assert_eq!(recorded(Some("ci"), note("1.4.57", 'c', "acme/prod")), None);
        assert_eq!(recorded(Some("ci"), note("1.4.57", 'b', "acme/staging")), None);
    }

    #[test]
    fn a_release_that_is_back_in_production_is_not_blocked() {
        let record = recorded(Some("ci"), note("1.4.57", 'b', "acme/prod"));
        let held = Sample::new("acme/prod", "1.4.57").file("demo.whl", sha('b')).release;
        assert_eq!(blocker(record.as_ref(), &production(), Some(&held)), None);
        let found = blocker(record.as_ref(), &production(), None).unwrap();
        assert_eq!(found.to_string(), "withdrawn from acme/prod (by ci, at 2026-01-02T00:04:00Z)");
        assert_eq!(blocker(None, &production(), None), None);
    }
}
