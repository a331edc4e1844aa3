//! `git devpi hook tox`: called by the project's toxfile.py after an environment has run.

use crate::cli::commands::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::failure;
use crate::model::names::escape_for_terminal;
use crate::model::tox_result::parse_report;
use crate::ops;
use crate::ops::hook_tox::{Outcome, ToxRun, hook_tox};
use crate::system::input;

/// The outcome of one tox environment.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The name of the environment.
    #[arg(long = "env")]
    pub environment: String,
    /// The exit code of the environment.
    #[arg(long, allow_negative_numbers = true)]
    pub exit_code: i32,
    /// The package file that was tested.
    #[arg(long)]
    pub package: Option<std::path::PathBuf>,
}

/// Uploads the outcome as evidence.
///
/// Always exits with 0, so that tox continues; an error is one line on stderr.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let environment = escape_for_terminal(&args.environment);
    match upload(args, context) {
        Ok(Outcome::Nothing) => {}
        Ok(Outcome::Uploaded { file_name, index, success }) => {
            let verdict = if success { "passed" } else { "failed" };
            context.ui.note(&format!(
                "devpi: {environment} {verdict}: evidence for {} on {index}",
                escape_for_terminal(&file_name)
            ));
        }
        Ok(Outcome::NoEvidence(why)) => context.ui.note(&format!("devpi: no evidence from {environment}: {why}")),
        Err(error) => {
            let why = failure::in_one_line(&error);
            context.ui.note(&format!("devpi: no evidence from {environment}: {why}"));
        }
    }
    Ok(Exit::Done)
}

fn upload(args: &Args, context: &Context<'_>) -> Result<Outcome, ops::Error> {
    let report = parse_report(&input::read_stdin()?).unwrap_or_default();
    let run = ToxRun {
        environment: args.environment.clone(),
        exit_code: args.exit_code,
        package: args.package.clone(),
        report,
    };
    hook_tox(&mut context.workspace()?, &run)
}
