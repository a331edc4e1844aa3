//! The configuration of an index, as read and as sent to create one.

use serde_json::{Value, json};

use super::wire_format;
use crate::model::names::IndexName;
use crate::model::record::Record;

/// The type of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexKind {
    /// An index that accepts uploads.
    Stage,
    /// A mirror of another server.
    Mirror,
    /// A type that a plugin of the server defines.
    Other(String),
}

/// An index's configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexConfig {
    /// The type of the index.
    pub kind: IndexKind,
    /// The indexes it inherits from. Bases with names outside our rules are only in `raw`.
    pub bases: Vec<IndexName>,
    /// Whether files may be overwritten and the index deleted.
    pub volatile: bool,
    /// The users who may upload.
    pub acl_upload: Vec<String>,
    /// The users who may post tox results; `:ANONYMOUS:` allows everyone.
    pub acl_toxresult_upload: Vec<String>,
    /// The title, for display.
    pub title: String,
    /// The branch record, if git-devpi created the index.
    pub record: Option<Record>,
    /// The complete configuration, as the server sent it.
    pub raw: Value,
}

impl IndexConfig {
    pub(super) fn from_wire(raw: Value) -> Result<Self, serde_json::Error> {
        let sent: wire_format::IndexConfig = serde_json::from_value(raw.clone())?;
        Ok(Self {
            kind: match sent.kind.as_str() {
                "stage" => IndexKind::Stage,
                "mirror" => IndexKind::Mirror,
                _ => IndexKind::Other(sent.kind),
            },
            bases: sent.bases.iter().filter_map(|base| IndexName::parse(base).ok()).collect(),
            volatile: sent.volatile,
            acl_upload: sent.acl_upload,
            acl_toxresult_upload: sent.acl_toxresult_upload,
            title: sent.title,
            record: Record::from_custom_data(&sent.custom_data),
            raw,
        })
    }

    /// Whether anonymous users may post tox results.
    pub fn takes_anonymous_results(&self) -> bool {
        self.acl_toxresult_upload.iter().any(|who| who == ":ANONYMOUS:")
    }
}

/// The configuration of an index to be created.
#[derive(Debug, Clone, PartialEq)]
pub struct NewIndex {
    /// The indexes it inherits from; each must exist.
    pub bases: Vec<IndexName>,
    /// Whether files may be overwritten and the index deleted. On a non-volatile index the first upload of a file wins.
    pub volatile: bool,
    /// The users who may upload. Empty for devpi's default, the owner of the index.
    pub acl_upload: Vec<String>,
    /// The users who may post tox results. devpi's default is everyone.
    pub acl_toxresult_upload: Vec<String>,
    /// The title, for display.
    pub title: String,
    /// The branch record. Everyone can read it.
    pub record: Option<Record>,
}

impl NewIndex {
    pub(super) fn to_wire(&self) -> Value {
        let mut config = json!({
            "type": "stage",
            "volatile": self.volatile,
            "bases": self.bases.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "acl_toxresult_upload": self.acl_toxresult_upload,
            "title": self.title,
        });
        if !self.acl_upload.is_empty() {
            config["acl_upload"] = json!(self.acl_upload);
        }
        // devpi responds to null with 500, so unset keys are omitted.
        if let Some(record) = &self.record {
            config["custom_data"] = record.to_custom_data();
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_and_a_plugins_index_are_read_too() {
        let mirror = json!({"type": "mirror", "volatile": false, "mirror_url": "https://upstream.example/simple/", "title": "Upstream"});
        let config = IndexConfig::from_wire(mirror.clone()).unwrap();
        assert_eq!((config.kind, config.bases.len(), config.raw), (IndexKind::Mirror, 0, mirror));
        let other = IndexConfig::from_wire(json!({"type": "pr", "bases": ["a/b", "strange"]})).unwrap();
        assert_eq!(other.kind, IndexKind::Other("pr".into()));
        assert_eq!(other.bases, [IndexName::parse("a/b").unwrap()]);
        assert!(IndexConfig::from_wire(json!([])).is_err());
    }

    #[test]
    fn nothing_is_sent_as_null() {
        let new = NewIndex {
            bases: vec![],
            volatile: false,
            acl_upload: vec![],
            acl_toxresult_upload: vec!["acme".into()],
            title: String::new(),
            record: None,
        };
        assert!(new.to_wire().as_object().unwrap().values().all(|value| !value.is_null()));
    }
}
