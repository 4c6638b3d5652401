"""Well-formed things of the wire, to be varied by tests."""

from typing import Any

from hotline.wire.body import Body


def make_body(**changes: Any) -> Body:
    """Make a body that differs from a well-formed one in what ``changes`` says."""
    fields: dict[str, Any] = {
        "sender": "iaf",
        "recipient": "hmeimim",
        "epoch": 1,
        "precedence": 3,
        "seq": 1,
        "previous": bytes(32),
        "status": "exercise",
        "kind": "notice",
        "created_us": 1_772_359_200_000_000,
        "payload": b"\x80",
    }
    return Body(**(fields | changes))
