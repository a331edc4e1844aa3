//! The command line: what may be typed, and the help that explains it.

use super::global_args::Global;
use clap::{Parser, Subcommand};

use super::commands;
use super::lazy_args::LazyArgs;

/// Every branch gets an index on your devpi server; its package is built once, tested, promoted, and cleaned up.
///
/// git-devpi is used as `git devpi VERB`, through its git hooks, and by tox. `git devpi demo` plays the whole story through on a
/// local server.
#[derive(Debug, Parser)]
#[command(
    name = "git-devpi",
    bin_name = "git devpi",
    version,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Begin with `git devpi demo` to see it work, or `git devpi init` to set a repository up.\n\
                  `git devpi -h` and `git devpi VERB -h` always work; `git devpi VERB --help` needs the man pages \
                  (`git devpi man --install DIR`)."
)]
pub struct Cli {
    /// What holds for every verb.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
}

/// Every verb.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set this repository up: settings, log-in, indexes, hooks, tox.
    Init(LazyArgs<commands::init::Args>),
    /// Log in to a devpi server and keep the token.
    Login(LazyArgs<commands::login::Args>),
    /// Forget the token for a devpi server.
    Logout(LazyArgs<commands::logout::Args>),
    /// Show who is logged in, and where.
    Whoami(LazyArgs<commands::whoami::Args>),
    /// Show the branch, its index, and what lies on it.
    Status(LazyArgs<commands::status::Args>),
    /// Print the version that a build of this commit gets.
    Version(LazyArgs<commands::version::Args>),
    /// Make a copy of the commit that carries its version.
    Stamp(LazyArgs<commands::stamp::Args>),
    /// Build the package from a stamped copy; no server needed.
    Build(LazyArgs<commands::build::Args>),
    /// Find the package on the branch's index, or build and publish it; leave the file in a folder.
    Ensure(LazyArgs<commands::ensure::Args>),
    /// Run tox on the package, and upload its results as evidence.
    Test(LazyArgs<commands::test::Args>),
    /// Show the evidence for a release, or add to it.
    Results(LazyArgs<commands::results::Args>),
    /// Copy a green release to the production index, bytes unchanged.
    Promote(LazyArgs<commands::promote::Args>),
    /// Delete the indexes of merged and deleted branches.
    Prune(LazyArgs<commands::prune::Args>),
    /// Look at, make and delete indexes by hand.
    Index(LazyArgs<commands::index::Args>),
    /// Print the variables that make pip and uv use the branch's index.
    Env(LazyArgs<commands::env::Args>),
    /// Show every setting, its value, and where it came from.
    Settings(LazyArgs<commands::settings::Args>),
    /// Install, remove and check the git hooks.
    Hooks(LazyArgs<commands::hooks::Args>),
    /// Run a hook (called by git and by tox).
    #[command(hide = true)]
    Hook(LazyArgs<commands::hook::Args>),
    /// Run a real devpi server on this machine, for trying out.
    Server(LazyArgs<commands::server::Args>),
    /// Play the whole story through on a local server, each step shown and checked.
    Demo(LazyArgs<commands::demo::Args>),
    /// Check the set-up, and say what would mend it.
    Doctor(LazyArgs<commands::doctor::Args>),
    /// Print the man page, or install all of them.
    Man(LazyArgs<commands::man::Args>),
    /// Print completions for a shell.
    Completions(LazyArgs<commands::completions::Args>),
}
