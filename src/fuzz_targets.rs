//! All parsers that read bytes of a server, a repository, a tool or another user, for the fuzzer (`fuzz/`) and for the tests here.
//!
//! A parser must not panic, hang or use memory beyond its limits, whatever the bytes are.

use crate::model::fuzz_targets::Target;

/// The parsers with their names.
pub fn all() -> Vec<Target> {
    let rooms: [&[Target]; 5] = [
        &crate::model::fuzz_targets::TARGETS,
        &crate::devpi::fuzz_targets::TARGETS,
        &crate::python::fuzz_targets::TARGETS,
        &crate::settings::fuzz_targets::TARGETS,
        &crate::release::fuzz_targets::TARGETS,
    ];
    rooms.concat()
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;

    use super::*;

    /// Bytes that a failure shows as text.
    struct Bytes(Vec<u8>);

    impl std::fmt::Debug for Bytes {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "b\"{}\"", self.0.escape_ascii())
        }
    }

    fn corpus(name: &str) -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let entries = std::fs::read_dir(&folder).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| std::fs::read(file).unwrap()).collect()
    }

    /// A change of a text of the corpus: bytes cut out, repeated, or replaced.
    fn mutated(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Bytes> {
        let foreign = prop_oneof![any::<Vec<u8>>(), "\\PC{0,12}".prop_map(String::into_bytes)];
        (prop::sample::select(corpus), any::<prop::sample::Index>(), any::<prop::sample::Index>(), foreign).prop_map(
            |(mut bytes, start, end, foreign)| {
                let (start, end) = (start.index(bytes.len() + 1), end.index(bytes.len() + 1));
                let piece = bytes[start.min(end)..start.max(end)].to_vec();
                let new = if foreign.len() % 3 == 0 { [piece, foreign].concat() } else { foreign };
                bytes.splice(start.min(end)..start.max(end), new);
                Bytes(bytes)
            },
        )
    }

    #[test]
    fn no_parser_panics_on_the_corpus_and_on_changes_of_it() {
        let mut failures = Vec::new();
        for (name, parse) in all() {
            let corpus = corpus(name);
            let runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() });
            let unchanged = prop::sample::select(corpus.clone()).prop_map(Bytes);
            let result = { runner }.run(&prop_oneof![1 => unchanged, 9 => mutated(corpus)], |bytes| {
                parse(&bytes.0);
                Ok(())
            });
            failures.extend(result.err().map(|error| format!("{name}: {error}")));
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }
}
