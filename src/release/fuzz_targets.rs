//! The parsers of this room that read foreign bytes.

use super::junit::JUnitReport;
use crate::model::fuzz_targets::Target;

/// Each parser with its name.
pub const TARGETS: [Target; 1] = [("junit", junit)];

fn junit(bytes: &[u8]) {
    for exit_code in [None, Some(0), Some(1)] {
        let _ = JUnitReport::parse(bytes, exit_code);
    }
}
