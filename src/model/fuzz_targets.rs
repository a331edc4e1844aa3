//! The parsers of this room that read foreign bytes.

use serde_json::Value;
use url::Url;

use super::ci::GithubEvent;
use super::distribution::{Distribution, WheelTag};
use super::names::{BranchName, IndexName, ProjectName, RepositoryName, Sha256, UserName};
use super::record::Record;
use super::remote_url::RemoteUrl;
use super::tox_result::{Note, ToxReport, parse_report};
use super::{base_version, index_name, pasted_url, ref_update, stamp, url_secret};

/// A parser with its name.
pub type Target = (&'static str, fn(&[u8]));

/// Each parser with its name.
pub const TARGETS: [Target; 5] =
    [("names", names), ("urls", urls), ("tox-report", tox_report), ("record", record), ("ref-updates", ref_updates)];

fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(name) = ProjectName::parse(&text) {
        assert_eq!(ProjectName::parse(name.as_str()).as_ref(), Ok(&name));
    }
    if let Ok(name) = IndexName::parse(&text) {
        assert_eq!(IndexName::parse(&name.to_string()).as_ref(), Ok(&name));
    }
    let _ = (UserName::parse(&text), BranchName::parse(&text), RepositoryName::parse(&text), Sha256::parse(&text));
    let slug = index_name::slug(&text);
    assert!(slug.is_ascii(), "{slug:?}");
    let _ = (Distribution::parse(&text), WheelTag::parse(&text), base_version::parse_base(&text));
    let _ = (stamp::BuildNumber::parse(&text), index_name::index_of_claim(&text));
}

fn urls(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let remote = RemoteUrl::parse(&text);
    let _ = (remote.repository_name(), remote.hash(&[]), remote.is_local(), remote.hashes_of_each(&["h".to_owned()]));
    let masked = url_secret::masked(&text);
    assert_eq!(url_secret::masked(&masked), masked, "masking twice changes the text");
    if let Ok(url) = Url::parse(&text) {
        let _ = (pasted_url::below_index(&url), pasted_url::as_index(&url), pasted_url::below_root(&url));
    }
}

fn tox_report(bytes: &[u8]) {
    let _ = ToxReport::from_bytes(bytes);
    let Ok(report) = parse_report(bytes) else { return };
    let digest = Sha256::parse(&"a".repeat(64));
    for run in ToxReport::parse(&report).environments.values() {
        let _ = digest.as_ref().map(|digest| run.judge(digest));
    }
    if let Some(note) = Note::from_report(&report) {
        let _ = note.to_value();
    }
}

fn record(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let _ = GithubEvent::read(&value);
    let Some(record) = Record::from_custom_data(&value) else { return };
    assert_eq!(Record::from_custom_data(&record.to_custom_data()).as_ref(), Some(&record));
}

fn ref_updates(bytes: &[u8]) {
    for update in ref_update::parse_pre_push(bytes).into_iter().chain(ref_update::parse_post_receive(bytes)) {
        let _ = (update.change(), update.branch());
    }
}
