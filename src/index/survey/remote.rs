//! The facts about branches from the remote and from this clone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::git::{self, Deepen, FetchRequest, LsRemote, RemoteRefs};
use crate::index::Error;
use crate::index::survey::request::{ComparePatches, MissingCommits, SurveyRequest};
use crate::model::authority::Authority;
use crate::model::names::{BranchName, CommitId, IndexName, UserName};
use crate::model::staleness::{BranchFacts, Containment, PatchMerge, ProbablyMerged, RemoteAnswer, RemoteListing};
use crate::settings::{Key, Pattern, Sourced};
use crate::workspace::Workspace;
use crate::workspace::authority;
use crate::workspace::gate::{self, Gate, GateAnswer};

/// What the gate says about releases.
#[derive(Debug, Clone)]
pub struct ReleaseState {
    /// The release branches with their tips on the remote.
    pub tips: BTreeMap<BranchName, CommitId>,
    /// The users whose provenance counts.
    pub trusted: Vec<UserName>,
    /// The users who may upload to the indexes of branches, beside the owner.
    pub uploaders: Vec<UserName>,
    /// What the remote decides about.
    pub authority: Authority,
}

/// The facts about all branches.
pub(crate) struct RemoteView {
    /// The remote's answer.
    pub answer: RemoteAnswer,
    /// Why the remote did not respond.
    pub failure: Option<git::Error>,
    /// The tips of the branches on the remote.
    pub tips: BTreeMap<BranchName, CommitId>,
    /// The production index according to the gate.
    pub production: Option<IndexName>,
    /// How long an index is kept after its last use, according to the gate.
    pub keep_for: Option<Duration>,
    /// The release branches, as the gate names them.
    pub release: Option<ReleaseState>,
    protected: Vec<Pattern>,
    merged: BTreeMap<CommitId, Containment>,
    /// Whether `squash-merges` is set, according to the gate.
    squash_merges: bool,
    /// The tips whose changes are in a release branch, if they were looked for.
    patch_merges: BTreeMap<CommitId, PatchMerge>,
    /// Whether the remote sends archives, if it was asked.
    sends_archives: Option<bool>,
}

impl RemoteView {
    /// The state before the remote was asked.
    pub fn not_asked() -> Self {
        Self::unreachable("it was not asked")
    }

    fn unreachable(why: &str) -> Self {
        Self::of(RemoteAnswer::Unreachable(why.to_owned()))
    }

    /// Asks the remote whether it has any of `absent`, branches that it does not list. A remote that sends no archives is asked once.
    pub fn find_hidden(
        &mut self,
        workspace: &Workspace<'_>,
        how: LsRemote,
        absent: &[BranchName],
    ) -> Result<(), Error> {
        let (RemoteAnswer::Listed(listing), Some(remote)) = (&mut self.answer, workspace.remote()?) else {
            return Ok(());
        };
        let (Some(listed), false) = (listing.release_branches.first(), absent.is_empty()) else { return Ok(()) };
        let repository = workspace.repository()?;
        let sends_archives = match self.sends_archives {
            Some(sends_archives) => sends_archives,
            None => repository.sends_archives(&remote.value, listed, how)?,
        };
        self.sends_archives = Some(sends_archives);
        if sends_archives {
            listing.hidden.extend(repository.hidden_branches(&remote.value, absent, how)?);
        }
        Ok(())
    }

    fn of(answer: RemoteAnswer) -> Self {
        Self {
            answer,
            failure: None,
            tips: BTreeMap::new(),
            production: None,
            keep_for: None,
            release: None,
            protected: Vec::new(),
            merged: BTreeMap::new(),
            squash_merges: false,
            patch_merges: BTreeMap::new(),
            sends_archives: None,
        }
    }

    /// Looks for the changes of `branches` in the release branches.
    pub fn compare_patches(&mut self, workspace: &Workspace<'_>, branches: &[BranchName]) -> Result<(), Error> {
        let Some(release) = &self.release else { return Ok(()) };
        let release_tips: Vec<CommitId> = release.tips.values().cloned().collect();
        let tips: Vec<CommitId> = branches.iter().filter_map(|branch| self.tips.get(branch).cloned()).collect();
        self.patch_merges = workspace.repository()?.patch_merges(&tips, &release_tips)?;
        Ok(())
    }

    /// What a probably merged branch counts as.
    pub fn probably_merged(&self, patches: ComparePatches) -> ProbablyMerged {
        match patches {
            ComparePatches::Yes(ProbablyMerged::Kept) if self.squash_merges => ProbablyMerged::MergedWhenOld,
            ComparePatches::Yes(probably_merged) => probably_merged,
            ComparePatches::No => ProbablyMerged::Kept,
        }
    }

    /// Returns the facts about a branch.
    pub fn facts(&self, branch: &BranchName, checked_out: &BTreeSet<BranchName>) -> BranchFacts {
        let tip = self.tips.get(branch);
        let merged = tip.and_then(|tip| self.merged.get(tip)).copied().unwrap_or_default();
        BranchFacts {
            checked_out: checked_out.contains(branch),
            matches_protected: self.protected.iter().any(|pattern| pattern.matches(branch)),
            merged,
            has_own_commits: merged == Containment::No,
            patch_merge: tip.and_then(|tip| self.patch_merges.get(tip)).cloned(),
        }
    }
}

/// Asks the remote for its branches, and this clone for the ancestry of those in `branches`.
pub(crate) fn query(
    workspace: &Workspace<'_>,
    request: &SurveyRequest,
    branches: &BTreeSet<BranchName>,
) -> Result<RemoteView, Error> {
    let repository = workspace.repository()?;
    let Some(named) = workspace.remote()? else {
        return Ok(RemoteView::unreachable("this clone has no remote"));
    };
    let remote = &named.value;
    // A repository may name a remote of this clone, but not a URL.
    if !repository.is_itself(remote) && !repository.remotes()?.contains(remote) {
        return Ok(RemoteView::unreachable(&format!("this clone has no remote {remote:?}")));
    }
    let refs = match repository.ls_remote(remote, request.how) {
        Ok(refs) => refs,
        Err(error @ (git::Error::RemoteUnreachable { .. } | git::Error::RemoteTimedOut { .. })) => {
            return Ok(RemoteView { failure: Some(error), ..RemoteView::unreachable("see the error") }.with_reason());
        }
        Err(error) => return Err(error.into()),
    };
    let authority = authority::of(workspace, &named, None)?;
    if !authority.decides_anything() {
        return Ok(RemoteView::of(RemoteAnswer::Listed(listing(&refs, BTreeSet::new(), authority))));
    }
    let queried = QueriedRemote { workspace, request, remote: &named, refs: &refs };
    match queried.gate()? {
        GateAnswer::Found(gate) => queried.view(&gate, branches),
        GateAnswer::TipMissing(branch) => Ok(RemoteView::of(RemoteAnswer::Inconclusive(format!(
            "the settings on {branch} on the remote decide, and its newest commit is not in this clone"
        )))),
        GateAnswer::NoDefaultBranch => {
            Ok(RemoteView::of(RemoteAnswer::Listed(listing(&refs, BTreeSet::new(), authority))))
        }
    }
}

fn listing(refs: &RemoteRefs, release_branches: BTreeSet<BranchName>, authority: Authority) -> RemoteListing {
    RemoteListing {
        authority,
        branches: refs.branches.keys().cloned().collect(),
        release_branches,
        default_branch: refs.head.clone(),
        hidden: BTreeSet::new(),
        pull_requests: refs.pull_requests.clone(),
    }
}

impl RemoteView {
    fn with_reason(mut self) -> Self {
        if let Some(failure) = &self.failure {
            self.answer = RemoteAnswer::Unreachable(failure.to_string());
        }
        self
    }
}

/// A remote that responded.
struct QueriedRemote<'a> {
    workspace: &'a Workspace<'a>,
    request: &'a SurveyRequest,
    remote: &'a Sourced<String>,
    refs: &'a RemoteRefs,
}

impl QueriedRemote<'_> {
    fn gate(&self) -> Result<GateAnswer, Error> {
        match gate::read(self.workspace, self.refs)? {
            GateAnswer::TipMissing(branch) if self.request.missing == MissingCommits::Fetch => {
                self.fetch(&[&branch]);
                Ok(gate::read(self.workspace, self.refs)?)
            }
            answer => Ok(answer),
        }
    }

    fn view(&self, gate: &Gate, branches: &BTreeSet<BranchName>) -> Result<RemoteView, Error> {
        let repository = self.workspace.repository()?;
        if self.request.missing == MissingCommits::Fetch {
            self.fetch_missing(gate)?;
        }
        let release_tips: Vec<CommitId> = gate.release_branches.values().cloned().collect();
        let candidates: Vec<CommitId> = branches
            .iter()
            .filter(|branch| !gate.release_branches.contains_key(branch))
            .filter_map(|branch| self.refs.branches.get(branch).cloned())
            .collect();
        let merged = match candidates.is_empty() {
            true => BTreeMap::new(),
            false => repository.contained_in(&candidates, &release_tips)?,
        };
        let protected = gate.settings.patterns(Key::Protected)?.map(|set| set.value).unwrap_or_default();
        let authority = authority::of(self.workspace, self.remote, Some(&gate.settings))?;
        let release_names = gate.release_branches.keys().cloned().collect();
        Ok(RemoteView {
            answer: RemoteAnswer::Listed(listing(self.refs, release_names, authority.clone())),
            failure: None,
            tips: self.refs.branches.clone(),
            production: Some(gate.settings.production(&self.workspace.owner()?)?.value),
            keep_for: gate.settings.duration(Key::KeepFor)?,
            release: Some(ReleaseState {
                tips: gate.release_branches.clone(),
                trusted: match gate.settings.evidence_users()? {
                    Some(set) => set.value,
                    None => vec![self.workspace.owner()?],
                },
                uploaders: gate.settings.upload_users()?.map(|set| set.value).unwrap_or_default(),
                authority: authority.clone(),
            }),
            protected,
            merged,
            squash_merges: gate.settings.boolean(Key::SquashMerges)?,
            patch_merges: BTreeMap::new(),
            sends_archives: None,
        })
    }

    fn fetch_missing(&self, gate: &Gate) -> Result<(), Error> {
        let repository = self.workspace.repository()?;
        let mut missing = Vec::new();
        for (branch, tip) in &gate.release_branches {
            if !repository.commit_exists(tip)? {
                missing.push(branch);
            }
        }
        if !missing.is_empty() {
            self.fetch(&missing);
        }
        Ok(())
    }

    /// Fetches branches. After a failure some states stay undecided, which is reported with them.
    fn fetch(&self, branches: &[&BranchName]) {
        let refspecs: Vec<String> = branches.iter().map(|branch| branch.full_ref()).collect();
        let request =
            FetchRequest { remote: &self.remote.value, refspecs: &refspecs, deepen: Deepen::No, how: self.request.how };
        self.workspace.progress.step("fetching the release branches");
        if let Err(error) = self.workspace.repository().and_then(|repository| Ok(repository.fetch(&request)?)) {
            self.workspace.progress.warn(&format!("cannot fetch the release branches: {error}"));
        }
    }
}
