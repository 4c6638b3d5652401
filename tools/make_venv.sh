#!/bin/sh
# Bring .venv in line with lock files, every download checked against its hash.
#
#     tools/make_venv.sh [--apart DIRECTORY] LOCK...
#
# The project itself goes in as a link to this checkout, so a change in hotline/ needs no
# installation. With --apart the environment is DIRECTORY, and the project is not in it. Safe to
# interrupt and to repeat.
set -eu
cd "$(dirname "$0")/.."
venv=.venv
apart=
if [ "$1" = --apart ]; then
    venv=$2
    apart=yes
    shift 2
fi

# An environment whose interpreter is gone, or that was cut short before pip, is made anew.
if ! "$venv/bin/python" -c 'import pip' >/dev/null 2>&1; then
    python=$(tools/find_python.sh)
    printf 'hotline: making %s with %s\n' "$venv" "$("$python" -V)" >&2
    if ! "$python" -m venv --clear "$venv"; then
        rm -rf "$venv"
        printf 'hotline: error: this Python cannot make a virtual environment\n' >&2
        printf 'hotline: hint: install its venv module (on Debian: python3-venv)\n' >&2
        exit 1
    fi
fi

# Long waits and many tries for an index that stalls or hangs up; the caller's own settings win.
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
export PIP_RETRIES="${PIP_RETRIES:-8}" PIP_DEFAULT_TIMEOUT="${PIP_DEFAULT_TIMEOUT:-60}"

install() {
    # pip's own retries do not cover a download that breaks off half-way, hence the loop.
    for pause in 5 20 last; do
        "$venv/bin/python" -m pip install -qq --progress-bar off "$@" && return
        [ "$pause" != last ] || break
        printf 'hotline: installation failed; trying again in %s s\n' "$pause" >&2
        sleep "$pause"
    done
    printf 'hotline: error: the packages could not be installed\n' >&2
    printf 'hotline: hint: see pip above; is a package index reachable?\n' >&2
    exit 1
}

for lock in "$@"; do
    printf 'hotline: installing %s into %s\n' "$lock" "$venv" >&2
    install --require-hashes --requirement "$lock"
done
[ -n "$apart" ] || install --no-index --no-deps --no-build-isolation --editable .
