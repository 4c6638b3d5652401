#!/bin/sh
# Print the first Python on the path that is 3.11 or later, `python3` before the versioned names.
#
# A name that is there but does not run (a shim without its version) is passed over.
set -eu
for candidate in ${PYTHON-} python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        command -v "$candidate"
        exit 0
    fi
done
printf 'hotline: error: no Python 3.11 or later on the path\n' >&2
printf 'hotline: hint: install one, or name it: make PYTHON=/path/to/python3 ...\n' >&2
exit 1
