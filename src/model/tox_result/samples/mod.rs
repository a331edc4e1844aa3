//! Reports that tox wrote, shortened, for tests; and short names for digests.
//!
//! Both were written in one run of the same `tox.ini` with `--installpkg` (tox 4.67 and 3.28). Its environments are named after
//! what they do: `ign` has a failing command with a leading dash, `igo` has `ignore_outcome`, `pre` fails in `commands_pre`, `lint`
//! has `skip_install`, `nocmd` has no commands, `skipme` is for another platform, `noinst` cannot install its dependencies. Into the
//! report of tox 4 are mixed, from runs of their own: `notest` (`tox --notest`), `built` (a package that tox built itself) and
//! `broken` (a package that cannot be unpacked).

use serde_json::Value;

use super::super::names::{CommitId, Sha256};

/// The sha256 of the wheel that the samples tested.
pub(crate) const TESTED: &str = "9cf3d8e00ba58cae7f1031467e4f0c585cc3444efc9210add61d82cc76c9404f";

pub(crate) fn tox4() -> Value {
    serde_json::from_str(include_str!("tox4.json")).unwrap()
}

pub(crate) fn tox3() -> Value {
    serde_json::from_str(include_str!("tox3.json")).unwrap()
}

pub(crate) fn tested() -> Sha256 {
    Sha256::parse(TESTED).unwrap()
}

/// A sha256 of one digit, repeated.
pub(crate) fn sha(digit: char) -> Sha256 {
    Sha256::parse(&digit.to_string().repeat(64)).unwrap()
}

/// A commit of one digit, repeated.
pub(crate) fn commit(digit: char) -> CommitId {
    CommitId::parse(&digit.to_string().repeat(40)).unwrap()
}
