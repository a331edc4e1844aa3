//! What `ensure` keeps right about the branch's index: its record, its rights, its bases.

use crate::devpi::Session;
use crate::index::branch_index::{self, BranchIndex, IndexMap};
use crate::index::upkeep::Update;
use crate::index::{bases, own_commits, permissions, upkeep};
use crate::model::index_right::Right;
use crate::model::names::BranchName;
use crate::ops::Error;
use crate::ops::ensure::branch_facts;
use crate::ops::ensure::package::PackageTask;
use crate::system::clock;
use crate::workspace::Branch;

impl PackageTask<'_> {
    /// Whether the branch was created again, or reset, by a push without hooks: this build's commit is one of the release branch itself.
    pub(super) fn is_branch_new(&self, branch: &BranchName) -> Result<bool, Error> {
        let Some(remote) = self.workspace.remote()? else { return Ok(false) };
        Ok(!self.workspace.is_release_branch(branch).unwrap_or(true)
            && own_commits::is_on_release_line(self.workspace, &remote.value, &self.build.commit)?)
    }

    /// Updates the index of a release that was found, and says what the user may not do there. Makes no request unless something is missing.
    pub(super) fn keep_up(&self, index: Option<&BranchIndex>, branch: &Branch) -> Result<(), Error> {
        let (Some(index), Some(session)) = (index, self.workspace.session.get()) else { return Ok(()) };
        let all = self.indexes_about(session, index)?;
        self.update_index((session, &all), index.clone(), branch);
        self.warn_of_missing_right(session, index);
        Ok(())
    }

    /// The indexes of the owner, if they decide which remote, which rights and which bases the index of the branch gets; else this one alone,
    /// without a request.
    pub(super) fn indexes_about(&self, session: &Session, index: &BranchIndex) -> Result<IndexMap, Error> {
        let name = &index.name;
        let lacks_remote = index.record.remote.is_none() && self.workspace.remote_hash()?.is_some();
        let is_owner = permissions::may_change(session.login_user(), name.user());
        let has_bases_from = is_owner && bases::is_from_set(self.workspace);
        if lacks_remote || has_bases_from || permissions::lacks_wanted(self.workspace, &index.config)? {
            return Ok(branch_index::indexes_of(session, name.user())?);
        }
        Ok(IndexMap::from([(name.name().to_owned(), index.config.clone())]))
    }

    /// Updates the record, the rights and the bases of the branch's index, if the user is its owner; returns the index as it is now.
    ///
    /// The package does not depend on it, so a failure is only reported.
    pub(super) fn update_index(
        &self,
        (session, all): (&Session, &IndexMap),
        mut index: BranchIndex,
        branch: &Branch,
    ) -> BranchIndex {
        if !permissions::may_change(session.login_user(), index.name.user()) {
            return index;
        }
        let mut update = || -> Result<(), Error> {
            let remote = match index.record.remote {
                Some(_) => None,
                None => upkeep::addable_remote(self.workspace, all, self.workspace.remote_hash()?)?,
            };
            let own_commits = branch_facts::own_commits(self.workspace, &branch.name, self.build)?;
            let is_new = index.record.own_commits && !own_commits && self.is_branch_new(&branch.name)?;
            let begins = is_new.then(|| session.server_time().unwrap_or_else(clock::now));
            let rights = permissions::rights(self.workspace, all.values())?;
            let of_branch = (&branch.name, &index.name, &index.config);
            let bases = bases::changed((self.workspace, session), all, of_branch)?;
            Ok(upkeep::update(session, &mut index, &Update { own_commits, remote, begins, rights, bases })?)
        };
        let updated = update();
        if let Err(error) = updated {
            self.workspace.progress.detail(&format!("cannot update {}: {error}", index.name));
        }
        index
    }

    /// Says in CI that the results of the tests that follow cannot be posted.
    pub(super) fn warn_of_missing_right(&self, session: &Session, index: &BranchIndex) {
        let login = session.login_user();
        if self.workspace.ci().is_some() && !permissions::may_post_results(&index.config, login) {
            let text = format!(
                "{login} has no right to post results to {} ({}): tests give no evidence",
                index.name,
                Right::Results.acl()
            );
            self.workspace.progress.note(&text);
        }
    }
}
