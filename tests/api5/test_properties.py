"""Whatever is asked, the answer is a well-formed document in the format that was asked for."""

import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.api5.calls import FUNCTIONS
from simulator.api5.document import Document, Element
from simulator.api5.formats import FORMATS, write
from tests.api5.world import Client, with_client
from tests.dcim.world import ADMIN, ALICE

NAMES = [
    "elid", "plid", "sok", "owner", "notes", "name", "hostname", "hwproblem", "forcelock", "type", "mac", "ip", "iptype",
    "family", "domain", "operation", "ostemplate", "diag", "passwd", "confirm", "level", "key", "username", "user",
    "p_num", "p_cnt", "p_sort", "p_order", "lang", "su", "clickstat", "hint_field", "diagonfree", "servers_autoshutdown",
    "recipe", "elname", "auth", "user_notes", "diagonfreetemplate",
]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        ["1", "2", "3, 4", "0", "-1", "no_owner", "ok", "on", "off", "ostemplate", "diag", "debian-12", "Diag6", "ru",
         "public", "ipv6", "lvUser", "lvAdmin", "long-enough", ALICE[0], "free.ds", "192.0.2.3", "id", "desc", ""]
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


@given(CALLS)
@settings(deadline=None, max_examples=80)
def test_any_parameters_to_any_function_give_a_well_formed_document(calls):
    async def scene(client: Client) -> None:
        for func, out, params in calls:
            kept = {name: value for name, value in params.items() if name not in ("func", "out")}
            answer = await client.raw(func, out, **{"authinfo": ":".join(ADMIN), **kept})
            assert answer.status_code == 200
            check(out, answer.text)

    with_client(scene)


@pytest.mark.parametrize("out", [*sorted(FORMATS), ""])
def test_every_function_answers_in_every_format(out):
    async def scene(client: Client) -> None:
        client.world.give_ip(1)
        for func in sorted(FUNCTIONS):
            for params in ({}, {"elid": "1", "plid": "1"}):
                answer = await client.raw(func, out, **params)
                assert answer.status_code == 200
                check(out, answer.text)

    with_client(scene)


ELEMENTS = st.recursive(
    st.builds(
        Element,
        name=st.sampled_from(["id", "name", "elem", "slist", "param", "msg"]),
        text=st.text(max_size=10),
        attributes=st.dictionaries(st.sampled_from(["name", "key", "type"]), st.text(max_size=6), max_size=2),
        shown=st.one_of(st.none(), st.text(max_size=4)),
    ),
    lambda inner: st.builds(
        Element, name=st.sampled_from(["elem", "doc1", "stack"]), children=st.lists(inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.lists(ELEMENTS, max_size=5), st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=4))
@settings(deadline=None, max_examples=80)
def test_xml_and_json_are_valid_whatever_the_data(elements, asked):
    document = Document("list", elements)
    for out in ("xml", "devel", "json", "xjson", "sjson"):
        text, _ = write(out, document, {"lang": "en", "func": asked.get("func", "x")}, asked)
        check(out, text)
