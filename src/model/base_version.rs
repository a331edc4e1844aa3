//! The base version: the semantic part of a version, kept in the repository (`1.4`).

use pep440_rs::Version;

/// A parsed base version, to be completed with a build number.
///
/// A stamp uses its epoch and release numbers only and drops the rest ([`BaseVersion::dropped`]): a trailing `.devN` everywhere, a pre,
/// post or local part on ordinary branches only, because a release branch refuses it ([`BaseVersion::extra`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseVersion {
    written: String,
    epoch: u64,
    release: Vec<u64>,
    extra: Option<ExtraPart>,
    /// The canonical text after the release numbers.
    dropped: String,
}

/// A part of a base version that a release branch refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtraPart {
    /// `a1`, `b1`, `rc1`
    Pre,
    /// `.post1`
    Post,
    /// `+local`
    Local,
}

impl std::fmt::Display for ExtraPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pre => "pre-release",
            Self::Post => "post-release",
            Self::Local => "local",
        })
    }
}

/// The base version is not a valid PEP 440 version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("base version {value:?} is not a PEP 440 version")]
pub struct BaseVersionError {
    /// The value as given.
    pub value: String,
}

/// Parses a base version from a project file, or from a tag without its prefix. Surrounding whitespace is ignored.
pub fn parse_base(text: &str) -> Result<BaseVersion, BaseVersionError> {
    let version: Version = text.trim().parse().map_err(|_| BaseVersionError { value: text.to_owned() })?;
    let extra = if version.is_local() {
        Some(ExtraPart::Local)
    } else if version.is_post() {
        Some(ExtraPart::Post)
    } else if version.is_pre() {
        Some(ExtraPart::Pre)
    } else {
        None
    };
    let (epoch, release) = (version.epoch(), version.release().to_vec());
    let mut base = BaseVersion { written: text.trim().to_owned(), epoch, release, extra, dropped: String::new() };
    base.dropped = version.to_string().strip_prefix(&base.text()).unwrap_or_default().to_owned();
    Ok(base)
}

impl BaseVersion {
    /// The version as written in its source, for messages.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The release numbers: `[1, 4]`.
    pub fn release(&self) -> &[u64] {
        &self.release
    }

    /// The part that a release branch refuses; `None` when there is none.
    pub fn extra(&self) -> Option<ExtraPart> {
        self.extra
    }

    /// The part that no stamp contains, in canonical form: `rc1.dev2`; `None` when there is none.
    pub fn dropped(&self) -> Option<&str> {
        Some(self.dropped.as_str()).filter(|part| !part.is_empty())
    }

    /// The value of `{base}`: epoch and release numbers, `1.4` for `1.4rc1`.
    pub fn text(&self) -> String {
        self.first_components(self.release.len())
    }

    /// The value of `{base:n}`: the epoch and the first `n` release numbers. Missing numbers are 0, so that `1` and `1.0`, which are
    /// the same version (PEP 440), give the same stamps.
    pub fn first_components(&self, n: usize) -> String {
        let numbers = self.release.iter().copied().chain(std::iter::repeat(0)).take(n);
        let dotted = numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(".");
        if self.epoch == 0 { dotted } else { format!("{}!{dotted}", self.epoch) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_release_numbers() {
        for (written, text, extra, dropped) in [
            ("1.4", "1.4", None, ""),
            (" v1.04.007\n", "1.4.7", None, ""),
            ("8.5.0.dev", "8.5.0", None, ".dev0"),
            ("1.4.dev3", "1.4", None, ".dev3"),
            ("1!2.0", "1!2.0", None, ""),
            ("1!2.0a1", "1!2.0", Some(ExtraPart::Pre), "a1"),
            ("1.4rc1.dev2", "1.4", Some(ExtraPart::Pre), "rc1.dev2"),
            ("1.4-beta.2", "1.4", Some(ExtraPart::Pre), "b2"),
            ("1.4.post1", "1.4", Some(ExtraPart::Post), ".post1"),
            ("1.4-99", "1.4", Some(ExtraPart::Post), ".post99"),
            ("1.4+ours", "1.4", Some(ExtraPart::Local), "+ours"),
        ] {
            let base = parse_base(written).unwrap();
            assert_eq!((base.text().as_str(), base.extra()), (text, extra), "{written}");
            assert_eq!(base.dropped().unwrap_or_default(), dropped, "{written}");
            assert_eq!(base.written(), written.trim());
        }
    }

    #[test]
    fn the_first_components_are_cut_or_filled_up() {
        let base = parse_base("1.4.2").unwrap();
        assert_eq!(base.first_components(2), "1.4");
        assert_eq!(base.first_components(5), "1.4.2.0.0");
        assert_eq!(parse_base("3!1").unwrap().first_components(2), "3!1.0");
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "1.4-SNAPSHOT", "1.4_77x", "1.4..7", "１.4", "99999999999999999999"] {
            assert_eq!(parse_base(text).unwrap_err().value, text);
        }
    }
}
