#!/bin/sh
# Make sure that a Docker engine answers: use the one there is, or, as root, start one by hand.
#
# For machines without an init system, such as a CI runner. A machine with one starts its engine
# itself (`systemctl start docker`). The engine started here is stopped by stop_docker_engine.sh.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
folder=var/docker

answers() {
    timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

if answers; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v dockerd >/dev/null 2>&1; then
    printf 'set-up: no Docker engine answers, and this user cannot start one\n' >&2
    exit 1
fi

mkdir -p "$folder"
# Its own session and no inherited descriptors: whoever called must be able to end before it does.
setsid dockerd --pidfile "$PWD/$folder/dockerd.pid" >"$folder/dockerd.log" 2>&1 </dev/null &
started=$!
waited=0
until answers; do
    waited=$((waited + 1))
    if [ "$waited" -gt 60 ] || ! kill -0 "$started" 2>/dev/null; then
        tail -n 20 "$folder/dockerd.log" >&2
        printf 'set-up: the Docker engine did not start; its last lines are above\n' >&2
        exit 1
    fi
    sleep 1
done
printf 'set-up: started a Docker engine\n' >&2
