"""``hotline alarms`` and ``hotline acknowledge``: what latched, and who took notice."""

from __future__ import annotations

import click
from rich.text import Text

from hotline.api.schema import AlarmPage, AlarmView
from hotline.cli.asking import SIGN_S, ask, json_option, look, officer_of, officer_option
from hotline.cli.output import block, of_day, plain, print_json, stdout


@click.command()
@click.option("--all", "also_settled", is_flag=True, help="Also those that are settled.")
@json_option
@click.pass_context
def alarms(context: click.Context, also_settled: bool, as_json: bool) -> None:
    """List alarms: what is not acknowledged, or whose cause is still there."""
    page = look(context, lambda node: node.alarms(all=also_settled))
    if as_json:
        print_json(page)
        return
    _print_alarms(page)


@click.command()
@click.argument("alarm", metavar="ALARM-ID", type=click.IntRange(1))
@officer_option
@json_option
@click.pass_context
def acknowledge(context: click.Context, alarm: int, officer: str | None, as_json: bool) -> None:
    """Take notice of one alarm, by name.

    The acknowledgement is an entry of the node's log. There is no way to acknowledge all at once.
    """
    name = officer_of(officer)
    page = ask(context, lambda client: client.acknowledge(alarm, name), SIGN_S)
    if as_json:
        print_json(page)
        return
    click.echo(f"alarm {alarm} is acknowledged by {name}", err=True)
    _print_alarms(page)


def _print_alarms(page: AlarmPage) -> None:
    out = stdout()
    if not page.alarms:
        out.print(Text("no alarms", style="green"))
        return
    for alarm in page.alarms:
        number = f"{alarm.id:>4}" if alarm.id else "   -"
        state = _state(alarm)
        out.print(Text.assemble((f"{number}  ", "bold"), f"{of_day(alarm.raised_at)}  ", state))
        out.print(block(f"{alarm.text}\n{_about(alarm)}", indent=6))


def _about(alarm: AlarmView) -> str:
    """Return the line, whose notice it is about where it is about one, and the code."""
    line = [f"line with {alarm.peer}"] if alarm.peer else []
    of_notice = alarm.subject and alarm.code.startswith(("airspace.", "notice."))
    return f"{', '.join([*line, *([alarm.subject] if of_notice else [])])} [{alarm.code}]".lstrip()


def _state(alarm: AlarmView) -> Text:
    if alarm.acknowledged_by is None:
        return Text("over" if alarm.cleared_at else "STANDING", style="bold red") + Text(
            ", not acknowledged", style="bold red"
        )
    by = f"acknowledged by {alarm.acknowledged_by}"
    return plain(f"over, {by}") if alarm.cleared_at else plain(f"standing, {by}", "yellow")
