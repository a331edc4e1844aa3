//! tox's package environment, as the snippet defines it in every format.

/// The name that tox gives to an external package environment.
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

/// The settings with which no environment installs the project; the caller refuses them.
pub(super) const NO_PACKAGE: [&str; 2] = ["no_package", "skipsdist"];

/// Why a configuration that skips the installation everywhere is refused.
pub(super) const SKIPPED: &str = "sets skip_install for every environment, so none installs the project: set it in the environments that need no package";

/// Why a runner for lock files is refused.
pub(super) fn lock_runner(runner: &str) -> String {
    format!(
        "uses the runner {runner}, which takes no external package: only git-devpi's plugin hands it one (`git devpi init --tox plugin`)"
    )
}
