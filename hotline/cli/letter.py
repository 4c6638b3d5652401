"""``hotline letter``: whether a file is a letter and the same one as the peer's; its phrases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from hotline.audit.named_files import open_regular
from hotline.cli.asking import json_option
from hotline.cli.group import Group
from hotline.cli.output import Facts, builtins, facts, mark_traffic, plain, print_json, stdout
from hotline.errors import ConfigError
from hotline.model.kinds import Precedence
from hotline.model.languages.language import Language
from hotline.model.letter import MAX_LETTER_BYTES, Letter, letter_hash, read_letter
from hotline.model.messages import lower_first
from hotline.model.phrases import GROUPS, Phrase, phrases_toml, standard_phrases
from hotline.model.phrasing import duration_text
from hotline.model.times import SECOND_US
from hotline.trust.words import lines_of, words_of


@click.group(cls=Group)
def letter() -> None:
    """Look at a letter of agreement before a node uses it."""


@letter.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@json_option
@click.pass_context
def check(context: click.Context, file: Path, as_json: bool) -> None:
    """Check a letter against every rule, and show its hash as words.

    Both centres must hold FILE identical byte for byte; - is stdin. Read the words to each other
    on a line that you trust: if one word differs, the files differ.
    """
    data = _bytes_of(file)
    found = read_letter(data)
    digest = letter_hash(data)
    if as_json:
        words = list(words_of(digest))
        print_json(
            {
                "sha256": digest.hex(),
                "words": words,
                "traffic": found.banner,
                "letter": builtins(found),
            }
        )
        return
    mark_traffic(context, found.banner)
    out = stdout()
    out.print(facts(_summary(found)))
    out.print(f"\nsha-256  {digest.hex()}\n", soft_wrap=True)
    for line in lines_of(words_of(digest)):
        out.print("    " + "".join(f"{word:<12}" for word in line.split()).rstrip())


@letter.command()
@click.argument(
    "file", required=False, type=click.Path(path_type=Path, dir_okay=False, allow_dash=True)
)
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    help="Show the texts in this language only.",
)
@click.option(
    "--group", type=click.Choice(list(GROUPS)), help="Show the phrases of this group only."
)
@click.option("--toml", "as_toml", is_flag=True, help="Print them as tables for a letter.")
@json_option
def phrases(
    file: Path | None, language: str | None, group: str | None, as_toml: bool, as_json: bool
) -> None:
    """List the phrases of a letter, by number; without FILE those of the standard book.

    What the two centres say by number reads the same in English, Russian and Hebrew. - is stdin.
    """
    if as_toml and (as_json or language is not None):
        raise click.UsageError("--toml goes with neither --json nor --language")
    book = standard_phrases() if file is None else read_letter(_bytes_of(file)).phrases
    shown = [phrase for phrase in book if group in (None, phrase.group)]
    if as_toml:
        click.echo(phrases_toml(shown), nl=False)
    elif as_json:
        print_json({"phrases": shown})
    elif not shown:
        stdout().print("no phrases")
    else:
        languages = [Language(language)] if language is not None else list(Language)
        stdout().print(Facts(_phrase_rows(shown, languages)))


def _phrase_rows(shown: list[Phrase], languages: list[Language]) -> Iterator[tuple[str, object]]:
    group = ""
    for phrase in shown:
        if phrase.group != group:
            group = phrase.group
            yield "", plain(group, "bold")
        label = str(phrase.number)
        for language in languages:
            yield label, phrase.text(language)
            label = ""


def _bytes_of(file: Path) -> bytes:
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(MAX_LETTER_BYTES + 1)
        with open_regular(file) as opened:
            return opened.read(MAX_LETTER_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            "config.no-letter",
            f"the letter {file} cannot be read: {lower_first(error.strerror or str(error))}",
            "check its path and permissions",
        ) from error


def _summary(found: Letter) -> dict[str, object]:
    """Return what two officers would ask each other about first."""
    timers = found.timers
    answers = ", ".join(
        f"{precedence.name} {_seconds(found.reply_deadline(precedence))}"
        for precedence in Precedence
    )
    minimum = found.minimum_warning_s
    special = ", ".join(
        f"{name} {_seconds(value)}"
        for name, value in (minimum.precedence | minimum.activity).items()
    )
    separation = found.separation
    margin, limits = found.altitude_margin, found.limits
    return {
        "title": found.title,
        "edition": found.edition,
        "status": found.status.value,
        "exercise": found.exercise or None,
        "epoch": found.epoch,
        "centres": " and ".join(found.centres),
        "dials": found.dials,
        "languages": ", ".join(found.languages),
        "heartbeat": f"every {_seconds(timers.heartbeat_s)}, "
        f"down after {_seconds(timers.receive_s)} of silence",
        "receipt alarm": f"after {_seconds(timers.receipt_alarm_s)}",
        "line check": f"every {_seconds(timers.line_check_s)}",
        "answer within": answers,
        "warning time": f"{_seconds(minimum.default)}" + (f"; {special}" if special else ""),
        "separation": f"{separation.lateral_m:g} m, {separation.vertical_m:g} m, "
        f"{_seconds(separation.time_s)}",
        "heights": f"sea level {_span(margin.geoid_m)} above WGS 84, "
        f"ground {_span(margin.terrain_m)} above sea level, "
        f"pressure within {margin.pressure_m:g} m and {margin.pressure_percent:g} %",
        "limits": f"{limits.area_km2:.10g} km², {limits.horizon_days:g} days ahead, "
        f"activated within {_seconds(limits.late_activation_s)}, "
        f"ended within {_seconds(limits.missing_end_s)}",
        "clocks": f"at most {found.clock.maximum_offset_ms:g} ms apart",
        "phrases": str(len(found.phrases)),
        "witnessing": f"within {_seconds(found.max_unwitnessed_s)}",
    }


def _span(metres: tuple[float, float]) -> str:
    return f"{metres[0]:g} to {metres[1]:g} m"


def _seconds(value: float) -> str:
    return duration_text(round(value) * SECOND_US) if value >= 1 else f"{value:g} s"
