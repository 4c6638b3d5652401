#!/bin/sh
# Make two centres ready to talk: configuration, letter, keys, each pinned by the other.
#
#     compose_keys.sh DIALLER LISTENER
#
# The one-shot service of docker-compose.yml runs this, with each centre's volume at /pair/CENTRE.
# What is there already is kept: keys are never made twice. One script can do both halves only
# because this is an exercise on one machine; two real centres exchange the cards and read the
# words to each other by voice.
set -eu
umask 077
dialler=$1
listener=$2
port=7400

configure() {
    centre=$1
    peer=$2
    folder=/pair/$centre
    [ -e "$folder/node.toml" ] && return
    cp /opt/hotline/share/examples/letter.toml "$folder/letter.toml"
    # Under another name until it is whole: an interrupted run must be repeatable.
    {
        cat <<TOML
# Where the volumes of docker-compose.yml are mounted in the container of $centre.
centre = "$centre"
status = "exercise"
data = "/var/lib/hotline"
keys = "keys"

[api]
socket = "/var/lib/hotline/api.sock"

[log]
format = "json"
TOML
        if [ "$centre" = "$listener" ]; then
            printf '\n[listen]\nhost = "0.0.0.0"\nport = %s\n' "$port"
        fi
        printf '\n[[line]]\npeer = "%s"\nletter = "letter.toml"\n' "$peer"
        if [ "$centre" = "$dialler" ]; then
            printf 'addresses = ["%s:%s"]\n' "$peer" "$port"
        fi
    } >"$folder/node.toml.part"
    mv "$folder/node.toml.part" "$folder/node.toml"
}

make_keys() {
    # Keys that were cut short in the making have spoken for nobody yet.
    [ ! -e "/pair/$1/keys/.incomplete" ] || rm -r "/pair/${1:?}/keys"
    [ -e "/pair/$1/keys/centre.card" ] || hotline --config "/pair/$1/node.toml" keys init
}

# The fingerprint words of a centre's own card, as its officer would read them out.
words() {
    hotline --config "/pair/$1/node.toml" keys show --json | python3 -c '
import json, sys
own = next(item for item in json.load(sys.stdin)["items"] if item["what"] == "own card")
print(*own["words"])'
}

# enrol CENTRE PEER: does nothing when the very same card is pinned already.
enrol() {
    hotline --config "/pair/$1/node.toml" keys enrol "/pair/$2/keys/centre.card" \
        --words "$(words "$2")"
}

configure "$dialler" "$listener"
configure "$listener" "$dialler"
make_keys "$dialler"
make_keys "$listener"
enrol "$dialler" "$listener"
enrol "$listener" "$dialler"
