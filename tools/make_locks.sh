#!/bin/sh
# Write the five lock files from pyproject.toml: every distribution by version and hash, for all
# platforms and for Python 3.11 and later at once.
#
#     tools/make_locks.sh [--upgrade]
#
# requirements.lock        what a node runs on
# requirements-audit.lock  what the auditor's machine has on top of it
# requirements-build.lock  what makes the wheel
# requirements-dev.lock    what tests and tools need, with the same versions of all the above
# requirements-supply.lock what `make audit` runs on, in an environment of its own
#
# Versions already locked are kept unless pyproject.toml forbids them; --upgrade lets go of them.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
upgrade=${1-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() {
    lock=$1
    title=$2
    shift 2
    # An existing output is uv's memory of the versions chosen before.
    [ ! -e "$lock" ] || cp "$lock" "$work/$lock"
    # shellcheck disable=SC2086  # no word at all when there is no option
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header $upgrade "$@" --output-file "$work/$lock"
    {
        printf '# %s\n' "$title"
        printf '# Made by `make lock` from pyproject.toml: change that one, then make this one anew.\n'
        cat "$work/$lock"
    } >"$work/titled"
    mv "$work/titled" "$lock"
    # uv says where it looked only when asked; a lock that names a place is of no use elsewhere.
    if grep -nE '://|^-' "$lock"; then
        printf 'lock: %s names an index or a place\n' "$lock" >&2
        exit 1
    fi
}

compile requirements.lock 'What a hotline node runs on.' pyproject.toml
compile requirements-audit.lock 'What an auditor needs besides.' pyproject.toml --extra parquet \
    --constraint requirements.lock
compile requirements-build.lock 'What builds the wheel of hotline.' --group build
compile requirements-dev.lock 'What the tests and tools of hotline need.' pyproject.toml --group dev --extra parquet --extra tak \
    --constraint requirements.lock --constraint requirements-audit.lock --constraint requirements-build.lock
compile requirements-supply.lock 'What looks the other locks up among known vulnerabilities.' --group supply
