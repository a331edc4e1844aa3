#!/usr/bin/env bash
# Builds the wheel of this platform from the source distribution, and the source distribution: scripts/build-wheel.sh FOLDER.
#
# Linux: for glibc 2.17 and later (manylinux2014), linked by zig. macOS: universal2. Needs Rust, Python 3 and the registries.
set -euo pipefail
mkdir -p "$1"
out="$(cd "$1" && pwd)"
cd "$(dirname "$0")/.."
target="${CARGO_TARGET_DIR:-$PWD/target}"
tools="$target/wheel-tools"
python="$(command -v python3 || command -v python)"
"$python" -m venv --clear "$tools"
bin="$tools/bin"
[ -d "$bin" ] || bin="$tools/Scripts"
"$bin/python" -m pip install --quiet --disable-pip-version-check -r scripts/wheel-requirements.txt
PATH="$bin:$PATH"

maturin sdist --out "$out"
source="$target/wheel-source"
rm -rf "$source"
mkdir -p "$source"
# With new times: cargo would take a changed file of an old time for unchanged.
tar -xzmf "$out"/git_devpi-*.tar.gz -C "$source" --strip-components=1
cd "$source"

options=(--profile dist --out "$out")
case "$(uname -s)" in
Linux)
    # Without relocations at the start; DESIGN.md has the measurement and the cost.
    options+=(--zig --compatibility manylinux2014 --target "$(uname -m)-unknown-linux-gnu" -- -C relocation-model=static)
    ;;
Darwin)
    rustup target add x86_64-apple-darwin aarch64-apple-darwin
    options+=(--target universal2-apple-darwin)
    ;;
esac
CARGO_TARGET_DIR="$target" maturin build --quiet --locked "${options[@]}"
