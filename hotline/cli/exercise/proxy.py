"""``hotline exercise proxy``: a bad line between two nodes that somebody else runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

CONTROL = Path("proxy.sock")


@click.command()
@click.option(
    "--listen", required=True, metavar="HOST:PORT", help="Where the dialling centre dials."
)
@click.option("--to", required=True, metavar="HOST:PORT", help="Where the other centre listens.")
@click.option(
    "--control",
    type=click.Path(path_type=Path, dir_okay=False),
    default=CONTROL,
    show_default=True,
    help="The socket by which a director tells it what to be.",
)
@click.option("--cut", is_flag=True, help="Begin with a line on which nothing passes.")
@click.option("--delay", type=float, metavar="SECONDS", help="Begin with a delay, each way.")
@click.option("--jitter", type=float, metavar="SECONDS", help="Begin with up to so much more.")
@click.option("--loss", type=float, metavar="PERCENT", help="Begin with packets that are lost.")
@click.option("--bandwidth", type=float, metavar="BITS", help="Begin with so many bits a second.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides what is lost.")
def proxy(
    listen: str,
    to: str,
    control: Path,
    cut: bool,
    delay: float | None,
    jitter: float | None,
    loss: float | None,
    bandwidth: float | None,
    seed: int,
) -> None:
    """Stand between two nodes, as bad a line as a scenario wants, until Ctrl-C.

    The dialling centre's node.toml names --listen instead of the other centre's address. The proxy
    sees only TLS. `hotline exercise run --proxy SOCKET` tells it what to be; docs/spec/faults.md
    says what it can.
    """
    from hotline.exercise.faults.conditions import conditions_of
    from hotline.exercise.faults.control import Become
    from hotline.exercise.faults.proxy import Proxy
    from hotline.exercise.faults.serving import address_of, serve
    from hotline.exercise.scenario.shape import Fault, FaultKind

    given = {
        FaultKind.CUT: 0.0 if cut else None,
        FaultKind.DELAY: delay,
        FaultKind.JITTER: jitter,
        FaultKind.LOSS: loss,
        FaultKind.BANDWIDTH: bandwidth,
    }
    faults = [
        Fault(kind=kind, amount=amount) for kind, amount in given.items() if amount is not None
    ]
    line = conditions_of(faults, dialler="")
    host, port = address_of(listen)
    made = Proxy(address_of(to), host=host, port=port, seed=seed)

    def opened() -> None:
        where = f"from {host}:{made.port} to {to}, told what to be at {control}"
        click.echo(f"{where}; Ctrl-C ends it", err=True)

    asyncio.run(serve(made, control, Become(line=line), opened))
