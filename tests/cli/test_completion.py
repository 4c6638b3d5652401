from __future__ import annotations

import shutil
import subprocess

import pytest
from click.shell_completion import ShellComplete

from hotline.cli.completion import SHELLS
from hotline.cli.root import COMMANDS, root
from tests.cli.command import hotline


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_for_hotline_in_that_shell(shell: str) -> None:
    """Each shell gets a script that asks `hotline` itself, and that the shell can read."""
    script = hotline("completion", shell).stdout
    assert f"_HOTLINE_COMPLETE={shell}_complete" in script
    if shutil.which(shell) is not None:
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_another_shell_is_refused() -> None:
    """What is not known is a usage error that lists what is."""
    assert "bash" in hotline("completion", "csh", exit_code=2).stderr


@pytest.mark.parametrize(
    ("words", "incomplete", "found"),
    [
        ([], "st", ["status"]),
        ([], "", list(COMMANDS)),
        (["log"], "v", ["verify"]),
        (["reply", "X"], "st", ["stand-by"]),
        (["send", "x"], "--prec", ["--precedence"]),
    ],
)
def test_commands_answers_and_options_are_completed(
    words: list[str], incomplete: str, found: list[str]
) -> None:
    """What a shell asks for is found without a node."""
    completer = ShellComplete(root, {}, "hotline", "_HOTLINE_COMPLETE")
    assert [item.value for item in completer.get_completions(words, incomplete)] == found
