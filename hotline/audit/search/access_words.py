"""Records of who works at a node, in words: logins, officers, drafts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hotline.audit.search.shortened import short

_STEPS: Final = {
    "disabled": "{officer} may not log in any more, by {by}",
    "password": "{officer} has a new password, by {by}",
    "secret": "{officer} has a new second factor, by {by}",
}
_DRAFTS: Final = {
    "begun": "draft {draft} begun by {officer}",
    "offered": "draft {draft} offered for release by {officer}",
    "returned": "draft {draft} given back by {officer}: {reason}",
    "unsent": "draft {draft} could not be signed: {code}",
    "deleted": "draft {draft} thrown away by {officer}",
}


def session_words(told: Mapping[str, Any]) -> str:
    """Return what a ``session`` record says."""
    who = short(told["officer"]) or "somebody whom no officer's name is of"
    where = f" at {short(told['address'])}" if told.get("address") else ""
    match told["state"]:
        case "began":
            return f"{who} logged in{where}"
        case "ended":
            return f"session of {who} ended: {short(told['why'])}"
        case _:
            if told["why"] == "throttled":
                return f"{who}{where} has to wait {int(told['wait_s'])} s: too many attempts failed"
            return f"{who}{where} was not let in: {short(told['why'])}"


def officer_words(told: Mapping[str, Any]) -> str:
    """Return what an ``officer`` record says."""
    said = {key: short(value) for key, value in told.items() if isinstance(value, str)}
    if told["step"] in ("added", "roles"):
        roles = ", ".join(short(role) for role in told["roles"])
        now = "now " if told["step"] == "roles" else ""
        return f"{said['officer']} {now}works here as {roles}, by {said['by']}"
    return _STEPS[told["step"]].format(**said)


def draft_words(told: Mapping[str, Any]) -> str:
    """Return what a ``draft`` record says."""
    draft = int(told["draft"])
    if told["step"] == "sent":
        return f"draft {draft} signed as message {told['message'].hex()[:8]}"
    if told["step"] == "released":
        offered = f", offered by {short(told['offered_by'])}" if told["offered_by"] else ""
        return f"draft {draft} released by {short(told['officer'])}{offered}"
    said = {key: short(value) for key, value in told.items() if isinstance(value, str)}
    return _DRAFTS[told["step"]].format(draft=draft, **said)
