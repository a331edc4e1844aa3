//! `git devpi server`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::{prompt, views};
use crate::ops;
use crate::workspace::local_server::{LocalServer, Status};

/// Run a devpi server on this machine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi server start")]
pub struct Args {
    /// The action.
    #[command(subcommand)]
    pub action: Action,
}

/// The actions of `server`.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Start the server; the first start installs devpi-server with pip.
    #[command(after_help = "Example:\n  git devpi server start")]
    Start,
    /// Stop the server; its data stay.
    #[command(after_help = "Example:\n  git devpi server stop")]
    Stop,
    /// Show whether the server runs, and where its files are.
    #[command(after_help = "Example:\n  git devpi server status --json")]
    Status,
    /// Stop the server and delete it with all its packages.
    #[command(after_help = "Example:\n  git devpi server remove --yes")]
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
