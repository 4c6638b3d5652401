"""No secret is in a file that git tracks; and a scan that would not find one is none."""

from __future__ import annotations

import base64
import secrets
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.command import hotline
from tests.security.secret_scan import Found, secrets_in, tracked

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(),
    reason="this is no checkout: git cannot say which files are ours",
)

NO_SECRETS = {
    ("benchmarks/peers/clients/rabbitmq.py", "Basic Auth Credentials"): (
        1, "the account that every RabbitMQ has, for the loopback address only",
    ),
    ("docs/howto/api.md", "Secret Keyword"): (1, "a table's words"),
    ("docs/spec/log.md", "Secret Keyword"): (1, "a table's words"),
    ("hotline/cli/officer/__init__.py", "Secret Keyword"): (2, "names of modules"),
    ("hotline/console/versioned.py", "Hex High Entropy String"): (1, "all hexadecimal digits"),
    ("hotline/exercise/record/references.py", "Base64 High Entropy String"): (1, "an alphabet"),
    ("tests/node/test_keyring.py", "Private Key"): (1, "the first line of a key, without a key"),
}  # fmt: skip
"""What looks like a secret and is none: how often, and what it is."""


def planted() -> dict[str, str]:
    """Return files by their kinds with a secret each, made anew for this test."""
    body = secrets.token_hex(64)
    return {
        "Basic Auth Credentials": f"url = 'amqps://node:{body[:20]}@broker.example/'\n",
        "GitHub Token": f"# ghp_{body[:36]}\n",
        "AWS Access Key": f"key = AKIA{secrets.token_hex(8).upper()}\n",
        "Secret Keyword": f'password = "{body[:24]}"\n',
        "Base64 High Entropy String": f'key = "{base64.b64encode(bytes(range(99, 160))).decode()}"',
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return an empty checkout."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True, timeout=60)
    return tmp_path


def track(checkout: Path, path: str) -> None:
    """Have git track a file."""
    subprocess.run(["git", "add", "--force", path], cwd=checkout, check=True, timeout=60)


def test_no_secret_is_tracked() -> None:
    """Whatever looks like one has a reason here; a reason for nothing fails too."""
    found = Counter((one.path, one.kind) for one in secrets_in(ROOT))
    assert found == {place: count for place, (count, _) in NO_SECRETS.items()}


def test_a_planted_secret_is_found(checkout: Path) -> None:
    """Each kind in a file of its own; what git does not track is nobody's business."""
    for number, (kind, text) in enumerate(planted().items()):
        (checkout / f"{number}.py").write_text(text)
        track(checkout, f"{number}.py")
        assert Found(f"{number}.py", kind, 1) in set(secrets_in(checkout))
    (checkout / "untracked.py").write_text(planted()["GitHub Token"])
    assert "untracked.py" not in {one.path for one in secrets_in(checkout)}


@pytest.mark.parametrize("folder", ["certs", "tests/vectors", "docs"])
def test_a_committed_key_of_a_centre_is_found(checkout: Path, folder: str) -> None:
    """Each private key that `hotline keys init` makes, wherever it was committed."""
    made = checkout / folder / "iaf"
    hotline("keys", "init", "--centre", "iaf", "--status", "test", "--keys", made)
    keys = sorted(path.relative_to(checkout).as_posix() for path in made.glob("*.key"))
    assert len(keys) == 5
    track(checkout, folder)
    assert {one.path for one in secrets_in(checkout) if one.kind == "Private Key"} == set(keys)


def test_a_key_is_not_committed_by_accident(checkout: Path) -> None:
    """The .gitignore of this project keeps keys, certificates and journals out by itself."""
    for name in (".gitignore", "certs/.gitignore"):
        if (ROOT / name).exists():
            (checkout / name).parent.mkdir(exist_ok=True)
            (checkout / name).write_text((ROOT / name).read_text())
    for path in ("certs/iaf/signing.key", "signing.key", "deploy/node.key", "var/x/journal.db"):
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).touch()
    subprocess.run(["git", "add", "--all"], cwd=checkout, check=True, timeout=60)
    assert not [path for path in tracked(checkout) if not path.endswith(".gitignore")]
