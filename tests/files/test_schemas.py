"""The published JSON Schemas: valid draft 7, current, and true of every file that is shipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from simulator.faults import CATALOGUE
from simulator.files.lab_file import data_directory
from simulator.files.reader import read
from simulator.scenario.json_schema import KINDS, committed, schema_text

SHIPPED = [
    *((file, "lab") for file in sorted(data_directory("fixtures").glob("*.yaml"))),
    *((file, "scenario") for file in sorted(data_directory("scenarios").rglob("*.yaml"))),
]


@cache
def validator(kind: str) -> Draft7Validator:
    return Draft7Validator(json.loads(schema_text(kind)))


def names(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for each in value for name in names(each)}
    if isinstance(value, dict):
        return set(value) | {name for each in value.values() for name in names(each)}
    return set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_draft_7_and_nothing_newer(kind) -> None:
    schema = json.loads(schema_text(kind))
    Draft7Validator.check_schema(schema)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert not names(schema) & {
        "$defs",
        "prefixItems",
        "x-ref",
        "discriminator",
        "dependentRequired",
        "unevaluatedItems",
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_copy_is_current(kind) -> None:
    assert committed(kind).read_text() == schema_text(kind), f"run: rackloop schema {kind} > {committed(kind).name}"


@pytest.mark.parametrize(("file", "kind"), SHIPPED, ids=lambda value: getattr(value, "name", value))
def test_shipped_files_obey_their_schema_and_name_it_for_editors(file: Path, kind) -> None:
    validator(kind).validate(read(file).data)
    first = file.read_text().splitlines()[0]
    prefix = "# yaml-language-server: $schema="
    assert first.startswith(prefix)
    assert (file.parent / first.removeprefix(prefix)).resolve() == committed(kind).resolve()


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("lab", {"lab": "x"}),
        ("lab", {"lab": "x", "racks": [{"name": "A", "wings": 2}]}),
        ("lab", {"lab": "x", "racks": [{"name": "A"}], "timings": {"post": "soon"}}),
        ("scenario", {"scenario": "x", "steps": []}),
        ("scenario", {"scenario": "x", "steps": [{"crate": {"service": "a", "client": "a@b.example"}}]}),
        ("scenario", {"scenario": "x", "steps": [{"wait": "1m"}], "faults": [{"bmc.deaf": {"server": "a"}}]}),
        ("scenario", {"scenario": "x", "steps": [{"wait": "1m"}], "settings": {"oz": "debian-12"}}),
        ("scenario", {"scenario": "x", "steps": [{"wait": "1m"}], "expect": [{"service": "a", "is": "fine"}]}),
    ],
)
def test_an_editor_marks_what_the_program_would_refuse(kind, bad) -> None:
    assert not Draft7Validator(json.loads(schema_text(kind))).is_valid(bad)


def properties(value: Any, way: str = "") -> Iterator[tuple[str, Any]]:
    """Every property of every mapping that a schema knows, by its way."""
    if isinstance(value, dict):
        for name, each in (value.get("properties") or {}).items():
            yield f"{way}.{name}", each
        for key, each in value.items():
            yield from properties(each, f"{way}/{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from properties(each, f"{way}/{index}")


@pytest.mark.parametrize("kind", KINDS)
def test_an_editor_shows_what_every_key_is(kind) -> None:
    found = dict(properties(json.loads(schema_text(kind))))
    assert len(found) > 100
    assert [way for way, each in found.items() if not each.get("description")] == []


def test_every_parameter_of_every_fault_is_described_with_its_unit() -> None:
    schema = json.loads(schema_text("scenario"))["definitions"]["Fault"]["properties"]
    assert schema.keys() == CATALOGUE.keys()
    for kind, fault in schema.items():
        for name, each in fault["properties"].items():
            text = each["description"]
            assert text, (kind, name)
            if '"25m"' in json.dumps(each) or name == "at":  # a duration
                assert "lab time" in text or "wire time" in text, (kind, name, text)


def test_every_duration_of_the_files_says_whose_time_it_is() -> None:
    for kind in KINDS:
        for way, each in properties(json.loads(schema_text(kind))):
            if '"25m"' in json.dumps(each) and "properties" not in each:
                assert "lab time" in each["description"].lower() or "wire time" in each["description"], way
