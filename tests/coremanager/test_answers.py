"""What every COREmanager product answers alike: empty texts and flags, errors as people read them, what is not emulated."""

from __future__ import annotations

import ast
import json
import xml.etree.ElementTree as ET
from importlib import resources

import httpx
import pytest

from simulator.api5.absent import ABSENT as ABSENT_5
from simulator.coremanager.document import Document, Element, form, rows
from simulator.coremanager.formats import FORMATS, write
from simulator.coremanager.messages import LANGUAGES, Texts
from simulator.ispmanager.absent import ABSENT as ABSENT_HOSTING
from simulator.kernel import run
from simulator.lab import Lab, Run

SMALL, HOSTED = Lab.load("one"), Lab.load("hosting")
RECORDS = [{"id": 1, "ip": "", "poweron": True, "blocked": False, "notes": None}]


@pytest.mark.parametrize("out", ["JSONdata", "bjson"])
def test_on_is_for_flags_and_an_empty_text_is_empty_in_the_flat_formats(out: str) -> None:
    listed = json.loads(write(out, Document("list", rows(RECORDS)), {}, {})[0])
    (row,) = listed if out == "JSONdata" else listed["elem"]
    assert row == {"id": "1", "ip": "", "poweron": "on"}
    assert json.loads(write(out, form({"ip": "", "poweron": True}), {"func": "x"}, {})[0]).items() >= {
        ("ip", ""), ("poweron", "on"),
    }  # fmt: skip
    nested = Document("report", [Element("reportdata", children=[Element("band", children=rows(RECORDS))])])
    assert '"ip":""' in write(out, nested, {}, {})[0]


def test_a_page_for_people_shows_yes_for_flags_alone() -> None:
    page = write("", Document("list", rows(RECORDS)), {}, {})[0]
    assert "<td>1</td><td></td><td>yes</td>" in page


@pytest.mark.parametrize("out", ["xml", "devel", "json", "sjson", "xjson"])
def test_formats_with_elements_have_empty_ones_for_both(out: str) -> None:
    text = write(out, Document("list", rows(RECORDS)), {}, {})[0]
    assert "on" not in json.dumps(text).replace("poweron", "").replace("version", "").replace("encoding", "").replace(
        "json", ""
    ).replace("doc", "")


async def _ask(lab: Run, url: str, admin: tuple[str, str], **query: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=lab.billing_transport()) as http:
        return await http.get(url, params={"authinfo": ":".join(admin), "out": "xml", **query})


WRONG_CALLS = [
    {"func": "server", "authinfo": "admin:wrong"},
    {"func": "server", "authinfo": "nobody:at all"},
    {"func": "server", "auth": "expired", "authinfo": ""},
    {"func": "auth", "username": "x", "password": "y"},
    {"func": "no.such"},
    {"func": "purchases"},
    {"func": "server.poweron"},
    {"func": "server.poweron", "elid": "98, 99"},
    {"func": "server.edit", "elid": "1", "sok": "ok", "hostname": "no good"},
    {"func": "server.edit", "elid": "1", "sok": "ok", "mac": "00:00:00:00:00:01"},
    {"func": "rack.edit", "sok": "ok", "name": "A1"},
    {"func": "ipmiredirect", "elid": "77"},
    {"func": "iplist.edit", "plid": "1", "sok": "ok", "iptype": "none", "domain": "x.example"},
]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("call", WRONG_CALLS, ids=lambda call: "-".join(call.values()).replace(" ", ""))
def test_detail_is_msg_in_the_language_of_the_caller(call: dict[str, str], lang: str) -> None:
    async def scene() -> None:
        async with SMALL.simulated() as lab:
            answer = await _ask(lab, f"{lab.dci5_url}/dcimgr", lab.admin, lang=lang, **call)
            error = ET.fromstring(answer.content).find("error")
            assert error is not None
            assert error.findtext("detail") == error.findtext("msg") != ""
            letters = set(error.findtext("msg", "").lower()) & set("абвгдежзиклмнопрстуфхцчшщыэюя")
            assert bool(letters) is (lang == "ru")

    run(scene())


def test_what_the_detail_no_longer_says_is_in_the_journal() -> None:
    async def scene() -> None:
        async with SMALL.simulated() as lab:
            await _ask(lab, f"{lab.dci5_url}/dcimgr", lab.admin, func="server.edit", elid="1", sok="ok", mac="0")
            (record,) = [each for each in lab.journal if "reason" in each.detail]
            assert record.detail["error"] == "value:mac"
            assert "comes from diagnostics" in record.detail["reason"]

    run(scene())


@pytest.mark.parametrize(
    ("package", "texts"),
    [("simulator.api5", Texts("simulator.api5")), ("simulator.ispmanager", Texts("simulator.ispmanager"))],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_kind_of_refusal_in_the_code_has_a_text_of_its_own(package: str, texts: Texts, lang: str) -> None:
    unknown = texts.error("there is no such kind", "", "", lang)
    for file in resources.files(package).iterdir():
        if not file.name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal" and node.args:
                kind = node.args[0]
                if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
                    assert texts.error(kind.value, "", "", lang) != unknown, f"{file.name}: {kind.value}"


def test_a_call_of_each_kind_is_journalled_also_one_that_the_web_server_turns_away() -> None:
    async def scene() -> None:
        async with SMALL.simulated() as lab, httpx.AsyncClient(transport=lab.billing_transport()) as http:
            url = lab.dci5_url
            await http.get(f"{url}/dcimgr", params={"func": "rack"})
            await http.get(f"{url}/billmgr", params={"func": "rack"})
            await http.put(f"{url}/dcimgr")
            await http.post(f"{url}/dcimgr", content=b"x" * (1 << 21))
            statuses = [each.detail["status"] for each in lab.journal if each.layer == "api5"]
            assert statuses == [200, 404, 405, 413]

    run(scene())


@pytest.mark.parametrize("out", [name for name in FORMATS if name != "text"])
def test_a_function_that_the_product_has_and_this_one_has_not_says_that_it_is_not_emulated(out: str) -> None:
    async def scene() -> None:
        async with HOSTED.simulated() as lab:
            places = {
                f"{lab.dci5_url}/dcimgr": (lab.admin, sorted(ABSENT_5)),
                f"{lab.ispmanager_url}/ispmgr": (("root", "rackloop-root"), sorted(ABSENT_HOSTING)),
            }
            for url, (admin, absent) in places.items():
                for func in absent[:: 7 if out != "xml" else 1]:
                    assert "not_emulated" in (await _ask(lab, url, admin, func=func, out=out)).text
                assert "not_emulated" not in (await _ask(lab, url, admin, func="no.such", out=out)).text

    run(scene())


@pytest.mark.parametrize("func", ["webdomain.edit", "domain.edit", "emaildomain.edit", "email.edit", "db.edit"])
def test_what_clients_do_right_after_making_an_account_is_not_emulated_and_told_so(func: str) -> None:
    assert func in ABSENT_HOSTING
