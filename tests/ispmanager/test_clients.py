"""Published clients of ispmanager, call by call as their sources have it, in their own formats."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

from tests.ispmanager.support import ROOT, Server, with_server


async def whmcs(server: Server, func: str, **params: str) -> ET.Element:
    """The vendor's WHMCS module: POST, XML, `authinfo` in every call; any `error` element is a failure."""
    body = {"out": "xml", "func": func, "authinfo": ":".join(ROOT), **params}
    answer = await server.http.post("/ispmgr", data=body)
    return ET.fromstring(answer.text)


def test_the_vendors_whmcs_module_creates_changes_and_deletes_an_account():
    async def scene(server: Server) -> None:
        assert (await whmcs(server, "user")).find("elem[level='16'][name='eve']") is None
        assert (await whmcs(server, "preset")).findtext("elem[name='start']/name") == "start"
        form = await whmcs(server, "preset.edit", elid="start")
        limits = {field.tag: field.text or "" for field in form if field.tag.startswith("limit_")}
        assert limits["limit_quota"] == "1024"
        for listing in ("webdomain", "emaildomain", "domain"):  # is the domain there? an error is no row
            assert (await whmcs(server, listing)).find("elem[name='example.com']") is None
        made = await whmcs(
            server, "user.add.finish", sok="ok", preset="start", name="eve", ftp_user_name="eve", passwd="eves-secret",
            fullname="Evans Eve", webdomain_name="example.com", emaildomain_name="example.com", ipsrc="do_not_assign",
            **{**limits, "limit_quota": "4096"},
        )  # fmt: skip
        assert made.find("error") is None
        assert (await whmcs(server, "ipaddr", su="eve")).findtext("elem/name") == "192.0.2.80"
        assert (await whmcs(server, "user")).findtext("elem[level='16'][name='eve']/limit_quota") == "4096"
        assert (await whmcs(server, "usrparam", su="eve", passwd="chosen-anew", sok="ok")).find("error") is None
        assert await server.logs_in("eve", "chosen-anew")
        assert (await whmcs(server, "user.edit", sok="ok", preset="shop", elid="eve")).find("error") is None
        assert (await server.row("eve"))["limit_quota"] == "10240"
        for func in ("user.suspend", "user.resume", "user.delete"):
            assert (await whmcs(server, func, elid="eve")).find("error") is None
        assert (await whmcs(server, "user.delete", elid="eve")).find("error").get("type") == "missed"

    with_server(scene)


async def blesta(server: Server, func: str, **params: str) -> tuple[list[dict[str, str]], str]:
    """The Blesta module: GET, JSON, `sok=ok` in every call; rows of `doc.elem`, and `error.detail`."""
    query: dict[str, Any] = {**params, "authinfo": ":".join(ROOT), "out": "json", "func": func, "sok": "ok"}
    doc = json.loads((await server.http.get("/ispmgr", params=query)).text)["doc"]
    rows = [{name: cell.get("$", "") for name, cell in row.items()} for row in doc.get("elem", [])]
    return rows, doc["error"]["detail"]["$"] if "error" in doc else ""


def test_the_blesta_module_reads_rows_and_details_out_of_json():
    async def scene(server: Server) -> None:
        assert [row["name"] for row in (await blesta(server, "preset"))[0]] == ["start", "shop"]
        account = {
            "name": "eve",
            "fullname": "Eve",
            "passwd": "eves-secret",
            "confirm": "eves-secret",
            "preset": "start",
        }
        assert await blesta(server, "user.add", **account, webdomain_name="example.com") == ([], "")
        assert (await blesta(server, "user.add", **account))[1] == "User with this name already exists"
        assert "eve" in [row["name"] for row in (await blesta(server, "user"))[0]]
        assert await blesta(server, "user.edit", elid="eve", passwd="another-one", confirm="another-one") == ([], "")
        assert await server.logs_in("eve", "another-one")
        assert await blesta(server, "user.suspend", elid="eve") == ([], "")
        assert await blesta(server, "user.delete", elid="eve") == ([], "")
        assert (await blesta(server, "user.resume", elid="eve"))[1] == "There is no user eve"

    with_server(scene)


def test_a_client_that_asks_for_the_form_first_and_sends_every_limit_there_is_gets_its_account():
    async def scene(server: Server) -> None:  # JBS
        form = ET.fromstring((await server.raw("user.edit", elid="eve")).text)
        assert form.find("error").get("type") == "missed"
        unknown = {
            "limit_shell": "off",
            "limit_cgi": "on",
            "limit_php_mode": "php_mode_cgi",
            "limit_dirindex": "",
            "ip": "",
        }
        made = await server.xml(
            "user.add.finish", sok="ok", name="eve", passwd="eves-secret", confirm="eves-secret", preset="#custom",
            limit_quota="500", limit_emails="5", limit_cpu="", ftp_user="off", **unknown,
        )  # fmt: skip
        assert made.find("ok") is not None
        row = await server.row("eve")
        assert (row["preset"], row["limit_quota"], row["limit_emails"]) == ("#custom", "500", "5")

    with_server(scene)


def test_a_browser_is_sent_in_with_a_one_time_key():
    async def scene(server: Server) -> None:  # KHORSA
        key = "23d5a822f913171ee6e7ba691edf33e9"
        rows = json.loads((await server.raw("user", "sjson")).text)["doc"]["elem"]
        assert [row["name"]["$"] for row in rows if row["active"]["$"] == "on"] == ["alice", "bob", "Bob"]
        assert (rows[0]["fullname"]["$"], rows[0]["quota_total"]["$"], rows[0]["quota_used"]["$"]) == (
            "Alice Ames",
            "10240",
            "0",
        )
        answer = json.loads((await server.raw("session.newkey", "sjson", key=key)).text)  # for nobody in particular
        assert answer["doc"]["ok"] == {}
        page = await server.http.get(f"/ispmgr?func=auth&username=alice&key={key}&checkcookie=no")
        assert page.cookies["ispmgrses5"]
        assert page.text.startswith("<!DOCTYPE html>")
        assert not (await server.http.get(f"/ispmgr?func=auth&username=bob&key={key}")).cookies

    with_server(scene)
