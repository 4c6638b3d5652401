"""``hotline keys renew``: what it makes, what it says, and where it takes its passphrase from."""

from __future__ import annotations

from pathlib import Path

from hotline.model.times import format_time
from hotline.node.keyring import load_keyring, load_public
from tests.cli.test_keys import DAY_US, Command, command, enrolling

__all__ = ["command", "enrolling"]


def test_renew(enrolling: Command) -> None:
    """Another certificate takes the first one's place; stderr says until when, stdout nothing."""
    before = load_public(Path(enrolling.keys)).node_certificate_der
    result = enrolling.run("renew", "--days", "30")
    assert (result.exit_code, result.stdout) == (0, "")
    after = load_public(Path(enrolling.keys))
    assert after.node_certificate_der != before
    assert f"valid until {format_time(after.expires_us)}\n" in result.stderr
    enrolling.now_us += 300 * DAY_US
    assert "as the authority is" in enrolling.run("renew").stderr


def test_renew_without_the_authority(enrolling: Command, tmp_path: Path) -> None:
    """Where the authority's key is elsewhere, the command says so, and takes it from there."""
    kept = (Path(enrolling.keys) / "ca.key").rename(tmp_path / "kept.key")
    enrolling.fails("keys.no-authority", "renew")
    assert enrolling.run("renew", "--authority", str(kept)).exit_code == 0


def test_renew_under_the_passphrase_of_the_node(command: Command, tmp_path: Path) -> None:
    """The passphrase is the one of node.toml; without it nothing is made."""
    words = tmp_path / "passphrase"
    words.touch(0o600)
    words.write_text("a passphrase of some length\n")
    made = ("--centre", "iaf", "--status", "exercise", "--passphrase-file", str(words))
    assert command.run("init", *made).exit_code == 0
    command.fails("keys.passphrase-needed", "renew")
    (tmp_path / "letter.toml").write_bytes(b"")
    command.config_path = tmp_path / "node.toml"
    command.config_path.write_text(
        'centre = "iaf"\nstatus = "exercise"\npassphrase_file = "passphrase"\n'
        '[[line]]\npeer = "hmeimim"\nletter = "letter.toml"\naddresses = ["127.0.0.1:1"]\n'
    )
    assert command.run("renew").exit_code == 0
    load_keyring(Path(command.keys), b"a passphrase of some length")
