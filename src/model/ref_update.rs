//! Parses the ref updates that git passes to hooks on stdin.
//!
//! The local ref of a pre-push line is what the user typed (`HEAD~`, an object name, `HEAD@{1 day ago}` with its spaces), so the parser
//! ignores it. Lines are raw bytes. A line that does not follow githooks(5), or whose ref is not UTF-8, is skipped: no index can
//! belong to it, and a hook must not stop a push because of it.

use super::names::{BranchName, CommitId};

/// One ref that a push changes on the remote side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefUpdate {
    /// The new object of the ref; all zeros for a deletion. For a tag it may be a tag object.
    pub local_oid: CommitId,
    /// The full name on the remote: `refs/heads/x`.
    pub remote_ref: String,
    /// The old object of the ref; all zeros for a creation.
    pub remote_oid: CommitId,
}

/// The kind of change of a ref.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefChange {
    /// The ref is created.
    Create,
    /// The ref moves, by fast-forward or force; stdin does not tell which.
    Update,
    /// The ref is deleted.
    Delete,
}

impl RefUpdate {
    /// The kind of change.
    pub fn change(&self) -> RefChange {
        if self.local_oid.is_null() {
            RefChange::Delete
        } else if self.remote_oid.is_null() {
            RefChange::Create
        } else {
            RefChange::Update
        }
    }

    /// The branch; `None` for refs outside `refs/heads/`, such as tags and notes.
    pub fn branch(&self) -> Option<BranchName> {
        BranchName::parse(self.remote_ref.strip_prefix("refs/heads/")?).ok()
    }
}

/// Parses the stdin of pre-push: `<local ref> <local oid> <remote ref> <remote oid>` per line (githooks(5)).
///
/// The input is empty when everything is up to date. It does not list deletions by `git push --mirror`.
pub fn parse_pre_push(stdin: &[u8]) -> Vec<RefUpdate> {
    lines(stdin)
        .filter_map(|line| {
            // From the right, because the local ref may contain spaces.
            let mut fields = line.rsplitn(4, |&b| b == b' ');
            let remote_oid = oid(fields.next()?)?;
            let remote_ref = ref_name(fields.next()?)?;
            let local_oid = oid(fields.next()?)?;
            fields.next()?;
            Some(RefUpdate { local_oid, remote_ref, remote_oid })
        })
        .collect()
}

/// Parses the stdin of post-receive: `<old oid> <new oid> <ref>` per line (githooks(5)). The new oid is the `local_oid`.
pub fn parse_post_receive(stdin: &[u8]) -> Vec<RefUpdate> {
    lines(stdin)
        .filter_map(|line| {
            let mut fields = line.splitn(3, |&b| b == b' ');
            let remote_oid = oid(fields.next()?)?;
            let local_oid = oid(fields.next()?)?;
            let remote_ref = ref_name(fields.next()?)?;
            Some(RefUpdate { local_oid, remote_ref, remote_oid })
        })
        .collect()
}

/// The lines without a trailing CR, which a Windows shell may add.
fn lines(stdin: &[u8]) -> impl Iterator<Item = &[u8]> {
    stdin.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn oid(field: &[u8]) -> Option<CommitId> {
    CommitId::parse(std::str::from_utf8(field).ok()?).ok()
}

fn ref_name(field: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(field).ok()?;
    (name.starts_with("refs/") && !name.contains(' ')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";
    const NULL: &str = "0000000000000000000000000000000000000000";

    fn only(text: &str) -> RefUpdate {
        let mut updates = parse_pre_push(text.as_bytes());
        assert_eq!(updates.len(), 1, "{text}");
        updates.remove(0)
    }

    #[test]
    fn a_line_tells_what_happens_to_which_branch() {
        let created = only(&format!("refs/heads/x {ONE} refs/heads/feature/y {NULL}\n"));
        assert_eq!(created.change(), RefChange::Create);
        assert_eq!(created.branch().unwrap().as_str(), "feature/y");
        assert_eq!(created.local_oid.as_str(), ONE);
        assert_eq!(only(&format!("HEAD {ONE} refs/heads/x {TWO}\n")).change(), RefChange::Update);
        let deleted = only(&format!("(delete) {NULL} refs/heads/x {TWO}\n"));
        assert_eq!(deleted.change(), RefChange::Delete);
        assert_eq!(deleted.remote_oid.as_str(), TWO);
    }

    #[test]
    fn the_local_side_may_hold_anything() {
        let update = only(&format!("HEAD@{{1 day ago}} {ONE} refs/heads/x {NULL}\n"));
        assert_eq!(update.branch().unwrap().as_str(), "x");
        let mut bytes = b"refs/heads/\xff ".to_vec();
        bytes.extend(format!("{ONE} refs/heads/x {NULL}\n").bytes());
        assert_eq!(parse_pre_push(&bytes).len(), 1);
    }

    #[test]
    fn tags_and_notes_are_no_branches() {
        for name in ["refs/tags/v1", "refs/notes/commits", "refs/remotes/origin/x", "refs/heads/"] {
            assert_eq!(only(&format!("x {ONE} {name} {NULL}\n")).branch(), None, "{name}");
        }
    }

    #[test]
    fn lines_that_are_not_as_documented_are_left_out() {
        let mut bytes =
            format!("x {ONE} refs/heads/good {NULL}\r\n\nnonsense\nx short refs/heads/x {NULL}\n").into_bytes();
        bytes.extend(format!("x {ONE} refs/heads/").bytes());
        bytes.extend(b"\xff\xfe");
        bytes.extend(format!(" {NULL}\nx {ONE} refs/heads/last {NULL}").bytes());
        let names: Vec<_> = parse_pre_push(&bytes).into_iter().map(|u| u.remote_ref).collect();
        assert_eq!(names, ["refs/heads/good", "refs/heads/last"]);
        assert!(parse_pre_push(b"").is_empty());
    }

    #[test]
    fn post_receive_has_old_and_new_the_other_way_round() {
        let text = format!("{NULL} {ONE} refs/heads/a\n{ONE} {TWO} refs/heads/b\n{TWO} {NULL} refs/heads/c\n");
        let changes: Vec<_> = parse_post_receive(text.as_bytes()).iter().map(RefUpdate::change).collect();
        assert_eq!(changes, [RefChange::Create, RefChange::Update, RefChange::Delete]);
    }

    #[test]
    fn object_names_may_be_sha256() {
        let (old, new) = ("0".repeat(64), "a".repeat(64));
        assert_eq!(parse_post_receive(format!("{old} {new} refs/heads/x\n").as_bytes())[0].change(), RefChange::Create);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for update in parse_pre_push(&bytes).iter().chain(&parse_post_receive(&bytes)) {
                let _ = (update.change(), update.branch());
            }
        }

        #[test]
        fn nearly_right_lines_do_not_either(text in "([0a]{40}|refs/heads/|[ \n\r]|x|\u{7f}){0,40}") {
            for update in parse_pre_push(text.as_bytes()).iter().chain(&parse_post_receive(text.as_bytes())) {
                let _ = (update.change(), update.branch());
            }
        }

        #[test]
        fn what_git_writes_is_read_back(names in proptest::collection::vec("[a-zé/.]{1,30}", 0..20)) {
            let text: String = names.iter().map(|n| format!("refs/heads/{n} {ONE} refs/heads/{n} {NULL}\n")).collect();
            let read: Vec<_> = parse_pre_push(text.as_bytes()).iter().filter_map(RefUpdate::branch).collect();
            prop_assert_eq!(read.iter().map(BranchName::as_str).collect::<Vec<_>>(), names);
        }
    }
}
