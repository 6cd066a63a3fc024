"""Whatever is asked, the answer is a well-formed document, and nobody gets in who should not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.coremanager.formats import FORMATS
from simulator.ispmanager.calls import FUNCTIONS
from tests.api5.test_properties import check
from tests.ispmanager.support import ALICE, ROOT, Server, with_server

NAMES = [
    "elid", "plid", "sok", "name", "fullname", "passwd", "confirm", "preset", "comment", "limit_quota", "level", "key",
    "username", "password", "user", "su", "auth", "authinfo", "lang", "p_num", "p_cnt", "p_sort", "p_order", "webdomain",
]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        ["alice", "Alice", "bob", "alice, bob", "root", "eve", "ok", "start", "#custom", "ru", "long-enough", "16",
         "a-key-of-sixteen", ":".join(ALICE), ":".join(ROOT), ALICE[1], "on", "-1", ""]
    ),
    st.text(max_size=12),
)  # fmt: skip
PARAMS = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(min_size=1, max_size=6)), VALUES, max_size=7)
CALLS = st.lists(
    st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.sampled_from([*sorted(FORMATS), "nonsense", ""]), PARAMS),
    min_size=1,
    max_size=8,
)


@given(CALLS)
@settings(deadline=None, max_examples=60)
def test_any_parameters_to_any_function_give_a_well_formed_document(calls):
    async def scene(server: Server) -> None:
        for func, out, params in calls:
            kept = {name: value for name, value in params.items() if name not in ("func", "out")}
            answer = await server.raw(func, out, **{"authinfo": ":".join(ROOT), **kept})
            assert answer.status_code == 200
            check(out, answer.text)

    with_server(scene)


@pytest.mark.parametrize("out", [*sorted(FORMATS), ""])
def test_every_function_answers_in_every_format(out):
    async def scene(server: Server) -> None:
        for func in sorted(FUNCTIONS):
            for params in ({}, {"elid": "alice"}, {"elid": "alice", "sok": "ok"}):
                answer = await server.raw(func, out, **params)
                assert answer.status_code == 200
                check(out, answer.text)

    with_server(scene)


@given(CALLS)
@settings(deadline=None, max_examples=60)
def test_whatever_a_user_tries_other_accounts_stay_as_they_are(calls):
    async def scene(server: Server) -> None:
        before = [account for account in server.hosting if account.name != ALICE[0]]
        for func, out, params in calls:
            kept = {name: value for name, value in params.items() if name not in ("func", "out", "auth", "authinfo")}
            if func == "auth":  # as somebody else only with somebody else's password
                kept.pop("password", None)
            await server.raw(func, out, **{**kept, "authinfo": ":".join(ALICE)})
        assert [account for account in server.hosting if account.name != ALICE[0]] == before

    with_server(scene)
