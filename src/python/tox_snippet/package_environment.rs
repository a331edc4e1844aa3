//! tox's package environment, as the snippet defines it in every format.

/// The package environment that runs `git devpi ensure` instead of a build.
pub(super) const PACKAGE_ENVIRONMENT: &str = ".pkg_external";

/// The keys of that environment, in INI form.
///
/// tox 4.30 does not expand the default of `package_glob`; without `pass_env` tox removes the variables of the CI system.
pub(super) const PACKAGE_KEYS: [(&str, &str); 4] = [
    ("package_glob", "{work_dir}{/}git-devpi{/}*"),
    ("allowlist_externals", "git"),
    ("pass_env", "*"),
    ("commands", "git devpi ensure --dest {work_dir}{/}git-devpi"),
];

/// The text in `commands` that identifies our package environment.
pub(super) const OUR_COMMAND: &str = "devpi ensure";

/// The edited text, or the reason why it cannot be edited.
pub(super) type Edited = Result<String, String>;
