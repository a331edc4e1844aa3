//! The devpi user of one demonstration, and what the server holds for it.
//!
//! The checks query the server directly; they do not rely on the output of git-devpi.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::devpi::{Server, ServerOptions, Session};
use crate::index::branch_index::{IndexMap, indexes_of};
use crate::model::evidence::{EvidenceRow, Reports, Verdict, evidence};
use crate::model::names::{IndexName, ProjectName, Sha256, UserName};
use crate::model::release::Release;
use crate::model::tox_result::{MAX_REPORT_SIZE, ToxReport};
use crate::ops::Error;
use crate::system::clock;
use crate::workspace::local_server::random_text;

/// How long the server may take for one request.
const DEADLINE: Duration = Duration::from_secs(30);

/// The devpi user of one demonstration.
pub(super) struct Account {
    /// Its name.
    pub user: UserName,
    /// Its password.
    pub password: SecretString,
    /// A session with the server as this user.
    pub session: Session,
}

impl Account {
    /// Creates a user with a random password at the server `url`, and logs in.
    pub fn create(url: &str) -> Result<Self, Error> {
        let no_url = |_| Error::Demo { step: "the start of the server".to_owned(), found: format!("its URL is {url}") };
        let url = Url::parse(url).map_err(no_url)?;
        let number = clock::now().as_second() & 0xff_ffff;
        let user = UserName::parse(&format!("demo-{number:06x}-{}", std::process::id()))?;
        let password = SecretString::from(random_text(18)?);
        let mut options = ServerOptions::new(url);
        options.deadline = DEADLINE;
        let server = Server::new(&options)?;
        server.create_user(&user, &password)?;
        let token = server.login(&user, &password)?;
        Ok(Self { session: Session::new(&server, user.clone(), &token), user, password })
    }

    /// Deletes the user with all its indexes. devpi refuses while the user owns a non-volatile index.
    pub fn remove(&self) -> Result<(), Error> {
        for name in indexes_of(&self.session, &self.user)?.keys() {
            let index = IndexName::new(&self.user, name)?;
            self.session.modify_index(&index, &serde_json::json!({ "volatile": true }))?;
        }
        self.session.delete_user(&self.user)?;
        Ok(())
    }
}

impl Account {
    /// Returns every index of the user.
    pub fn indexes(&self) -> Result<IndexMap, Error> {
        Ok(indexes_of(&self.session, &self.user)?)
    }

    /// Returns the index `USER/NAME`.
    pub fn index(&self, name: &str) -> Result<IndexName, Error> {
        Ok(IndexName::new(&self.user, name)?)
    }

    /// Returns the releases with files on an index.
    pub fn releases(&self, index: &IndexName, project: &str) -> Result<Vec<Release>, Error> {
        Ok(self.session.releases(index, &ProjectName::parse(project)?)?)
    }

    /// Returns the evidence for a release.
    pub fn evidence(&self, release: &Release) -> Result<Vec<EvidenceRow>, Error> {
        let mut reports = Reports::default();
        for link in &release.tox_results {
            reports.insert(link, ToxReport::from_bytes(&self.session.tox_report(link, MAX_REPORT_SIZE)?));
        }
        Ok(evidence(release, &reports, std::slice::from_ref(&self.user)))
    }

    /// Returns the environments with trusted passing evidence for the file with this digest.
    pub fn green(&self, release: &Release, sha256: &Sha256) -> Result<Vec<String>, Error> {
        let counts = |row: &EvidenceRow| row.trusted && row.verdict == Verdict::Passed && row.sha256 == *sha256;
        let mut names: Vec<String> =
            self.evidence(release)?.into_iter().filter(counts).map(|row| row.environment).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// One line for each index and each file of `project`.
    pub fn summary(&self, project: &str) -> Result<Vec<String>, Error> {
        let mut lines = Vec::new();
        for name in self.indexes()?.keys() {
            let index = self.index(name)?;
            let releases = self.releases(&index, project)?;
            if releases.is_empty() {
                lines.push(format!("{index}  (no files)"));
            }
            for release in releases {
                for file in &release.files {
                    let green = self.green(&release, &file.sha256)?;
                    let verdict = if green.is_empty() {
                        "no evidence".to_owned()
                    } else {
                        format!("green: {}", green.join(", "))
                    };
                    lines.push(format!("{index}  {}  sha256 {}…  {verdict}", file.file_name, file.sha256.short()));
                }
            }
        }
        Ok(lines)
    }
}
