//! Everything that can stop an operation. `cli/failure.rs` decides for each variant the exit code and the hint.

use url::Url;

use crate::devpi;
use crate::git;
use crate::model::index_name::IndexTemplateError;
use crate::model::names::{BranchName, CommitId, IndexName, InvalidName, ProjectName, UserName};
use crate::python;
use crate::settings;
use crate::system;

/// What stopped an operation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The repository.
    #[error(transparent)]
    Git(#[from] git::Error),
    /// The server.
    #[error(transparent)]
    Devpi(#[from] devpi::Error),
    /// The project, or a tool of Python's.
    #[error(transparent)]
    Python(#[from] python::Error),
    /// The settings.
    #[error(transparent)]
    Settings(#[from] settings::Error),
    /// The machine.
    #[error(transparent)]
    System(#[from] system::Error),
    /// The local server.
    #[error(transparent)]
    LocalServer(#[from] crate::workspace::local_server::Error),
    /// A promotion.
    #[error(transparent)]
    Promotion(#[from] super::promote::Fault),
    /// A name that came from outside.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The version of a build.
    #[error(transparent)]
    Version(#[from] crate::build::version::Fault),
    /// The template of index names.
    #[error("index-name: {0}")]
    IndexTemplate(#[from] IndexTemplateError),
    /// HEAD is detached and nobody says which branch this is.
    #[error("HEAD is detached, and nothing says which branch this build is for")]
    NoBranch {
        /// Remote branches that contain the commit.
        candidates: Vec<BranchName>,
    },
    /// A pull request whose number and head nobody knows.
    #[error("this is a build of a pull request on {system}, and no variable says which")]
    NoPullRequestNumber {
        /// The CI system.
        system: &'static str,
    },
    /// Nobody says which branches are release branches.
    #[error("nothing says which branches are release branches")]
    NoReleaseBranches,
    /// Several remotes, none called origin.
    #[error("there are several remotes, and none is called origin: {}", .remotes.join(", "))]
    SeveralRemotes {
        /// Their names.
        remotes: Vec<String>,
    },
    /// The verb needs files, and this is a bare repository.
    #[error("{} is a bare repository", path.display())]
    NoWorkTree {
        /// Its git folder.
        path: std::path::PathBuf,
    },
    /// No commit yet.
    #[error("there is no commit yet")]
    NoCommit,
    /// The verb is about a branch, and this is a tag build.
    #[error("this is a build of the tag {tag}, which makes nothing")]
    TagBuild {
        /// The tag.
        tag: String,
    },
    /// Nobody is logged in, and no password is at hand.
    #[error("nobody is logged in to {server}{}", .login.as_ref().map(|l| format!(" as {l}")).unwrap_or_default())]
    NotLoggedIn {
        /// The server.
        server: Url,
        /// Who should be.
        login: Option<UserName>,
    },
    /// Only the repository names this server, and the user never logged in to it.
    #[error(
        "{server} is named by the repository only ({place}), and you have never logged in to it: no credentials go there"
    )]
    UntrustedServer {
        /// The server.
        server: Url,
        /// Where the repository names it.
        place: String,
    },
    /// Nobody says who logs in.
    #[error("nothing says who logs in to {server}")]
    NoLogin {
        /// The server.
        server: Url,
    },
    /// A password is needed, and none came.
    #[error("no password for {login} at {server}")]
    NoPassword {
        /// The server.
        server: Url,
        /// Who wants to log in.
        login: UserName,
    },
    /// Both names that the branch's index could have are somebody else's.
    #[error("no index for {branch}: {} belong to others", .taken.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "))]
    IndexNamesTaken {
        /// The branch.
        branch: BranchName,
        /// The names.
        taken: Vec<IndexName>,
    },
    /// The branch has no index.
    #[error("{branch} has no index on the server")]
    NoIndex {
        /// The branch.
        branch: BranchName,
    },
    /// The named index is not there.
    #[error("{index} is not there")]
    NoSuchIndex {
        /// Its name.
        index: IndexName,
    },
    /// The index is not ours to touch.
    #[error("{index} is not an index of this repository: {why}")]
    ForeignIndex {
        /// Its name.
        index: IndexName,
        /// What stands in its record.
        why: String,
    },
    /// The index must not be deleted.
    #[error("{index} is not deleted: {why}")]
    ProtectedIndex {
        /// Its name.
        index: IndexName,
        /// Why.
        why: String,
    },
    /// The branch is not to have an index.
    #[error("{branch} matches ignore-branches ({pattern})")]
    IgnoredBranch {
        /// The branch.
        branch: BranchName,
        /// The glob.
        pattern: String,
    },
    /// The build number was used for another commit.
    #[error("{project} {version} on {index} was built from commit {}, this is commit {}", .theirs.short(), .ours.short())]
    NumberReused {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// Where it lies.
        index: IndexName,
        /// Its commit.
        theirs: CommitId,
        /// This commit.
        ours: CommitId,
    },
    /// The machine that builds this version has failed, and so would this one.
    #[error("the build of {version} failed on another machine: {reason}{}", .ci_url.as_ref().map(|url| format!(" ({url})")).unwrap_or_default())]
    BuildFailedElsewhere {
        /// The version.
        version: String,
        /// What it said.
        reason: String,
        /// Where the CI's log is.
        ci_url: Option<String>,
    },
    /// Claim after claim was taken and not fulfilled.
    #[error("{count} machines have tried to build on {index}, and none has published")]
    TooManyClaims {
        /// The branch's index.
        index: IndexName,
        /// How many.
        count: u32,
    },
    /// The release is not there.
    #[error("{project} {version} is not on {index}")]
    NoRelease {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// Where it was looked for.
        index: IndexName,
    },
    /// It is not to be built, and no index can hold it.
    #[error("{project} {version} is not published, so it cannot be found anywhere")]
    NotPublished {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
    },
    /// No file of the release fits.
    #[error("no file of {project} {version} on {index} fits here: {}", .files.join(", "))]
    NoFittingFile {
        /// The project.
        project: ProjectName,
        /// The version.
        version: String,
        /// Where it lies.
        index: IndexName,
        /// The files that there are.
        files: Vec<String>,
    },
    /// What was built is for another interpreter or platform.
    #[error("{file} was built, and {} cannot install it: it is not published", python.display())]
    BuiltForOthers {
        /// The wheel.
        file: String,
        /// The interpreter that was to install it, and to build it.
        python: std::path::PathBuf,
    },
    /// A local version is not published.
    #[error("{version} is a local version with changes that are not committed: it is not published")]
    DirtyUpload {
        /// The version.
        version: String,
    },
    /// The folder that a copy is to be made in is in use.
    #[error("{} is not an empty folder", path.display())]
    NotEmpty {
        /// The folder.
        path: std::path::PathBuf,
    },
    /// A folder that is to hold one package and nothing else holds something else.
    #[error("{} holds {found}, which is no package", folder.display())]
    NotADestination {
        /// The folder.
        folder: std::path::PathBuf,
        /// What lies in it.
        found: String,
    },
    /// A file in the cache was damaged twice while it was used.
    #[error("{} is not what was put there a moment ago", path.display())]
    CacheChanges {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The work tree itself is to be written to, and has changes.
    #[error("tracked files have changes: {}", shortened(.paths))]
    WorkTreeChanged {
        /// The files.
        paths: Vec<String>,
    },
    /// A tag build, and no release was built from its commit.
    #[error("no release of {project} was built from commit {}: looked on {}", .commit.short(), .indexes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    NoReleaseOfCommit {
        /// The project.
        project: ProjectName,
        /// The commit.
        commit: CommitId,
        /// Where it was looked for.
        indexes: Vec<IndexName>,
    },
    /// What the server stores is not what was uploaded.
    #[error("the server says {file} has sha256 {found}, and it was uploaded with {sent}")]
    StoredOtherBytes {
        /// The file.
        file: String,
        /// The digest that was uploaded.
        sent: String,
        /// The digest that the server has.
        found: String,
    },
    /// Several projects, and nobody says which.
    #[error("this repository has several projects: {}", .projects.join(", "))]
    SeveralProjects {
        /// Their names.
        projects: Vec<String>,
    },
    /// No project of that name here.
    #[error("there is no project {wanted} here: {}", .projects.join(", "))]
    NoSuchProject {
        /// As it was asked for.
        wanted: String,
        /// What there is.
        projects: Vec<String>,
    },
    /// A report that cannot be read.
    #[error("{place} is not a tox report: {reason}")]
    BadReport {
        /// The file.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A production index of other bytes.
    #[error("{to} already holds {file} with other bytes: {theirs} there, {ours} here")]
    OtherBytes {
        /// The production index.
        to: IndexName,
        /// The file.
        file: String,
        /// The digest there.
        theirs: String,
        /// The digest here.
        ours: String,
    },
    /// More indexes than one run may delete.
    #[error("{count} indexes would be deleted, more than the limit of {limit}")]
    PruneLimit {
        /// How many.
        count: usize,
        /// How many may.
        limit: usize,
    },
    /// A question that nobody can answer.
    #[error("{question} needs an answer, and there is no terminal to ask on")]
    CannotAsk {
        /// The question.
        question: String,
        /// The flag that answers it.
        flag: &'static str,
    },
    /// The person said no.
    #[error("nothing was done")]
    Declined,
    /// A hook that is somebody else's stands in the way.
    #[error("{} is there already and is not ours", path.display())]
    ForeignHook {
        /// The hook.
        path: std::path::PathBuf,
    },
    /// The hooks folder is shared with other repositories.
    #[error("core.hooksPath ({origin}) points to {path}, which is not this repository's own")]
    ForeignHooksPath {
        /// The folder.
        path: String,
        /// Where it is set.
        origin: String,
    },
    /// The installed git is too old for hooks in its configuration.
    #[error("git {version} has no hooks in its configuration; 2.54 has")]
    GitTooOldForConfigHooks {
        /// The git that there is.
        version: String,
    },
    /// git is older than everything that was tried.
    #[error("git {version} is older than 2.25")]
    GitTooOld {
        /// The git that there is.
        version: String,
    },
    /// There is no such man page.
    #[error("there is no page {page:?}")]
    NoSuchPage {
        /// As it was asked for.
        page: String,
    },
    /// A step of the demonstration did not hold.
    #[error("the demonstration failed at {step}: {found}")]
    Demo {
        /// The step.
        step: String,
        /// What was found instead.
        found: String,
    },
}

fn shortened(paths: &[String]) -> String {
    let shown = paths.iter().take(5).map(|p| crate::model::names::harmless(p)).collect::<Vec<_>>().join(", ");
    if paths.len() > 5 { format!("{shown} and {} more", paths.len() - 5) } else { shown }
}
