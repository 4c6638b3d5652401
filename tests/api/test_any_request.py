"""Whatever anybody asks, a real node answers as its own OpenAPI document says it does.

Schemathesis reads the document and makes the questions: data that fits it and data that does not,
every bound of every field, methods that are not there. It holds each answer against the document.
"""

from __future__ import annotations

import copy
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
import requests
import schemathesis
from argon2 import PasswordHasher
from hypothesis import settings
from hypothesis import strategies as st
from schemathesis import BaseSchema, Case, GenerationMode, Response
from schemathesis.core.control import SkipTest
from schemathesis.generation.hypothesis.builder import (
    HypothesisTestConfig,
    HypothesisTestMode,
    create_test,
)
from schemathesis.specs.openapi.checks import positive_data_acceptance

from hotline.api.bounds import FORMATS
from hotline.api.openapi import document
from hotline.api.routes import JSON, ROUTES, SESSION, TRAFFIC
from hotline.model.times import format_time
from hotline.node import access_passwords
from tests.api.served import OFFICER, Served, served_pair
from tests.centres import PATIENCE_S, example

ASKED_EACH: Final = 300 if "HOTLINE_TEST_LONG" in os.environ else 15
"""Questions of each operation, besides those at the bounds of its fields."""
NAMES: Final = ("officer", "by")
"""Fields that say who acts."""
OWN: Final = tuple(
    example(f"iaf/{name}.json") for name in ("01-patrol", "03-tanker", "14-advisory", "07-strike")
)
"""Messages that this centre may send."""
LEFT: Final = {"events"}
"""A stream of events has no end: tests/api/test_events.py."""
OWN_RULES: Final = {
    "add_officer": "a password has five different characters",
    "begin_job": "what is looked for has forms of its own; a reconciliation takes an upload",
    "break_": "how much of a fault is possible depends on its kind",
    "change_password": "a password has five different characters",
    "change_roles": "each role is one that there is",
    "confirm": "the words are of a list",
    "log": "an area, an id and a cursor have forms of their own",
    "reply": "what belongs to an answer depends on the answer",
    "send": "what a notice may be depends on those before it",
    "shelve": "an alarm is shelved for a day at most",
    "take_down": "what was heard has a form of its own",
    "tell_exercise": "what belongs to an event depends on the event",
}
"""Operations that refuse what no schema can tell, and why."""


def published(*, formats: bool) -> dict[str, Any]:
    """Return the document without the header of sessions, which the test sets itself.

    A token made up by chance is 401 before anything else is looked at, as tests/api/test_access.py
    has it for every operation: it would hide what this test is for. Without ``formats`` those that
    are this API's own are left out, as nobody can tell there what does not fit them.
    """
    told = copy.deepcopy(document())
    for operations in told["paths"].values():
        for operation in operations.values():
            listed = operation.get("parameters", [])
            operation["parameters"] = [one for one in listed if one["in"] != "header"]
    return told if formats else _without_formats(told)


def _without_formats(told: Any) -> Any:
    if isinstance(told, list):
        return [_without_formats(one) for one in told]
    if not isinstance(told, dict):
        return told
    return {
        key: _without_formats(value)
        for key, value in told.items()
        if not (key == "format" and isinstance(value, str) and value in FORMATS)
    }


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve one node for all questions: what one of them does stays for the next."""
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(access_passwords, "_HASHER", quick)
        with served_pair(tmp_path_factory.mktemp("any")) as served:
            yield served


@pytest.fixture(scope="module")
def described(node: Served) -> dict[GenerationMode, BaseSchema]:
    """Return the document to make fitting questions from, and the one for those that do not fit."""
    plain = st.text(st.characters(min_codepoint=33, max_codepoint=0x24F, categories=["L", "N"]))
    formats = {
        "officer": plain.filter(bool),
        "centre": st.sampled_from(["hmeimim", "iaf", "nowhere"]),
        "message": st.sampled_from([*node.messages, node.messages[0][:8], "IAF-0101", "ffffff"]),
        "log": st.sampled_from(["hmeimim", "node", "nowhere"]),
        "plain": plain,
        "date-time": st.integers(0, 10**15).map(format_time),
    }
    assert formats.keys() - {"date-time"} == FORMATS.keys()
    for name, strategy in formats.items():
        schemathesis.openapi.format(name, strategy)
    schemas = {}
    for mode in GenerationMode:
        schema = schemathesis.openapi.from_dict(published(formats=mode.is_positive))
        schema.config.update(base_url=node.url)
        schema.config.generation.update(modes=[mode])
        schemas[mode] = schema
    return schemas


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Ask over the same connection again."""
    with requests.Session() as kept:
        kept.trust_env = False
        yield kept


@pytest.mark.parametrize("operation", sorted({one.operation for one in ROUTES} - LEFT))
@pytest.mark.parametrize("mode", GenerationMode)
def test_whatever_is_asked_is_answered_as_the_document_says(
    operation: str,
    mode: GenerationMode,
    described: dict[GenerationMode, BaseSchema],
    node: Served,
    session: requests.Session,
) -> None:
    """No defect, and no status, body, media type or header that is not documented."""

    def answered(case: Case) -> None:
        headers = made_askable(case, operation, node)
        answer = case.call(headers=headers, session=session, timeout=PATIENCE_S)
        make_whole(case, operation, answer, node)
        assert answer.headers[TRAFFIC.lower()] == ["EXERCISE"]
        if answer.status_code >= 400 and operation != "ready":
            assert answer.headers["content-type"][0].startswith(JSON)
            assert answer.json().keys() == {"code", "message", "hint", "kind"}
        told_all = mode.is_positive and operation not in OWN_RULES
        unfit = [] if told_all else [positive_data_acceptance]
        case.validate_response(answer, excluded_checks=unfit)

    schema = described[mode]
    asking = create_test(
        operation=schema.find_operation_by_id(operation),
        test_func=answered,
        config=HypothesisTestConfig(
            project=schema.config,
            modes=[HypothesisTestMode.COVERAGE, HypothesisTestMode.FUZZING],
            explicit_settings=settings(max_examples=ASKED_EACH, database=None),
        ),
    )
    with suppress(SkipTest):  # where nothing can be asked wrongly but the method, which was
        asking()


def made_askable(case: Case, operation: str, node: Served) -> dict[str, str]:
    """Put into a question what no chance finds, and return the header of the session, if any."""
    body = case.body
    lot = zlib.crc32(repr((case.path_parameters, case.query, body)).encode())
    in_session = lot % 3 == 0 or operation in ("session", "set_language")
    if isinstance(body, dict):
        if isinstance(body.get("wait_s"), int | float) and body["wait_s"] > 0:
            body["wait_s"] = 0.01  # an hour is allowed
        named = [name for name in NAMES if isinstance(body.get(name), str)]
        # Only a session tells who acts where nobody is named, and then it is nobody else.
        in_session |= any(not body[name].strip() for name in named) and operation != "log_in"
        if in_session:
            body |= dict.fromkeys(named, OFFICER)
        if case.meta.generation.mode.is_positive:
            if "document" in body:
                body["document"] = OWN[lot % len(OWN)]
            if "version" in body:
                body["version"] = int(body["version"])  # to JSON Schema 1.0 is a whole number
    elif operation == "delete_draft":
        in_session |= not (case.query or {}).get("officer")
    # The session is needed on.
    return {SESSION: node.token} if in_session and operation != "end_session" else {}


def make_whole(case: Case, operation: str, answer: Response, node: Served) -> None:
    """Make whole at once what was broken on purpose, as a full disk would refuse all the rest."""
    if operation == "break_" and answer.status_code == 201:
        whole = {"kind": case.body["kind"], "by": "director", "off": True}
        requests.post(f"{node.url}/v1/faults", json=whole, timeout=PATIENCE_S)
