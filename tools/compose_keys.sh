#!/bin/sh
# Make two centres ready to talk: configuration, letter, keys, each pinned by the other.
#
#     compose_keys.sh CENTRE PEER
#
# The one-shot service of docker-compose.yml runs this, with each centre's volume at /pair/CENTRE and
# the letter that the reader named at /letters/common.toml (/letters/CENTRE.toml: of that one alone).
# What is there already is kept: keys are never made twice, and a letter is never put in another's
# place. One script can do both halves only because this is an exercise on one machine; two real
# centres exchange the cards and read the words to each other by voice.
set -eu
umask 077
port=7400

refuse() {
    printf 'hotline: error: %s\nhotline: hint: %s\n' "$1" "$2" >&2
    exit 1
}

# The variable with which the reader named a centre's letter; nothing where none was named.
named() {
    if [ "$1" = hmeimim ] && [ -n "${HOTLINE_LETTER_HMEIMIM:-}" ]; then
        echo HOTLINE_LETTER_HMEIMIM
    elif [ -n "${HOTLINE_LETTER:-}" ]; then
        echo HOTLINE_LETTER
    fi
}

# The file that a centre's letter is taken from.
source_of() {
    case $(named "$1") in
    HOTLINE_LETTER_HMEIMIM) echo /letters/hmeimim.toml ;;
    HOTLINE_LETTER) echo /letters/common.toml ;;
    *) echo /opt/hotline/share/examples/letter.toml ;;
    esac
}

# check_letter CENTRE PEER: prints who dials. Refuses what this pair cannot be played with.
check_letter() {
    file=$(source_of "$1")
    variable=$(named "$1")
    if [ ! -f "$file" ] || [ ! -r "$file" ]; then
        refuse "$variable names no file that the container's user may read" \
            'begin its path with ./ or /, and let everybody read it: chmod a+r'
    fi
    kept=/pair/$1/letter.toml
    if [ -n "$variable" ] && [ -e "$kept" ] && ! cmp -s "$file" "$kept"; then
        refuse "$variable is another letter than the one that the pair was made with" \
            'make another pair by --project-name NAME, or forget this one: down --volumes'
    fi
    if [ -z "$variable" ] && [ -e "$kept" ]; then
        file=$kept
    fi
    checked=$(hotline letter check "$file" --json)
    printf '%s' "$checked" | python3 -c '
import json, sys
letter = json.load(sys.stdin)["letter"]
centres = sorted(sys.argv[1:])
if sorted(letter["centres"]) != centres:
    sys.exit("hotline: error: the letter is between {} and {}, the containers are of {} and {}"
             .format(*letter["centres"], *centres))
if letter["status"] != "exercise":
    sys.exit("hotline: error: the letter is of status {}, the containers are for exercises"
             .format(letter["status"]))
print(letter["dials"])' "$1" "$2"
}

# configure CENTRE PEER DIALLER
configure() {
    centre=$1
    peer=$2
    folder=/pair/$centre
    [ -e "$folder/node.toml" ] && return
    cp "$(source_of "$centre")" "$folder/letter.toml"
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
        if [ "$centre" != "$3" ]; then
            printf '\n[listen]\nhost = "0.0.0.0"\nport = %s\n' "$port"
        fi
        printf '\n[[line]]\npeer = "%s"\nletter = "letter.toml"\n' "$peer"
        if [ "$centre" = "$3" ]; then
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

# Both before anything is made: a pair with half a letter is of no use.
dials_1=$(check_letter "$1" "$2")
dials_2=$(check_letter "$2" "$1")
if [ "$dials_1" != "$dials_2" ]; then
    refuse "by one letter $dials_1 dials, by the other $dials_2" 'let both name the same centre'
fi

configure "$1" "$2" "$dials_1"
configure "$2" "$1" "$dials_1"
make_keys "$1"
make_keys "$2"
enrol "$1" "$2"
enrol "$2" "$1"
