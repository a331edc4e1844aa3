//! Floor 8: the command line.
//!
//! [`args`] defines the arguments, `commands` turn them into requests, `views` format outcomes as text or JSON, [`ui`] alone writes to
//! stdout and stderr, and `failure` maps each error to its message, hints and exit code. This room makes no decisions about packages
//! or branches.

pub mod args;
pub mod commands;
mod completion;
pub mod exit_code;
mod failure;
pub mod global_args;
pub mod lazy_args;
pub mod manual;
mod progress;
pub mod prompt;
pub mod shell_kind;
pub mod ui;
mod views;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::system::environment::{Environment, GIT_DEVPI_LOG};
use crate::system::signals;
use args::Cli;
use commands::context::Context;
use exit_code::Exit;
use ui::{AnswerForm, Ui, Verbosity};

/// Runs one command line and returns its exit code.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    std::panic::set_hook(Box::new(|panic| failure::report_bug(&panic.to_string())));
    // The options cannot be known when they are wrong.
    let wants_json = arguments.iter().take_while(|word| *word != "--").any(|word| word == "--json");
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, wants_json),
    };
    let environment = Environment::from_process();
    start_trace(&environment, cli.global.verbose);
    let ui = ui_of(&cli);
    let shown = progress::TerminalProgress::new(ui);
    let context =
        Context { ui, progress: &shown, environment: &environment, global: &cli.global, definition: Cli::command };
    let result = commands::dispatch(&cli.command, &context);
    shown.finish();
    let exit = match result {
        Ok(exit) => exit,
        Err(error) => {
            // Ctrl-C on a terminal also interrupts child processes; their errors are not the cause.
            signals::block_if_interrupted();
            failure::report(&ui, &error)
        }
    };
    ExitCode::from(exit.code())
}

fn usage(error: &clap::Error, wants_json: bool) -> ExitCode {
    if wants_json && error.use_stderr() {
        Ui { verbosity: Verbosity::Normal, form: AnswerForm::Json }.answer_json(&failure::usage_as_json(error));
    }
    let _ = error.print();
    let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
    ExitCode::from(exit.code())
}

fn ui_of(cli: &Cli) -> Ui {
    let verbosity = match (cli.global.quiet, cli.global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, _) => Verbosity::Verbose,
    };
    let form = if cli.global.json { AnswerForm::Json } else { AnswerForm::Text };
    Ui { verbosity, form }
}

/// Writes a trace to stderr if `-vv` or GIT_DEVPI_LOG is set.
fn start_trace(environment: &Environment, verbose: u8) {
    let filter = match environment.non_empty(GIT_DEVPI_LOG) {
        Some(filter) => filter.to_owned(),
        None if verbose >= 2 => "git_devpi=debug".to_owned(),
        None => return,
    };
    let trace = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time();
    let _ = trace.try_init();
}
