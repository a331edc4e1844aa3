//! The rights that the kept indexes give, according to the remote's release branch.

use crate::index::permissions::{self, Rights};
use crate::index::survey::{IndexSurvey, SurveyedIndex};
use crate::model::index_right::Right;
use crate::ops::Error;
use crate::workspace::Workspace;

/// Returns the rights as the survey has read them from the remote; as this clone knows them, where the remote was not asked.
pub(super) fn rights(workspace: &Workspace<'_>, survey: &IndexSurvey) -> Result<Rights, Error> {
    let configs = || survey.indexes.iter().map(|surveyed| &surveyed.config);
    let Some(release) = &survey.release else { return Ok(permissions::rights(workspace, configs())?) };
    let records = configs().filter_map(|config| config.record.as_ref()?.origin_in(survey.repository.as_str()));
    let uploaders = release.authority.decides_oldest(records).then(|| release.uploaders.clone());
    Ok(Rights::of(&workspace.owner()?, uploaders, release.trusted.clone()))
}

/// Whether the index of a branch that is kept lacks rights.
pub(super) fn lacks_rights(rights: &Rights, surveyed: &SurveyedIndex) -> bool {
    !surveyed.assessment.state.is_deletable()
        && Right::ALL.into_iter().any(|right| !rights.missing(right, &surveyed.config).is_empty())
}
