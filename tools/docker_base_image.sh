#!/bin/sh
# Make a small Debian image with Python and certificates, where no image registry is reachable.
#
#     tools/docker_base_image.sh [TAG]      TAG: hotline-base:bookworm
#     BASE_IMAGE=hotline-base:bookworm docker compose build
#
# Nothing happens when the engine has the image. The root file system is kept as one archive under
# HOTLINE_CACHE (default: the user's cache folder), so that a new engine does not start over.
set -eu
PATH=$PATH:/usr/sbin:/sbin
tag=${1:-hotline-base:bookworm}
suite=bookworm
cache=${HOTLINE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var}/.cache}/hotline}
archive=$cache/base-$suite-$(dpkg --print-architecture).tar

if docker image inspect "$tag" >/dev/null 2>&1; then
    exit 0
fi

if [ ! -s "$archive" ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v debootstrap >/dev/null 2>&1; then
        printf 'base image: debootstrap, as root, is what makes it\n' >&2
        exit 1
    fi
    mkdir -p "$cache"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    printf 'base image: making %s with debootstrap\n' "$tag" >&2
    for try in 1 2 3; do
        if debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
            "$suite" "$work/root" >"$work/log" 2>&1 </dev/null; then
            break
        fi
        if [ "$try" -eq 3 ]; then
            tail -n 30 "$work/log" >&2
            printf 'base image: debootstrap failed; its last lines are above\n' >&2
            exit 1
        fi
        rm -rf "$work/root"
        sleep 10
    done
    # Lists, downloaded packages and manuals are no use in a container.
    rm -rf "$work/root/var/cache/apt" "$work/root/var/lib/apt/lists" \
        "$work/root/usr/share/doc" "$work/root/usr/share/man" "$work/root/usr/share/locale"
    # Under another name until it is whole: an interrupted run must not leave half an archive.
    tar --numeric-owner -C "$work/root" -cf "$archive.part" .
    mv "$archive.part" "$archive"
fi

docker import --change 'ENV LANG=C.UTF-8' --change 'CMD ["python3"]' "$archive" "$tag" >/dev/null
printf 'base image: %s is ready\n' "$tag" >&2
