//! `git devpi login`.

use secrecy::SecretString;

use super::context::Context;
use crate::cli::exit_code::Exit;
use crate::cli::{completion, prompt, views};
use crate::devpi::Token;
use crate::model::names::{UserName, escape_for_terminal};
use crate::model::pasted_url::IndexUrl;
use crate::ops;
use crate::ops::login::{LoggedIn, LoginAttempt};
use crate::settings::{Key, Origin};
use crate::workspace::{self, Workspace};

/// A setting from the command line or a prompt: key, origin, value.
pub type Flag = (Key, &'static str, String);

/// The number of attempts to type the password.
const ATTEMPTS: usize = 3;

/// Log in.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  echo \"$SECRET\" | git devpi login https://devpi.example.com/ --login ci --password-stdin"
)]
pub struct Args {
    /// The devpi server's root URL [default: the setting `server`].
    #[arg(value_name = "URL", add = completion::servers())]
    pub url: Option<String>,
    /// The devpi user who logs in [default: the owner].
    #[arg(long, value_name = "USER", add = completion::users())]
    pub login: Option<String>,
    /// Read the password from the first line of stdin.
    #[arg(long)]
    pub password_stdin: bool,
    /// Read a token from the first line of stdin: of devpi, or of the plugin devpi-tokens.
    ///
    /// The user is the one that the token names. A token of devpi-tokens may be restricted, and lasts longer than ten hours.
    #[arg(long, conflicts_with = "password_stdin")]
    pub token_stdin: bool,
    /// Keep the password in git's credential helper, so that hooks and commands log in again by themselves.
    ///
    /// A token of devpi lasts ten hours.
    #[arg(long, conflicts_with = "token_stdin")]
    pub remember: bool,
}

/// Logs in and stores the token.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    let flags = [(Key::Server, "argument URL", &args.url), (Key::Login, "--login", &args.login)];
    let flags = flags.into_iter().filter_map(|(key, flag, value)| Some((key, flag, value.clone()?))).collect();
    let workspace = context.workspace_with(with_root(context, flags)?)?;
    let token = if args.token_stdin { Some(token_from_stdin()?) } else { None };
    let login = match token.as_ref().and_then(Token::user) {
        Some(user) => user_of_token(&workspace, user)?,
        None => login_name(&workspace)?,
    };
    let log_in = LoginAttempt::begin(&workspace, login)?;
    let helper = if args.remember { Some(log_in.credential_helper()?) } else { None };
    let password = if args.password_stdin { Some(from_stdin(&log_in)?) } else { None };
    agree(&log_in, context)?;
    // A password is sent at once where one was accepted before.
    if token.is_some() || !log_in.is_known()? {
        log_in.probe()?;
    }
    let done = match &token {
        Some(token) => log_in.with_token(token)?,
        None => {
            let (done, password) = enter_password(&log_in, password, context)?;
            if let Some(helper) = &helper {
                log_in.remember_password(&password, helper)?;
            }
            done
        }
    };
    views::login::logged_in(&context.ui, &done, helper.as_ref());
    Ok(Exit::Done)
}

/// Takes the server's root where the URL of an index is given, and the owner, unless another one is set; says so.
pub fn with_root(context: &Context<'_>, mut flags: Vec<Flag>) -> Result<Vec<Flag>, ops::Error> {
    let workspace = context.workspace_with(flags.clone())?;
    if let Some(IndexUrl { root, user, index }) = ops::login::pasted_index(&workspace)? {
        let shown = escape_for_terminal(&format!("{user}/{index}"));
        context.ui.note(&format!("this is the URL of the index {shown}; the server is {root}"));
        flags.push((Key::Server, "taken from the URL of an index", root.to_string()));
        if !workspace.settings.is_set(Key::User) && UserName::parse(&user).is_ok() {
            flags.push((Key::User, "taken from the URL of an index", user));
        }
    }
    Ok(flags)
}

/// Returns the user that the token names; an error if `--login` names another one.
fn user_of_token(workspace: &Workspace<'_>, user: UserName) -> Result<UserName, ops::Error> {
    match workspace.settings.login()? {
        Some(set) if matches!(set.origin, Origin::Flag(_)) && set.value != user => {
            Err(ops::LoginError::TokenOfOther { user, login: set.value }.into())
        }
        _ => Ok(user),
    }
}

fn token_from_stdin() -> Result<Token, ops::Error> {
    let text = prompt::password_from_stdin().filter(Token::is_one);
    Ok(text.map(Token::new).ok_or(ops::LoginError::NoToken)?)
}

/// Returns the user who logs in: from the settings, else typed at the terminal.
pub fn login_name(workspace: &Workspace<'_>) -> Result<UserName, ops::Error> {
    let server = workspace.server_url()?.value;
    if let Some(set) = workspace.settings.login()? {
        return Ok(set.value);
    }
    if !prompt::is_possible() {
        return Err(workspace::Error::NoLogin { server }.into());
    }
    let name = prompt::text(&format!("User name at {server}"), None).ok_or(ops::Error::Declined)?;
    Ok(UserName::parse(name.trim())?)
}

/// Logs in with `password`, or else with a password found without a prompt, or else with a typed one.
///
/// The environment and git's credential helper provide passwords without a prompt. The caller has called [`agree`] and
/// `LoginAttempt::probe`: the server may receive the password, and is a devpi server.
pub fn enter(
    log_in: &LoginAttempt<'_, '_>,
    password: Option<SecretString>,
    context: &Context<'_>,
) -> Result<LoggedIn, ops::Error> {
    enter_password(log_in, password, context).map(|(done, _)| done)
}

/// Does the same, and returns the password too.
fn enter_password(
    log_in: &LoginAttempt<'_, '_>,
    password: Option<SecretString>,
    context: &Context<'_>,
) -> Result<(LoggedIn, SecretString), ops::Error> {
    if let Some(password) = password {
        return log_in.with_password(&password).map(|done| (done, password));
    }
    match log_in.with_stored_password() {
        Ok(Some(done)) => return Ok(done),
        Ok(None) if prompt::is_possible() => {}
        Ok(None) => return Err(no_password(log_in)),
        Err(error) if is_wrong_password(&error) && prompt::is_possible() => context.ui.warn(&error.to_string()),
        Err(error) => return Err(error),
    }
    context.progress.finish();
    let mut attempts = ATTEMPTS;
    loop {
        attempts -= 1;
        let question = format!("Password for {} at {}", log_in.login(), log_in.server());
        let password = prompt::password(&question).ok_or(ops::Error::Declined)?;
        match log_in.with_password(&password) {
            Ok(done) => {
                log_in.store_password(&password);
                return Ok((done, password));
            }
            Err(error) if is_wrong_password(&error) && attempts > 0 => context.ui.warn(&error.to_string()),
            Err(error) => return Err(error),
        }
    }
}

/// Asks before a password is sent to a server that only the repository's settings name.
pub fn agree(log_in: &LoginAttempt<'_, '_>, context: &Context<'_>) -> Result<(), ops::Error> {
    let Some(place) = log_in.untrusted_origin() else { return Ok(()) };
    if !prompt::is_possible() {
        return Err(log_in.refusal());
    }
    context.progress.finish();
    context.ui.warn(&format!("only the repository's settings name the server {} ({place})", log_in.server()));
    match prompt::confirm(&format!("Send the password of {} to {}?", log_in.login(), log_in.server()), false) {
        Some(true) => Ok(()),
        _ => Err(log_in.refusal()),
    }
}

fn from_stdin(log_in: &LoginAttempt<'_, '_>) -> Result<SecretString, ops::Error> {
    prompt::password_from_stdin().ok_or_else(|| no_password(log_in))
}

fn no_password(log_in: &LoginAttempt<'_, '_>) -> ops::Error {
    ops::Error::NoPassword { server: log_in.server().clone(), login: log_in.login().clone() }
}

fn is_wrong_password(error: &ops::Error) -> bool {
    matches!(error, ops::Error::Workspace(workspace::Error::Devpi(crate::devpi::Error::WrongPassword { .. })))
}
