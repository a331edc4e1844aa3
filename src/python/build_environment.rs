//! Which variables of ours a builder must not see.
//!
//! A build has to give the same bytes under tox, in a git hook and on a bare shell. Index, certificate and proxy settings stay: the
//! backend is downloaded with them.

use crate::system::environment::{Environment, GIT_LOCAL_VARIABLES};

/// Variables by name.
const REMOVED: [&str; 20] = [
    // Another interpreter's modules.
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONSAFEPATH",
    "__PYVENV_LAUNCHER__",
    // uv and tox-uv would build with the environment that we are called from, or in a project of their own.
    "VIRTUAL_ENV",
    "VIRTUAL_ENV_PROMPT",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PROJECT",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    "UV_SYSTEM_PYTHON",
    // pip would put the backend somewhere else than into the isolated environment, or refuse to run outside of a virtual one.
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_USER",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_NO_DEPS",
    "PIP_DRY_RUN",
    // setuptools reads one more configuration file.
    "DIST_EXTRA_CONFIG",
];

/// Variables by the beginning of their name: what overrides a version, also that of a dependency that is built from source
/// (`PBR_VERSION` was seen to do that), and what tox says about the environment we run in.
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

/// The names to take away from a builder: secrets, and everything that would make the build depend on where it is started.
pub(super) fn removed(environment: &Environment) -> Vec<String> {
    let secret: Vec<&str> = environment.secret_names().collect();
    let names = environment.iter().map(|(name, _)| name);
    let goes = |name: &&str| {
        secret.contains(name)
            || REMOVED.iter().any(|removed| name.eq_ignore_ascii_case(removed))
            // A backend that asks git must see the stamped copy, also under a hook or `git -c`.
            || GIT_LOCAL_VARIABLES.contains(name)
            || REMOVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    names.filter(goes).map(str::to_owned).collect()
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
