"""Documents of real installations against ours; the docs' page; the vendor's own documents where they are present."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import simulator
from simulator.api6.dialect import load_dialect
from simulator.api6.routes import document_of
from simulator.cli import app
from simulator.fidelity import SpecError, fidelity_page, report_on
from simulator.fidelity.compare import compare, differences
from simulator.fidelity.reasons import load_reasons
from simulator.fidelity.report import all_of, our_spec
from simulator.fidelity.spec import parse, read_spec

VENDORS = {"auth_v4_api.json": "Auth API", "ipmgr_api.json": "IPmanager 6 API"}
needs_documents = pytest.mark.skipif(
    "RACKLOOP_VENDOR_SPECS" not in os.environ, reason="the vendor's documents are not here"
)


def vendors(name: str) -> str:
    return (Path(os.environ["RACKLOOP_VENDOR_SPECS"]) / name).read_text(encoding="utf-8")


@needs_documents
@pytest.mark.parametrize("name", VENDORS)
def test_nothing_of_the_vendors_documents_is_missing_or_shaped_unlike_without_a_reason(name):
    text, alike = report_on(vendors(name))
    assert alike, text


@needs_documents
def test_every_listed_reason_still_explains_something():
    reports = [compare(read_spec(vendors(name)), our_spec()) for name in VENDORS]
    assert [report.title for report in reports] == list(VENDORS.values())
    for reason in load_reasons():
        assert any(reason.explains(report.title, difference) for report in reports for difference in all_of(report)), (
            reason
        )


def test_our_own_document_does_not_differ_from_ours():
    text, alike = report_on(json.dumps(document_of(load_dialect())))
    assert alike
    assert "Shaped differently: 0" in text
    assert f"Without any difference: {len(load_dialect())}" in text


def test_the_docs_page_is_current():
    page = Path(simulator.__file__).parent.parent / "docs" / "fidelity.md"
    assert page.read_text(encoding="utf-8") == fidelity_page(), "rackloop fidelity --page > docs/fidelity.md"


def document(**paths: Any) -> dict[str, Any]:
    return {"openapi": "3.0.2", "info": {"title": "T"}, "paths": paths}


def operation(answer: Any = None, body: Any = None, status: str = "200") -> dict[str, Any]:
    found: dict[str, Any] = {"responses": {status: {}}}
    if answer is not None:
        found["responses"][status] = {"content": {"application/json": {"schema": answer}}}
    if body is not None:
        found["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return found


def test_a_report_goes_route_by_route():
    theirs = document(
        **{
            "/server/{server_id}": {"get": operation({"type": "object", "properties": {"colour": {"type": "string"}}})},
            "/server": {"get": operation({"type": "object", "properties": {"list": {"type": "array"}}})},
            "/reactor": {"post": operation()},
            "/rack": {"get": operation(status="207")},
        }
    )
    report = compare(parse(theirs), our_spec())
    assert report.prefix == "/dci/v3"
    assert report.missing == ("POST /reactor",)
    assert "POST /dci/v3/server/{sid}/power_on" in report.beyond
    places = {(each.route, each.place) for each in report.differing}
    assert ("GET /server/{server_id}", "answer 200.colour") in places
    assert ("GET /rack", "answer 207") in places
    assert not report_on(json.dumps(theirs))[1]


@pytest.mark.parametrize(
    ("theirs", "ours", "side", "places"),
    [
        ({"type": "integer"}, {"type": "string"}, "answer", [""]),
        ({"type": "number"}, {"type": "integer"}, "answer", []),
        ({"type": "string"}, {"type": ["string", "null"]}, "answer", [""]),
        ({"type": "string", "nullable": True}, {"type": "string"}, "answer", []),
        ({"type": "string", "nullable": True}, {"type": "string"}, "request", [""]),
        ({"type": "string"}, {"anyOf": [{"type": "string"}, {"type": "null"}]}, "request", []),
        ({"type": "object", "properties": {"a": {}}}, {"type": "object", "properties": {}}, "answer", [".a"]),
        ({"type": "object", "properties": {}}, {"type": "object", "properties": {"a": {}}}, "request", [".a"]),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a"]}, "request", [""]),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a"]}, "answer", []),
        ({"type": "string", "enum": ["a"]}, {"type": "string"}, "answer", [""]),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "object"}}, "answer", ["[]"]),
        (
            {"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "string"}}}]},
            {"type": "object", "properties": {"a": {"type": "integer"}}},
            "answer",
            [".a", ".b"],
        ),
        ({}, {"type": "string"}, "answer", []),
        ({"type": "string"}, {}, "answer", [""]),
    ],
)  # fmt: skip
def test_what_counts_as_a_difference(theirs, ours, side, places):
    assert sorted(place for place, _ in differences(theirs, ours, side)) == places


SCHEMAS = st.recursive(
    st.sampled_from([{}, {"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"type": ["string", "null"]}]),
    lambda inner: st.one_of(
        inner.map(lambda each: {"type": "array", "items": each}),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(
            lambda fields: {"type": "object", "properties": fields, "required": sorted(fields)}
        ),
    ),
    max_leaves=6,
)


@given(SCHEMAS, st.sampled_from(["request", "answer"]))
@settings(deadline=None, max_examples=60)
def test_a_schema_does_not_differ_from_itself(schema, side):
    assert list(differences(schema, schema, side)) == []


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=60)
def test_any_text_is_read_or_refused(text):
    with suppress(SpecError):
        read_spec(text)


@pytest.mark.parametrize(
    "data",
    [
        {"swagger": "2.0", "paths": {}},
        {"paths": {"/x": 1}},
        {"paths": {"/x": {"get": {}}}},
        {"paths": {"/x": {"get": {"responses": {"200": {"$ref": "#/nowhere"}}}}}},
        {"paths": {"/x": {"get": {"responses": {"200": {"$ref": "http://elsewhere"}}}}}},
        [],
    ],
)
def test_what_is_no_document_is_refused(data):
    with pytest.raises(SpecError):
        read_spec(json.dumps(data))


def test_a_schema_that_refers_to_itself_is_read():
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}
    data = document(**{"/x": {"get": operation({"$ref": "#/components/schemas/Node"})}})
    data["components"] = {"schemas": {"Node": node}}
    assert read_spec(json.dumps(data)).operations[0].answers["200"] is not None


def test_the_command_says_by_its_status_whether_all_is_alike(tmp_path):
    runner = CliRunner()
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(document_of(load_dialect())))
    assert runner.invoke(app, ["fidelity", "--spec", str(spec)]).exit_code == 0
    dialect = tmp_path / "dialect.yaml"
    dialect.write_text(
        "extends: rackloop\nroutes:\n"
        "  - {call: 'POST /dci/v3/server/{sid}/reboot', action: server.power_reset, provenance: observed, source: mine}\n"
    )
    result = runner.invoke(app, ["fidelity", "--spec", str(spec), "--dialect", str(dialect)])
    assert result.exit_code == 1
    assert "POST /dci/v3/server/{sid}/power_reset" in result.stdout
    spec.write_text("{")
    assert runner.invoke(app, ["fidelity", "--spec", str(spec)]).exit_code == 2
    assert runner.invoke(app, ["fidelity", "--spec", str(tmp_path / "none")]).exit_code == 2
    assert runner.invoke(app, ["fidelity"]).exit_code == 2
    assert runner.invoke(app, ["fidelity", "--page"]).stdout == fidelity_page()
