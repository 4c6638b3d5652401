"""`hotline officer` and `hotline keys console`, against real nodes and a real TLS client."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pyotp
import pytest

from hotline.node import console_keys
from tests.centres import now_us, sites
from tests.cli.command import Pair, fails, hotline, hotline_json

PASSWORD = "correct horse battery staple"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """Write a password into a file that its owner alone can read."""
    path = tmp_path / "password"
    path.touch(0o600)
    path.write_text(f"{PASSWORD}\n", "utf-8")
    return path


def test_officers_are_added_listed_changed_and_disabled(pair: Pair, password_file: Path) -> None:
    """The whole life of an officer, by the command line alone."""
    config = ("--config", pair.iaf.site.config)
    by = ("--officer", "root")
    secrets = ("--password-file", password_file)
    assert "no officers" in hotline(*config, "officer", "list").stdout
    made = hotline_json(*config, "officer", "add", "chief", "--role", "supervisor", *secrets, *by)
    assert pyotp.parse_uri(made["uri"]).secret == made["secret"]
    shown = hotline(
        *config, "officer", "add", "דן", "--role", "officer", "--language", "he", *secrets, *by
    )
    assert "secret  " in shown.stdout
    assert "otpauth://totp/" in shown.stdout
    assert PASSWORD not in shown.output
    again = fails(
        "access.officer-exists",
        *(*config, "officer", "add", "CHIEF", "--role", "officer", *secrets, *by),
        exit_code=2,
    )
    assert "another name" in again
    hotline(*config, "officer", "password", "דן", *secrets, *by)
    renewed = hotline_json(*config, "officer", "secret", "דן", *by)
    assert renewed["secret"] not in shown.stdout
    fails("access.last-supervisor", *config, "officer", "disable", "chief", *by, exit_code=2)
    changed = hotline(*config, "officer", "roles", "דן", "auditor", "officer", *by)
    assert "officer, auditor; language he" in changed.stdout
    fails(
        "access.last-supervisor", *config, "officer", "roles", "chief", "auditor", *by, exit_code=2
    )
    hotline(*config, "officer", "disable", "דן", *by)
    found = {one["name"]: one for one in hotline_json(*config, "officer", "list")["officers"]}
    assert found["דן"]["disabled_by"] == "root"
    assert found["chief"]["roles"] == ["supervisor"]
    assert "DISABLED" in hotline(*config, "officer", "list").stdout
    log = hotline(*config, "log", "show", "--kind", "officer").stdout
    assert "chief works here as supervisor, by root" in log
    assert "דן now works here as officer, auditor, by root" in log
    hotline(*config, "log", "verify")


@pytest.mark.parametrize(
    ("content", "mode", "code"),
    [
        ("two\nlines", 0o600, "access.no-password"),
        ("", 0o600, "access.no-password"),
        (PASSWORD, 0o644, "keys.readable-by-others"),
        ("short", 0o600, "access.weak-password"),
    ],
)
def test_a_password_file_that_will_not_do_adds_nobody(
    pair: Pair, tmp_path: Path, content: str, mode: int, code: str
) -> None:
    """Not one line, readable by others, or soon guessed."""
    path = tmp_path / "password"
    path.write_text(content, "utf-8")
    path.chmod(mode)
    command = ("officer", "add", "new", "--role", "officer", "--password-file", path)
    result = hotline(
        "--config", pair.iaf.site.config, *command, exit_code=4 if code.startswith("keys") else 2
    )
    assert f"[{code}]" in result.stderr
    hint = result.stderr.partition("hint:")[2]
    assert "key" not in hint
    assert mode == 0o600 or f"run: chmod 600 {path}" in hint
    assert "new" not in hotline("--config", pair.iaf.site.config, "officer", "list").stdout


def test_nobody_at_a_terminal_means_a_password_file(pair: Pair) -> None:
    """A script is told how to give a password, and does not hang."""
    command = ("officer", "add", "new", "--role", "officer")
    fails("access.no-password", "--config", pair.iaf.site.config, *command, exit_code=2)


def test_a_browser_that_trusts_the_authority_takes_the_consoles_certificate(
    tmp_path: Path,
) -> None:
    """By name, by loopback address and by one that was named; by no other, and not as a node."""
    _, site = sites(tmp_path)
    config = site.configure("iaf", port=0)
    made = hotline("--config", config, "keys", "console", "--address", "10.1.2.3")
    assert "console.hmeimim.exercise." in made.stderr
    assert made.stdout.startswith("-----BEGIN CERTIFICATE-----")
    only = hotline("--config", config, "keys", "console", "--ca")
    assert only.stdout == made.stdout
    keys = site.keys
    for name in ("console.key", "console-secrets.key"):
        assert (keys / name).stat().st_mode & 0o777 == 0o600
    name = made.stderr.split("for ")[1].split(",")[0]
    for host, fine in (
        (name, True),
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("10.1.2.4", False),
        ("hmeimim.example", False),
    ):
        assert _trusted(keys, made.stdout, host) is fine, host


def test_a_certificate_is_due_before_it_ends(tmp_path: Path) -> None:
    """Where there is none, where it ends within a month, and not before."""
    _, site = sites(tmp_path)
    site.configure("iaf", port=0)
    assert console_keys.is_due(site.keys, now_us())
    made = console_keys.make_console_certificate(site.keys, None, (), now_us(), 60)
    assert not console_keys.is_due(site.keys, made.expires_us - 31 * 86_400_000_000)
    assert console_keys.is_due(site.keys, made.expires_us - 29 * 86_400_000_000)
    (site.keys / "console.pem").write_text("no certificate", "utf-8")
    assert console_keys.is_due(site.keys, now_us())


def test_an_address_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    """A host's name is no IP address."""
    _, site = sites(tmp_path)
    config = site.configure("iaf", port=0)
    result = hotline("--config", config, "keys", "console", "--address", "here", exit_code=2)
    assert "is no IP address" in result.stderr


def _trusted(keys: Path, authority: str, host: str) -> bool:
    """Whether a client that trusts the authority takes the certificate for a host."""
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(keys / "console.pem", keys / "console.key")
    asking = ssl.create_default_context(cadata=authority)
    near, far = socket.socketpair()

    def serve() -> None:
        try:
            served.wrap_socket(far, server_side=True).close()
        except OSError:
            far.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        asking.wrap_socket(near, server_hostname=host).close()
    except ssl.SSLCertVerificationError:
        return False
    finally:
        near.close()
        thread.join()
    return True
