//! The flags that every verb takes.

use clap::ArgAction;

/// The flags that every verb takes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Common options")]
pub struct Global {
    /// The devpi server's root URL.
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// The owner: the devpi user whose indexes the branches get.
    #[arg(long, global = true, value_name = "USER")]
    pub user: Option<String>,
    /// The branch, instead of what the CI system or HEAD says.
    #[arg(long, global = true, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// The build number, instead of what the CI system says.
    #[arg(long, global = true, value_name = "N")]
    pub number: Option<String>,
    /// One project of a repository that holds several.
    #[arg(long, global = true, value_name = "NAME")]
    pub project: Option<String>,
    /// Answer with one JSON object on stdout.
    #[arg(long, global = true)]
    pub json: bool,
    /// Say nothing but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more: every step, every request.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}
