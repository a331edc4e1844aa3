//! One file per verb: its arguments, and the request that they become.

pub mod build;
pub mod ci_recipe;
pub mod complete;
pub mod completions;
pub mod context;
pub mod demo;
pub mod doctor;
pub mod ensure;
pub mod env;
pub mod fleet;
pub mod hook;
pub mod hooks;
pub mod index;
pub mod init;
mod init_undo;
pub mod login;
pub mod logout;
pub mod man;
pub mod promote;
pub mod prune;
pub mod results;
pub mod self_verb;
pub mod server;
pub mod settings;
pub mod stamp;
pub mod status;
pub mod test;
pub mod version;
pub mod whoami;
pub mod withdraw;

use super::args::Command;
use super::exit_code::Exit;
use crate::ops;
use context::Context;

/// Runs one command.
pub fn dispatch(command: &Command, context: &Context<'_>) -> Result<Exit, ops::Error> {
    match command {
        Command::Init(args) => init::run(args, context),
        Command::Login(args) => login::run(args, context),
        Command::Logout(args) => logout::run(args, context),
        Command::Whoami(args) => whoami::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Version(args) => version::run(args, context),
        Command::Stamp(args) => stamp::run(args, context),
        Command::Build(args) => build::run(args, context),
        Command::CiRecipe(args) => ci_recipe::run(args, context),
        Command::Ensure(args) => ensure::run(args, context),
        Command::Test(args) => test::run(args, context),
        Command::Results(args) => results::run(args, context),
        Command::Promote(args) => promote::run(args, context),
        Command::Withdraw(args) => withdraw::run(args, context),
        Command::Prune(args) => prune::run(args, context),
        Command::Fleet(args) => fleet::run(args, context),
        Command::Index(args) => index::run(args, context),
        Command::Env(args) => env::run(args, context),
        Command::Settings(args) => settings::run(args, context),
        Command::Hooks(args) => hooks::run(args, context),
        Command::Hook(args) => hook::run(args, context),
        Command::SelfVerb(args) => self_verb::run(args, context),
        Command::Server(args) => server::run(args, context),
        Command::Demo(args) => demo::run(args, context),
        Command::Doctor(args) => doctor::run(args, context),
        Command::Man(args) => man::run(args, context),
        Command::Completions(args) => completions::run(args, context),
        Command::Complete(args) => complete::run(args, context),
    }
}
