//! The changes that a set-up needs, as steps that are shown one by one.

use std::path::PathBuf;

use url::Url;

use crate::devpi::{IndexConfig, IndexKind, NewIndex, Server, Session};
use crate::index;
use crate::index::branch_index::{self, IndexLookup, IndexMap};
use crate::model::loopback::is_loopback;
use crate::model::names::{BranchName, IndexName, ProjectName, UserName};
use crate::model::record::{ProductionRecord, Record};
use crate::model::remote_url::RemoteHash;
use crate::ops::Error;
use crate::ops::hooks::{self, Preview};
use crate::ops::init::Answer;
use crate::ops::init::answers::file_texts;
use crate::ops::init::tox::{self, ToxChange, ToxRequest};
use crate::python::file_edit::FileEdit;
use crate::release::registration;
use crate::settings::repository_edit::set_values;
use crate::settings::{Key, Origin};
use crate::system::clock;
use crate::workspace::authority;
use crate::workspace::{self, Workspace};

/// A change, shown before it is made.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Write the settings into the repository's file.
    Settings {
        /// The change.
        edit: FileEdit,
        /// The settings that it writes.
        values: Vec<(Key, Vec<String>)>,
    },
    /// Name the server in git's configuration of this clone: it runs on this machine, and no other machine has it.
    Server(String),
    /// Create the production index.
    Production {
        /// Its name.
        name: IndexName,
        /// Its configuration.
        new: Box<NewIndex>,
    },
    /// Create the index of a release branch.
    BranchIndex {
        /// The branch.
        branch: BranchName,
        /// Its name, unless another client creates it first.
        name: IndexName,
    },
    /// Name this clone's remote in the record of an index that names none.
    Remote {
        /// The index.
        index: IndexName,
        /// Its configuration.
        config: Box<IndexConfig>,
        /// The hash of the remote.
        remote: RemoteHash,
    },
    /// Register a project's name.
    Register {
        /// The project.
        project: ProjectName,
        /// The indexes to try, in this order.
        indexes: Vec<IndexName>,
    },
    /// Install the hooks.
    Hooks {
        /// The hooks of other programs, which are renamed and run first.
        chained: Vec<PathBuf>,
    },
    /// Configure tox to test the published package.
    Tox(ToxChange),
}

impl Step {
    /// The files that it changes.
    pub fn edits(&self) -> &[FileEdit] {
        match self {
            Self::Settings { edit, .. } => std::slice::from_ref(edit),
            Self::Tox(change) => &change.edits,
            _ => &[],
        }
    }
}

/// The changes to make.
#[derive(Debug, Default)]
pub struct Plan {
    /// The steps in order.
    pub steps: Vec<Step>,
    /// Problems, and changes that must be made manually.
    pub remarks: Vec<String>,
    /// What to know about the steps.
    pub notes: Vec<String>,
    /// Why the hooks cannot be installed.
    pub hooks_missing: Option<Error>,
}

/// What happens to hooks of other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignHooks {
    /// They are renamed and run first, where that lasts: the user agrees to it.
    Chain,
    /// They stay, and git-devpi's hooks are not installed.
    Keep,
}

/// What the plan depends on, beside the workspace.
#[derive(Debug, Clone, Copy)]
pub struct PlanRequest<'a> {
    /// The settings.
    pub answers: &'a [Answer],
    /// What happens to hooks of other programs.
    pub foreign: ForeignHooks,
    /// How tox gets the package.
    pub tox: ToxRequest,
}

/// Returns the necessary changes. Reads files and the server; changes nothing.
pub fn plan(workspace: &Workspace<'_>, session: &Session, request: PlanRequest<'_>) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    plan.settings(workspace, request.answers)?;
    let owner = Owner::find(workspace, session)?;
    plan.production(workspace, session, &owner)?;
    let release_indexes = plan.release_branches(workspace, &owner)?;
    plan.names(workspace, session, &release_indexes)?;
    plan.hooks(workspace, request.foreign)?;
    let tox = tox::changes(workspace, request.tox)?;
    plan.steps.extend(tox.changes.into_iter().map(Step::Tox));
    plan.remarks.extend(tox.remarks);
    plan.notes.extend(tox.notes);
    Ok(plan)
}

/// Returns a step with its changes for the files as they are now: an earlier step may have changed the same file.
pub fn with_current_files(workspace: &Workspace<'_>, step: Step) -> Result<Step, Error> {
    Ok(match step {
        Step::Settings { values, .. } => Step::Settings { edit: settings_edit(workspace, &values)?, values },
        Step::Tox(change) => Step::Tox(tox::with_current_files(change)?),
        other => other,
    })
}

/// Returns a remark about each written file that git ignores: the team would never get it.
pub fn ignored_files(workspace: &Workspace<'_>, step: &Step) -> Result<Vec<String>, Error> {
    let top = workspace.work_tree()?;
    let mut remarks = Vec::new();
    for edit in step.edits().iter().filter(|edit| edit.after.is_some()) {
        if let Some(rule) = workspace.repository()?.ignore_rule(&edit.path)? {
            let file = edit.path.strip_prefix(top).unwrap_or(&edit.path).display();
            remarks.push(format!(
                "{file} is ignored by git ({rule}), so the team does not get it: `git add --force {file}`"
            ));
        }
    }
    Ok(remarks)
}

fn settings_edit(workspace: &Workspace<'_>, values: &[(Key, Vec<String>)]) -> Result<FileEdit, Error> {
    let (pyproject, own) = file_texts(workspace)?;
    let edit = set_values(pyproject.as_deref(), own.as_deref(), values)?;
    let path = workspace.work_tree()?.join(edit.file);
    Ok(FileEdit { path, before: edit.before, after: Some(edit.after) })
}

/// The owner of the branch indexes, as far as the plan depends on it.
struct Owner {
    name: UserName,
    indexes: IndexMap,
    /// Whether the logged-in user may create indexes of the owner.
    is_logged_in: bool,
}

impl Owner {
    fn find(workspace: &Workspace<'_>, session: &Session) -> Result<Self, Error> {
        let name = workspace.owner()?;
        let is_logged_in = *session.login_user() == name || session.login_user().as_str() == "root";
        match session.user_indexes(&name)? {
            Some(indexes) => Ok(Self { name, indexes, is_logged_in }),
            None => Err(Error::OwnerNotFound { owner: name, server: session.root().clone() }),
        }
    }
}

impl Plan {
    fn settings(&mut self, workspace: &Workspace<'_>, answers: &[Answer]) -> Result<(), Error> {
        let new = answers.iter().filter(|answer| !answer.origin.is_repository() && !answer.values.is_empty());
        let (of_clone, new): (Vec<&Answer>, Vec<&Answer>) = new.partition(|answer| names_this_machine(answer));
        let of_clone = of_clone.into_iter().filter(|answer| !matches!(answer.origin, Origin::GitConfig { .. }));
        let values: Vec<(Key, Vec<String>)> =
            new.into_iter().map(|answer| (answer.key, answer.values.clone())).collect();
        let edit = settings_edit(workspace, &values)?;
        if !values.is_empty() && edit.changes_something() {
            self.steps.push(Step::Settings { edit, values });
        }
        let known = workspace.repository()?.config("devpi.server")?;
        for url in of_clone.filter_map(|answer| answer.values.first()) {
            if known.iter().all(|entry| entry.value != *url) {
                self.steps.push(Step::Server(url.clone()));
            }
        }
        Ok(())
    }

    fn production(&mut self, workspace: &Workspace<'_>, server: &Server, owner: &Owner) -> Result<(), Error> {
        let name = workspace.production()?;
        let is_ours = *name.user() == owner.name;
        let existing = if is_ours { owner.indexes.get(name.name()).cloned() } else { server.index(&name)? };
        match existing {
            Some(config) => {
                self.check_production(&name, &config);
                self.remote(workspace, name, config)?;
            }
            None if is_ours && owner.is_logged_in => {
                let mirror = IndexName::parse("root/pypi")?;
                let bases = if server.index(&mirror)?.is_some() { vec![mirror] } else { Vec::new() };
                let new = Box::new(new_production(workspace, server, bases)?);
                self.steps.push(Step::Production { name, new });
            }
            None => {
                self.remarks.push(format!("production index {name} not found, and only {} can create it", name.user()));
            }
        }
        Ok(())
    }

    fn check_production(&mut self, name: &IndexName, config: &IndexConfig) {
        if config.kind != IndexKind::Stage {
            self.remarks.push(format!("production index {name} is a mirror, which accepts no uploads"));
        } else if config.volatile {
            self.remarks.push(format!("production index {name} is volatile: its files can be overwritten"));
        }
        if config.takes_anonymous_results() {
            self.remarks.push(format!("every user may post tox results to {name}"));
        }
    }

    /// Names the remote in the record of an index of this repository.
    fn remote(&mut self, workspace: &Workspace<'_>, index: IndexName, config: IndexConfig) -> Result<(), Error> {
        let (repository, named) = match &config.record {
            Some(Record::Branch(record)) => (&record.repository, &record.remote),
            Some(Record::Production(record)) => (&record.repository, &record.remote),
            Some(Record::Claim(_)) | None => return Ok(()),
        };
        let (Some(hash), Some(remote)) = (workspace.remote_hash()?, workspace.remote()?) else { return Ok(()) };
        if repository != workspace.repository_name()?.value.as_str() {
            return Ok(());
        }
        match named {
            // Only the owner of an index may change it.
            None if index.user() != &workspace.owner()? => {}
            None => self.steps.push(Step::Remote { index, config: Box::new(config), remote: hash }),
            Some(_) if authority::of(workspace, &remote, None)?.decides(named.as_ref()) => {}
            Some(_) => self.remarks.push(format!(
                "the record of {index} names another remote than {}: releases are not promoted from this clone",
                crate::model::names::escape_for_terminal(&remote.value)
            )),
        }
        Ok(())
    }

    /// Adds the missing indexes of release branches that are named without wildcards; returns the
    /// names of all of them.
    fn release_branches(&mut self, workspace: &Workspace<'_>, owner: &Owner) -> Result<Vec<IndexName>, Error> {
        let mut names = Vec::new();
        for branch in workspace.release_branches()?.value.iter().filter_map(crate::settings::Pattern::literal) {
            match branch_index::find(&owner.indexes, &workspace.branch_index_query(&branch)?) {
                IndexLookup::Index(index) => {
                    names.push(index.name.clone());
                    self.remote(workspace, index.name, index.config)?;
                }
                IndexLookup::Free { name, .. } if !owner.is_logged_in => self
                    .remarks
                    .push(format!("the index {name} of {branch} not found, and only {} can create it", owner.name)),
                IndexLookup::Free { name, .. } => {
                    names.push(name.clone());
                    self.steps.push(Step::BranchIndex { branch, name });
                }
                IndexLookup::AllTaken(taken) => return Err(index::Error::IndexNamesTaken { branch, taken }.into()),
            }
        }
        Ok(names)
    }

    fn names(&mut self, workspace: &Workspace<'_>, session: &Session, others: &[IndexName]) -> Result<(), Error> {
        let projects = match workspace.projects() {
            Ok(projects) => projects,
            Err(workspace::Error::Python(error)) => {
                self.remarks.push(format!("no project name is registered: {error}"));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let production = workspace.production()?;
        let indexes: Vec<IndexName> = std::iter::once(&production).chain(others).cloned().collect();
        for project in projects {
            let mut known = false;
            for index in &indexes {
                known = known || registration::is_registered(session, index, project.name())?;
            }
            if !known {
                self.steps.push(Step::Register { project: project.name().clone(), indexes: indexes.clone() });
            }
        }
        Ok(())
    }

    fn hooks(&mut self, workspace: &Workspace<'_>, foreign: ForeignHooks) -> Result<(), Error> {
        match hooks::preview(workspace)? {
            Preview::Unchanged => {}
            Preview::Install => self.steps.push(Step::Hooks { chained: Vec::new() }),
            Preview::Chain(chained, _) if foreign == ForeignHooks::Chain => self.steps.push(Step::Hooks { chained }),
            Preview::Chain(_, error) | Preview::Manual(error) => self.hooks_missing = Some(error),
        }
        Ok(())
    }
}

/// Whether an answer is a server on this machine, which has no place in a file of the team.
fn names_this_machine(answer: &Answer) -> bool {
    answer.key == Key::Server && answer.values.iter().any(|url| Url::parse(url).is_ok_and(|url| is_loopback(&url)))
}

fn new_production(workspace: &Workspace<'_>, server: &Server, bases: Vec<IndexName>) -> Result<NewIndex, Error> {
    let repository = workspace.repository_name()?.value;
    let created = server.server_time().unwrap_or_else(clock::now);
    let named = repository.as_str().to_owned();
    let record = ProductionRecord { repository: named, created, remote: workspace.remote_hash()? };
    Ok(NewIndex {
        bases,
        volatile: false,
        acl_upload: Vec::new(),
        acl_toxresult_upload: workspace.evidence_users()?.iter().map(ToString::to_string).collect(),
        title: format!("{repository}: production"),
        record: Some(Record::Production(record)),
    })
}
