//! `git devpi init`.

use super::context::Context;
use super::init_undo;
use super::login::{self, Flag};
use crate::cli::exit_code::Exit;
use crate::cli::views::init::{SetupEnd, StepReport};
use crate::cli::{prompt, views};
use crate::devpi::UserCreation;
use crate::index::branch_index::indexes_of;
use crate::ops;
use crate::ops::init::{self, Answer, ForeignHooks, Outcome, PlanRequest, ToxRequest};
use crate::ops::login::LoginAttempt;
use crate::python::tox_setup::ToxWay;
use crate::settings::{self, Key, Origin};
use crate::workspace::Workspace;
use crate::workspace::local_server::Status;
use crate::workspace::local_users::LocalUser;

/// Set up this repository.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  git devpi init --server https://devpi.example.com/ --user acme\n  git devpi init --undo --dry-run"
)]
pub struct Args {
    /// Accept every proposal without asking; if no server is set, start one on this machine.
    #[arg(long)]
    pub yes: bool,
    /// How tox gets the package: by git-devpi's plugin, or by lines in tox's configuration and toxfile.py.
    ///
    /// Without it, init proposes the plugin. With `--yes`, and without a terminal, existing lines stay as they are.
    #[arg(long, value_name = "WAY", value_parser = ["plugin", "snippet"])]
    pub tox: Option<String>,
    /// Take back what init changed in this clone: settings, hooks, git config and tox's configuration. Shows what stays on the server.
    #[arg(long, conflicts_with = "tox")]
    pub undo: bool,
    /// Only show what --undo takes back.
    #[arg(long, requires = "undo")]
    pub dry_run: bool,
}

/// Asks the questions of the setup, or accepts every proposal.
struct Wizard<'g, 'c> {
    context: &'g Context<'c>,
    /// Whether every proposal is accepted without a question.
    yes: bool,
    tox: ToxRequest,
}

/// Sets up settings, login, indexes, hooks and tox; shows each change and asks before it is made.
pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, ops::Error> {
    if args.undo {
        return init_undo::run(args.dry_run, context);
    }
    let wizard = Wizard { context, yes: args.yes, tox: tox_request(args) };
    let workspace = context.workspace()?;
    workspace.work_tree()?;
    let mut flags = login::with_root(context, wizard.server(&workspace)?.into_iter().collect())?;
    let mut answers = wizard.answers(&context.workspace_with(flags.clone())?)?;
    flags.extend(answers.iter().filter_map(Answer::as_flag));
    let workspace = context.workspace_with(flags.clone())?;
    // Versions that every build would be refused for are an error before anything is created.
    init::next_versions(&workspace)?;
    wizard.log_in(&workspace)?;
    let indexes = indexes_of(workspace.session()?, &workspace.owner()?)?;
    let further = [init::index_name_answer(&workspace, &indexes)?, init::build_number_answer(&workspace)?];
    for answer in further.into_iter().flatten().chain(init::access_answers(&workspace)?) {
        let answer = wizard.answer(answer)?;
        flags.extend(answer.as_flag());
        answers.push(answer);
    }
    wizard.carry_out(&context.workspace_with(flags)?, &answers)
}

impl Wizard<'_, '_> {
    /// Asks whether a change may be made.
    fn agrees(&self, question: &str) -> Result<bool, ops::Error> {
        if self.yes {
            return Ok(true);
        }
        self.must_ask(question)?;
        prompt::confirm(&format!("{}?", capital(question)), true).ok_or(ops::Error::Declined)
    }

    fn must_ask(&self, question: &str) -> Result<(), ops::Error> {
        self.context.progress.finish();
        if prompt::is_possible() {
            return Ok(());
        }
        Err(ops::Error::CannotAsk { question: question.to_owned(), flag: "--yes" })
    }

    /// Starts the local server where it is needed; returns the server unless the settings name one.
    fn server(&self, workspace: &Workspace<'_>) -> Result<Option<Flag>, ops::Error> {
        let local = workspace.local_server();
        let status = local.status();
        let flag = |origin, url: String| Ok(Some((Key::Server, origin, url)));
        if let Some(named) = init::named_server(workspace)? {
            self.context.ui.note(&format!("{} is named by {}", named.url, named.place));
            if let Some(local) = &named.hidden_by {
                let hint =
                    format!("{local} is a server on this machine: `git devpi --server {local} init` sets up a trial");
                self.context.ui.note(&hint);
            }
            return flag("named by the repository", named.url);
        }
        if let Some(set) = workspace.settings.server()? {
            let stopped = matches!(&status, Ok(Status::Stopped { url: Some(url), .. }) if url == set.value.as_str());
            if stopped && self.agrees("start the devpi server on this machine")? {
                local.start(self.context.progress)?;
                self.context.progress.finish();
            }
            return Ok(None);
        }
        if !self.yes && !prompt::is_possible() {
            return Err(settings::Error::Missing { key: Key::Server.name() }.into());
        }
        if self.agrees("no devpi server is set; start one on this machine")? {
            let running = local.start(self.context.progress)?;
            self.context.progress.finish();
            let password = running.root_password_file.display();
            self.context
                .ui
                .note(&format!("devpi-server runs at {}; root's password is in {password} (mode 0600)", running.url));
            return flag("the server on this machine", running.url);
        }
        flag("typed", prompt::text("URL of the devpi server", None).ok_or(ops::Error::Declined)?)
    }

    fn answers(&self, workspace: &Workspace<'_>) -> Result<Vec<Answer>, ops::Error> {
        init::answers(workspace, self.tox)?.into_iter().map(|answer| self.answer(answer)).collect()
    }

    fn answer(&self, answer: Answer) -> Result<Answer, ops::Error> {
        views::init::notes(&self.context.ui, &answer);
        if answer.is_settled() || self.yes || answer.key == Key::Server {
            views::init::settled(&self.context.ui, &answer);
            return Ok(answer);
        }
        let spec = answer.key.spec();
        self.must_ask(spec.name)?;
        let proposal = answer.values.join(" ");
        let optional = matches!(answer.key, Key::Require | Key::UploadUsers | Key::EvidenceUsers);
        self.context.ui.note(&format!("{} - {}", spec.name, spec.help));
        let typed = prompt::proposal(spec.name, &proposal, optional).ok_or(ops::Error::Declined)?;
        let values = match spec.kind {
            settings::Kind::List => typed.split([' ', ',']).filter(|w| !w.is_empty()).map(str::to_owned).collect(),
            _ => vec![typed],
        };
        Ok(Answer { values, origin: Origin::Flag("init".to_owned()), ..answer })
    }

    /// Logs in, unless a token is cached; on the local server it creates the owner first.
    fn log_in(&self, workspace: &Workspace<'_>) -> Result<(), ops::Error> {
        if init::logged_in(workspace)?.is_some() {
            return Ok(());
        }
        let name = login::login_name(workspace)?;
        if name == workspace.owner()? {
            match workspace.local_user(&name)? {
                LocalUser::Ready { password_file, creation: UserCreation::Created } => {
                    init::note(workspace, init::created_user(&workspace.server_url()?.value, &name))?;
                    let file = password_file.display();
                    self.context
                        .ui
                        .note(&format!("created the devpi user {name}; its password is in {file} (mode 0600)"));
                }
                LocalUser::Ready { .. } | LocalUser::PasswordUnknown | LocalUser::OtherServer => {}
            }
        }
        let log_in = LoginAttempt::begin(workspace, name)?;
        login::agree(&log_in, self.context)?;
        log_in.probe()?;
        let created = if log_in.user_exists()? { None } else { self.create_user(workspace, &log_in)? };
        let done = login::enter(&log_in, created, self.context)?;
        self.context.ui.note(&format!("logged in to {} as {}", done.server, done.login));
        Ok(())
    }

    /// Creates the devpi user; returns the password if it was typed.
    fn create_user(
        &self,
        workspace: &Workspace<'_>,
        log_in: &LoginAttempt<'_, '_>,
    ) -> Result<Option<secrecy::SecretString>, ops::Error> {
        let question = format!("create the devpi user {} at {}", log_in.login(), log_in.server());
        if !self.agrees(&question)? {
            return Err(ops::Error::Declined);
        }
        let typed = match log_in.has_stored_password()? {
            true => None,
            false if prompt::is_possible() => Some(
                prompt::new_password(&format!("New password for {}", log_in.login())).ok_or(ops::Error::Declined)?,
            ),
            false => None,
        };
        log_in.create_user(typed.as_ref())?;
        init::note(workspace, init::created_user(log_in.server(), log_in.login()))?;
        self.context.ui.note(&format!("created the devpi user {}", log_in.login()));
        Ok(typed)
    }

    fn carry_out(&self, workspace: &Workspace<'_>, answers: &[Answer]) -> Result<Exit, ops::Error> {
        let session = workspace.session()?;
        // `--yes` accepts proposals; hooks of other programs change only when a person agrees.
        let foreign = if self.yes { ForeignHooks::Keep } else { ForeignHooks::Chain };
        let plan = init::plan(workspace, session, PlanRequest { answers, foreign, tox: self.tox })?;
        let (mut done, mut remarks) = (Vec::new(), plan.remarks);
        for step in plan.steps {
            let step = &init::with_current_files(workspace, step)?;
            let what = views::init::what(step);
            if self.yes {
                self.context.ui.note(&what);
            }
            views::init::change(&self.context.ui, step);
            let outcome = if self.agrees(&what)? { Some(init::carry_out(workspace, session, step)?) } else { None };
            if let Some(Outcome::Done(text)) = &outcome {
                self.context.ui.detail(text);
                remarks.extend(init::ignored_files(workspace, step)?);
            }
            let changes_tracked_files = !step.edits().is_empty();
            done.push(StepReport { what, changes_tracked_files, outcome });
        }
        let next = init::next_versions(workspace)?;
        if self.context.ui.wants_json() {
            // For a person they are shown with the question.
            remarks.extend(answers.iter().flat_map(|answer| answer.notes.clone()));
        }
        let end =
            SetupEnd { remarks: &remarks, notes: &plan.notes, next: &next, hooks_missing: plan.hooks_missing.as_ref() };
        views::init::show(&self.context.ui, &done, &end);
        Ok(if plan.hooks_missing.is_some() { Exit::No } else { Exit::Done })
    }
}

fn tox_request(args: &Args) -> ToxRequest {
    match args.tox.as_deref() {
        Some("snippet") => ToxRequest::Way(ToxWay::Snippet),
        Some(_) => ToxRequest::Way(ToxWay::Plugin),
        None if args.yes || !prompt::is_possible() => ToxRequest::KeepSnippet,
        None => ToxRequest::Ask,
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
