"""git-devpi for Python: finds the program that this package installs.

The program itself is a binary. ``git_devpi.tox`` is the plugin of tox.
"""

from git_devpi._binary import find_git_devpi

__all__ = ["find_git_devpi"]
