//! `git devpi logout`.

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::{completion, views};
use crate::ops;
use crate::settings::Key;

/// Delete the stored tokens.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  git devpi logout")]
pub struct Args {
    /// The devpi server's root URL [default: the setting `server`].
    #[arg(value_name = "URL", add = completion::servers())]
    pub url: Option<String>,
}

/// Deletes the stored tokens for the server.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let flags = args.url.iter().map(|url| (Key::Server, "URL", url.clone())).collect();
    let done = ops::login::log_out(&context.workspace_with(flags)?)?;
    views::login::logged_out(&context.ui, &done);
    Ok(Exit::Done)
}
