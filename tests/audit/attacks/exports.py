"""The falsifications of a record's export, which a reconciliation reads in the record's place.

Each edits the lines of an export of `hmeimim`, as JSON. The file is refused with a code, or its
comparison with the record of `iaf` names a difference of that code.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

Lines = list[dict[str, Any]]
Edit = Callable[[Lines], object]


def entries(lines: Lines, kind: str, **values: Any) -> Lines:
    """Return the lines of the entries of a kind that say this."""
    return [
        line
        for line in lines
        if line.get("kind") == kind and all(line.get(name) == due for name, due in values.items())
    ]


def said(kind: str, **values: Any) -> Edit:
    """Make the edit of what the first entry of a kind is told to have said, and of no byte."""

    def edit(lines: Lines) -> None:
        told = entries(lines, kind)[0]
        told["what" if "what" in told else "said"].update(values)

    return edit


def field(kind: str, name: str, value: Any, **which: Any) -> Edit:
    """Make the edit of one field of an entry."""

    def edit(lines: Lines) -> None:
        line = entries(lines, kind, **which)[0]
        assert line[name] != value
        line[name] = value

    return edit


def flagged(flags: list[dict[str, str]]) -> Edit:
    """Make the edit of the flags of the first message that has any."""

    def edit(lines: Lines) -> None:
        next(line for line in lines if line.get("flags"))["flags"] = flags

    return edit


def bit(kind: str, name: str, **which: Any) -> Edit:
    """Make the edit of one bit of a field in base64."""

    def edit(lines: Lines) -> None:
        line = entries(lines, kind, **which)[0]
        data = bytearray(b64decode(line[name]))
        data[-1] ^= 1
        line[name] = b64encode(data).decode()

    return edit


def without(kind: str, **which: Any) -> Edit:
    """Make the edit that takes the last such entry out, and counts again."""

    def edit(lines: Lines) -> None:
        gone = entries(lines, kind, **which)[-1]
        lines.remove(gone)
        for line in lines:
            if line.get("log") == gone["log"] and line.get("entry", 0) > gone["entry"]:
                line["entry"] -= 1
        lines[0]["logs"][gone["log"]]["size"] -= 1
        lines[-1]["entries"] -= 1

    return edit


def exchanged(lines: Lines) -> None:
    """Exchange two entries and their numbers."""
    one, two = lines[3], lines[4]
    one["entry"], two["entry"] = two["entry"], one["entry"]
    lines[3], lines[4] = two, one


def doubled(lines: Lines) -> None:
    """Tell an entry twice."""
    lines.insert(4, dict(lines[4]))
    lines[-1]["entries"] += 1


def of_log(name: str, change: Callable[[Any], Any]) -> Edit:
    """Make the edit of what the header says of the last log."""

    def edit(lines: Lines) -> None:
        log = lines[0]["logs"][-1]
        log[name] = change(log[name])

    return edit


def a_bit_of_the_signature(note: str) -> str:
    """Change the signature of a checkpoint, which is its first."""
    text, _, signatures = note.rpartition("\n\n")
    first, *rest = signatures.split("\n")
    name, _, encoded = first.rpartition(" ")
    data = bytearray(b64decode(encoded))
    data[-1] ^= 1
    return "\n".join([f"{text}\n\n{name} {b64encode(data).decode()}", *rest])


EXPORTS: dict[str, tuple[Edit, str]] = {
    "an export without its last line": (lambda lines: lines.pop(), "export.cut-short"),
    "an export that lacks its last entry": (lambda lines: lines.pop(-2), "export.cut-short"),
    "an exported entry twice": (doubled, "export.malformed"),
    "two exported entries exchanged": (exchanged, "export.other-root"),
    "an exported entry taken out, counted again": (without("notice"), "export.other-root"),
    "an exported bit of a message": (bit("notice", "body"), "export.leaf-differs"),
    "an exported bit of a record": (bit("read", "payload"), "export.leaf-differs"),
    "an exported bit of a salt": (bit("read", "salt"), "export.leaf-differs"),
    "an exported bit of a leaf": (bit("read", "leaf"), "export.leaf-differs"),
    "another exported time": (
        field("notice", "time", "2026-01-01T00:00:00.000000Z"),
        "export.leaf-differs",
    ),
    "another exported direction": (
        field("notice", "direction", "out", direction="in"),
        "export.leaf-differs",
    ),
    "another exported number": (field("notice", "seq", 7), "export.leaf-differs"),
    "another exported id": (field("notice", "id", "00" * 32), "export.leaf-differs"),
    "an exported checkpoint that was not signed": (
        of_log("checkpoint", a_bit_of_the_signature),
        "trust.bad-signature",
    ),
    "another exported size": (of_log("size", lambda size: size - 1), "export.other-root"),
    "another exported root": (of_log("root", lambda _: "00" * 32), "export.other-root"),
    "another exported log": (
        of_log("origin", lambda origin: origin.replace("/1", "/2")),
        "export.malformed",
    ),
    "an exported status changed": (
        lambda lines: lines[0].update(status="actual"),
        "export.malformed",
    ),
    "an exported centre changed": (
        lambda lines: lines[0].update(centre="iaf"),
        "export.malformed",
    ),
    "exported words of a message": (said("notice", title="nothing"), "export.words-differ"),
    "exported words of a record": (said("read", officer="nobody"), "export.words-differ"),
    "another exported reference": (field("notice", "reference", "X-77"), "export.words-differ"),
    "another exported answer": (field("reply", "about", "00" * 32), "export.words-differ"),
    "an exported remark on what was sent": (
        field("notice", "flags", [{"code": "x", "text": "y"}], direction="out"),
        "export.words-differ",
    ),
    "an exported remark that was not entered": (
        field("notice", "flags", [{"code": "x", "text": "y"}], direction="in"),
        "export.words-differ",
    ),
    "an exported remark reworded": (flagged([{"code": "x", "text": "y"}]), "export.words-differ"),
    "exported remarks left out": (flagged([]), "export.words-differ"),
    "an exported remark that is none": (field("notice", "flags", ["x"]), "export.malformed"),
    "an exported witness that is no key": (
        lambda lines: lines[0]["witnesses"].append("somebody"),
        "export.malformed",
    ),
    "an export of a part, shown as the whole": (without("line-check"), "export.other-root"),
}
"""Each falsification of an export with the code that it is refused with."""
