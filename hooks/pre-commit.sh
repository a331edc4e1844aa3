#!/bin/sh
# Runs git-devpi's hook for pre-commit and prek, which pass git's arguments and input in variables (.pre-commit-hooks.yaml).
if [ "${GIT_DEVPI_HOOKS-}" = 0 ]; then exit 0; fi
if ! command -v git-devpi >/dev/null 2>&1; then
    echo "devpi: git-devpi not found on PATH, hook skipped (install git-devpi)" >&2
    exit 0
fi
# pre-commit names the stage only by the variable that comes with it, prek by PREK_HOOK_STAGE.
if [ -n "${PRE_COMMIT_REWRITE_COMMAND-}" ] || [ "${PREK_HOOK_STAGE-}" = post-rewrite ]; then
    exec git-devpi hook post-rewrite "${PRE_COMMIT_REWRITE_COMMAND:-rebase}"
fi
if [ -n "${PRE_COMMIT_IS_SQUASH_MERGE-}" ] || [ "${PREK_HOOK_STAGE-}" = post-merge ]; then
    exec git-devpi hook post-merge "${PRE_COMMIT_IS_SQUASH_MERGE:-0}"
fi
# Another stage, or `pre-commit run` by hand.
[ -n "${PRE_COMMIT_REMOTE_BRANCH-}" ] || exit 0
# The push of a root commit has no PRE_COMMIT_TO_REF. The old commit of the remote is unknown here, so the branch counts as new.
commit=${PRE_COMMIT_TO_REF:-$(git rev-parse --verify "$PRE_COMMIT_LOCAL_BRANCH^{commit}")} || exit 0
printf 'x %s %s 0000000000000000000000000000000000000000\n' "$commit" "$PRE_COMMIT_REMOTE_BRANCH" |
    git-devpi hook pre-push "${PRE_COMMIT_REMOTE_NAME-}" "${PRE_COMMIT_REMOTE_URL-}"
