//! `git devpi test`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::{completion, views};
use crate::ops;
use crate::ops::test::TestRequest;

/// Run tox on the package.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi test -e unit -- -vv")]
pub struct Args {
    /// A tox environment; may be given several times.
    #[arg(short = 'e', long = "env", value_name = "ENV", add = completion::environments())]
    pub environments: Vec<String>,
    /// More arguments for tox.
    #[arg(last = true, value_name = "TOX ARGS")]
    pub tox_args: Vec<String>,
}

/// Runs tox on the package; exits with tox's exit code.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let workspace = context.workspace()?;
    let request = TestRequest { environments: args.environments.clone(), tox_arguments: args.tox_args.clone() };
    let outcome = ops::test::test(&workspace, &request)?;
    views::test::show(&context.ui, &outcome);
    let status = outcome.status.and_then(|status| u8::try_from(status).ok());
    Ok(status.map_or(Exit::Tool, Exit::Child))
}
