"""The page at /swagger/, provenance everywhere, and labs that bring their own dialect."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from simulator import Lab
from simulator.api6 import create_app
from simulator.api6.dialect import load_dialect, read_file
from simulator.api6.openapi import answer_schema
from simulator.files.lab_file import load_lab
from simulator.files.problems import FileProblems
from simulator.kernel import run
from tests.api6.support.world import Client, with_client
from tests.dcim.support import ALICE

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
            there = page.text.replace('href="data:,"', "")  # no icon: else browsers ask for one
            assert not re.search(r"""(src|href)\s*=|url\(|@import|https?://""", there)
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
        schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
        yield from schema.get("anyOf", [schema])[0].get("properties", {}).values()


def test_a_lab_brings_its_own_dialect(tmp_path: Path):
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    (tmp_path / "tiny.yaml").write_text(LAB, encoding="utf-8")

    async def main() -> None:
        async with Lab.load(str(tmp_path / "tiny.yaml")).simulated(seed=1) as lab:
            transport = httpx.ASGITransport(app=lab.gateway6)
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
                rows = schema["content"]["application/json"]["schema"]["anyOf"][0]
                listed = rows["properties"]["list"]["items"]["properties"]
                assert "client" in listed

    run(main())


FIELDS = """\
extends: rackloop
fields:
  Server: {owner: client, owner_email: client_email, rack: place, operation: task}
  Owner: {email: login}
  LastOperation: {status: state, progress_info: steps}
  Stage: {percent: done}
  Named: {name: title}
  User: {email: login}
"""


def test_fields_have_other_names_wherever_their_type_is_answered_and_in_lists():
    async def scene(client: Client) -> None:
        app = create_app(client.world.panel, read_file(FIELDS))
        transport, headers = httpx.ASGITransport(app=app), {"x-xsrf-token": client.token}
        await client.post("/dci/v3/server/1", {"owner": 2})
        await client.post("/dci/v3/server/1/ip", {})
        await client.post("/dci/v3/server/1/os_install", {"os_template": "debian-12"})
        await client.world.clock.sleep(10)
        async with httpx.AsyncClient(transport=transport, base_url="https://dci6", headers=headers) as http:
            server = (await http.get("/dci/v3/server/1")).json()
            assert server["client"] == {"id": 2, "login": ALICE[0]}
            assert (server["client_email"], server["place"]) == (ALICE[0], {"id": 1, "title": "A1"})
            assert server["task"]["state"] == "running"
            assert all("done" in step for step in server["task"]["steps"])
            assert not {"owner", "owner_email", "rack", "operation"} & set(server)
            query = (
                "?where=client_email EQ 'alice@example.com' AND place.title EQ 'A1'&orderby=client.login desc&limit=5"
            )
            rows = (await http.get(f"/dci/v3/server{query}")).json()
            assert (rows["list"], rows["size"]) == ([server], 1)
            assert (await http.get("/dci/v3/server?filter=task.state")).json()["list"] == [
                {"task.state": None}, {"task.state": "running"}
            ]  # fmt: skip
            assert (await http.get("/dci/v3/server?filter=place")).json()["list"] == [{"place": 1}]
            assert (await http.get("/dci/v3/server?filter=ip")).json()["list"] == [{"ip": "192.0.2.2"}]
            for field in ("owner_email", "owner.email", "rack.name"):
                assert (await http.get(f"/dci/v3/server?where={field} IS null")).status_code == 400
            assert (await http.get(f"/dci/v3/user?where=login EQ '{ALICE[0]}'")).json()["list"][0]["login"] == ALICE[0]
            described = (await http.get("/openapi.json")).json()["paths"]["/dci/v3/server/{sid}"]["get"]["responses"]
            schema = described["200"]["content"]["application/json"]["schema"]
            Draft202012Validator(schema).validate(server)
            assert set(schema["properties"]) == set(server)

    with_client(scene)


@pytest.mark.parametrize(
    "fields",
    ["Sever: {owner: x}", "Server: {ownr: x}", "Server: {owner: rack}", "Server: {owner: 'a b'}", "Server: {owner: 1}"],
)
def test_fields_that_there_are_not_cannot_have_other_names(fields):
    with pytest.raises(ValueError, match=r"fields"):
        read_file(f"extends: rackloop\nfields: {{{fields}}}")


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
