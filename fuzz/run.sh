#!/usr/bin/env bash
# Fuzzes each parser of foreign bytes, or those that are named, for SECONDS_EACH (600) seconds. Needs `cargo install cargo-fuzz`.
#
#     fuzz/run.sh [PARSER ...]
#
# What the fuzzer finds is kept in fuzz/found/PARSER. A crash is minimised, mended, and then kept as a file of fuzz/corpus/PARSER,
# which `cargo test` runs.
set -euo pipefail
cd "$(dirname "$0")"
parsers=("$@")
((${#parsers[@]})) || parsers=(corpus/*)
# The sanitizers need flags of the nightly compiler.
export RUSTC_BOOTSTRAP=1
cargo fuzz build parser
failed=()
for parser in "${parsers[@]##*/}"; do
    mkdir -p "found/$parser" "artifacts/$parser"
    echo "== $parser"
    PARSER=$parser cargo fuzz run parser "found/$parser" "corpus/$parser" -- -max_total_time="${SECONDS_EACH:-600}" -timeout=5 \
        -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 -verbosity=0 -artifact_prefix="artifacts/$parser/" || failed+=("$parser")
done
if ((${#failed[@]})); then
    echo "crashes of ${failed[*]}: see fuzz/artifacts" >&2
    exit 1
fi
echo "no crash"
