"""What nobody else may read is hidden by its name, wherever it stands; what cannot be written becomes what can."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.review.masking import is_secret, masked, masked_body, masked_path, masked_query

SECRETS = (
    "password", "Password", "passwd", "checkpasswd", "pwd", "ipmipass", "authinfo", "confirm", "token", "confirm_token", "secret",
    "client_secret", "api_key", "apikey", "key", "kg", "auth", "auth_key", "priv_key", "community", "snmp_community", "reserve_code",
    "x-xsrf-token", "session_id", "otp",
)  # fmt: skip
PLAIN = (
    "name",
    "email",
    "keyword",
    "authors",
    "monkey",
    "host",
    "path",
    "status",
    "passive",
    "compass_point",
    "hockey",
)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_hidden_in_every_form_that_a_message_has(name):
    said = "hunter2hunter2"
    whole = {"a": [{"b": {name: said}}], name: {"$": said}}
    forms = [
        masked(whole),
        masked_body(json.dumps(whole).encode()),
        masked_body(f"func=auth&{name}={said}&x=1".encode(), form=True),
        masked_body(f'<doc><{name} level="30">{said}</{name}></doc>'.encode()),
        masked_body(f'{{"{name}": "{said}", "broken": '.encode()),
        masked_query(f"a=1&{name}={said}"),
        masked([{"name": name, "value": said}]),
        masked_path(f"/auth/v4/{name}/{said}/more"),
    ]
    for form in forms:
        assert said not in json.dumps(form), form
        assert "********" in json.dumps(form)


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_no_secret_is_shown(name):
    assert not is_secret(name)
    assert masked({name: "x"}) == {name: "x"}
    assert masked_query(f"{name}=x") == f"{name}=x"


def test_an_empty_secret_is_shown_as_empty():
    assert masked({"password": "", "token": None}) == {"password": "", "token": None}


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_ANYTHING)
def test_whatever_is_masked_can_be_written_as_strict_json(value):
    json.dumps(masked(value), allow_nan=False, ensure_ascii=False).encode()


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.booleans(),
)
def test_no_body_breaks_the_masking(body, form):
    json.dumps(masked_body(body, form=form), allow_nan=False, ensure_ascii=False).encode()


def test_what_is_nested_without_end_is_cut():
    deep = "x"
    for _ in range(900):
        deep = {"a": [deep]}
    assert "..." in json.dumps(masked(deep))


@given(st.text(min_size=1))
def test_a_query_loses_its_secret_however_it_is_written(value):
    shown = masked_query(f"password={quote(value, errors='replace')}")
    assert shown in ("password=********", "password=")
