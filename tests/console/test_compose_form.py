"""What is typed and the message that it makes: both ways, and whatever is typed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.api.outlines import Outlines
from hotline.console.language import Words
from hotline.console.pages import compose_form, compose_meaning
from hotline.console.pages.compose_form import (
    FIELDS,
    MAX_VOLUMES,
    VOLUME_FIELDS,
    count_of,
    editable,
    field_of,
    form_of,
    kept,
    made_of,
    with_volume,
    without_volume,
)
from hotline.console.pages.compose_meaning import areas_of, shown_flaw, shown_lines
from hotline.console.pages.compose_moments import moment_text, read_moment
from hotline.console.pages.compose_start import TEMPLATES, form_from
from hotline.errors import HotlineError, UsageError
from hotline.formats.coordinates import Line, read_lines
from hotline.model.languages.language import Language
from hotline.model.times import format_time, parse_time
from tests.centres import EXAMPLES

NOW_US = parse_time("2026-03-01T14:10:30Z")
PLAN = {
    "kind": "notice",
    "title": "Patrol",
    "activity": "patrol",
    "precedence": "ROUTINE",
    "peer": "hmeimim",
    "volumes": "1",
    "v0_shape": "polygon",
    "v0_points": "34.1 32.6\r\n341530N 0333000E\r\n36SVC 63104 17316",
    "v0_lower": "180",
    "v0_lower_unit": "fl",
    "v0_upper": "FL280",
    "v0_upper_unit": "ft msl",
    "v0_start": "15:30",
    "v0_end": "+3h",
}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.json")), ids=lambda path: path.stem)
def test_every_sample_can_be_written_here(path: Path) -> None:
    """The page's form holds all that each sample message says."""
    document = msgspec.json.decode(path.read_bytes(), type=dict[str, object])
    assert editable(document, NOW_US)
    form = form_of(document, NOW_US)
    assert kept(form, NOW_US) == form


def test_what_is_typed_makes_the_message() -> None:
    """Positions in three spellings, levels and times become the message's fields."""
    made = made_of(kept(PLAN, NOW_US), NOW_US)
    assert made.flaws == []
    (volume,) = made.document["volumes"]
    assert volume["outline_polygon"]["vertices"][0] == {"lat": 34.1, "lng": 32.6}
    assert volume["altitude_upper"] == {"value": 280.0, "units": "fl", "reference": "standard"}
    assert volume["time_start"] == "2026-03-01T15:30:00Z"
    assert volume["time_end"] == "2026-03-01T17:10:30Z"


def test_kept_times_have_their_date() -> None:
    """A time of day is kept with its date, so that it says the same tomorrow."""
    form = kept(PLAN, NOW_US)
    assert form["v0_start"] == "2026-03-01 15:30"
    assert kept(form, NOW_US + 86_400_000_000)["v0_start"] == "2026-03-01 15:30"
    assert "\r" not in form["v0_points"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1530", "2026-03-01 15:30"),
        ("15:30Z", "2026-03-01 15:30"),
        ("09:00", "2026-03-02 09:00"),
        ("14:10", "2026-03-01 14:10"),
        ("2026-03-05 07:05", "2026-03-05 07:05"),
        ("2026-03-05T07:05:30+02:00", "2026-03-05 05:05:30"),
        ("051530Z MAR 26", "2026-03-05 15:30"),
        ("051530z mar 2026", "2026-03-05 15:30"),
        ("+45m", "2026-03-01 14:55:30"),
    ],
)
def test_times_are_read_as_officers_write_them(text: str, expected: str) -> None:
    """Each usual spelling of a time means that moment, in UTC."""
    assert moment_text(read_moment(text, NOW_US)) == expected


def test_what_has_happened_is_in_the_past() -> None:
    """A time of day of what has begun or ended is the last one, not the next."""
    assert format_time(read_moment("14:05", NOW_US, past=True)) == "2026-03-01T14:05:00Z"
    assert format_time(read_moment("23:50", NOW_US, past=True)) == "2026-02-28T23:50:00Z"


@pytest.mark.parametrize("text", ["25:00", "noon", "2026-02-30 10:00", "051530Z FOO 26", "-5m"])
def test_other_times_are_refused(text: str) -> None:
    """What is no time has a mistake and stays as it was typed."""
    with pytest.raises(UsageError) as caught:
        read_moment(text, NOW_US)
    assert caught.value.code == "compose.bad-time"
    assert kept(PLAN | {"v0_start": text}, NOW_US)["v0_start"] == text


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"v0_points": "34.1 32.6\n34,32"}, "v0_points", "coordinates.comma"),
        ({"v0_points": "34.1 32.6"}, "v0_points", "model.too-few-vertices"),
        ({"v0_points": ""}, "v0_points", "model.no-outline"),
        ({"v0_shape": "circle", "v0_size": "5"}, "v0_points", "compose.one-position"),
        ({"v0_shape": "corridor"}, "v0_size", "compose.size-missing"),
        (
            {"v0_shape": "corridor", "v0_size": "900", "v0_size_unit": "km"},
            "v0_size",
            "model.corridor-width",
        ),
        ({"v0_lower": "high"}, "v0_lower", "compose.bad-number"),
        ({"v0_lower": ""}, "v0_lower", "model.altitude-missing"),
        ({"v0_start": "noon"}, "v0_start", "compose.bad-time"),
        ({"v0_end": "2026-03-01 15:00"}, "v0_end", "model.time-order"),
        ({"title": ""}, "title", "model.title-missing"),
        ({"title": "a\u202eb"}, "title", "model.unsafe-character"),
        ({"remarks": "x" * 10_000}, "remarks", "model.text-too-long"),
        ({"activity": "picnic"}, "activity", "model.unknown-activity"),
        ({"volumes": "0"}, "v0_points", "model.no-volume"),
    ],
)
def test_mistakes_stand_beside_their_fields(changed: dict[str, str], field: str, code: str) -> None:
    """Each mistake has its code, the field that it is about, and words in all three languages."""
    made = made_of(kept(PLAN | changed, NOW_US), NOW_US)
    (flaw,) = [flaw for flaw in made.flaws if flaw.field == field]
    assert flaw.code == code
    for language in Language:
        shown = shown_flaw(flaw, Words(language))
        assert shown.text
        assert language is Language.EN or any(ord(letter) > 0x3FF for letter in shown.text)


def test_advisory_is_made() -> None:
    """Position, height, track, speed and phrases of an advisory become its fields."""
    form = {
        "kind": "advisory",
        "precedence": "FLASH",
        "position": "341530N 0323600E",
        "altitude": "2500",
        "altitude_unit": "ft msl",
        "track_deg": "270",
        "speed_kt": "420,5",
        "phrases": "301, 303",
    }
    made = made_of(kept(form, NOW_US), NOW_US)
    assert made.flaws == []
    assert made.document["altitude"] == {"value": 2500.0, "units": "ft", "reference": "msl"}
    assert made.document["speed_kt"] == 420.5
    assert made.document["phrases"] == [301, 303]
    bad = made_of(kept(form | {"phrases": "many", "position": "1 1\n2 2"}, NOW_US), NOW_US)
    assert {flaw.code for flaw in bad.flaws} >= {"compose.bad-phrases", "compose.one-position"}


def test_volumes_are_added_and_removed() -> None:
    """A new volume begins like the last one without its place; the others keep their order."""
    form = with_volume(with_volume(kept(PLAN, NOW_US)) | {"v1_points": "second"})
    assert count_of(form) == 3
    assert form["v2_lower"] == "180"
    assert form["v2_points"] == ""
    left = without_volume(form | {"v2_points": "third"}, 1)
    assert count_of(left) == 2
    assert left["v1_points"] == "third"
    assert "v2_points" not in left
    full = form | {"volumes": str(MAX_VOLUMES)}
    assert with_volume(full) == full


def test_every_template_begins_a_draft() -> None:
    """What a template begins with lacks something still, and nothing of it is wrong in itself."""
    for template in TEMPLATES:
        form = kept(form_from(template, "hmeimim"), NOW_US)
        codes = {flaw.code.rpartition("-")[2] for flaw in made_of(form, NOW_US).flaws}
        assert codes <= {"missing", "outline"}, template.name


def test_paths_of_the_model_are_fields_of_the_form() -> None:
    """What the model says about a path stands beside the field that holds it."""
    assert field_of("volumes[2].altitude_upper.units") == "v2_upper"
    assert field_of("volumes[0].outline_circle.radius_m") == "v0_size"
    assert field_of("volumes[1].outline_polygon.vertices[3].lat") == "v1_points"
    assert field_of("phrases[0]") == "phrases"
    assert field_of("volumes") == "v0_points"


NAMES = st.sampled_from(
    sorted({*sum(FIELDS.values(), ()), *(f"v{n}_{name}" for n in (0, 1) for name in VOLUME_FIELDS)})
)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["34.1 32.6", "36SVC 63104 73316", "12:00", "+1h", "9" * 30, "-1", "fl", "circle"]
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FIELDS)), st.dictionaries(NAMES, TEXTS, max_size=12), TEXTS)
def test_whatever_is_typed_is_kept_or_has_a_flaw(
    kind: str, typed: dict[str, str], volumes: str
) -> None:
    """Any form makes a message or says what is wrong, in every language, and is kept as it is."""
    form = kept(typed | {"kind": kind, "volumes": volumes if len(volumes) < 3 else "2"}, NOW_US)
    assert form_of({"form": form}, NOW_US) == form
    made = made_of(form, NOW_US)
    for flaw in made.flaws:
        assert shown_flaw(flaw, Words(Language.HE)).text
    for lines in made.lines.values():
        shown_lines(lines, Words(Language.RU))
    if not made.flaws:
        assert editable(made.document, NOW_US)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["kind", "title", "volumes", "position", "altitude", "at", "phrases", "precedence", "form"]
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FIELDS)), st.dictionaries(KEYS, JSON, max_size=6))
def test_any_document_is_shown_or_refused(kind: str, document: dict[str, object]) -> None:
    """A draft that another program wrote becomes a form, or is refused with a code."""
    try:
        editable({"kind": kind} | document, NOW_US)
        form_of({"kind": kind} | document, NOW_US)
    except HotlineError as error:
        assert error.code


def test_a_number_of_any_length_is_no_fault() -> None:
    """Thousands of digits are as many volumes as there may be, and nothing that cannot be read."""
    assert count_of({"volumes": "9" * 5000}) == MAX_VOLUMES
    assert count_of({"volumes": "0" * 5000}) == MAX_VOLUMES
    assert count_of({"volumes": "7"}) == 7


def test_only_so_many_lines_are_read_of_all_areas_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What has more lines than a message may have corners is refused before it is read."""
    read: list[int] = []

    def counted(text: str) -> list[Line]:
        read.append(len(text.splitlines()))
        return read_lines(text)

    monkeypatch.setattr(compose_form, "read_lines", counted)
    many = {f"v{index}_points": "x\n" * 1_200 for index in range(100)}
    made = made_of(PLAN | many | {"volumes": "100"}, NOW_US)
    assert sum(read) <= 10_000
    codes = {flaw.field: flaw.code for flaw in made.flaws}
    assert codes["v0_points"] not in ("", "coordinates.too-many-lines")
    assert codes["v99_points"] == "coordinates.too-many-lines"


def test_what_takes_long_to_draw_is_shown_by_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A corridor of a thousand points keeps nobody waiting who types."""
    monkeypatch.setattr(compose_meaning, "WAIT_S", 0.0)
    monkeypatch.setattr("hotline.api.drawn.OUTLINES", Outlines())
    line = [{"lat": 34 + n % 7 / 10, "lng": 33 + n / 1000} for n in range(1_000)]
    (area,) = areas_of({"volumes": [{"corridor": {"line": line, "width_m": 10_000}}]})
    assert len(area["area"]["coordinates"][0][0]) == 5
