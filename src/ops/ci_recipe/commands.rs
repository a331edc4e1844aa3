//! The commands and names that all recipes use.

/// The variable with the password of CI's devpi user.
pub(super) const PASSWORD: &str = "GIT_DEVPI_PASSWORD";
/// Starts tox with git-devpi's plugin and uv beside it.
pub(super) const TOX: &str = "uvx --with git-devpi --with tox-uv tox";
/// Promotes the release of the checked-out commit.
pub(super) const PROMOTE: &str = "uvx git-devpi promote";
/// Deletes the indexes of merged and deleted branches.
pub(super) const PRUNE: &str = "uvx git-devpi prune --yes";
/// An image with uv, git and Python.
pub(super) const IMAGE: &str = "ghcr.io/astral-sh/uv:python3.12-bookworm";
