//! The rights on an index that a build needs.

use std::fmt;

/// A right on an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// To upload files.
    Upload,
    /// To post tox results, and thereby the provenance of a build.
    Results,
}

impl Right {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Upload, Self::Results];

    /// The key in the index's configuration on the server.
    pub fn acl(self) -> &'static str {
        match self {
            Self::Upload => "acl_upload",
            Self::Results => "acl_toxresult_upload",
        }
    }

    /// The setting that names the users.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Upload => "upload-users",
            Self::Results => "evidence-users",
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upload => "upload to",
            Self::Results => "post results to",
        })
    }
}
