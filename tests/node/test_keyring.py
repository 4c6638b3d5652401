from __future__ import annotations

import itertools
import os
import shutil
import ssl
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from hotline.errors import KeysError, TrustError
from hotline.model.kinds import Status
from hotline.node import keyfiles
from hotline.node.keyring import (
    PRIVATE_FILES,
    Keyring,
    check_pin,
    init_keys,
    load_keyring,
    load_public,
    pin_card,
)
from hotline.trust.card import Card, read_card
from hotline.trust.certificates import check_node_certificate
from hotline.trust.keys import Role
from tests.trust.samples import DAY_US, NOW_US, centre, edit

EXERCISE = Status.EXERCISE
PASSPHRASE = b"a passphrase of some length"
HMEIMIM = read_card(centre("hmeimim").card)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return a directory with the keys of iaf."""
    directory = tmp_path / "keys"
    init_keys(directory, "iaf", EXERCISE, now_us=NOW_US)
    return directory


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Return a directory with other keys of iaf."""
    directory = tmp_path / "other"
    init_keys(directory, "iaf", EXERCISE, now_us=NOW_US)
    return directory


def code_of(directory: Path, passphrase: bytes | None = None) -> str:
    """Return the code with which loading the keyring fails."""
    with pytest.raises(KeysError) as caught:
        load_keyring(directory, passphrase)
    assert caught.value.hint
    return caught.value.code


def mode(path: Path) -> int:
    """Return a path's permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


# Making


def test_made_and_loaded(keys: Path) -> None:
    """What is made can be loaded, and every part of it works."""
    keyring = load_keyring(keys)
    assert (keyring.centre, keyring.status) == ("iaf", EXERCISE)
    for role, private, public in (
        (Role.SIGNING, keyring.signing, keyring.card.signing),
        (Role.LOG, keyring.log, keyring.card.log),
        (Role.WITNESS, keyring.witness, keyring.card.witness),
    ):
        assert (private.role, private.centre, private.status) == (role, "iaf", EXERCISE)
        public.verify(private.sign(b"x"), b"x")
    check_node_certificate(
        keyring.node_certificate_der, keyring.card.ca_der, "iaf", EXERCISE, NOW_US
    )
    keyring.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    assert keyring.peers == {}


def test_every_key_differs(keys: Path, other: Path) -> None:
    """No two keys are the same, in one directory or in two."""
    contents = [(path / name).read_bytes() for path in (keys, other) for name in PRIVATE_FILES]
    assert len(set(contents)) == len(contents)


def test_entropy_comes_from_the_source(tmp_path: Path) -> None:
    """The keys are a function of the entropy: nothing is drawn from anywhere else."""
    cards = []
    for name in ("one", "two"):
        count = itertools.count(1)
        cards.append(
            init_keys(
                tmp_path / name,
                "iaf",
                EXERCISE,
                now_us=NOW_US,
                entropy=lambda size, count=count: bytes([next(count)]) * size,
            )
        )
    assert cards[0].signing == cards[1].signing
    assert (tmp_path / "one" / "node.key").read_bytes() == (
        tmp_path / "two" / "node.key"
    ).read_bytes()


def test_modes(keys: Path) -> None:
    """Directories and private keys are for their owner only, whatever the umask."""
    before = os.umask(0)
    try:
        open_wide = keys.with_name("wide")
        init_keys(open_wide, "iaf", EXERCISE, now_us=NOW_US)
    finally:
        os.umask(before)
    for directory in (keys, open_wide):
        assert mode(directory) == mode(directory / "peers") == 0o700
        assert {mode(directory / name) for name in PRIVATE_FILES} == {0o600}
    assert sorted(path.name for path in keys.iterdir()) == sorted(
        [*PRIVATE_FILES, "ca.crt", "node.crt", "centre.card", "peers"]
    )


@pytest.mark.parametrize("present", ["centre.card", "signing.key", "ca.key"])
def test_keys_are_never_overwritten(tmp_path: Path, present: str) -> None:
    """A directory that holds any key is left as it is."""
    (tmp_path / present).write_text("precious")
    with pytest.raises(KeysError, match=present) as caught:
        init_keys(tmp_path, "iaf", EXERCISE, now_us=NOW_US)
    assert caught.value.code == "keys.exist"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(present, "precious")]


def test_an_empty_directory_is_fine(tmp_path: Path) -> None:
    """A directory that is there already, such as a mounted volume, is used."""
    init_keys(tmp_path, "iaf", EXERCISE, now_us=NOW_US)
    assert load_keyring(tmp_path).centre == "iaf"


def test_interrupted_making(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys whose making was cut short are neither loaded nor overwritten."""

    def full(path: Path, data: bytes) -> None:
        raise KeysError("keys.unwritable", f"cannot write {path}: no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(keyfiles, "write_public", full)
        with pytest.raises(KeysError, match="no space left"):
            init_keys(tmp_path, "iaf", EXERCISE, now_us=NOW_US)
    assert code_of(tmp_path) == "keys.incomplete"
    with pytest.raises(KeysError) as caught:
        init_keys(tmp_path, "iaf", EXERCISE, now_us=NOW_US)
    assert caught.value.code == "keys.exist"


def test_two_at_once(tmp_path: Path) -> None:
    """Of two that make keys in one directory, one is refused."""
    assert keyfiles.make_marker(tmp_path / ".incomplete")
    with pytest.raises(KeysError, match="being made") as caught:
        init_keys(tmp_path, "iaf", EXERCISE, now_us=NOW_US)
    assert caught.value.code == "keys.exist"


@pytest.mark.parametrize("name", ["", "a", "Iaf", "i af", "../iaf", "a" * 33, "1af"])
def test_bad_centre(tmp_path: Path, name: str) -> None:
    """A centre's id fits a path, a DNS name and a log's origin, or no keys are made."""
    with pytest.raises(KeysError) as caught:
        init_keys(tmp_path / "keys", name, EXERCISE, now_us=NOW_US)
    assert caught.value.code == "keys.bad-centre"
    assert not (tmp_path / "keys").exists()


# Passphrase


def test_passphrase(tmp_path: Path) -> None:
    """Protected keys load with their passphrase, and nothing in the files is in the clear."""
    init_keys(tmp_path, "iaf", EXERCISE, now_us=NOW_US, passphrase=PASSPHRASE)
    for name in PRIVATE_FILES:
        assert (tmp_path / name).read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    keyring = load_keyring(tmp_path, PASSPHRASE)
    keyring.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    assert PASSPHRASE.decode() not in repr(keyring)
    assert load_public(tmp_path).centre == "iaf"
    assert code_of(tmp_path) == "keys.passphrase-needed"
    assert code_of(tmp_path, PASSPHRASE + b"!") == "keys.wrong-passphrase"


def test_passphrase_for_nothing(keys: Path) -> None:
    """A passphrase given for keys without one is an error: somebody believes them protected."""
    assert code_of(keys, PASSPHRASE) == "keys.not-protected"


@pytest.mark.parametrize("passphrase", [b"", b"short", b"two lines\nof some length"])
def test_weak_passphrase(tmp_path: Path, passphrase: bytes) -> None:
    """A passphrase that is short, or more than a line, is refused."""
    with pytest.raises(KeysError) as caught:
        init_keys(tmp_path / "keys", "iaf", EXERCISE, now_us=NOW_US, passphrase=passphrase)
    assert caught.value.code == "keys.weak-passphrase"


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_passphrase_file(tmp_path: Path, ending: bytes) -> None:
    """A passphrase file holds one line, with or without its end."""
    path = tmp_path / "passphrase"
    keyfiles.write_private(path, PASSPHRASE + ending)
    assert keyfiles.read_passphrase(path) == PASSPHRASE


def test_passphrase_file_that_others_can_read(tmp_path: Path) -> None:
    """A passphrase file is refused like a key that others can read."""
    path = tmp_path / "passphrase"
    keyfiles.write_public(path, PASSPHRASE)
    with pytest.raises(KeysError) as caught:
        keyfiles.read_passphrase(path)
    assert caught.value.code == "keys.readable-by-others"


# Loading


@pytest.mark.parametrize("name", PRIVATE_FILES)
@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o610])
def test_readable_by_others(keys: Path, name: str, bits: int) -> None:
    """A private key with any bit for others is refused, with the command that mends it."""
    (keys / name).chmod(bits)
    with pytest.raises(KeysError) as caught:
        load_keyring(keys)
    assert caught.value.code == "keys.readable-by-others"
    assert f"chmod 600 {keys / name}" in caught.value.hint


@pytest.mark.parametrize(
    "name", ["centre.card", "node.crt", "node.key", "signing.key", "log.key", "witness.key"]
)
def test_missing(keys: Path, name: str) -> None:
    """A missing part is named."""
    (keys / name).unlink()
    with pytest.raises(KeysError, match=name) as caught:
        load_keyring(keys)
    assert caught.value.code == "keys.missing"


def test_nothing_there(tmp_path: Path) -> None:
    """A directory without keys, or none, says how to make them."""
    assert code_of(tmp_path / "nowhere") == "keys.missing"


def test_authority_kept_elsewhere(keys: Path) -> None:
    """The authority's key is not needed to run a node."""
    (keys / "ca.key").unlink()
    assert load_keyring(keys).centre == "iaf"


@pytest.mark.parametrize(
    "name", ["ca.crt", "node.crt", "node.key", "signing.key", "log.key", "witness.key"]
)
def test_of_another_keyring(keys: Path, other: Path, name: str) -> None:
    """A part that was swapped for that of another keyring is refused."""
    shutil.copy(other / name, keys / name)
    assert code_of(keys) == "keys.do-not-match"


@pytest.mark.parametrize("name", ["signing.key", "node.key"])
def test_key_in_another_role(keys: Path, name: str) -> None:
    """A key does not stand in for another of the same keyring."""
    replacement = "node.key" if name == "signing.key" else "signing.key"
    shutil.copy(keys / replacement, keys / name)
    assert code_of(keys) == "keys.do-not-match"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("centre.card", "keys.damaged-card"),
        ("node.crt", "keys.damaged-card"),
        ("ca.crt", "keys.damaged-card"),
        ("signing.key", "keys.damaged-key"),
        ("node.key", "keys.damaged-key"),
    ],
)
@pytest.mark.parametrize(
    "content", [b"", b"garbage\n", b"\xff\xfe", b"-----BEGIN PRIVATE KEY-----"]
)
def test_damaged(keys: Path, name: str, code: str, content: bytes) -> None:
    """A part that is not what it should be is a local error that names the file."""
    (keys / name).write_bytes(content)
    assert code_of(keys) == code


@pytest.mark.parametrize("kind", ["pipe", "directory", "huge", "loop"])
def test_not_a_small_file(keys: Path, kind: str) -> None:
    """A key that is no small regular file is refused without waiting for it."""
    path = keys / "log.key"
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path, 0o600)
    elif kind == "directory":
        path.mkdir()
    elif kind == "huge":
        keyfiles.write_private(path, bytes(keyfiles.MAX_SIZE + 1))
    else:
        path.symlink_to(path)
    assert code_of(keys) == "keys.unreadable"


def test_expiry(keys: Path) -> None:
    """Own keys hold up to their last moment."""
    keyring = load_keyring(keys)
    assert keyring.expires_us == NOW_US + 365 * DAY_US
    keyring.require_valid(keyring.expires_us)
    with pytest.raises(KeysError) as caught:
        keyring.require_valid(keyring.expires_us + 1)
    assert caught.value.code == "keys.expired"


# Pins


def pinning(directory: Path, card: Card, now_us: int = NOW_US) -> str:
    """Return the code with which pinning the card fails."""
    with pytest.raises((KeysError, TrustError)) as caught:
        pin_card(directory, card, now_us)
    assert caught.value.hint
    return caught.value.code


def test_pin(keys: Path) -> None:
    """A pinned card is there when the keyring is loaded, byte for byte as it came."""
    assert check_pin(keys, HMEIMIM, NOW_US)
    pin_card(keys, HMEIMIM, NOW_US)
    assert not check_pin(keys, HMEIMIM, NOW_US)
    keyring = load_keyring(keys)
    assert isinstance(keyring, Keyring)
    assert keyring.peer("hmeimim") == HMEIMIM
    assert (keys / "peers" / "hmeimim.card").read_bytes() == HMEIMIM.note
    with pytest.raises(KeysError, match="no card of nobody") as caught:
        keyring.peer("nobody")
    assert caught.value.code == "keys.not-enrolled"


def test_own_card(keys: Path, other: Path) -> None:
    """Neither one's own card nor one in one's own name is pinned."""
    assert pinning(keys, load_public(keys).card) == "keys.own-card"
    assert pinning(keys, load_public(other).card) == "keys.own-card"


def test_own_key_on_a_card(keys: Path) -> None:
    """A card of another centre that shows a key of this one is refused."""
    shared = replace(HMEIMIM, log=load_public(keys).card.signing)
    assert pinning(keys, shared) == "keys.own-card"


def test_card_of_another_status(keys: Path) -> None:
    """An actual card is not pinned among exercise keys."""
    assert pinning(keys, read_card(centre("hmeimim", Status.ACTUAL).card)) == "keys.wrong-status"


def test_card_out_of_time(keys: Path) -> None:
    """A card that has expired, or is of the future, is not pinned."""
    assert pinning(keys, HMEIMIM, HMEIMIM.expires_us + 1) == "trust.card-expired"
    assert pinning(keys, HMEIMIM, NOW_US - DAY_US) == "trust.card-not-yet-valid"


def test_changed_card(keys: Path) -> None:
    """Another card of a pinned centre replaces the first only when told to."""
    pin_card(keys, HMEIMIM, NOW_US)
    changed = read_card(centre("hmeimim", days=30).card)
    assert pinning(keys, changed) == "keys.changed-card"
    assert load_public(keys).peer("hmeimim") == HMEIMIM
    pin_card(keys, changed, NOW_US, replace=True)
    assert load_public(keys).peer("hmeimim") == changed


def test_damaged_pins(keys: Path) -> None:
    """A pin that was altered, or lies under another's name, stops the node from loading."""
    for name, data in (
        ("hmeimim", edit(HMEIMIM.note, "^issued 2026", "issued 2025")),
        ("someone", HMEIMIM.note),
        ("iaf", load_public(keys).card.note),
        ("hmeimim", centre("hmeimim", Status.ACTUAL).card),
    ):
        path = keys / "peers" / f"{name}.card"
        path.write_bytes(data)
        assert code_of(keys) == "keys.damaged-pin"
        path.unlink()


# Files


def test_writing_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails half-way leaves what was there and nothing beside it."""
    path = tmp_path / "card"
    keyfiles.write_public(path, b"old")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(KeysError, match="no space left on device") as caught:
            keyfiles.write_public(path, b"new")
    assert caught.value.code == "keys.unwritable"
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("card", b"old")]


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    """A place where nothing can be made is a local error with a hint."""
    (tmp_path / "file").touch()
    inside = tmp_path / "file" / "keys"
    for make in (
        keyfiles.make_directory,
        keyfiles.make_marker,
        keyfiles.remove_marker,
        lambda path: keyfiles.write_private(path, b""),
    ):
        with pytest.raises(KeysError) as caught:
            make(inside)
        assert caught.value.code == "keys.unwritable"
        assert caught.value.hint
