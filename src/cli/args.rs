//! The command line: verbs, common options and help texts.

use super::global_args::Global;
use clap::{Parser, Subcommand};

use super::commands;
use super::lazy_args::LazyArgs;

/// Give every branch an index on a devpi server; build its package once, test, promote and clean up.
///
/// git-devpi runs as `git devpi VERB`, from its git hooks, and from tox.
/// `git devpi demo` demonstrates the whole workflow on a local server.
#[derive(Debug, Parser)]
#[command(
    name = "git-devpi",
    bin_name = "git devpi",
    version,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Start with `git devpi demo` for a demonstration, or with `git devpi init` to set up a repository.\n\
                  `git devpi VERB -h` prints the help of a verb; `git devpi VERB --help` shows its man page \
                  (installed by `git devpi man --install DIR`).\n\n\
                  Example:\n  git devpi status"
)]
pub struct Cli {
    /// The options that every verb accepts.
    #[command(flatten)]
    pub global: Global,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
}

/// Every verb.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up this repository: settings, login, indexes, hooks, tox.
    Init(LazyArgs<commands::init::Args>),
    /// Log in to a devpi server and store the token.
    Login(LazyArgs<commands::login::Args>),
    /// Delete the stored tokens for a devpi server.
    Logout(LazyArgs<commands::logout::Args>),
    /// Show the devpi user who is logged in, and the server.
    Whoami(LazyArgs<commands::whoami::Args>),
    /// Show the branch, its index, and the releases on it.
    Status(LazyArgs<commands::status::Args>),
    /// Print the version that a build of this commit gets.
    Version(LazyArgs<commands::version::Args>),
    /// Copy the commit and write its version into the copy.
    Stamp(LazyArgs<commands::stamp::Args>),
    /// Build the package from a stamped copy, without a server.
    Build(LazyArgs<commands::build::Args>),
    /// Find the package on the branch's index, or build and publish it; print the file's path.
    Ensure(LazyArgs<commands::ensure::Args>),
    /// Run tox on the package and upload the results as evidence.
    Test(LazyArgs<commands::test::Args>),
    /// Show the evidence for a release, or add a tox report to it.
    Results(LazyArgs<commands::results::Args>),
    /// Copy a release that passed its tests to the production index, bytes unchanged.
    Promote(LazyArgs<commands::promote::Args>),
    /// Take a release out of production.
    ///
    /// `git devpi promote VERSION` brings it back, bytes unchanged. Before the deletion its files, their hashes, its commit and its test
    /// results are recorded in a log. When no index of a release branch holds all of its files, they are saved beside the log. The
    /// production index is the one that the settings on the remote's release branch name.
    Withdraw(LazyArgs<commands::withdraw::Args>),
    /// Delete the indexes of merged and deleted branches.
    Prune(LazyArgs<commands::prune::Args>),
    /// Show all repositories of the owner in one table, those that need attention first.
    ///
    /// Runs in any folder: `--server` and `--user` name the server and the owner where no setting does. The table has the indexes of each
    /// repository's branches, its running and failed builds, and interrupted deletions; one request reads that. `--details` reads the contents
    /// of the indexes: the highest final version whose files all passed in every environment that reported, the version in production, the size
    /// of the files on the indexes of branches, and the size of those among them that were uploaded in the last seven days. The required
    /// environments of a repository are not read. Whether a branch is merged or deleted, only its remote knows: `git devpi prune --dry-run`.
    ///
    /// With `--json`: {"schema":1,"server","user","details","repositories":[{"repository","state","remotes","branches":[{"branch","index",
    /// "created"}],"building","attention":[{"kind","text"}],"projects":[{"name","newest_green","production_index","production"}],"size",
    /// "growth_per_week","last_used"}],"others","requests"}; what was not read is null.
    Fleet(LazyArgs<commands::fleet::Args>),
    /// List, show, create, delete, restore and adopt indexes.
    Index(LazyArgs<commands::index::Args>),
    /// Print the variables that make pip and uv use the branch's index.
    Env(LazyArgs<commands::env::Args>),
    /// Show every setting, its value and its origin.
    Settings(LazyArgs<commands::settings::Args>),
    /// Print a CI configuration made for this repository.
    CiRecipe(LazyArgs<commands::ci_recipe::Args>),
    /// Install, remove and check the git hooks.
    Hooks(LazyArgs<commands::hooks::Args>),
    /// Run one hook; called by git and by tox.
    #[command(hide = true)]
    Hook(LazyArgs<commands::hook::Args>),
    /// Run a devpi server on this machine, to try git-devpi out.
    Server(LazyArgs<commands::server::Args>),
    /// Upload git-devpi's own wheel to an index of the server.
    #[command(name = "self")]
    SelfVerb(LazyArgs<commands::self_verb::Args>),
    /// Demonstrate the whole workflow on a local server; each step is shown and checked.
    Demo(LazyArgs<commands::demo::Args>),
    /// Check tools, settings, login, server and hooks, and show how to fix what fails.
    Doctor(LazyArgs<commands::doctor::Args>),
    /// Print a man page, or install all of them.
    Man(LazyArgs<commands::man::Args>),
    /// Print or install the completion script for a shell.
    Completions(LazyArgs<commands::completions::Args>),
    /// Print the candidates for a word of a command line; called by the completion scripts.
    #[command(hide = true)]
    Complete(LazyArgs<commands::complete::Args>),
}
