"""The published JSON Schemas of lab and scenario files (draft 7), written from the models and the fault catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from simulator.faults.catalogue import CATALOGUE
from simulator.files.json_schema import draft_7, model_schema
from simulator.files.lab_schema import LabSpec
from simulator.scenario.billing.modules import BILLING_MODULES
from simulator.scenario.billing.settings import settings_schema
from simulator.scenario.schema.scenario import ScenarioSpec

__all__ = ["KINDS", "SchemaKind", "committed", "schema_text"]

SchemaKind = Literal["lab", "scenario"]
KINDS: tuple[SchemaKind, ...] = ("lab", "scenario")


def schema_text(kind: SchemaKind) -> str:
    """The schema as a JSON document."""
    schema = draft_7(model_schema(LabSpec), "Rackloop lab") if kind == "lab" else _scenario()
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def committed(kind: SchemaKind) -> Path:
    """The copy that comes with the package, which modelines name."""
    return Path(__file__).resolve().parent.parent / "files" / "schemas" / f"{kind}.schema.json"


def _scenario() -> dict[str, Any]:
    schema = model_schema(ScenarioSpec, LabSpec)
    schema["$defs"]["Settings"] = {"anyOf": [settings_schema(module) for module in BILLING_MODULES]}
    schema["$defs"]["Fault"] = _fault()
    return draft_7(schema, "Rackloop scenario")


def _fault() -> dict[str, Any]:
    """A mapping of one kind of fault to its parameters."""
    properties: dict[str, Any] = {}
    for name, kind in CATALOGUE.items():
        params = model_schema(kind.params)
        params.pop("description", None)
        params.pop("$defs", None)
        properties[name] = {**params, "description": f"{kind.summary} (on a {kind.target})"}
    return {
        "type": "object",
        "description": "One fault: its kind, with its parameters.",
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
