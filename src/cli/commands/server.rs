//! `git devpi server`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::{prompt, views};
use crate::ops;
use crate::workspace::local_server::{LocalServer, Status};

/// Run a local devpi server.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi server start")]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Start it; the first time it is installed.
    Start,
    /// Stop it.
    Stop,
    /// Show whether it runs, and where its files are.
    Status,
    /// Stop it and delete everything that it holds.
    Remove {
        /// Delete without asking.
        #[arg(long)]
        yes: bool,
    },
}

/// Runs the verb.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let folder = LocalServer::usual_folder(&context.directories()?);
    let server = LocalServer::at(&folder, context.environment);
    match args.action {
        Action::Start => {
            let running = server.start(context.progress)?;
            context.progress.finish();
            views::server::started(&context.ui, &running);
        }
        Action::Stop => {
            let stop = server.stop(context.progress)?;
            context.progress.finish();
            views::server::stopped(&context.ui, stop);
        }
        Action::Status => return Ok(show(&server.status()?, context)),
        Action::Remove { yes } => {
            agree(&server, yes)?;
            let removal = server.remove(context.progress)?;
            context.progress.finish();
            views::server::removed(&context.ui, removal, &folder);
        }
    }
    Ok(Exit::Done)
}

fn show(status: &Status, context: &Context<'_>) -> Exit {
    views::server::status(&context.ui, status);
    match status {
        Status::Running(_) => Exit::Done,
        Status::Absent { .. } | Status::Stopped { .. } | Status::Unresponsive { .. } => Exit::No,
    }
}

fn agree(server: &LocalServer, yes: bool) -> Result<(), ops::Error> {
    let folder = match server.status()? {
        Status::Absent { .. } => return Ok(()),
        Status::Stopped { folder, .. } | Status::Unresponsive { folder, .. } => folder,
        Status::Running(running) => running.folder,
    };
    if yes {
        return Ok(());
    }
    let question = format!("Delete {} with every package on that server?", folder.display());
    if !prompt::is_possible() {
        return Err(ops::Error::CannotAsk { question, flag: "--yes" });
    }
    if prompt::confirm(&question, false) == Some(true) { Ok(()) } else { Err(ops::Error::Declined) }
}
