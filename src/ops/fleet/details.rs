//! What the contents of the indexes tell: versions, evidence, sizes.
//!
//! Requests: for each branch index one for its projects and one for each project; for each project one on production; one for each report
//! that is not cached; one for the size of each file.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::devpi::{self, IndexConfig, Server};
use crate::index::branch_index::IndexMap;
use crate::index::contents::{self, Contents};
use crate::model::evidence::evidence;
use crate::model::fleet::{
    BranchEntry, Concern, Details, FleetProject, FleetRepository, IDLE_AFTER, newest_final, passed_all, used_since,
};
use crate::model::names::{IndexName, ProjectName, Sha256, UserName};
use crate::model::release::{Release, ReleaseFile};
use crate::model::thinning::MANY_RELEASES;
use crate::ops::Error;
use crate::release::reports;
use crate::system::parallel;
use crate::workspace::Workspace;

/// The number of final versions of a project whose evidence is read, the highest first.
const MAX_CANDIDATES: usize = 10;
/// The time that the growth is about.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

type OnProduction = BTreeMap<(IndexName, ProjectName), Vec<Release>>;
/// The size of each file; `None` where the server does not tell it.
type Sizes = BTreeMap<Sha256, Option<u64>>;

/// Reads the contents of the repositories' indexes, and adds what they tell.
pub(super) fn add(
    (workspace, server): (&Workspace<'_>, &Server),
    indexes: &IndexMap,
    now: Timestamp,
    repositories: &mut [FleetRepository],
) -> Result<(), Error> {
    let names: Vec<&IndexName> =
        repositories.iter().flat_map(|repository| repository.branches.iter().map(|entry| &entry.index)).collect();
    workspace.progress.step(&format!("reading {} indexes", names.len()));
    let mut read = contents::read_all(server, &names)?.into_iter();
    let contents: Vec<Vec<Contents>> =
        repositories.iter().map(|repository| read.by_ref().take(repository.branches.len()).collect()).collect();
    let mut reader = Reader {
        workspace,
        server,
        indexes,
        now,
        setting: workspace.production()?,
        on_production: OnProduction::new(),
        sizes: Sizes::new(),
    };
    reader.read_production(repositories, &contents)?;
    reader.read_sizes(&contents)?;
    for (repository, contents) in repositories.iter_mut().zip(&contents) {
        let details = reader.details(repository, contents)?;
        repository.add_concerns(concerns(&details, &repository.branches, (contents, now)));
        repository.details = Some(details);
    }
    Ok(())
}

struct Reader<'a> {
    workspace: &'a Workspace<'a>,
    server: &'a Server,
    indexes: &'a IndexMap,
    now: Timestamp,
    /// The production index of the settings.
    setting: IndexName,
    on_production: OnProduction,
    sizes: Sizes,
}

impl Reader<'_> {
    fn read_production(&mut self, repositories: &[FleetRepository], contents: &[Vec<Contents>]) -> Result<(), Error> {
        let mut wanted = BTreeSet::new();
        for (repository, contents) in repositories.iter().zip(contents) {
            if let Some(production) = self.production_of(repository) {
                wanted.extend(projects(contents).into_iter().map(|project| (production.clone(), project.clone())));
            }
        }
        let wanted: Vec<_> = wanted.into_iter().collect();
        let read = |(index, project): &(IndexName, ProjectName)| self.server.releases(index, project);
        let found = parallel::map(&wanted, contents::MAX_PARALLEL, read);
        for (key, releases) in wanted.into_iter().zip(found) {
            self.on_production.insert(key, releases?);
        }
        Ok(())
    }

    /// The production index of a repository: the one that was created for it, else that of the settings where a branch index has it as a
    /// base. `None` where neither tells it: the repository's own settings may name another one.
    fn production_of(&self, repository: &FleetRepository) -> Option<IndexName> {
        let config = |entry: &BranchEntry| self.indexes.get(entry.index.name());
        let is_base = || repository.branches.iter().filter_map(config).any(|one| one.bases.contains(&self.setting));
        repository.production.first().cloned().or_else(|| is_base().then(|| self.setting.clone()))
    }

    fn read_sizes(&mut self, contents: &[Vec<Contents>]) -> Result<(), Error> {
        let files: BTreeMap<&Sha256, &ReleaseFile> =
            contents.iter().flatten().flat_map(files).map(|file| (&file.sha256, file)).collect();
        self.workspace.progress.step(&format!("reading the sizes of the files, {}", files.len()));
        let files: Vec<&ReleaseFile> = files.into_values().collect();
        let read = |file: &&ReleaseFile| match self.server.file_size(file) {
            // It was deleted in the meantime.
            Err(devpi::Error::Gone { .. } | devpi::Error::NotFound { .. }) => Ok(Some(0)),
            size => size,
        };
        let sizes = parallel::map(&files, contents::MAX_PARALLEL, read);
        for (file, size) in files.into_iter().zip(sizes) {
            self.sizes.insert(file.sha256.clone(), size?);
        }
        Ok(())
    }

    fn details(&self, repository: &FleetRepository, contents: &[Contents]) -> Result<Details, Error> {
        let production = self.production_of(repository);
        let mut found = Vec::new();
        for project in projects(contents) {
            found.push(FleetProject {
                name: project.clone(),
                newest_green: self.newest_green(project, contents)?,
                production: production.clone().map(|index| {
                    let releases = self.on_production.get(&(index.clone(), project.clone()));
                    let versions = releases.into_iter().flatten().map(|release| release.version.as_str());
                    let newest = newest_final(versions).first().map(|version| (*version).to_owned());
                    (index, newest)
                }),
            });
        }
        let size_of = |file: &ReleaseFile| self.sizes.get(&file.sha256).copied().flatten();
        let week_ago = self.now.checked_sub(WEEK).unwrap_or(Timestamp::MIN);
        let young = |file: &&ReleaseFile| used_since(&file.log, week_ago);
        Ok(Details {
            projects: found,
            size: contents.iter().flat_map(files).map(size_of).sum(),
            growth: contents.iter().flat_map(files).filter(young).map(size_of).sum(),
            last_used: contents.iter().filter_map(Contents::last_upload).max(),
        })
    }

    fn newest_green(&self, project: &ProjectName, contents: &[Contents]) -> Result<Option<String>, Error> {
        let releases: Vec<&Release> =
            contents.iter().flat_map(|one| &one.releases).filter(|release| release.project == *project).collect();
        let versions = newest_final(releases.iter().map(|release| release.version.as_str()));
        for version in versions.into_iter().take(MAX_CANDIDATES) {
            for release in releases.iter().filter(|release| release.version == version) {
                if self.is_green(release)? {
                    return Ok(Some(version.to_owned()));
                }
            }
        }
        Ok(None)
    }

    fn is_green(&self, release: &Release) -> Result<bool, Error> {
        if release.tox_results.is_empty() {
            return Ok(false);
        }
        let trusted = trusted(self.indexes.get(release.index.name()), release.index.user());
        let reports = reports::read_trusted(self.workspace, self.server, release, &trusted)?;
        Ok(passed_all(release, &evidence(release, &reports, &trusted)))
    }
}

/// The users whose results count: those who may post results to the index, and are named.
///
/// The settings of the repository are not read here. `evidence-users` become this list.
fn trusted(config: Option<&IndexConfig>, owner: &UserName) -> Vec<UserName> {
    let named = config.into_iter().flat_map(|config| &config.acl_toxresult_upload);
    let named: Vec<UserName> = named.filter_map(|name| UserName::parse(name).ok()).collect();
    if named.is_empty() { vec![owner.clone()] } else { named }
}

fn files(contents: &Contents) -> impl Iterator<Item = &ReleaseFile> {
    contents.releases.iter().flat_map(|release| &release.files)
}

fn projects(contents: &[Contents]) -> BTreeSet<&ProjectName> {
    contents.iter().flat_map(|one| &one.releases).map(|release| &release.project).collect()
}

fn concerns(details: &Details, branches: &[BranchEntry], (contents, now): (&[Contents], Timestamp)) -> Vec<Concern> {
    let mut concerns = Vec::new();
    for project in &details.projects {
        let (Some(green), Some((_, production))) = (&project.newest_green, &project.production) else { continue };
        let newest = newest_final([green.as_str()].into_iter().chain(production.as_deref()));
        if newest.first() == Some(&green.as_str()) && production.as_ref() != Some(green) {
            let (project, green, production) = (project.name.clone(), green.clone(), production.clone());
            concerns.push(Concern::NotInProduction { project, green, production });
        }
    }
    let mut idle = 0;
    for (entry, contents) in branches.iter().zip(contents) {
        let mut count: BTreeMap<&ProjectName, usize> = BTreeMap::new();
        for release in &contents.releases {
            *count.entry(&release.project).or_default() += 1;
        }
        let many = count.into_iter().filter(|(_, releases)| *releases >= MANY_RELEASES);
        concerns.extend(many.map(|(project, releases)| Concern::ManyReleases {
            index: entry.index.clone(),
            project: project.clone(),
            releases,
        }));
        idle += usize::from(is_idle(entry, contents, now));
    }
    concerns.extend(Some(idle).filter(|idle| *idle > 0).map(Concern::Idle));
    concerns
}

/// Whether an index was not used for a while. One with final versions belongs to a release branch, which may be quiet.
fn is_idle(entry: &BranchEntry, contents: &Contents, now: Timestamp) -> bool {
    let has_final = !newest_final(contents.releases.iter().map(|release| release.version.as_str())).is_empty();
    let used = contents.last_upload().unwrap_or(entry.created);
    !has_final && now.duration_since(used) > IDLE_AFTER
}
