"""The page at /swagger/, provenance everywhere, and labs that bring their own dialect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator import Lab
from simulator.api6.dialect import load_dialect, read_file
from simulator.api6.openapi import answer_schema
from simulator.files.lab_file import load_lab
from simulator.files.problems import FileProblems
from simulator.kernel import run
from tests.api6.world import Client, with_client

OWN = """\
extends: rackloop
codes: {NotLoggedIn: {status: 403, code: 777}}
routes:
  - call: POST /dci/v3/server/{sid}/change_owner
    action: server.owner
    provenance: observed
    source: an installation of ours
    keys: {account: owner}
  - {call: GET /dci/v3/machine, action: server.list, provenance: observed, source: ours, answer_keys: {owner: client}}
"""
LAB = """\
lab: tiny
racks:
  - name: A1
    pdus: [{name: pdu-a1, model: apc-ap8641, outlets: 8}]
    servers:
      - {name: srv-01, model: supermicro-x10, configuration: E3-1230-16Gb-2x1000SSD, cables: {psu1: pdu-a1/1}}
panel:
  dialect: own.yaml
"""


def test_the_swagger_page_fetches_nothing_from_elsewhere():
    async def scene(client: Client) -> None:
        for path in ("/swagger/", "/swagger", "/api/swagger/"):
            page = await client.http.get(path)
            assert page.status_code == 200
            assert not re.search(r"""(src|href)\s*=|url\(|@import|https?://""", page.text)
        assert (await client.http.get("/swagger/openapi.json")).json() == (
            await client.http.get("/openapi.json")
        ).json()

    with_client(scene, login=False)


def test_every_route_field_and_message_says_where_it_comes_from():
    async def scene(client: Client) -> None:
        document = (await client.http.get("/openapi.json")).json()
        operations = [each for path in document["paths"].values() for each in path.values()]
        marks = {"documented", "observed", "inferred"}
        assert {each["x-provenance"] for each in operations} <= marks
        fields = [field for each in operations for field in _fields(each)]
        assert len(fields) > 500
        assert all(field["x-provenance"] in marks for field in fields)
        for response in document["components"]["responses"].values():
            assert response["x-messages"]
            assert all(message["x-provenance"] in marks for message in response["x-messages"])

    with_client(scene, login=False)


def test_the_answer_of_every_route_is_described():
    assert [row.call for row in load_dialect() if answer_schema(row.action) is None] == []


def _fields(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for holder in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from (
            holder.get("content", {}).get("application/json", {}).get("schema", {}).get("properties", {}).values()
        )


def test_a_lab_brings_its_own_dialect(tmp_path: Path):
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    (tmp_path / "tiny.yaml").write_text(LAB, encoding="utf-8")

    async def main() -> None:
        async with Lab.load(str(tmp_path / "tiny.yaml")).simulated(seed=1) as lab:
            transport = httpx.ASGITransport(app=lab.edge6)
            async with httpx.AsyncClient(transport=transport, base_url="http://dci6") as http:
                refused = await http.get("/dci/v3/machine")
                assert (refused.status_code, refused.json()["error"]["code"]) == (403, 777)
                body = {"email": "admin@example.com", "password": "rackloop-admin"}
                token = (await http.post("/auth/v4/public/token", json=body)).json()["token"]
                http.headers["x-xsrf-token"] = token
                assert (await http.post("/dci/v3/server/1/change_owner", json={"account": 1})).status_code == 200
                rows = (await http.get("/dci/v3/machine")).json()["list"]
                assert rows[0]["client"] == {"id": 1, "email": "admin@example.com"}
                assert "owner" not in rows[0]
                for gone in ("/dci/v3/server/1/owner", "/dci/v3/server/1/ownr"):
                    assert (await http.post(gone, json={"owner": 1})).status_code in (404, 405)
                schema = (await http.get("/openapi.json")).json()["paths"]["/dci/v3/machine"]["get"]["responses"]["200"]
                listed = schema["content"]["application/json"]["schema"]["properties"]["list"]["items"]["properties"]
                assert "client" in listed

    run(main())


def test_a_dialect_file_that_is_not_there_is_a_problem_of_the_lab_file(tmp_path: Path):
    (tmp_path / "tiny.yaml").write_text(LAB, encoding="utf-8")
    with pytest.raises(FileProblems, match=r"tiny\.yaml:8:.*own\.yaml cannot be read"):
        load_lab(tmp_path / "tiny.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "routes: [", "routes: 1", "codes: {Nobody: {status: 404, code: 1}}", "codes: {NotFound: {status: 200, code: 1}}",
        "extends: another", "colour: red",
    ],
)  # fmt: skip
def test_what_is_no_dialect_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        read_file(text)
