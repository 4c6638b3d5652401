"""``hotline recover``: the way out of the fence, for an operator, with the node stopped."""

from __future__ import annotations

import click
from rich.text import Text

from hotline.cli.asking import config_of, json_option, officer_of, officer_option
from hotline.cli.output import facts, mark_traffic, plain, print_json, stdout
from hotline.errors import JournalError
from hotline.node.config import read_config
from hotline.node.daemon import keyring_of
from hotline.node.keeping import refuse_record
from hotline.node.recovery import recover_node

LOST = (
    "what the peers said after the state that was restored, and this node receipted, is not here"
    " any more, answers to our messages among it: have each peer say it again, or give its export,"
    " against which `hotline log reconcile` names each message"
)
"""Nothing here knows of it, so nothing else of this node can say it."""


@click.command()
@officer_option
@json_option
@click.pass_context
def recover(context: click.Context, officer: str | None, as_json: bool) -> None:
    """Open new logs after this node was rolled back; the node must be stopped.

    A fenced node has signed more than it remembers, so its old logs are never continued. First
    agree with each peer on a letter that names the next epoch, and put it in place on both
    sides. Messages of the old epoch that were never receipted are listed: say them again. What
    a peer said after the restored state is gone here; its export has it.
    """
    refuse_record(config_of(context))
    config = read_config(config_of(context))
    keyring = keyring_of(config)
    try:
        recovered = recover_node(config, keyring, officer_of(officer))
    except JournalError as error:
        if error.code != "journal.in-use":
            raise
        hint = "stop this node first, then run `hotline recover` again"
        raise JournalError(error.code, error.message, hint) from None
    click.echo(LOST, err=True)
    if as_json:
        print_json(
            {
                "fence": recovered.fence,
                "node_log": recovered.node_log,
                "undelivered": [
                    {"peer": peer, "message": name} for peer, name in recovered.undelivered
                ],
                "traffic": config.banner,
            }
        )
        return
    mark_traffic(context, config.banner)
    out = stdout()
    out.print(plain("recovered: new logs are open, the old ones are kept", "bold green"))
    out.print(facts({"was fenced, because": recovered.fence, "node log": recovered.node_log}))
    if recovered.undelivered:
        out.print(plain("never receipted; say it again, or compare by voice:", "bold yellow"))
    for peer, name in recovered.undelivered:
        out.print(Text.assemble("  ", plain(f"{name} to {peer}")))
    click.echo("start the node; it goes on in the new epoch", err=True)
