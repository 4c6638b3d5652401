"""The tables of `docs/spec/tampering.md`, drawn from the catalogues; run it to draw them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from hotline.audit.verification.journal import STEPS
from tests.audit.attacks import catalogue as attacks
from tests.audit.attacks.catalogue import Attack
from tests.audit.attacks.evidence import EVIDENCE
from tests.audit.attacks.exports import EXPORTS
from tests.audit.attacks.wire import WIRE
from tests.audit.catalogue import CATALOGUE, UNSEEN, WHY_UNSEEN

DOCUMENT = Path(__file__).parents[3] / "docs" / "spec" / "tampering.md"
_DRAWN = re.compile(r"(<!-- drawn: ([a-z-]+) -->\n)(.*?)(<!-- end of drawing -->)", re.DOTALL)


def in_the_file() -> Iterator[tuple[str, ...]]:
    """Yield a row for each falsification of one journal's file."""
    yield "falsification", "found by"
    for name, (_, step, _) in CATALOGUE.items():
        yield name, f"verify {step}"


def steps() -> Iterator[tuple[str, ...]]:
    """Yield what each step of the verification holds a record to, and how much it finds."""
    yield "step", "what must hold", "falsifications below"
    for number, text in STEPS.items():
        found = sum(step == number for _, step, _ in CATALOGUE.values())
        yield str(number), text, str(found)


def of(table: dict[str, Attack]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each falsification by somebody who holds more than a file."""
    yield "falsification", "verify", "the peer", "fenced", "reconcile", "why"
    for name, attack in table.items():
        codes = ", ".join(f"`{code}`" for code in attack.peer) or "-"
        peer = "another history" if attack.peer == attacks.REWRITTEN else codes
        fences = "yes" if attack.fenced else "-"
        reconcile = ", ".join(f"`{code}`" for code in attack.reconcile) or "-"
        yield name, str(attack.verify or "-"), peer, fences, reconcile, attack.why


def on_the_wire() -> Iterator[tuple[str, ...]]:
    """Yield a row for each falsified frame."""
    yield "falsification", "refused with"
    for name, (_, code) in WIRE.items():
        yield name, f"`{code}`"


def in_exports() -> Iterator[tuple[str, ...]]:
    """Yield a row for each falsified export."""
    yield "falsification", "refused with"
    for name, (_, code) in EXPORTS.items():
        yield name, f"`{code}`"


def in_evidence() -> Iterator[tuple[str, ...]]:
    """Yield a row for each falsified evidence file."""
    yield "falsification", "step", "refused with"
    for name, (_, step, code) in EVIDENCE.items():
        yield name, str(step), f"`{code}`"


def unseen() -> Iterator[tuple[str, ...]]:
    """Yield a row for each change of a file that its verification cannot find."""
    yield "change", "why, and what finds it"
    for name in UNSEEN:
        yield name, WHY_UNSEEN[name]


TABLES = {
    "steps": steps,
    "in-the-file": in_the_file,
    "files": lambda: of(attacks.FILES),
    "directories": lambda: of(attacks.DIRECTORIES),
    "log-key": lambda: of(attacks.LOG_KEY),
    "signing-key": lambda: of(attacks.SIGNING_KEY),
    "peers-key": lambda: of(attacks.PEERS_KEY),
    "other-keys": lambda: of(attacks.OTHER_KEYS),
    "both": lambda: of(attacks.BOTH),
    "wire": on_the_wire,
    "exports": in_exports,
    "evidence": in_evidence,
    "unseen": unseen,
}


def drawn(rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table, its first row the head."""
    head, *rest = rows
    lines = [head, ("---",) * len(head), *rest]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def redrawn(text: str) -> str:
    """Return a document with every table drawn anew."""
    return _DRAWN.sub(lambda at: at[1] + drawn(TABLES[at[2]]()) + at[4], text)


def tables_in(text: str) -> list[str]:
    """Return the names of the tables that a document has, in its order."""
    return [at[2] for at in _DRAWN.finditer(text)]


if __name__ == "__main__":
    DOCUMENT.write_text(redrawn(DOCUMENT.read_text("utf-8")), "utf-8")
