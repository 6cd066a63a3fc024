"""The contract as a JSON Schema (draft 7): what a module is given, what it answers, and the file that describes it."""

from __future__ import annotations

import json
from typing import Any

from simulator.files.json_schema import draft_7, model_schema
from simulator.scenario.billing.outside.contract import LIFECYCLE, OPTIONAL
from simulator.scenario.billing.outside.spec import ModuleFileSpec

__all__ = ["ANSWER", "GIVEN", "module_schema_text"]

_TEXT = {"type": "string"}
_TEXT_OR_NOT = {"type": ["string", "null"]}
_ID_OR_NOT = {"type": ["integer", "null"], "description": "As the panel counts."}
_ANYTHING = {"type": "object"}

GIVEN: dict[str, Any] = {
    "type": "object",
    "description": "On stdin of a program, as the body of a POST, or as the one argument of a method. Without a service (test_connection) what"
    " stands from `client` on is absent.",
    "properties": {
        "verb": {
            "type": "string",
            "description": f"{', '.join(LIFECYCLE)}; where the module offers them {', '.join(OPTIONAL)}; or a word of its own.",
        },
        "service": {"type": "string", "description": "Its name in the billing system; empty where there is none."},
        "panel": {
            "type": "object",
            "properties": {
                "version": {"enum": [5, 6]},
                "url": _TEXT,
                "email": _TEXT,
                "username": _TEXT,
                "password": _TEXT,
            },
        },
        "control": {
            "type": ["string", "null"],
            "description": 'The lab control: GET {control}/__lab/clock, POST {control}/__lab/clock/advance {"seconds": N}.',
        },
        "settings": {**_ANYTHING, "description": "Of the scenario, and of the module's file where it says nothing."},
        "time": {
            "type": "object",
            "properties": {
                "now": {"type": "number", "description": "Seconds of lab time."},
                "calendar": {"type": "string", "description": "The same as a date, UTC."},
                "clock": {"type": "string", "description": "told, real, faketime:N or scaled:N"},
            },
        },
        "folder": {
            "type": "string",
            "description": "The module's own; it persists between verbs, and is where a program runs.",
        },
        "args": {
            **_ANYTHING,
            "description": "What the step says beside the service, such as the system to install anew.",
        },
        "client": {
            "type": "object",
            "properties": {"email": _TEXT, "name": _TEXT, "verified": {"type": "boolean"}},
        },
        "order": {
            "type": "object",
            "description": "As it was placed.",
            "properties": {
                "configuration": _TEXT,
                "os": _TEXT,
                "options": _ANYTHING,
                "server": {**_TEXT_OR_NOT, "description": "The one server that may be issued, by its name; null: any."},
                "server_id": _ID_OR_NOT,
            },
        },
        "password": {"type": "string", "description": "Of the server's administrator after the installation."},
        "state": {"type": "string", "description": "Of the service, in the billing system."},
        "server": {**_TEXT_OR_NOT, "description": "That it has by now, by its name."},
        "server_id": _ID_OR_NOT,
        "addresses": {"type": "array", "items": _TEXT},
        "kept": {**_ANYTHING, "description": "What the module said to `keep` of this service last."},
    },
    "required": ["verb", "service", "panel", "control", "settings", "time", "folder", "args"],
    "additionalProperties": False,
}
ANSWER: dict[str, Any] = {
    "description": "On stdout of a program (all of it, or its last line), as the body of a 200, or what a method returns (nothing: ok).",
    "oneOf": [
        {
            "type": "object",
            "properties": {
                "ok": {"const": True},
                "server": {
                    "type": ["string", "integer", "null"],
                    "description": "The server that the service has, by name or id.",
                },
                "addresses": {"type": ["array", "null"], "items": _TEXT, "description": "The main one first."},
                "keep": {
                    "type": ["object", "null"],
                    "description": "To be told again next time; replaces what was kept.",
                },
            },
            "required": ["ok"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {
                "ok": {"const": False},
                "error": {
                    "type": "string",
                    "minLength": 1,
                    "description": "For the person who reads the service's error.",
                },
                "server": {"type": ["string", "integer", "null"]},
                "addresses": {"type": ["array", "null"], "items": _TEXT},
                "keep": {"type": ["object", "null"]},
            },
            "required": ["ok", "error"],
            "additionalProperties": False,
        },
    ],
}


def module_schema_text() -> str:
    """`#/definitions/given`, `#/definitions/answer`; the root is the module's file."""
    schema = draft_7(model_schema(ModuleFileSpec), "Rackloop module")
    schema["definitions"] = {**schema.get("definitions", {}), "given": GIVEN, "answer": ANSWER}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
