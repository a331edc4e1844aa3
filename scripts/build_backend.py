"""The build backend: that of maturin, with a clear message where cargo is missing. maturin itself would download a Rust toolchain then."""

from __future__ import annotations

import shutil
import sys

from maturin import *  # noqa: F403  the hooks of PEP 517


def _require_cargo(config_settings: object = None) -> list[str]:
    if shutil.which("cargo") is None:
        sys.exit(
            "error: git-devpi is written in Rust, and cargo is not on PATH\n"
            "hint: install the wheel of your platform instead (`pip install --only-binary git-devpi git-devpi`), or install Rust first"
        )
    return []


get_requires_for_build_wheel = get_requires_for_build_editable = get_requires_for_build_sdist = _require_cargo
