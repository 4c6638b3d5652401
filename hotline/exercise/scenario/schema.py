"""The form of a scenario's file as JSON Schema (2020-12), for editors and other programs."""

from __future__ import annotations

import json
from typing import Final

from hotline.exercise.scenario.file_form import SCENARIO
from hotline.exercise.scenario.forms import DEFINITIONS, Schema

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
TITLE: Final = "Scenario of an exercise on the hotline"


def scenario_schema() -> Schema:
    """Return the schema. What it refuses, the reader refuses; the reader looks at more."""
    return {"$schema": DIALECT, "title": TITLE, **SCENARIO.schema(), "$defs": DEFINITIONS}


def schema_text() -> str:
    """Return the schema as the published file has it."""
    return json.dumps(scenario_schema(), indent=1, ensure_ascii=False) + "\n"
