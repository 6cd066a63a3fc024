"""Whatever is asked, the answer is a well-formed document in the format that was asked for."""

import json
import re
import xml.etree.ElementTree as ET
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import api5, coremanager
from simulator.api5.calls import FUNCTIONS
from simulator.api5.settings import SWITCHES
from simulator.coremanager.document import Document, Element
from simulator.coremanager.formats import FORMATS, write
from tests.api5.support.world import Client, with_client
from tests.dcim.support import ADMIN, ALICE

SOURCE = "".join(
    file.read_text(encoding="utf-8")
    for package in (api5, coremanager)
    for file in resources.files(package).iterdir()
    if file.name.endswith(".py")
)
NAMES = sorted(
    {*re.findall(r'(?:get|need|word)\("(\w+)"', SOURCE), *re.findall(r'"(\w+)" in call\.params', SOURCE), "sok", "lang"}
    | {*SWITCHES, "confirm", "checkpasswd", "ostemplate", "diag", "rescue", "diagonfreetemplate", "template", "pdu"}
    - {"func", "out", "authinfo"}
)
"""Every parameter that the code looks at, and those that it names in loops."""
VALUES = st.one_of(
    st.sampled_from(
        ["1", "2", "3, 4", "0", "-1", "no_owner", "ok", "on", "off", "ostemplate", "diag", "debian-12", "Diag6", "ru",
         "public", "ipv6", "lvUser", "lvAdmin", "rescue", "Sysrescd", "switch", "dev_ipmi", "SNMP v2c", "2024-02", "today", "1-2", "long-enough", ALICE[0], "free.ds", "192.0.2.3", "id", "desc", ""]
    ),
    st.text(max_size=12),
)  # fmt: skip
PARAMS = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(min_size=1, max_size=6)), VALUES, max_size=7)
CALLS = st.lists(
    st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.sampled_from([*sorted(FORMATS), "nonsense", ""]), PARAMS),
    min_size=1,
    max_size=6,
)


def check(out: str, text: str) -> None:
    """Raises for what is not well-formed."""
    if out in ("json", "xjson", "sjson"):
        assert set(json.loads(text)) == {"doc"}
    elif out in ("bjson", "JSONdata"):
        json.loads(text)
    elif out == "text":
        assert not text or text.endswith("\n")
    elif out:
        doc = ET.fromstring(text.encode())
        assert doc.tag == "doc"
    else:
        assert text.startswith("<!DOCTYPE html>")
        ET.fromstring(text.removeprefix("<!DOCTYPE html>\n").replace('<meta charset="UTF-8">', ""))


async def ask(client: Client, func: str, out: str, params: dict[str, str]) -> None:
    kept = {name: value for name, value in params.items() if name not in ("func", "out")}
    answer = await client.raw(func, out, **{"authinfo": ":".join(ADMIN), **kept})
    assert answer.status_code == 200
    check(out, answer.text)


@given(CALLS)
@settings(deadline=None, max_examples=40)
def test_any_parameters_to_any_functions_one_after_another_give_well_formed_documents(calls):
    async def scene(client: Client) -> None:
        for func, out, params in calls:
            await ask(client, func, out, params)

    with_client(scene)


OUTS = [*sorted(FORMATS), "nonsense", ""]


def everything(outs: list[str], rounds: int) -> None:
    """Every function of the register, so many times, each time with parameters that hypothesis draws."""

    @given(st.data())
    @settings(deadline=None, max_examples=rounds, database=None)
    def ask_all(data: st.DataObject) -> None:
        drawn = {func: (data.draw(st.sampled_from(outs)), data.draw(PARAMS)) for func in sorted(FUNCTIONS)}

        async def scene(client: Client) -> None:
            client.world.give_ip(1)
            for func, (out, params) in drawn.items():
                await ask(client, func, out, params)

        with_client(scene)

    ask_all()


def test_any_parameters_to_every_function_give_a_well_formed_document():
    everything(OUTS, 8)


@pytest.mark.slow
@pytest.mark.parametrize("out", OUTS)
def test_many_parameters_to_every_function_give_a_well_formed_document(out):
    everything([out], 8)


@pytest.mark.parametrize("out", [*sorted(FORMATS), ""])
def test_every_function_answers_in_every_format(out):
    async def scene(client: Client) -> None:
        client.world.give_ip(1)
        for func in sorted(FUNCTIONS):
            for params in ({}, {"elid": "1", "plid": "1"}):
                answer = await client.raw(func, out, **params)
                assert answer.status_code == (302 if "location" in answer.headers else 200)
                check(out, answer.text)

    with_client(scene)


ANYTHING = st.text(st.characters(), max_size=8)
"""With control characters and halves of surrogate pairs, which the other version's JSON can leave in the records."""
ELEMENTS = st.recursive(
    st.builds(
        Element,
        name=st.sampled_from(["id", "name", "elem", "slist", "param", "msg"]),
        text=ANYTHING,
        attributes=st.dictionaries(st.sampled_from(["name", "key", "type"]), ANYTHING, max_size=2),
        shown=st.one_of(st.none(), ANYTHING),
    ),
    lambda inner: st.builds(
        Element, name=st.sampled_from(["elem", "doc1", "stack"]), children=st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(ELEMENTS, max_size=5), st.dictionaries(ANYTHING, ANYTHING, max_size=4))
@settings(deadline=None, max_examples=80)
def test_every_format_is_valid_whatever_the_data(elements, asked):
    document = Document("list", elements)
    for out in OUTS:
        text, _ = write(out, document, {"lang": "en", "func": asked.get("func", "x")}, asked)
        check(out, text.encode("utf-8", "replace").decode())  # as it leaves
