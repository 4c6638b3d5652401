#!/bin/sh
# Make ready what the peers need, quietly, and only what is missing; safe to repeat.
#
#     benchmarks/peers/set_up.sh [--lock]
#
# The Python clients, a NATS server and a FIX engine go into an environment of their own,
# benchmarks/.venv, by benchmarks/peers/requirements.lock with its hashes: nothing of it is part of
# hotline. RabbitMQ and Mosquitto are Debian's; as root on Debian they are installed, elsewhere the
# missing ones are named and the benchmark leaves them out. No service is started here.
# --lock makes the lock anew from requirements.in, and nothing else.
set -eu
cd "$(dirname "$0")/../.."
venv=benchmarks/.venv
folder=benchmarks/peers
lock=$folder/requirements.lock

if [ "${1-}" = --lock ]; then
    work=$(mktemp)
    trap 'rm -f "$work"' EXIT
    "${UV:-.venv/bin/uv}" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --no-header $folder/requirements.in --output-file "$work"
    {
        printf '# What the peers of `make bench-peers` run on.\n'
        printf '# Made by `%s/set_up.sh --lock` from requirements.in.\n' "$folder"
        cat "$work"
    } >$lock
    exit
fi

say() {
    printf 'peers: %s\n' "$1" >&2
}

make_environment() {
    say "making $venv"
    rm -rf "$venv"
    "$(tools/find_python.sh)" -m venv "$venv" || return 1
    export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
    export PIP_RETRIES="${PIP_RETRIES:-8}" PIP_DEFAULT_TIMEOUT="${PIP_DEFAULT_TIMEOUT:-60}"
    "$venv/bin/python" -m pip install -qq --progress-bar off --only-binary :all: \
        --require-hashes --requirement "$lock" || return 1
    mend_oscrypto || return 1
    cp "$lock" "$venv/.installed"
}

# oscrypto, by which pyas2lib signs, reads OpenSSL's version with an expression that has no room for
# two digits in its last part, and refuses to load beside 3.0.10 and later. Its maintainers mended
# that after the last release. Only this environment is changed.
mend_oscrypto() {
    for file in "$venv"/lib/python3*/site-packages/oscrypto/_openssl/_libcrypto_c*.py; do
        sed -i 's/(\\\\d\\\\\.\\\\d\\\\\.\\\\d\[/(\\\\d+\\\\.\\\\d+\\\\.\\\\d+[/' "$file"
    done
}

install_packages() {
    missing=
    [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing="$missing rabbitmq-server"
    [ -x /usr/sbin/mosquitto ] || missing="$missing mosquitto"
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        say "missing:$missing (as root on Debian they are installed by themselves)"
        return 0
    fi
    say "installing$missing"
    log=$(mktemp)
    policy=/usr/sbin/policy-rc.d
    made=
    # The benchmark starts brokers of its own, on ports of its own: Debian's must not start as well.
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        made=$policy
    fi
    for verb in update "install --no-install-recommends$missing"; do
        # shellcheck disable=SC2086  # words on purpose
        DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=5 \
            -o DPkg::Lock::Timeout=300 $verb </dev/null >"$log" 2>&1 || {
            tail -n 5 "$log" >&2
            say "apt-get ${verb%% *} failed; its last lines are above"
        }
    done
    rm -f "$log" ${made:+"$made"}
}

if ! cmp -s "$lock" "$venv/.installed"; then
    make_environment || {
        rm -f "$venv/.installed"
        say "the environment could not be made: only what needs none is measured"
    }
fi
install_packages
