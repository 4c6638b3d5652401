#!/bin/sh
# Download the wheels that the image is built from into var/docker/wheels, with hashes checked.
#
#     tools/docker_wheels.sh        BASE_IMAGE: python:3.13-slim
#
# With that folder filled, `docker build` asks no package index: for machines whose containers
# reach none, or only through a proxy with a certificate of its own. Without it, it asks one.
set -eu
cd "$(dirname "$0")/.."
base=${BASE_IMAGE:-python:3.13-slim}
wheels=var/docker/wheels
python=.venv/bin/python

# The wheels must suit the Python in the image, not the one here.
version=$(docker run --rm --network none "$base" python3 -c \
    'import sys; print("%d.%d" % sys.version_info[:2])')
machine=$(docker run --rm --network none "$base" python3 -c \
    'import platform; print(platform.machine())')

stamp="$base $version $machine $(cat requirements.lock requirements-build.lock | cksum)"
if [ "$(cat "$wheels/.made-for" 2>/dev/null)" = "$stamp" ]; then
    exit 0
fi
rm -rf "$wheels"
mkdir -p "$wheels"

platforms=
for tag in manylinux_2_34 manylinux_2_28 manylinux_2_17 manylinux2014; do
    platforms="$platforms --platform ${tag}_$machine"
done
for lock in requirements-build.lock requirements.lock; do
    for try in 1 2 3; do
        # shellcheck disable=SC2086  # a list of options on purpose
        "$python" -m pip download -qq --progress-bar off --disable-pip-version-check \
            --require-hashes --no-deps --only-binary :all: --implementation cp \
            --python-version "$version" $platforms --dest "$wheels" --requirement "$lock" && break
        [ "$try" -lt 3 ] || exit 1
        sleep 10
    done
done
printf '%s\n' "$stamp" >"$wheels/.made-for"
printf 'wheels: %s holds %s wheels for Python %s\n' "$wheels" \
    "$(find "$wheels" -name '*.whl' | wc -l)" "$version" >&2
