"""``hotline log prove``: one entry as a C2SP tlog-proof."""

from __future__ import annotations

from base64 import b64encode

import click

from hotline.audit.evidence.moment import moment
from hotline.audit.evidence.prove import prove as prove_entry
from hotline.cli.asking import config_of, json_option
from hotline.cli.output import print_json
from hotline.node.place import read_place


@click.command()
@click.argument("name", metavar="ENTRY|ID")
@click.option("--log", "which", metavar="LOG", help="Whose ENTRY: a peer's id, node, an origin.")
@json_option
@click.pass_context
def prove(context: click.Context, name: str, which: str | None, as_json: bool) -> None:
    """Print the proof that one entry is in this node's log, as a C2SP tlog-proof.

    ENTRY is its number in the log; ID is a message's reference, or the first digits of its id.
    The checkpoint is the smallest one that the peer has cosigned and that covers the entry, else
    the smallest that was signed. The leaf's bytes are in the line `extra`. Works whether the node
    runs or not.
    """
    place = read_place(config_of(context))
    with moment(place.journal) as connection:
        found = prove_entry(connection, place.peers, place.witnesses, name, which)
    if as_json:
        print_json(
            {
                "log": found.origin,
                "entry": found.index,
                "kind": found.kind,
                "leaf": b64encode(found.leaf).decode(),
                "size": found.size,
                "proof": found.proof,
                "traffic": place.traffic,
            }
        )
    else:
        click.echo(found.proof, nl=False)
