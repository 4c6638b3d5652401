"""What `hotline watch` prints where the terminal's encoding lacks what was said."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from hotline.cli.watch import json_line

SAID = "אבל é … 😀 \ud800"
"""Of which ASCII has nothing, and UTF-8 not the last."""

PRINTING = """
import click
from hotline.cli.output import plain, stdout
from hotline.cli.root import _write_anything
from hotline.cli.watch import json_line
_write_anything()
click.echo(json_line("alarm", {"text": TEXT}))
stdout().print(plain(TEXT))
"""

ENCODINGS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_encoding_spoils_a_line(encoding: str) -> None:
    """JSON stays JSON, in UTF-8; in plain text what is lacking is written out."""
    done = subprocess.run(
        [sys.executable, "-c", PRINTING.replace("TEXT", ascii(SAID))],
        env=os.environ | ENCODINGS[encoding],
        capture_output=True,
        check=True,
    )
    said, shown = done.stdout.splitlines()
    assert json.loads(said.decode("utf-8")) == {"event": "alarm", "text": SAID}
    assert shown.decode("ascii").startswith(r"\u05d0\u05d1\u05dc \xe9 \u2026 \U0001f600 ")


def test_an_event_is_one_line() -> None:
    """A newline that was said does not end the line."""
    assert json_line("message", {"title": "a\nb"}).count(b"\n") == 0
