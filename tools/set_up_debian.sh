#!/bin/sh
# Install the Debian packages that the whole test suite uses, quietly, and only those missing.
#
#     tools/set_up_debian.sh [--check]
#
# `make test` needs none of them to pass: what it cannot run without them it names loudly.
# Without root, or with --check, nothing is installed: the missing packages are printed, and the
# status is 1 when there are any.
set -eu

# command or path that proves the package is there : package
needs='
dockerd:docker.io
docker-compose:docker-compose
debootstrap:debootstrap
iptables:iptables
ip:iproute2
strace:strace
faketime:faketime
mkfs.ext4:e2fsprogs
/etc/ssl/certs/ca-certificates.crt:ca-certificates
chromium:chromium
/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:fonts-dejavu-core
openssl:openssl
jq:jq
go:golang-go
/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog/tlog.go:golang-golang-x-mod-dev
'

have() {
    case $1 in
    /*) [ -e "$1" ] ;;
    # /usr/sbin is not on everybody's path.
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1 ;;
    esac
}

missing=
for need in $needs; do
    have "${need%%:*}" || missing="$missing ${need##*:}"
done
# Debian parts Python from what makes virtual environments.
if command -v python3 >/dev/null 2>&1 && ! python3 -c 'import ensurepip' >/dev/null 2>&1; then
    missing="$missing python3-venv"
fi
# Compose v2 is as good as docker-compose 1.29.
if docker compose version >/dev/null 2>&1; then
    missing=$(printf '%s' "$missing" | sed 's/ docker-compose//')
fi
[ -n "$missing" ] || exit 0

if [ "${1-}" = --check ] || [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    printf 'set-up: missing:%s\n' "$missing" >&2
    printf 'set-up: as root on Debian, `make set-up` installs them; elsewhere use your own packages\n' >&2
    exit 1
fi

printf 'set-up: installing%s\n' "$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quiet_apt() {
    # Mirrors interrupt: five tries each, and a lock held by another apt is waited for.
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Acquire::Retries=5 \
        -o DPkg::Lock::Timeout=300 "$@" </dev/null >"$log" 2>&1 || {
        tail -n 40 "$log" >&2
        printf 'set-up: apt-get %s failed; its last lines are above\n' "$1" >&2
        return 1
    }
}
# One mirror that does not answer must not stop the rest: what counts is the installation.
quiet_apt update || true
# The engine is started by whoever needs it: no service may start while packages are unpacked.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] && [ ! -d /run/systemd/system ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$log" "$policy"' EXIT
fi
# shellcheck disable=SC2086  # a list of words on purpose
quiet_apt install --no-install-recommends $missing
