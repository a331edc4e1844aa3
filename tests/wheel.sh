#!/usr/bin/env bash
# Builds the wheel, installs it into an empty virtual environment, and plays the demo with it. Needs Rust, git, Python 3 and the registries.
set -euo pipefail
cd "$(dirname "$0")/.."
folder="${CARGO_TARGET_DIR:-target}/wheel-test"
rm -rf "$folder"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
python3 -m venv "$folder/builder"
"$folder/builder/bin/pip" install --quiet --disable-pip-version-check "maturin>=1.9,<2"
"$folder/builder/bin/maturin" build --release --quiet --out "$folder/dist"
python3 -m venv "$folder/installed"
"$folder/installed/bin/pip" install --quiet --disable-pip-version-check "$folder"/dist/git_devpi-*.whl
ls -l "$folder"/dist

# The Python package finds the binary beside it, also where PATH has none.
found="$("$folder/installed/bin/python" -c 'import git_devpi; print(git_devpi.find_git_devpi())')"
test "$found" = "$folder/installed/bin/git-devpi"
"$folder/installed/bin/python" -m git_devpi --version

cd "$folder"
PATH="$folder/installed/bin:$PATH" GIT_DEVPI_HOME="$folder/home" git devpi demo
