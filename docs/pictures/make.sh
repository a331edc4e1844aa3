#!/bin/sh
# Makes the pictures of README.md from real runs: demo.svg from `git devpi demo`, status.svg from what the demo leaves.
#
# The names of this machine, of the demo's user and of its server are replaced; commits, digests and times differ with each run.
# LOCAL_SERVER names a folder with the local server of an earlier run, which saves its installation.
set -eu
cd "$(dirname "$0")/../.."
top=$PWD
cargo build --quiet --bin git-devpi --example terminal_picture
work=$(mktemp -d)
export HOME="$work" GIT_DEVPI_HOME="${LOCAL_SERVER:-$work/git-devpi}" PATH="${CARGO_TARGET_DIR:-$top/target}/debug:$PATH"
export CLICOLOR_FORCE=1 COLUMNS=110 LANG=C.UTF-8
unset CI BUILD_NUMBER GIT_DEVPI_SERVER GIT_DEVPI_PASSWORD 2>/dev/null || true

# The first run installs the server and the tools, which takes lines of its own.
git-devpi demo >/dev/null 2>&1 || true
git-devpi demo --keep >"$work/times" 2>"$work/story"
folder=$(sed -n 's/^repositories: //p' "$work/story")
server=$(sed -n 's/^devpi-server runs at \([^;]*\);.*/\1/p' "$work/story")
user=$(sed -n 's/^.*uses the devpi user \([^.]*\)\..*/\1/p' "$work/story")
trap 'git-devpi server stop >/dev/null 2>&1; rm -rf "$work" "$folder"' EXIT

# What a reader of the picture would see on a team's server. In tables, columns keep their width.
anonymous() {
    sed -E -e "s|$user([^ ]*)  |acme\1  $padding|g" | sed -e "s|$server|https://devpi.example.com/|g" -e "s|$user|acme|g" -e "s|$folder/||g"
}

# typed COMMAND: the line of a prompt.
typed() {
    printf '\033[1;32m$\033[0m \033[1m%s\033[0m\n' "$1"
}

picture() {
    anonymous | "${CARGO_TARGET_DIR:-$top/target}/debug/examples/terminal_picture" >"$top/docs/pictures/$1.svg"
}

padding=
{
    typed 'git devpi demo'
    # Without the set-up, and without the commands that are plain git.
    sed -n '/^2\. /,/^kept everything/p' "$work/story" | grep -v -e '^kept ' -e '\$ git \(clone\|switch\|commit\)' -e '(no files)$' \
        -e '\$ git devpi login' -e '\$ git devpi hooks'
    grep 'checks against the server' "$work/times"
} | picture demo

cd "$folder/colleague"
git config devpi.server "$server"
# The branch of the next change.
git switch --quiet --create shiny-new-feature-y
echo '# shinier' >>README.md
git add .
git -c user.name=Colleague -c user.email=colleague@example.com commit --quiet --message 'Shine even brighter'
git push --quiet --no-verify --set-upstream origin shiny-new-feature-y
GIT_DEVPI_PASSWORD=$(cat "$folder/password") git-devpi index create >/dev/null 2>&1
git switch --quiet main
padding=$(printf '%s' "$user" | sed 's/./ /g; s/^    //')
{
    for command in 'status' 'results 1.4.2' 'status --all'; do
        typed "git devpi $command"
        # shellcheck disable=SC2086
        git-devpi $command 2>&1
        echo
    done
} | picture status
