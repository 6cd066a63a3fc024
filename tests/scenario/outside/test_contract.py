"""What a module may answer, and that everything else is no answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from simulator.scenario.billing.outside.contract import BadAnswer, answer_of, parse_answer
from simulator.scenario.billing.outside.schema import ANSWER, module_schema_text

GOOD = [
    {"ok": True},
    {"ok": True, "server": "srv-01", "addresses": ["192.0.2.10"], "keep": {"id": 1}},
    {"ok": True, "server": 3, "addresses": None, "keep": None},
    {"ok": False, "error": "no free server"},
    {"ok": False, "error": "no free server", "keep": {}},
]
BAD = [
    (None, "an answer is a JSON object"),
    ([], "an answer is a JSON object"),
    ({}, "an answer says"),
    ({"ok": "yes"}, "an answer says"),
    ({"ok": True, "sever": 1}, "no 'sever'"),
    ({"ok": False}, "what went wrong"),
    ({"ok": False, "error": " "}, "what went wrong"),
    ({"ok": True, "error": "but"}, "not both"),
    ({"ok": True, "server": 1.5}, "`server`"),
    ({"ok": True, "addresses": "192.0.2.1"}, "`addresses`"),
    ({"ok": True, "keep": []}, "`keep`"),
]


@pytest.mark.parametrize("data", GOOD)
def test_an_answer_is_read_as_the_schema_has_it(data):
    Draft7Validator(ANSWER).validate(data)
    assert answer_of(data).ok is data["ok"]


@pytest.mark.parametrize(("data", "why"), BAD)
def test_what_is_no_answer_says_what_of_it_is_wrong(data, why):
    with pytest.raises(BadAnswer, match=why):
        answer_of(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_whatever_json_comes_is_an_answer_or_refused(data):
    try:
        answer_of(data)
    except BadAnswer:
        return
    assert Draft7Validator(ANSWER).is_valid(data)


def test_what_an_interpreter_prints_before_it_is_a_note():
    answer = parse_answer('PHP Deprecated: something\nin line 3\n{"ok": true}\n')
    assert (answer.ok, answer.note) == (True, "PHP Deprecated: something\nin line 3")
    assert parse_answer(json.dumps({"ok": True}, indent=2)).ok


@pytest.mark.parametrize("text", ["", "  \n", "Fatal error", '{"ok": true}\nbye', "{"])
def test_without_an_answer_at_its_end_it_is_none(text):
    with pytest.raises(BadAnswer):
        parse_answer(text)


def test_the_printed_schema_is_draft_7_and_has_both_sides():
    schema = json.loads(module_schema_text())
    Draft7Validator.check_schema(schema)
    assert {"given", "answer", "ModuleSpec"} <= schema["definitions"].keys()
    module = {"module": {"exec": ["php", "x.php"], "panel": "dci6", "time": "told"}, "settings": {"os": "debian-12"}}
    Draft7Validator(schema).validate(module)
    assert not Draft7Validator(schema).is_valid({"module": {"exec": ["php"], "tim": "told"}})
