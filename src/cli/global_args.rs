//! The options that every verb accepts.

use clap::ArgAction;

use super::completion;

/// The options that every verb accepts.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Common options")]
pub struct Global {
    /// The devpi server's root URL.
    #[arg(long, global = true, value_name = "URL", add = completion::servers())]
    pub server: Option<String>,
    /// The owner: the devpi user to whom the branch indexes belong.
    #[arg(long, global = true, value_name = "USER", add = completion::users())]
    pub user: Option<String>,
    /// The branch [default: the CI system's variable, else HEAD].
    #[arg(long, global = true, value_name = "BRANCH", add = completion::branches())]
    pub branch: Option<String>,
    /// The build number [default: the CI system's variable].
    #[arg(long, global = true, value_name = "N")]
    pub number: Option<String>,
    /// The project, in a repository with several.
    #[arg(long, global = true, value_name = "NAME", add = completion::projects())]
    pub project: Option<String>,
    /// Print one JSON object on stdout.
    ///
    /// If the verb fails without an answer, the object is
    /// {"schema":1,"error":{"code","exit","message","hints","causes"}}: the name of the error, the exit code, and what stderr says.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print errors only.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print details and the output of tools; -vv also prints a trace.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}
