//! The table of settings: the source for reading, showing and documenting them.

/// Whether the repository's settings file may set a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepositoryMay {
    /// Yes.
    Yes,
    /// Yes; promotion and deletion use the file that is committed on the remote's release branch.
    CommittedOnRelease,
    /// No: only the user or the machine may set it.
    No,
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One string.
    Text,
    /// A list: a TOML array, or words separated by spaces or commas in git config and the environment.
    List,
    /// `90s`, `15m`, `2h`, `14d`, or a number of seconds.
    Duration,
}

/// Every setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the table's help text documents each")]
pub enum Key {
    Server,
    User,
    Login,
    Repository,
    Remote,
    ReleaseBranches,
    Production,
    SameHosts,
    IndexName,
    Bases,
    BasesFrom,
    IgnoreBranches,
    ProjectDirs,
    ReleaseVersion,
    BranchVersion,
    LocalVersion,
    BuildNumberEnv,
    Branch,
    Formats,
    Platforms,
    Builder,
    Repair,
    ClaimTimeout,
    Require,
    EvidenceUsers,
    UploadUsers,
    Flaky,
    Protected,
    KeepFor,
    SquashMerges,
    PruneLimit,
    Jobs,
    OnError,
    HooksQuiet,
    AllowHttp,
    CaBundle,
    ClientCert,
    BasicAuthUser,
    Deadline,
}

/// One row of the table.
#[derive(Debug)]
pub struct KeySpec {
    /// The setting.
    pub key: Key,
    /// The name in the repository's file and on the command line.
    pub name: &'static str,
    /// The key in git config; `None` if git config cannot set it.
    pub git_config: Option<&'static str>,
    /// The environment variable that sets it.
    pub environment: Option<&'static str>,
    /// The default as text, a list separated by spaces.
    ///
    /// `None` if it is computed or missing, as `help` says.
    pub default: Option<&'static str>,
    /// The type of a value.
    pub kind: Kind,
    /// Whether the repository's settings file may set it.
    pub repository: RepositoryMay,
    /// One or two sentences of documentation.
    pub help: &'static str,
}

use Key as K;
use Kind::{Duration, List, Text};
use RepositoryMay::{CommittedOnRelease, No, Yes};

macro_rules! key {
    ($key:ident, $name:literal, $config:expr, $env:expr, $default:expr, $kind:ident, $repository:ident, $help:literal) => {
        KeySpec {
            key: K::$key,
            name: $name,
            git_config: $config,
            environment: $env,
            default: $default,
            kind: $kind,
            repository: $repository,
            help: $help,
        }
    };
}

/// All settings, in the order in which they are shown.
#[rustfmt::skip]
pub const KEYS: &[KeySpec] = &[
    key!(Server, "server", Some("devpi.server"), Some("GIT_DEVPI_SERVER"), None, Text, Yes,
        "The devpi server's root URL. A repository may name one, but credentials go only to a server that you have logged in to, or that a flag, the environment or git config names."),
    key!(User, "user", Some("devpi.user"), Some("GIT_DEVPI_USER"), None, Text, Yes,
        "The devpi user who owns the branch indexes."),
    key!(Login, "login", Some("devpi.login"), Some("GIT_DEVPI_LOGIN"), None, Text, No,
        "The devpi user who logs in. Default: the owner."),
    key!(Repository, "repository", Some("devpi.repository"), Some("GIT_DEVPI_REPOSITORY"), None, Text, Yes,
        "The repository's name in the records on the server. Default: the path of the remote's URL, lower case, without .git."),
    key!(Remote, "remote", Some("devpi.remote"), Some("GIT_DEVPI_REMOTE"), None, Text, Yes,
        "The git remote whose branches have indexes. Default: the only remote, else origin."),
    key!(ReleaseBranches, "release-branches", Some("devpi.releaseBranches"), None, None, List, CommittedOnRelease,
        "Globs of branches whose builds are candidates for production. Default: the CI system's variable for the default branch, then refs/remotes/REMOTE/HEAD."),
    key!(Production, "production", Some("devpi.production"), None, Some("prod"), Text, CommittedOnRelease,
        "The index to which green releases are promoted: NAME or USER/NAME."),
    key!(SameHosts, "same-hosts", Some("devpi.sameHosts"), None, Some(""), List, CommittedOnRelease,
        "The host names of the git server, where it has several: git.example.com ssh.example.com. Their URLs identify the same repository."),
    key!(IndexName, "index-name", Some("devpi.indexName"), None, Some("{branch}"), Text, Yes,
        "The template of a branch's index name: {branch} and {repository} are replaced, then the name is normalized."),
    key!(Bases, "bases", Some("devpi.bases"), None, None, List, Yes,
        "The bases of new branch indexes: NAME or USER/NAME. Default: the production index and root/pypi, where they exist."),
    key!(BasesFrom, "bases-from", Some("devpi.basesFrom"), None, None, List, Yes,
        "Other repositories on the same git server, by their names in the records: the index of their branch of the same name becomes a base of a branch's index while it exists. USER:REPOSITORY where another devpi user owns their indexes. Never for release branches and pull requests."),
    key!(IgnoreBranches, "ignore-branches", Some("devpi.ignoreBranches"), None, Some("gh-pages gh-readonly-queue/*"), List, Yes,
        "Globs of branches that get no index. Their builds are tested and not published."),
    key!(ProjectDirs, "project-dirs", Some("devpi.projectDirs"), None, Some("."), List, Yes,
        "The folders that each hold one Python project, or globs of them."),
    key!(ReleaseVersion, "release-version", Some("devpi.releaseVersion"), None, Some("{base}.{number}"), Text, Yes,
        "The version of a release branch's build. {base:2} is the base's first two components."),
    key!(BranchVersion, "branch-version", Some("devpi.branchVersion"), None, Some("{base}.{number}.dev0"), Text, Yes,
        "The version of another branch's build."),
    key!(LocalVersion, "local-version", Some("devpi.localVersion"), None, Some("{base}.dev0+g{commit}"), Text, Yes,
        "The version of a build without a build number, outside CI."),
    key!(BuildNumberEnv, "build-number-env", Some("devpi.buildNumberEnv"), None, None, List, Yes,
        "The environment variables that may hold the build number; the first that is set counts. Default: the variable of the CI system."),
    key!(Branch, "branch", None, Some("GIT_DEVPI_BRANCH"), None, Text, No,
        "The branch. Default: the branch that the CI system reports, else HEAD."),
    key!(Formats, "formats", Some("devpi.formats"), None, Some("wheel"), List, Yes,
        "The file formats of a release: wheel, sdist."),
    key!(Platforms, "platforms", Some("devpi.platforms"), None, Some(""), List, Yes,
        "Globs of wheel platform tags that a promotion waits for. A platform-independent wheel (tag any) matches all of them."),
    key!(Builder, "builder", Some("devpi.builder"), None, Some("auto"), Text, No,
        "auto (uv, else python -m build, else pip wheel, the first that is found; the next one for what uv refuses), uv, build or pip."),
    key!(Repair, "repair", Some("devpi.repair"), None, Some("auto"), Text, No,
        "auto (auditwheel repairs wheels with a tag linux_*, if it is on PATH), auditwheel (it must be there, and succeed) or none."),
    key!(ClaimTimeout, "claim-timeout", Some("devpi.claimTimeout"), Some("GIT_DEVPI_CLAIM_TIMEOUT"), Some("15m"), Duration, Yes,
        "How long other builders wait for a builder that does not renew its claim: at least 10s, and 30s to 2h from the repository's file."),
    key!(Require, "require", Some("devpi.require"), None, None, List, CommittedOnRelease,
        "The tox environments that must pass before a promotion."),
    key!(EvidenceUsers, "evidence-users", Some("devpi.evidenceUsers"), None, None, List, CommittedOnRelease,
        "The devpi users whose tox results count. Default: the owner."),
    key!(UploadUsers, "upload-users", Some("devpi.uploadUsers"), None, None, List, CommittedOnRelease,
        "The devpi users who may upload to the indexes of branches, beside the owner: the user of CI. They need to be evidence-users too."),
    key!(Flaky, "flaky", Some("devpi.flaky"), None, Some("warn"), Text, CommittedOnRelease,
        "What a promotion makes of an environment that failed for a file and passes for the same file now: allow, warn, or refuse."),
    key!(Protected, "protected", Some("devpi.protected"), None, Some("main master develop release/*"), List, CommittedOnRelease,
        "Globs of branches whose index is not deleted while the branch exists on the remote. A repository can only add to them."),
    key!(KeepFor, "keep-for", Some("devpi.keepFor"), Some("GIT_DEVPI_KEEP_FOR"), Some("10m"), Duration, CommittedOnRelease,
        "How long after its last upload or result an index of a merged or deleted branch is kept."),
    key!(SquashMerges, "squash-merges", Some("devpi.squashMerges"), None, Some("false"), Text, CommittedOnRelease,
        "true or false: with true, a branch whose changes are in a release branch counts as merged when its index is 14 days old."),
    key!(PruneLimit, "prune-limit", Some("devpi.pruneLimit"), None, None, Text, No,
        "The maximum number of indexes that one cleanup deletes without --force. Default: 20, and half of the indexes if that is more than 5."),
    key!(Jobs, "jobs", Some("devpi.jobs"), Some("GIT_DEVPI_JOBS"), None, Text, No,
        "How many projects of a repository are built at once. Default: the number of cores."),
    key!(OnError, "on-error", Some("devpi.onError"), Some("GIT_DEVPI_ON_ERROR"), Some("warn"), Text, No,
        "warn or block: with block, a pre-push hook that fails stops the push."),
    key!(HooksQuiet, "hooks.quiet", Some("devpi.hooks.quiet"), None, Some("false"), Text, No,
        "true or false: with true, a push that creates no index for want of a login says nothing."),
    key!(AllowHttp, "allow-http", Some("devpi.allowHttp"), Some("GIT_DEVPI_ALLOW_HTTP"), Some(""), List, No,
        "Hosts that may be connected to without TLS. Loopback addresses are always allowed."),
    key!(CaBundle, "ca-bundle", Some("devpi.caBundle"), Some("SSL_CERT_FILE"), None, Text, No,
        "A file of certificates to trust in addition to the system's. REQUESTS_CA_BUNDLE has the same effect."),
    key!(ClientCert, "client-cert", Some("devpi.clientCert"), None, None, Text, No,
        "A PEM file with a client certificate and its key."),
    key!(BasicAuthUser, "basic-auth-user", Some("devpi.basicAuthUser"), Some("GIT_DEVPI_BASIC_AUTH_USER"), None, Text, No,
        "The user for HTTP basic authentication at a proxy in front of the server. Its password: GIT_DEVPI_BASIC_AUTH_PASSWORD, else git's credential helper."),
    key!(Deadline, "deadline", Some("devpi.deadline"), None, None, Duration, No,
        "How long a command retries to reach the server. Default: 10s for status, 60s for the verbs that change something, 5s in hooks."),
];

impl Key {
    /// The key's row.
    pub fn spec(self) -> &'static KeySpec {
        // A test checks that the table has every key in the order of the enum.
        &KEYS[self as usize]
    }

    /// The key's name in the repository's file.
    pub fn name(self) -> &'static str {
        self.spec().name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_every_key_in_the_enums_order() {
        for (position, spec) in KEYS.iter().enumerate() {
            assert_eq!(spec.key as usize, position, "{}", spec.name);
        }
        assert_eq!(KEYS.last().unwrap().key, Key::Deadline);
    }

    #[test]
    fn a_repository_cannot_set_what_only_the_user_may_set() {
        let forbidden: Vec<_> = KEYS.iter().filter(|spec| spec.repository == No).map(|spec| spec.name).collect();
        assert_eq!(
            forbidden,
            [
                "login",
                "branch",
                "builder",
                "repair",
                "prune-limit",
                "jobs",
                "on-error",
                "hooks.quiet",
                "allow-http",
                "ca-bundle",
                "client-cert",
                "basic-auth-user",
                "deadline"
            ]
        );
    }
}
