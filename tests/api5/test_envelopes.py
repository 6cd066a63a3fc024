"""Output formats, errors, paging and hints: what clients parse."""

import json
import xml.etree.ElementTree as ET

import pytest

from tests.api5.support.world import Client, Refused, with_client
from tests.dcim.support import ADMIN, ALICE


def test_a_list_in_xml_has_rows_directly_under_doc_and_false_flags_are_absent():
    async def scene(client: Client) -> None:
        answer = await client.raw("server")
        assert answer.headers["content-type"] == "text/xml; charset=UTF-8"
        assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
        doc = ET.fromstring(answer.text)
        assert (doc.tag, doc.get("lang"), doc.get("func")) == ("doc", "en", "server")
        rows = doc.findall("elem")
        assert len(rows) == 4
        row = rows[0]
        assert row.findtext("hostname") == "free.ds"
        assert row.find("poweroff") is not None
        for flag in ("poweron", "blocked", "disabled", "hwproblem", "diag_in_progress", "install_in_progress", "owner"):
            assert row.find(flag) is None
        assert doc.findtext("p_elems") == "4"

    with_client(scene)


def test_json_mirrors_the_document_with_dollars_and_raw_words_in_orig():
    async def scene(client: Client) -> None:
        answer = await client.raw("user", out="json", lang="ru")
        doc = answer.json()["doc"]
        assert doc["$func"] == "user"
        assert doc["elem"][0]["level"] == {"$orig": "29", "$": "Администратор"}
        assert doc["elem"][0]["id"] == {"$": "1"}
        assert doc["tparams"]["out"] == {"$": "xjson"}
        assert "authinfo" not in doc["tparams"]
        servers = (await client.raw("server", out="sjson")).json()["doc"]
        assert servers["elem"][0]["poweroff"] == {}
        assert servers["metadata"]["$key"] == "id"
        assert (await client.raw("user")).text.count("<level>29</level>") == 1

    with_client(scene)


def test_an_empty_list_has_no_elem_at_all():
    async def scene(client: Client) -> None:
        assert (await client.xml("operation")).find("elem") is None
        assert "elem" not in (await client.raw("operation", out="xjson")).json()["doc"]
        assert "elem" not in (await client.raw("operation", out="bjson")).json()
        assert (await client.raw("operation", out="JSONdata")).json() == []
        assert (await client.raw("operation", out="text")).text == ""

    with_client(scene)


def test_the_compact_formats_are_flat():
    async def scene(client: Client) -> None:
        bare = (await client.raw("server", out="JSONdata")).json()
        assert bare[0]["id"] == "1"
        assert bare[0]["poweroff"] == "on"
        compact = (await client.raw("server", out="bjson")).json()
        assert compact["elem"][0] == bare[0]
        made = await client.raw("user.edit", out="bjson", sok="ok", name="web1", passwd="long-enough", level="lvUser")
        assert made.json() == {"func": "user.edit", "id": "3", "ok": True}
        text = (await client.raw("rack", out="text")).text
        assert text == "id=1 name=A1 inetport=4/8 powerport=4/8 traff=0\n"
        form = (await client.raw("server.edit", out="text", elid="1")).text
        assert "name=srv-01\n" in form
        assert (await client.raw("server.poweron", out="text", elid="1")).text == "OK\n"

    with_client(scene)


def test_a_form_has_its_options_as_slists_and_json_has_them_in_arrays():
    async def scene(client: Client) -> None:
        doc = await client.xml("server.operations", elid="1")
        lists = {one.get("name"): [option.get("key") for option in one] for one in doc.iter("slist")}
        assert lists["operation"] == ["no_operation", "ostemplate", "diag", "rescue"]
        assert lists["ostemplate"] == ["no_os_template", "ISPsystem__debian-12"]
        answer = (await client.raw("server.operations", out="json", elid="1")).json()["doc"]
        assert answer["ostemplate"]["$"] == "no_os_template"
        found = next(one for one in answer["slist"] if one["$name"] == "ostemplate")
        assert found["val"] == [{"$key": "ISPsystem__debian-12", "$": "debian-12"}]

    with_client(scene)


def test_errors_come_with_status_200_and_type_object_msg_and_detail():
    async def scene(client: Client) -> None:
        with pytest.raises(Refused) as caught:
            await client.xml("server", authinfo="admin:wrong")
        error = caught.value
        assert (error.kind, error.subject, error.msg) == ("auth", "badpassword", "Invalid username or password")
        answer = await client.raw("server", out="json", authinfo="admin:wrong", lang="ru")
        error = answer.json()["doc"]["error"]
        assert (answer.status_code, error["$type"], error["$object"]) == (200, "auth", "badpassword")
        assert error["msg"] == {"$": "Неверное имя пользователя или пароль"}
        assert error["detail"]["$"]
        assert error["param"][0] == {"$name": "object", "$type": "msg", "$": "badpassword"}
        compact = (await client.raw("nonsense", out="bjson")).json()["error"]
        assert (compact["type"], compact["object"]) == ("missed", "func")
        text = (await client.raw("nonsense", out="text")).text
        assert text.startswith("ERROR missed(func): ")

    with_client(scene)


def test_paths_and_methods():
    async def scene(client: Client) -> None:
        query = {"func": "rack", "out": "xml", "authinfo": ":".join(ADMIN)}
        for path in ("/dcimgr", "/manager/dcimgr"):
            assert "<name>A1</name>" in (await client.http.get(path, params=query)).text
            assert "<name>A1</name>" in (await client.http.post(path, data=query)).text
        assert (await client.http.get("/billmgr", params=query)).status_code == 404
        assert (await client.http.put("/dcimgr", params=query)).status_code == 405
        assert (await client.http.post("/dcimgr", content=b"x" * (1 << 21))).status_code == 413
        twice = {**query, "authinfo": ":".join(ADMIN).replace(":", "%3A").replace("@", "%40")}
        assert "<name>A1</name>" in (await client.http.get("/dcimgr", params=twice)).text
        page = await client.http.get("/dcimgr", params={**query, "out": ""})
        assert page.headers["content-type"].startswith("text/html")
        assert "<td>A1</td>" in page.text
        ignored = {**query, "elname": "x", "clicked_button": "ok", "whatever": "1"}
        assert "<name>A1</name>" in (await client.http.get("/dcimgr", params=ignored)).text

    with_client(scene)


def test_pages_and_order():
    async def scene(client: Client) -> None:
        assert [row["id"] for row in await client.rows("server", p_sort="name", p_order="desc")] == ["4", "3", "2", "1"]
        doc = await client.xml("server", p_num="2", p_cnt="3")
        assert [row.findtext("id") for row in doc.iter("elem")] == ["4"]
        assert (doc.findtext("p_num"), doc.findtext("p_cnt"), doc.findtext("p_elems")) == ("2", "3", "4")
        assert len(await client.rows("server", p_num="x", p_cnt="-1")) == 4

    with_client(scene)


def test_a_filter_is_kept_in_the_session():
    async def scene(client: Client) -> None:
        sid = (await client.xml("auth", username=ADMIN[0], password=ADMIN[1], auth="")).findtext("auth")
        await client.xml("server.filter", auth=sid, sok="ok", name="srv-03")
        assert [row["id"] for row in await client.rows("server", auth=sid)] == ["3"]
        assert len(await client.rows("server")) == 4
        assert (await client.xml("server.filter", auth=sid)).findtext("name") == "srv-03"
        await client.xml("server.filter", auth=sid, sok="ok")
        assert len(await client.rows("server", auth=sid)) == 4
        assert (await client.refused("server.filter", sok="ok", name="x"))[0] == "auth"

    with_client(scene)


def test_a_hint_call_gives_a_value_instead_of_the_list():
    async def scene(client: Client) -> None:
        client.world.give_ip(1)
        await client.xml(
            "server.operations",
            sok="ok",
            elid="1",
            operation="ostemplate",
            ostemplate="debian-12",
            passwd="s3cret-pass",
        )
        params = {"clickstat": "title", "hint_field": "install_in_progress", "elid": "1"}
        answer = await client.raw("server", out="json", **params)
        assert answer.json()["doc"]["value"]["$"].startswith("Install OS: ")
        assert (await client.xml("server", lang="ru", **params)).findtext("value").startswith("Установка ")

    with_client(scene)


@pytest.mark.parametrize("text", ["<&>\"'", "\x00\x1b]]>", "π \U0001f600", "a\nb\tc", "\u202e"])
def test_what_is_in_the_data_does_not_break_the_document(text):
    async def scene(client: Client) -> None:
        await client.xml("server.edit", elid="1", sok="ok", notes=text)
        assert (await client.row(1)).get("notes") is not None
        answer = (await client.raw("server", out="json")).json()["doc"]["elem"][0]
        assert answer["notes"]["$"] == text
        assert len((await client.raw("server", out="text", p_cnt="1")).text.splitlines()) >= 1
        json.loads((await client.raw("server", out="JSONdata")).text)

    with_client(scene)


def test_levels_decide_who_may_call_and_what_is_seen():
    async def scene(client: Client) -> None:
        alice = {"authinfo": ":".join(ALICE)}
        assert await client.rows("server", **alice) == []
        assert await client.refused("switch", **alice) == ("access", "switch")
        assert await client.refused("server.edit", elid="1", **alice) == ("access", "server")
        await client.xml("server.edit", sok="ok", elid="1", owner="2", notes="staff only")
        (row,) = await client.rows("server", **alice)
        assert not {"owner", "type", "notes"} & set(row)
        assert await client.refused("server.disable", elid="1", **alice) == ("access", "server.disable")
        await client.xml("server.disable", elid="1")
        assert await client.refused("server.poweron", elid="1", **alice) == ("server_is_locked", "")
        await client.xml("server.enable", elid="1")
        await client.xml("server.edit", sok="ok", elid="1", user_notes="mine", notes="x", owner="1", **alice)
        row = await client.row(1)
        assert (row["owner"], row["notes"]) == (ALICE[0], "staff only")

    with_client(scene)
