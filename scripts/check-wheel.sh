#!/usr/bin/env bash
# Installs a wheel into an empty virtual environment and checks what is in it: scripts/check-wheel.sh WHEEL FOLDER. Needs Python 3, git and PyPI.
set -euo pipefail
wheel="$1"
mkdir -p "$2"
folder="$(cd "$2" && pwd)"
python="$(command -v python3 || command -v python)"
"$python" -m venv --clear "$folder/installed"
bin="$folder/installed/bin"
[ -d "$bin" ] || bin="$folder/installed/Scripts"
"$bin/python" -m pip install --quiet --disable-pip-version-check "$wheel"

# The Python package finds the binary beside it, also where PATH has none.
found="$("$bin/python" -c 'import git_devpi; print(git_devpi.find_git_devpi())')"
"$found" --version
"$bin/python" -m git_devpi --version
PATH="$bin:$PATH" git devpi --version
for file in bash-completion/completions/git-devpi zsh/site-functions/_git-devpi fish/vendor_conf.d/git-devpi.fish; do
    test -s "$folder/installed/share/$file" || { echo "share/$file is missing in $wheel"; exit 1; }
done

if [ "$(uname -s)" = Linux ]; then
    "$python" -m venv --clear "$folder/auditwheel"
    "$folder/auditwheel/bin/pip" install --quiet --disable-pip-version-check auditwheel==6.8.2
    # The tag must hold, and nothing but glibc may be needed.
    report="$("$folder/auditwheel/bin/auditwheel" show "$wheel" | tr '\n' ' ')"
    echo "$report"
    [[ $report == *manylinux_2_17_* ]] || { echo "$wheel needs a newer glibc than 2.17"; exit 1; }
    needed="$(readelf -d "$found" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | tr '\n' ' ')"
    echo "needs: $needed"
    [[ " $needed" != *libz* && " $needed" != *libgcc* ]] || { echo "$wheel needs more than glibc: $needed"; exit 1; }
fi
