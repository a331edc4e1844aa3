//! The steps of the demonstration: the announcement, the commands, and the checks on the server.

use crate::model::names::Sha256;
use crate::model::record::Record;
use crate::model::release::Release;
use crate::ops::Error;
use crate::ops::demo::account::Account;
use crate::ops::demo::actor::Actor;
use crate::ops::demo::fixture::Fixture;
use crate::ops::demo::sample::{BRANCH, FEATURE, FILES, PROJECT};
use crate::system::files::sha256_of_file;
use crate::workspace::Progress;

/// One step.
pub(super) struct Step {
    /// Its title.
    pub title: &'static str,
    /// The text that announces it.
    pub text: &'static str,
    /// Runs the commands and the checks.
    pub run: fn(&mut Scenario<'_>) -> Result<(), Error>,
}

/// All steps, in order.
pub(super) const STEPS: [Step; 6] = [
    Step {
        title: "A repository is set up",
        text: "A team keeps a small Python package in git; pyproject.toml holds version 1.4.\n\
               `git devpi init` writes the settings, creates the indexes of production and main, and installs the hooks.",
        run: |scenario| scenario.set_up(),
    },
    Step {
        title: "A branch is pushed and gets an index",
        text: "A developer creates the branch shiny-new-feature-x and pushes. The pre-push hook creates its index.",
        run: |scenario| scenario.push_the_branch(),
    },
    Step {
        title: "Two machines test the same file",
        text: "CI runs two stages on two machines at the same time. Both run plain tox. The package is built once;\n\
               both test the same file, and upload their results as evidence for it.",
        run: |scenario| scenario.test_the_branch(),
    },
    Step {
        title: "The branch is merged, and main is built",
        text: "The branch is merged to main and deleted on the remote. CI builds main in the same way and publishes on the index of main.",
        run: |scenario| scenario.merge_and_build(),
    },
    Step {
        title: "The tested release is promoted",
        text: "The release of main has passed in all required environments: it is copied to production, bytes unchanged.",
        run: |scenario| scenario.promote(),
    },
    Step {
        title: "The branch's index is deleted",
        text: "A colleague pulls main. The post-merge hook finds that the branch is deleted, and deletes its index.",
        run: |scenario| scenario.pull(),
    },
];

/// The state of a running demonstration.
pub(super) struct Scenario<'a> {
    fixture: &'a Fixture,
    account: &'a Account,
    progress: &'a dyn Progress,
    title: &'static str,
    checks: Vec<String>,
    developer: Option<Actor<'a>>,
    colleague: Option<Actor<'a>>,
}

/// CI's variables for one build.
fn build<'v>(number: &'v str, server: &'v str) -> [(&'v str, &'v str); 3] {
    [("CI", "true"), ("BUILD_NUMBER", number), ("GIT_DEVPI_SERVER", server)]
}

impl<'a> Scenario<'a> {
    pub fn new(fixture: &'a Fixture, account: &'a Account, progress: &'a dyn Progress) -> Self {
        Self { fixture, account, progress, title: "", checks: Vec::new(), developer: None, colleague: None }
    }

    /// Begins a step.
    pub fn begin(&mut self, title: &'static str) {
        self.title = title;
        self.checks.clear();
    }

    /// Takes the checks that passed in this step.
    pub fn checks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.checks)
    }

    /// Lists what the server holds now.
    pub fn contents(&self) -> Result<Vec<String>, Error> {
        self.account.summary(PROJECT)
    }

    fn set_up(&mut self) -> Result<(), Error> {
        let user = self.account.user.to_string();
        let git = self.fixture.tool("remote", "git").current_dir(&self.fixture.path(""));
        git.args(["init", "--quiet", "--bare", "--initial-branch=main", "shiny-widget.git"]).checked()?;
        let developer = self.actor("developer")?;
        for (name, text) in FILES {
            developer.write(name, text)?;
        }
        developer.run(&[], &["git", "add", "."])?;
        developer.run(&[], &["git", "commit", "--quiet", "-m", "A shiny widget"])?;
        developer.run(
            &[],
            &["git", "devpi", "init", "--server", self.fixture.server(), "--user", &user, "--yes", "--tox", "snippet"],
        )?;
        developer.run(&[], &["git", "add", "."])?;
        developer.run(&[], &["git", "commit", "--quiet", "-m", "Set up git-devpi"])?;
        developer.run(&[], &["git", "push", "--quiet", "--set-upstream", "origin", "main"])?;
        self.developer = Some(developer);

        let indexes = self.account.indexes()?;
        let production = indexes.get("prod").and_then(|config| config.record.clone());
        self.check(matches!(production, Some(Record::Production(_))), "the production index exists", || {
            format!("{production:?}")
        })?;
        self.check_branch("main", true)?;
        let names = self.account.session.projects(&self.account.index("prod")?)?;
        self.check(names == [PROJECT], "the project's name is registered, so that no other index can shadow it", || {
            names.join(" ")
        })
    }

    fn push_the_branch(&mut self) -> Result<(), Error> {
        self.check_branch(BRANCH, false)?;
        let developer = self.developer()?;
        developer.run(&[], &["git", "switch", "--quiet", "--create", BRANCH])?;
        developer.write(FEATURE.0, FEATURE.1)?;
        developer.run(&[], &["git", "commit", "--quiet", "--all", "-m", "Shine brighter"])?;
        developer.run(&[], &["git", "push", "--quiet", "--set-upstream", "origin", BRANCH])?;
        self.check_branch(BRANCH, true)
    }

    fn test_the_branch(&mut self) -> Result<(), Error> {
        let actors = [("ci-1", "unit"), ("ci-2", "system")];
        let mut clones = Vec::new();
        for (name, environment) in actors {
            let actor = self.actor(name)?;
            actor.run(&[], &["git", "switch", "--quiet", BRANCH])?;
            clones.push((actor, environment));
        }
        let variables = build("1", self.fixture.server());
        std::thread::scope(|scope| {
            let run = |(actor, environment): &(Actor<'a>, &'static str)| {
                actor.run(&variables, &["tox", "-e", environment]).map(drop)
            };
            let runs: Vec<_> = clones.iter().map(|clone| scope.spawn(move || run(clone))).collect();
            runs.into_iter().try_for_each(|run| match run.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })?;
        let release = self.the_release(&index_of(BRANCH), "1.4.1.dev0")?;
        let stored = &release.files[0].sha256;
        for (actor, environment) in &clones {
            let tested = tested_file(actor)?;
            let claim = format!("`tox -e {environment}` tested the file that is on the server");
            self.check(tested.as_ref() == Some(stored), &claim, || format!("{tested:?}, not {stored:?}"))?;
        }
        self.check_green(&release)
    }

    fn merge_and_build(&mut self) -> Result<(), Error> {
        // The colleague's clone is from before the merge.
        let colleague = self.actor("colleague")?;
        colleague.run(&[], &["git", "devpi", "login", self.fixture.server()])?;
        colleague.run(&[], &["git", "devpi", "hooks", "install"])?;
        self.colleague = Some(colleague);

        let developer = self.developer()?;
        developer.run(&[], &["git", "switch", "--quiet", "main"])?;
        developer.run(&[], &["git", "merge", "--quiet", "--no-ff", "--no-edit", BRANCH])?;
        developer.run(&[], &["git", "push", "--quiet", "origin", "main"])?;
        developer.run(&[], &["git", "push", "--quiet", "--delete", "origin", BRANCH])?;
        let actor = self.actor("ci-3")?;
        actor.run(&build("2", self.fixture.server()), &["tox"])?;
        let release = self.the_release(&index_of("main"), "1.4.2")?;
        self.check_green(&release)
    }

    fn promote(&mut self) -> Result<(), Error> {
        let actor = self.actor("ci-4")?;
        actor.run(&build("2", self.fixture.server()), &["git", "devpi", "promote"])?;
        let built = self.the_release(&index_of("main"), "1.4.2")?;
        let promoted = self.the_release("prod", "1.4.2")?;
        let (built, found) = (&built.files[0].sha256, &promoted.files[0].sha256);
        self.check(built == found, "production has the file that was tested, byte for byte", || {
            format!("{found:?}, not {built:?}")
        })?;
        self.check_green(&promoted)
    }

    fn pull(&mut self) -> Result<(), Error> {
        let Some(colleague) = &self.colleague else { return Err(self.failed("there is no colleague".to_owned())) };
        colleague.run(&[], &["git", "pull", "--quiet"])?;
        self.check_branch(BRANCH, false)?;
        self.check_branch("main", true)?;
        self.the_release("prod", "1.4.2").map(drop)
    }

    fn actor(&self, name: &'static str) -> Result<Actor<'a>, Error> {
        Actor::with_clone(name, self.fixture, self.progress)
    }

    fn developer(&self) -> Result<&Actor<'a>, Error> {
        self.developer.as_ref().ok_or_else(|| self.failed("there is no developer".to_owned()))
    }

    /// Whether the server holds an index whose record names the branch.
    fn check_branch(&mut self, branch: &str, expected: bool) -> Result<(), Error> {
        let indexes = self.account.indexes()?;
        let named = |record: &Option<Record>| matches!(record, Some(Record::Branch(record)) if record.branch == branch);
        let is_there = indexes.values().any(|config| named(&config.record));
        let claim = format!("{branch} has {} index", if expected { "an" } else { "no" });
        self.check(is_there == expected, &claim, || indexes.into_keys().collect::<Vec<_>>().join(" "))
    }

    /// The one release of an index, with its one file.
    fn the_release(&mut self, index: &str, version: &str) -> Result<Release, Error> {
        let index = self.account.index(index)?;
        let releases = self.account.releases(&index, PROJECT)?;
        let found: Vec<&str> = releases.iter().map(|release| release.version.as_str()).collect();
        let is_one = found == [version] && releases[0].files.len() == 1;
        let claim = format!("{index} holds {PROJECT} {version}, one file");
        self.check(is_one, &claim, || format!("it holds {found:?}"))?;
        releases.into_iter().next().ok_or_else(|| self.failed("no release".to_owned()))
    }

    fn check_green(&mut self, release: &Release) -> Result<(), Error> {
        let green = self.account.green(release, &release.files[0].sha256)?;
        self.check(green == ["system", "unit"], "the release passed in unit and system", || {
            format!("green in {green:?}")
        })
    }

    fn check(&mut self, holds: bool, claim: &str, found: impl FnOnce() -> String) -> Result<(), Error> {
        if !holds {
            return Err(self.failed(format!("check failed: {claim}; the server holds: {}", found())));
        }
        self.progress.note(&format!("   ok: {claim}"));
        self.checks.push(claim.to_owned());
        Ok(())
    }

    fn failed(&self, found: String) -> Error {
        Error::Demo { step: format!("\"{}\"", self.title), found }
    }
}

/// The name of a branch's index, as `init` proposes it.
fn index_of(branch: &str) -> String {
    format!("{PROJECT}-{branch}")
}

/// The digest of the one file that tox installed.
fn tested_file(actor: &Actor<'_>) -> Result<Option<Sha256>, Error> {
    let folder = actor.folder().join(".tox").join("git-devpi");
    let entries = fs_err::read_dir(&folder).map_err(crate::system::Error::file("read", &folder))?;
    let mut files = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.is_file());
    match (files.next(), files.next()) {
        (Some(only), None) => Ok(Some(sha256_of_file(&only)?)),
        _ => Ok(None),
    }
}
