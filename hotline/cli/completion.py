"""``hotline completion``: the shell's own script that completes this command line."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes `hotline` in a shell.

    \b
    bash   eval "$(hotline completion bash)"     in ~/.bashrc
    zsh    eval "$(hotline completion zsh)"      in ~/.zshrc
    fish   hotline completion fish | source      in ~/.config/fish/config.fish
    """  # noqa: D301 - the mark is click's, and means a backspace
    complete = get_completion_class(shell)
    if complete is None:  # pragma: no cover - SHELLS holds only what click knows
        raise click.UsageError(f"{shell} is not known")
    made = complete(context.find_root().command, {}, "hotline", "_HOTLINE_COMPLETE")
    click.echo(made.source())
