"""Finds the git-devpi binary."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import Iterator

_NAME = "git-devpi.exe" if sys.platform == "win32" else "git-devpi"


def find_git_devpi() -> str:
    """Return the path of the binary of this installation, else of the first one on PATH.

    :raises FileNotFoundError: when there is none
    """
    for candidate in _candidates():
        if candidate.is_file():
            return str(candidate)
    on_path = shutil.which("git-devpi")
    if on_path is None:
        msg = f"{_NAME} is neither in {sysconfig.get_path('scripts')} nor on PATH; install it with `pip install git-devpi`"
        raise FileNotFoundError(msg)
    return on_path


def _candidates() -> Iterator[Path]:
    yield Path(sysconfig.get_path("scripts"), _NAME)
    # `pip install --target` records a path outside of its folder, which is not the installed file.
    try:
        files = metadata.distribution("git-devpi").files or []
    except metadata.PackageNotFoundError:
        return
    prefix = Path(sys.prefix).resolve()
    for file in files:
        if file.name == _NAME:
            path = Path(str(file.locate())).resolve()
            if prefix in path.parents:
                yield path
