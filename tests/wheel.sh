#!/usr/bin/env bash
# Builds the wheel that is shipped, installs it into an empty virtual environment, and plays the demo with it. Needs Rust, git, Python 3 and
# the registries.
set -euo pipefail
cd "$(dirname "$0")/.."
folder="${CARGO_TARGET_DIR:-$PWD/target}/wheel-test"
rm -rf "$folder"
scripts/build-wheel.sh "$folder/dist"
ls -l "$folder/dist"

# The source distribution has what the build needs, and nothing of a build.
wanted="CHANGELOG.md Cargo.lock Cargo.toml LICENSE PKG-INFO README.md benches hooks man pyproject.toml python scripts src tests wheel "
content="$(tar -tzf "$folder"/dist/git_devpi-*.tar.gz | cut -d/ -f2 | LC_ALL=C sort -u | tr '\n' ' ')"
test "$content" = "$wanted" || { echo "the source distribution has $content instead of $wanted"; exit 1; }

# Without cargo it says so, and downloads nothing.
python3 -m venv "$folder/without-cargo"
message="$(PATH="$folder/without-cargo/bin" pip install --disable-pip-version-check "$folder"/dist/git_devpi-*.tar.gz 2>&1 || true)"
[[ $message == *"cargo is not on PATH"* ]] || { echo "$message"; exit 1; }

scripts/check-wheel.sh "$folder"/dist/git_devpi-*.whl "$folder"
cd "$folder"
PATH="$folder/installed/bin:$PATH" GIT_DEVPI_HOME="$folder/home" git devpi demo
