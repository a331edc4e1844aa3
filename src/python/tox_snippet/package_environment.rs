//! tox's package environment, as the snippet defines it in every format.

/// tox's environment that runs `git devpi ensure` instead of building.
pub(super) const PACKAGE_ENVIRONMENT: &str = ".pkg_external";

/// The keys of that environment, INI form. `package_glob` is never left to its default (tox 4.30 does not expand that), and without
/// `pass_env` no variable of the CI system arrives.
pub(super) const PACKAGE_KEYS: [(&str, &str); 4] = [
    ("package_glob", "{work_dir}{/}git-devpi{/}*"),
    ("allowlist_externals", "git"),
    ("pass_env", "*"),
    ("commands", "git devpi ensure --dest {work_dir}{/}git-devpi"),
];

/// By this an environment is known to be ours already.
pub(super) const OUR_COMMAND: &str = "devpi ensure";

/// A text that was edited, or why it was not.
pub(super) type Edited = Result<String, String>;
