"""The OpenAPI 3.1 document, made from the table of routes and the shapes: never written by hand."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, Final

import msgspec

import hotline
from hotline.api import schema
from hotline.api.bounds import FORMATS, bounded
from hotline.api.routes import EVENTS, JSON, ROUTES, SESSION, TRAFFIC, Parameter, Route
from hotline.model.access import Role

_REASONS: Final = {
    400: "The request does not fit, or breaks a rule",
    401: "The session has ended, or there is none",
    403: "It is not allowed: to this officer, by the letter, or on a node for actual traffic",
    404: "There is no such message, alarm, line or log",
    409: "It does not fit what was said before, or the node is fenced",
    413: "The body is larger than 1 MiB",
    429: "Too many attempts failed; the message says how long to wait",
    503: "The journal takes nothing now",
}
_TRAFFIC: Final = {
    "description": "`EXERCISE` and the exercise's name, or `TEST`, percent-encoded; not there on a "
    "node for actual traffic",
    "required": False,
    "schema": {"type": "string"},
}
_REF: Final = "#/components/schemas/{name}"


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    shapes: list[type[schema.Shape]] = [schema.Problem]
    for route in ROUTES:
        shapes.extend(shape for shape in (route.request, route.response) if shape is not None)
    _, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    requests = {route.request.__name__ for route in ROUTES if route.request is not None}
    components = {
        name: bounded(name, inner, request=name in requests) for name, inner in components.items()
    }
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hotline node",
            "version": hotline.__version__,
            "description": "The local API of one node, on its Unix socket. Times are RFC 3339 in "
            "UTC. Fields and events are only ever added. What is not actual says so: in the header "
            f"`{TRAFFIC}` of every answer, in `traffic` of every shape that has it, and in the "
            "`open` event.\n\nFormats that are not of JSON Schema: "
            + "; ".join(f"`{name}`: {text}" for name, text in FORMATS.items())
            + ".\n\nEvery refusal is a `Problem`; docs/spec/errors.md has its codes. A path that is"
            " not here is 404, a method that is not 405, a defect of the node 500.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": components},
    }


@cache
def document_bytes() -> bytes:
    """Return the document as JSON."""
    return msgspec.json.encode(document())


def _operation(route: Route) -> dict[str, Any]:
    answers: dict[str, Any] = {
        str(route.status): {"description": route.summary, "content": _content(route)}
    }
    refused = {400, *route.refusals} | ({401, 403} if route.roles is not None else set())
    for status in sorted(refused):
        # Not being ready is an answer of its own shape, not a problem.
        shape = schema.Readiness if route.operation == "ready" and status == 503 else schema.Problem
        answers[str(status)] = {
            "description": _REASONS[status],
            "content": {JSON: {"schema": _reference(shape)}},
        }
    for answer in answers.values():
        answer["headers"] = {TRAFFIC: _TRAFFIC}
    operation: dict[str, Any] = {
        "operationId": route.operation,
        "summary": route.summary,
        "responses": answers,
    }
    parameters = [_parameter(parameter) for parameter in route.parameters]
    if route.roles is not None:
        parameters.append(_session(route.roles, needed=route.in_session))
    if parameters:
        operation["parameters"] = parameters
    if route.request is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {JSON: {"schema": _reference(route.request)}},
        }
    elif route.takes:
        taken = {"type": "string", "format": "binary", "minLength": 1}
        operation["requestBody"] = {"required": True, "content": {route.takes: {"schema": taken}}}
    return operation


def _content(route: Route) -> dict[str, Any]:
    if route.response is not None:
        return {JSON: {"schema": _reference(route.response)}}
    return {media: {"schema": _unshaped(media)} for media in (route.media, *route.others)}


def _unshaped(media: str) -> dict[str, Any]:
    if media == JSON:
        return {"type": "object"}
    text = "one `event:` and one `data:` line an event; `data` is a JSON object"
    return {"type": "string"} | ({"description": text} if media == EVENTS else {})


def _session(roles: Collection[str], *, needed: bool) -> dict[str, Any]:
    who = "an officer of any role" if len(roles) == len(Role) else " or ".join(sorted(roles))
    return {
        "name": SESSION,
        "in": "header",
        "required": needed,
        "description": f"the token of an officer's session: of {who}"
        + ("" if needed else "; without it the centre itself asks, as the command line does"),
        "schema": {"type": "string"},
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    inner = parameter.schema
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.where == "path",
        "description": parameter.text,
        "schema": {"type": "array", "items": inner} if parameter.many else inner,
    }


def _reference(shape: type[schema.Shape]) -> dict[str, str]:
    return {"$ref": _REF.format(name=shape.__name__)}
