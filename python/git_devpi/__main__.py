"""``python -m git_devpi``: runs the binary."""

from __future__ import annotations

import subprocess
import sys

from git_devpi._binary import find_git_devpi

if __name__ == "__main__":
    sys.exit(subprocess.run([find_git_devpi(), *sys.argv[1:]], check=False).returncode)
