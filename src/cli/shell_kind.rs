//! The shells and file formats that `git devpi env` supports.

/// The syntax of assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ShellKind {
    /// `export NAME='value'`
    Sh,
    /// `set -gx NAME 'value'`
    Fish,
    /// `$env:NAME = 'value'`
    Powershell,
    /// `NAME=value`
    Dotenv,
    /// Lines for the file that GITHUB_ENV names, in GitHub Actions
    Github,
}
