//! The environment variables that a builder must not inherit.
//!
//! A build must produce the same bytes under tox, in a git hook and in a plain shell. Index, certificate and proxy settings stay: the
//! builder downloads the backend with them.

use crate::system::environment::{Environment, GIT_LOCAL_VARIABLES};

/// Removed variables, by name.
const REMOVED: [&str; 20] = [
    // They select another interpreter's modules.
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONSAFEPATH",
    "__PYVENV_LAUNCHER__",
    // uv and tox-uv would build with the active environment or in another project.
    "VIRTUAL_ENV",
    "VIRTUAL_ENV_PROMPT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PROJECT",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    "UV_SYSTEM_PYTHON",
    // pip would not install the backend into the isolated environment, or would fail outside a virtual environment.
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_NO_DEPS",
    "PIP_DRY_RUN",
    // setuptools would read another configuration file.
    "DIST_EXTRA_CONFIG",
];

/// Removed variables, by prefix: those that override versions, and those in which tox describes its environment.
///
/// Some also override the version of a dependency that is built from source (observed with `PBR_VERSION`).
const REMOVED_PREFIXES: [&str; 12] = [
    "TOX_",
    "PBR_",
    "SETUPTOOLS_SCM_",
    "VCS_VERSIONING_",
    "HATCH_VCS_",
    "PDM_BUILD_SCM_",
    "POETRY_DYNAMIC_VERSIONING_",
    "UV_DYNAMIC_VERSIONING_",
    "DUNAMAI_",
    "VERSIONEER_",
    "VERSIONINGIT_",
    "SKBUILD_",
];

/// Lists the variables to remove: secrets, and those that make a build depend on its environment.
pub(super) fn removed(environment: &Environment) -> Vec<String> {
    let secret: Vec<&str> = environment.secret_names().collect();
    let names = environment.iter().map(|(name, _)| name);
    let is_removed = |name: &&str| {
        secret.contains(name)
            || REMOVED.iter().any(|removed| name.eq_ignore_ascii_case(removed))
            // A backend that runs git must see the stamped copy, also under a hook or `git -c`.
            || GIT_LOCAL_VARIABLES.contains(name)
            || REMOVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    names.filter(is_removed).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_secrets_and_the_outer_environment_stay_outside() {
        let environment = Environment::from_pairs([
            ("GIT_DEVPI_PASSWORD", "x"),
            ("GIT_DIR", ".git"),
            ("PBR_VERSION", "9"),
            ("PIP_INDEX_URL", "https://e.org/simple"),
            ("SETUPTOOLS_SCM_PRETEND_VERSION_FOR_X", "9"),
            ("TOX_ENV_NAME", ".pkg"),
            ("UV_DEFAULT_INDEX", "https://e.org/simple"),
            ("VIRTUAL_ENV", "/v"),
        ]);
        let names = removed(&environment);
        assert_eq!(
            names,
            [
                "GIT_DEVPI_PASSWORD",
                "GIT_DIR",
                "PBR_VERSION",
                "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_X",
                "TOX_ENV_NAME",
                "VIRTUAL_ENV"
            ]
        );
    }
}
