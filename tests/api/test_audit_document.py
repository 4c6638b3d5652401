"""The auditor's operations answer as the OpenAPI document says."""

from __future__ import annotations

from hotline.api import audit_shapes, schema
from hotline.api.audit_routes import AUDIT_ROUTES
from hotline.api.openapi import document
from tests.api.conftest import Asked, Pair, ask
from tests.api.test_audit import told
from tests.api.test_audit_jobs import ended
from tests.api.test_document import validate


async def test_every_operation_of_the_auditor_answers_as_the_document_says(pair: Pair) -> None:
    """Each is asked for once for real, and its answer fits its schema."""
    await told(pair)
    (notice,) = (await pair.a.log(kind="notice")).entries
    entry = f"/v1/logs/hmeimim.1/entries/{notice.entry}"
    answers = {
        "logs": await ask(pair.iaf, "GET", "/v1/logs"),
        "entry": await ask(pair.iaf, "GET", entry),
        "proof": await ask(pair.iaf, "GET", f"{entry}/proof"),
        "checkpoints": await ask(pair.iaf, "GET", "/v1/logs/hmeimim/checkpoints?limit=1"),
        "evidence": await ask(pair.iaf, "GET", "/v1/messages/IAF-0101/evidence?alone=true"),
        "upload": await ask(pair.iaf, "POST", "/v1/uploads", raw=b"{}"),
        "begin_job": await ask(pair.iaf, "POST", "/v1/jobs", {"kind": "export", "officer": "Noa"}),
    }
    id_ = answers["begin_job"].body["id"]
    await ended(pair.a, id_)
    async with pair.a.job_result(id_) as download:
        text = (await anext(download.chunks)).decode()
        assert download.media == "application/jsonl"
        answers["job_result"] = Asked(200, text, download.media, {})
    answers["job"] = await ask(pair.iaf, "GET", f"/v1/jobs/{id_}")
    answers["jobs"] = await ask(pair.iaf, "GET", "/v1/jobs")
    begun = await ask(pair.iaf, "POST", "/v1/jobs", {"kind": "verify", "officer": "Noa"})
    cancel = f"/v1/jobs/{begun.body['id']}/cancel"
    answers["cancel_job"] = await ask(pair.iaf, "POST", cancel, {"officer": "Noa"})
    assert set(answers) == {route.operation for route in AUDIT_ROUTES}
    for route in AUDIT_ROUTES:
        asked = answers[route.operation]
        assert asked.status == route.status, (route.operation, asked.body)
        validate(route, asked)


def test_every_shape_of_the_auditor_is_in_the_document() -> None:
    """A shape that no route leads to would be described nowhere."""
    listed = set(document()["components"]["schemas"])
    known = {
        name
        for name, shape in vars(audit_shapes).items()
        if isinstance(shape, type) and issubclass(shape, schema.Shape)
    }
    assert known - listed == set()
