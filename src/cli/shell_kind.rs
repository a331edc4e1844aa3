//! The shells and CI systems that `git devpi env` writes for.

/// How assignments are written.
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
    /// Lines for the file that GITHUB_ENV names
    Github,
}
