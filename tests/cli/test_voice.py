"""``hotline voice``: what two officers type and see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from hotline.api.voice_shapes import VoiceItem, VoiceView
from hotline.cli.demo.ground import make_sites
from hotline.cli.voice.reading import print_items
from hotline.exercise.ground.site import free_port, write_configs
from hotline.formats.telephone.hearing import hear
from hotline.formats.telephone.items import text_of
from hotline.formats.telephone.layout import lay_out
from hotline.model.languages.language import Language
from hotline.node.voice import item_word_of
from hotline.trust.spoken import check_words
from tests.cli.command import EXAMPLES, Node, Pair, fails, hotline, unmarked

PATROL = EXAMPLES / "iaf/01-patrol.json"
TANKER = EXAMPLES / "iaf/03-tanker.json"


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run both centres as processes, with no line between them: nobody answers where iaf dials."""
    sites = make_sites(tmp_path_factory.mktemp("apart"), (EXAMPLES / "letter.toml").read_bytes())
    write_configs(sites, free_port(), free_port())
    made = Pair(Node(sites["iaf"]), Node(sites["hmeimim"]))
    try:
        for node in (made.iaf, made.hmeimim):
            node.start()
        for node in (made.iaf, made.hmeimim):
            node.wait_for_line(up=False)
        yield made
    finally:
        for node in (made.iaf, made.hmeimim):
            if node.process is not None and node.process.poll() is None:
                node.stop()


@pytest.mark.pair
def test_a_notice_goes_over_the_telephone(apart: Pair, tmp_path: Path) -> None:
    """Composed and queued at the one side, written down at the other, confirmed at the first."""
    read = apart.iaf.hotline("voice", "compose", PATROL, "--officer", "levy")
    assert read.stdout.startswith("EXERCISE\nA      EXERCISE FROM IAF TO HMEIMIM / ")
    assert read.stdout.endswith("\nEXERCISE\n")
    assert "F1.1   340600N 0323600E / " in read.stdout
    assert "hotline voice confirm " in read.stderr
    (queued,) = apart.iaf.json("outbox")["messages"]
    assert (queued["reference"], queued["receipt"]) == ("IAF-0101", None)
    typed = tmp_path / "typed.txt"
    typed.write_text(read.stdout.lower())
    taken = apart.hmeimim.hotline(
        "voice", "take", "--from", "iaf", typed, "--language", "ru", "--officer", "orlov"
    )
    assert "УВЕДОМЛЕНИЕ IAF-0101" in taken.stdout
    assert "warning" not in taken.stderr
    answer = taken.stdout.splitlines()[-1].split()
    assert answer[0] == "answer"
    assert len(answer) == 5
    own = read.stdout.lower().partition("\ncheck")[2].split()[:4]
    echoed = apart.iaf.hotline("voice", "confirm", "IAF-0101", *own, exit_code=5)
    assert "these are the check words that were read out" in echoed.stderr
    assert "  heard, agrees  " in apart.hmeimim.hotline("voice", "list").stdout
    said = apart.iaf.hotline("voice", "confirm", "IAF-0101", *answer[1:], "--officer", "levy")
    assert unmarked(said.stdout) == "confirmed: hmeimim wrote down what was read out\n"
    listed = apart.iaf.hotline("voice", "list").stdout
    assert [line.split()[2] for line in unmarked(listed).splitlines()[1:]] == [
        "confirmed",
        "differs",
        "spoken",
    ]
    shown = apart.hmeimim.hotline("voice", "show", "iaf-0101", "--language", "en").stdout
    shown = unmarked(shown)
    assert shown.startswith("heard  NOTICE IAF-0101  from iaf\n")
    assert "level" in shown
    log = apart.hmeimim.hotline("log", "show", "--kind", "voice").stdout
    assert "orlov wrote down NOTICE IAF-0101, heard from iaf over the telephone" in log


@pytest.mark.pair
def test_a_misheard_level_is_found(apart: Pair) -> None:
    """Exit code 5 at both sides, and the item by its name."""
    sheet = apart.iaf.hotline("voice", "compose", TANKER).stdout.replace("FL200", "FL210")
    taken = apart.hmeimim.hotline("voice", "take", typed=sheet, exit_code=5)
    assert "the words of these items are others: G1" in taken.stderr
    assert "G1     LEVELS FL210 TO FL230 / " in taken.stdout
    assert "\nanswer " not in taken.stdout
    bare = "\n".join(line.partition(" / ")[0] for line in sheet.splitlines())
    taken = apart.hmeimim.hotline("voice", "take", "-", typed=bare, exit_code=5)
    assert "the check words are others" in taken.stderr
    assert "\nanswer " not in taken.stdout
    listed = apart.hmeimim.hotline("voice", "list").stdout
    assert listed.count("  heard, differs  ") == 2
    (heard, *_) = apart.hmeimim.json("voice", "list")["calls"]
    said = apart.iaf.hotline("voice", "confirm", "IAF-0102", *heard["answer"], exit_code=5)
    assert "differs: hmeimim wrote down something else" in said.stdout
    assert "--items WORD" in said.stderr
    words = [item["word"] for item in heard["items"]]
    said = apart.iaf.hotline("voice", "confirm", "IAF-0102", "--items", *words, exit_code=5)
    assert "other items were heard: G1" in said.stderr
    (newest, *_) = apart.iaf.json("voice", "show", "IAF-0102")["calls"]
    assert (newest["state"], newest["differs"]) == ("differs", ["G1"])


@pytest.mark.pair
def test_what_cannot_be_dictated_is_said(apart: Pair, tmp_path: Path) -> None:
    """At the speaker's side and at the listener's."""
    notice = json.loads(PATROL.read_text()) | {"title": "Патруль", "reference": "IAF-0190"}
    notice["volumes"][0]["outline_polygon"]["vertices"][0]["lat"] += 0.0001
    file = tmp_path / "notice.json"
    file.write_text(json.dumps(notice))
    read = apart.iaf.hotline("voice", "compose", file, "--precedence", "priority")
    assert "items E cannot be read out" in read.stderr
    taken = apart.hmeimim.hotline("voice", "take", typed=read.stdout)
    assert "not read out  title" in taken.stdout
    assert "true positions lie within 25 m of these" in taken.stdout
    typed = apart.hmeimim.hotline("voice", "take", "--json", typed=read.stdout)
    assert json.loads(typed.stdout)["agrees"] is True


@pytest.mark.pair
def test_mistakes_are_said_with_the_mend(apart: Pair) -> None:
    """Each with its line, its item, and what to ask for; all that was misheard at once."""
    apart.iaf.fails("node.no-such-message", "voice", "compose", "IAF-0404", exit_code=2)
    apart.iaf.fails("cli.unreadable-file", "voice", "compose", "none.json", exit_code=2)
    apart.iaf.fails("cli.usage", "voice", "compose", "IAF-0101", "--to", "hmeimim", exit_code=2)
    apart.iaf.fails("voice.not-spoken", "voice", "confirm", "IAF-0404", "flag", exit_code=2)
    apart.iaf.fails("voice.not-recorded", "voice", "show", "IAF-0404", exit_code=2)
    apart.iaf.fails("node.unknown-peer", "voice", "list", "--peer", "nobody", exit_code=2)
    said = apart.hmeimim.fails(
        "formats.heard-item",
        "voice",
        "take",
        exit_code=1,
        typed="A EXERCISE FROM IAF TO HMEIMIM\nB ADVISORY\nC SOON\n",
    )
    assert "line 3: item C cannot be read: 'SOON'" in said
    assert "ask for item C again; it is one of FLASH" in said
    assert "hotline: error: item Z is missing: id, first 8 signs [formats.heard-missing]" in said
    assert said.count("hotline: hint: ask for item ") == 2


@pytest.mark.pair
def test_a_message_that_is_here_is_told(pair: Pair) -> None:
    """The line may be back, or never have been down."""
    pair.iaf.hotline("send", PATROL)
    sheet = pair.iaf.hotline("voice", "compose", "IAF-0101").stdout
    taken = pair.hmeimim.hotline("voice", "take", typed=sheet)
    assert "is here already, signed, with the same content" in taken.stderr
    other = sheet.replace("FL280", "FL290")
    taken = pair.hmeimim.hotline("voice", "take", typed=other, exit_code=5)
    assert "is here, signed, and says something else in G1" in taken.stderr


@pytest.mark.pair
def test_records_with_calls_agree(pair: Pair) -> None:
    """What people say over a telephone is worth knowing, and no difference between records."""
    pair.iaf.hotline("send", EXAMPLES / "iaf/11-training.json")
    sheet = pair.iaf.hotline("voice", "compose", "IAF-0106").stdout
    pair.hmeimim.hotline("voice", "take", typed=sheet)
    records = [node.site.directory for node in (pair.iaf, pair.hmeimim)]
    said = hotline("log", "reconcile", *records).stdout
    assert "the records agree" in said
    assert "iaf read NOTICE IAF-0106 (" in said
    assert ", with the same content" in said


@pytest.mark.pair
def test_a_stopped_node_shows_calls_and_takes_none(pair: Pair) -> None:
    """Reading goes on; nothing can be signed or recorded, and what to do then is said."""
    pair.iaf.hotline("send", EXAMPLES / "iaf/09-transport.json")
    sheet = pair.iaf.hotline("voice", "compose", "IAF-0105").stdout
    assert pair.iaf.stop() == 0
    try:
        for words in (("compose", "IAF-0105"), ("confirm", "IAF-0105", "flag")):
            said = pair.iaf.fails("voice.no-node", "voice", *words, exit_code=1)
            assert "start it with `hotline --config FILE run`" in said
        pair.iaf.fails("voice.no-node", "voice", "take", exit_code=1, typed=sheet)
        (shown, *_) = pair.iaf.json("voice", "show", "IAF-0105")["calls"]
        assert shown["state"] == "spoken"
    finally:
        pair.iaf.start()
        pair.iaf.wait_for_line(up=True)


def test_the_group_alone_says_what_there_is() -> None:
    """As every group does."""
    said = hotline("voice").stdout
    for name in ("compose", "take", "confirm", "show", "list"):
        assert f"  {name} " in said
    fails("cli.usage", "voice", "confirm", "IAF-0101", exit_code=2)


LONG = """\
A EXERCISE FROM IAF TO HMEIMIM
B CONTINGENCY OF IAF-0107
C PRECEDENCE IMMEDIATE
F1 AREA 1 OF 1 CORRIDOR 2 POINTS WIDTH 18520 METRES
F1.1 340600N 0323600E
F1.2 340600N 0332400E
G1 LEVELS MINUS 100 M WGS84 TO 2500 FT STANDARD
H1 FROM 01 MAR 2026 110001 UTC
J1 UNTIL 01 MAR 2026 1300 UTC
K AT 01 MAR 2026 1100 UTC
T REASON THE BALLOON DOES NOT ANSWER IT DRIFTS WITH THE WIND UNTIL IT FALLS
Z MESSAGE 8D41F0C2
"""


@pytest.mark.parametrize("language", [None, *Language])
def test_items_fit_a_terminal(language: Language | None) -> None:
    """No line of a sheet is broken by the terminal, and what is shown can be typed as it is."""
    items = lay_out(hear(LONG).sheet)
    view = VoiceView(
        peer="iaf",
        entry=1,
        at="",
        state="spoken",
        officer="",
        subject="",
        message="",
        items=[VoiceItem(label=i.label, text=i.text, word=item_word_of(i)) for i in items],
        words=list(check_words(LONG)),
    )
    out = StringIO()
    print_items(Console(file=out, force_terminal=True, no_color=True, width=80), view, language)
    lines = Text.from_ansi(out.getvalue()).plain.splitlines()
    assert max(map(len, lines)) <= 80
    if language is None:
        heard = hear("\n".join(lines))
        assert text_of(lay_out(heard.sheet)) == LONG
        assert heard.item_words["T"] == item_word_of(items[-2])
        assert heard.check.lower().split() == view.words
