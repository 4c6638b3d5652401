#!/bin/sh
# Stop the engine that start_docker_engine.sh started from this checkout, and no other.
set -eu
cd "$(dirname "$0")/.."
pidfile=var/docker/dockerd.pid

[ -r "$pidfile" ] || exit 0
pid=$(cat "$pidfile")
# A stale file may name a process that has nothing to do with us.
case $(cat "/proc/$pid/comm" 2>/dev/null) in
dockerd) kill "$pid" ;;
*) rm -f "$pidfile"; exit 0 ;;
esac
waited=0
while kill -0 "$pid" 2>/dev/null && [ "$waited" -lt 30 ]; do
    waited=$((waited + 1))
    sleep 1
done
