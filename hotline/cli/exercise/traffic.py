"""``hotline exercise traffic``: mock notices and advisories by a seed, as files or sent at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotline.cli.asking import officer_of, officer_option
from hotline.cli.output import count_text

if TYPE_CHECKING:
    from hotline.cli.exercise.mock import Mark
    from hotline.exercise.scenario.shape import Inject, Scenario, Traffic

AREA_NUMBERS = 4
MSEL = "msel.jsonl"


@click.command()
@click.option("--seed", type=click.IntRange(0, 2**53), default=0, help="Same seed, same traffic.")
@click.option("--duration", metavar="TIME", default="1 h", help="How long; default: 1 h.")
@click.option(
    "--rate",
    "rates",
    metavar="N|HOUR=N",
    multiple=True,
    help="Messages an hour; default: 30. With hours of the day a curve, straight between two.",
)
@click.option(
    "--hour",
    type=click.FloatRange(0, 24),
    default=0.0,
    help="Hour of the day, UTC, at which it begins; default: 0.",
)
@click.option("--centre", "centres", metavar="ID", multiple=True, help="Twice: the two centres.")
@click.option("--from", "originator", metavar="ID", default="", help="Only what this one sends.")
@click.option("--activity", "activities", metavar="NAME[=N]", multiple=True, help="With a weight.")
@click.option(
    "--precedence", "precedences", metavar="NAME[=N]", multiple=True, help="Of notices, weighed."
)
@click.option("--language", "languages", metavar="TAG[=N]", multiple=True, help="en, ru, he.")
@click.option("--advisories", type=float, default=0.1, help="Share of advisories; default: 0.1.")
@click.option("--errors", type=float, default=0.0, help="Share of what is wrong; default: 0.")
@click.option("--area", metavar="W,S,E,N", default="", help="In degrees; default: 31,32,37,36.5.")
@click.option(
    "--letter",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Whose minima are kept to; with --send default: that of the node's line.",
)
@click.option(
    "--exercise",
    metavar="NAME",
    default="",
    help="The exercise that all of it is marked with; default: that of --letter.",
)
@click.option(
    "--factor",
    type=click.FloatRange(1, 60),
    default=1.0,
    help="How many times as fast as life it comes; default: 1.",
)
@click.option(
    "--output",
    "-o",
    metavar="DIR|-",
    default="",
    help="A new directory for the messages; -, the default, is JSON lines on stdout.",
)
@click.option("--send", "sends", is_flag=True, help="Send it, as the times come, through the node.")
@officer_option
@click.pass_context
def traffic(
    context: click.Context,
    seed: int,
    duration: str,
    rates: tuple[str, ...],
    hour: float,
    centres: tuple[str, ...],
    originator: str,
    activities: tuple[str, ...],
    precedences: tuple[str, ...],
    languages: tuple[str, ...],
    advisories: float,
    errors: float,
    area: str,
    letter: Path | None,
    exercise: str,
    factor: float,
    output: str,
    sends: bool,
    officer: str | None,
) -> None:
    """Make mock traffic for an exercise: notices, what follows on them, advisories.

    Words agree with areas and levels, but for the errors that are asked for. Each line, and each
    row of msel.jsonl in DIR, is an inject: of which exercise, when it is due, from whom, which flag
    is expected, and the message as `hotline send` takes it. Every message says that it is an
    exercise, in its words and as its status, so that no actual node takes it.

    With --send the node of --config sends what its own centre originates; its status must not be
    actual. Ctrl-C ends it; what was sent stays sent.
    """
    from hotline.exercise.scenario.durations import seconds_of
    from hotline.exercise.scenario.shape import Traffic
    from hotline.exercise.traffic.generator import injects_of

    if sends and exercise:
        raise click.UsageError("give either --send or --exercise: the node's letter has the name")
    if sends and output:
        raise click.UsageError("give either --send or --output: sent messages lie in the journal")
    if len(centres) not in (0, 2) or len(set(centres)) != len(centres):
        raise click.UsageError("give --centre twice, with the two centres, or not at all")
    until_s = seconds_of(duration)
    if until_s is None:
        raise click.UsageError(f"--duration {duration!r} is no time: write 1 h, 90 min or 30 s")
    given: dict[str, Any] = {"area": _area(area)} if area else {}
    asked = Traffic(
        id="mock",
        from_s=0.0,
        until_s=until_s,
        originator=originator,
        seed=seed,
        rates=tuple(_rates(rates or ("30",))),
        activities=dict(_weight(text, "--activity") for text in activities),
        precedences=dict(_weight(text.upper(), "--precedence") for text in precedences),
        languages=dict(_weight(text, "--language") for text in languages),
        advisory_share=advisories,
        error_rate=errors,
        **given,
    )
    if sends:
        from hotline.cli.exercise.sending import send_traffic

        send_traffic(context, asked, letter, hour, factor, officer_of(officer))
        return
    from hotline.cli.exercise.mock import mark_of, row
    from hotline.model.letter import read_letter
    from hotline.model.letter_rules import is_exercise_name

    if exercise and not is_exercise_name(exercise):
        raise click.UsageError("--exercise: a name has 1 to 60 characters, no blanks around it")
    text = None if letter is None else letter_text(letter)
    mark = mark_of(None if text is None else read_letter(text.encode()), exercise)
    if exercise and not mark.exercise:
        raise click.UsageError("--exercise: a letter of the status test is of no exercise")
    pair = (centres[0], centres[1]) if centres else ("iaf", "hmeimim")
    injects = injects_of(asked, scenario_for(asked, pair, text, hour, factor))
    if output in ("", "-"):
        for inject in injects:
            click.echo(row(inject, mark))
    else:
        _write(Path(output), injects, mark)


def scenario_for(
    asked: Traffic, centres: tuple[str, str], letter: str | None, hour: float, factor: float
) -> Scenario:
    """Return a scenario with nothing but this traffic, which begins at an hour of the day."""
    from hotline.exercise.scenario.shape import Scenario

    return Scenario(
        name="traffic",
        title="Mock traffic",
        summary="",
        objectives=(),
        centres=centres,
        crews={},
        letter=letter,
        letters={},
        starts=round(hour * 3_600_000_000),
        duration_s=asked.until_s,
        time_factor=factor,
        seed=0,
        injects=(),
    )


def _write(target: Path, injects: tuple[Inject, ...], mark: Mark) -> None:
    """Write every message into a file of its own, and the list of them beside."""
    import msgspec

    from hotline.audit.directories import made_whole
    from hotline.cli.exercise.mock import marked_document, row

    with made_whole(target) as directory:
        lines = []
        for number, inject in enumerate(injects, start=1):
            document = marked_document(inject, mark)
            name = f"{number:05}-{inject.originator}-{document['kind']}.json"
            data = msgspec.json.format(msgspec.json.encode(document), indent=2)
            (directory / name).write_bytes(data + b"\n")
            lines.append(row(inject, mark))
        (directory / MSEL).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    said = count_text(len(injects), "mock message")
    click.echo(f"hotline: note: {target} holds {said} of {mark.text}", err=True)


def _rates(texts: tuple[str, ...]) -> Any:
    from hotline.exercise.scenario.shape import Rate

    for text in texts:
        hour, equals, number = text.partition("=")
        yield Rate(
            hour=_number(hour, "--rate") if equals else 0.0,
            per_hour=_number(number if equals else hour, "--rate"),
        )


def _weight(text: str, option: str) -> tuple[str, float]:
    name, equals, number = text.partition("=")
    return name, _number(number, option) if equals else 1.0


def _area(text: str) -> tuple[float, ...]:
    numbers = tuple(_number(part, "--area") for part in text.split(","))
    if len(numbers) != AREA_NUMBERS:
        raise click.UsageError("--area is west, south, east and north, with commas between")
    return numbers


def _number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.UsageError(f"{option}: {text[:40]!r} is no number") from None


def letter_text(path: Path) -> str:
    """Return the text of a letter that can be read. Raises UsageError and ConfigError."""
    from hotline.audit.named_files import open_regular
    from hotline.errors import ConfigError, UsageError
    from hotline.model.letter import MAX_LETTER_BYTES, read_letter

    try:
        with open_regular(path) as file:
            data = file.read(MAX_LETTER_BYTES + 1)
    except OSError as error:
        raise UsageError(
            "cli.unreadable-file",
            f"{path} cannot be read: {error.strerror or error}",
            "name a letter of agreement",
        ) from error
    try:
        read_letter(data)
        return data.decode()
    except ConfigError as error:
        raise ConfigError(error.code, f"{path}: {error.message}", error.hint) from None
