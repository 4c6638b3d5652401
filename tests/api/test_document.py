"""The OpenAPI document is valid, complete, and what the node really answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

import hotline
from hotline.api import airspace_shapes, schema
from hotline.api.access_routes import ACCESS_ROUTES
from hotline.api.audit_routes import AUDIT_ROUTES
from hotline.api.bounds import fields_told
from hotline.api.handlers import HANDLERS
from hotline.api.openapi import document
from hotline.api.route import EVERYBODY
from hotline.api.routes import ROUTES, SESSION, TRAFFIC, Route
from tests.api.conftest import Asked, Pair, ask
from tests.centres import PATIENCE_S, example

HOWTO = Path(__file__).parent.parent.parent / "docs" / "howto"


def validate(route: Route, asked: Asked) -> None:
    """Hold an answer against what the document says of this operation and status."""
    whole = document()
    said = whole["paths"][route.path][route.method.lower()]["responses"][str(asked.status)]
    inner = said["content"][asked.media]["schema"]
    Draft202012Validator({**inner, "components": whole["components"]}).validate(asked.body)


def test_the_document_is_valid() -> None:
    """It is OpenAPI 3.1, by an independent validator."""
    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []
    assert document()["info"]["version"] == hotline.__version__


def test_every_route_has_a_handler_and_every_handler_a_route() -> None:
    """Nothing is served unlisted, nothing is listed unserved."""
    assert [route.operation for route in ROUTES] == list(HANDLERS)


def test_every_operation_tells_who_may_ask_and_what_may_come() -> None:
    """The session and its roles, the mark of an exercise, and every refusal as a Problem."""
    for route in ROUTES:
        operation = document()["paths"][route.path][route.method.lower()]
        headers = [one for one in operation.get("parameters", []) if one["in"] == "header"]
        assert [one["name"] for one in headers] == ([] if route.roles is None else [SESSION])
        if route.roles is not None and route.roles != EVERYBODY:
            assert all(role in headers[0]["description"] for role in route.roles)
        assert {route.status, 400, *route.refusals} <= {int(at) for at in operation["responses"]}
        for status, answer in operation["responses"].items():
            assert answer["headers"].keys() == {TRAFFIC}
            if int(status) >= 400 and route.operation != "ready":
                (told,) = answer["content"].values()
                assert told["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_what_is_said_of_fields_is_said_of_fields_that_there_are() -> None:
    """A field that was renamed would lose its bounds unseen."""
    shapes = document()["components"]["schemas"]
    for shape, field in fields_told():
        assert field in shapes[shape]["properties"], (shape, field)
    assert shapes["OfficerRequest"]["properties"]["by"]["maxLength"] == 80
    assert shapes["ExerciseRequest"]["properties"]["event"]["enum"][0] == "startex"


def test_unknown_fields_are_refused_by_the_document_too() -> None:
    """Requests are closed, answers are open: fields are only ever added."""
    shapes = document()["components"]["schemas"]
    assert shapes["SendRequest"]["additionalProperties"] is False
    assert "additionalProperties" not in shapes["Status"]


async def test_every_route_answers_as_the_document_says(pair: Pair) -> None:
    """Each operation is asked for once for real, and its answer fits its schema."""
    await pair.hmeimim.bell.ring("test.alarm", "", "", "something")
    (alarm,) = (await pair.b.alarms()).alarms
    sent = await ask(
        pair.iaf,
        "POST",
        "/v1/messages",
        {"document": example("iaf/01-patrol.json"), "wait_s": PATIENCE_S},
    )
    id_ = sent.body["id"]
    heard = (await pair.a.speak(id_, "levy")).text
    questions: dict[str, tuple[str, Any]] = {
        "health": ("/health", None),
        "ready": ("/ready", None),
        "metrics": ("/metrics", None),
        "openapi": ("/openapi.json", None),
        "status": ("/v1/status", None),
        "doctor": ("/v1/doctor", None),
        "messages": ("/v1/messages?kind=notice&limit=5", None),
        "send": ("/v1/messages", {"document": example("hmeimim/02-patrol.json")}),
        "message": (f"/v1/messages/{id_[:8]}", None),
        "read": (f"/v1/messages/{id_}/read", {"officer": "ivanov"}),
        "reply": (
            f"/v1/messages/{id_}/reply",
            {"officer": "ivanov", "answer": "accept", "read_back_signed": True},
        ),
        "alarms": ("/v1/alarms?all=true", None),
        "acknowledge": (f"/v1/alarms/{alarm.id}/acknowledge", {"officer": "ivanov"}),
        "log": ("/v1/log", None),
        "check_line": ("/v1/lines/iaf/check", None),
        "letters": ("/v1/letters", None),
        "voice": ("/v1/voice?peer=iaf&limit=5", None),
        "speak": ("/v1/voice/spoken", {"name": "HMEIMIM-0201", "officer": "ivanov"}),
        "take_down": ("/v1/voice/heard", {"text": heard, "officer": "ivanov"}),
        "confirm": (
            "/v1/voice/confirmed",
            {"name": "HMEIMIM-0201", "words": "flag swan pony ruby", "officer": "ivanov"},
        ),
        "airspace": ("/v1/airspace?line=iaf&limit=5", None),
        "check": ("/v1/check", {"document": example("hmeimim/04-tanker.json")}),
        "exercise": ("/v1/exercise", None),
        "tell_exercise": ("/v1/exercise", {"event": "startex", "name": "Spring", "by": "director"}),
        "faults": ("/v1/faults", None),
        "break_": ("/v1/faults", {"kind": "slow-disk", "amount": 0.01, "by": "director"}),
        "watch": ("/v1/watch", None),
        "take_step": ("/v1/watch", {"step": "taken", "officer": "ivanov"}),
    }
    asked_for = {"events"}  # has no end: tests/api/test_events.py
    asked_for |= {route.operation for route in ACCESS_ROUTES}  # tests/api/test_access.py
    asked_for |= {route.operation for route in AUDIT_ROUTES}  # tests/api/test_audit_document.py
    for route in ROUTES:
        if route.operation in questions:
            path, body = questions[route.operation]
            asked = await ask(pair.hmeimim, route.method, path, body)
            assert asked.status == route.status, (route.operation, asked.body)
            validate(route, asked)
            asked_for.add(route.operation)
    assert asked_for == {route.operation for route in ROUTES}


async def test_refusals_are_as_the_document_says(pair: Pair) -> None:
    """Problems fit their schema under the statuses that are listed."""
    by_operation = {route.operation: route for route in ROUTES}
    for operation, path, body in (
        ("send", "/v1/messages", {}),
        ("message", "/v1/messages/ffffff", None),
        ("acknowledge", "/v1/alarms/77/acknowledge", {"officer": "a"}),
        ("log", "/v1/log?log=x", None),
    ):
        route = by_operation[operation]
        asked = await ask(pair.iaf, route.method, path, body)
        assert asked.status >= 400
        validate(route, asked)


def test_the_howto_names_every_path_and_event() -> None:
    """Whoever reads docs/howto/api.md misses nothing."""
    text = (HOWTO / "api.md").read_text("utf-8")
    for route in ROUTES:
        assert f"`{route.method} {route.path}`" in text, route.path
    for name in ("open", "message", "receipt", "line", "relation", "alarm", "alarm-acknowledged"):
        assert f"`{name}`" in text
    for name in ("exercise", "fault", "watch"):
        assert f"| `{name}` |" in text


async def test_the_howto_names_every_figure(pair: Pair) -> None:
    """docs/howto/metrics.md and the node's registry list the same names."""
    text = (HOWTO / "metrics.md").read_text("utf-8")
    names = {
        line.split()[2]
        for line in (await pair.a.metrics()).splitlines()
        if line.startswith("# TYPE") and not line.split()[2].endswith("_created")
    }
    rows = {line.split("`")[1] for line in text.splitlines() if line.startswith("| `hotline_")}
    assert rows == names


def test_every_shape_is_in_the_document() -> None:
    """A shape that no route leads to would be described nowhere."""
    listed = set(document()["components"]["schemas"])
    known = {
        name
        for name, shape in (vars(schema) | vars(airspace_shapes)).items()
        if isinstance(shape, type) and issubclass(shape, schema.Shape)
    }
    assert known - listed == {"Shape", "Request", "Marked"}
