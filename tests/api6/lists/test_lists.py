"""The list language, as text and over the wire."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.api6.answers import answer_shape
from simulator.api6.calls import HANDLERS
from simulator.api6.dci.server_views import SERVERS
from simulator.api6.dialect import load_dialect
from simulator.api6.lists.cached import SPARE
from simulator.api6.lists.listing import Listing, parse_limit, parse_orderby
from simulator.api6.lists.where import Column, compile_where, parse_where
from simulator.dcim.errors import Invalid
from tests.api6.support.world import Client, with_client
from tests.api6.test_openapi import IDS, LOCATION, furnish
from tests.dcim.support import ALICE

COLUMNS = {
    name: Column(kind, lambda panel, row, name=name: getattr(row, name))  # type: ignore[misc]
    for name, kind in {"id": "int", "name": "text", "owner_email": "text", "is_new": "bool", "roles": "list"}.items()
}
ROWS = [
    SimpleNamespace(id=1, name="Srv-1", owner_email=None, is_new=False, roles=["@admin"]),
    SimpleNamespace(id=2, name="Srv-10", owner_email="a@b.c", is_new=True, roles=["@user"]),
    SimpleNamespace(id=3, name="it's 100%", owner_email="x@y.z", is_new=False, roles=[]),
    SimpleNamespace(id=4, name="", owner_email=None, is_new=True, roles=["@user", "@admin"]),
]
LIST = Listing(COLUMNS, lambda panel, row: {"id": row.id})


def matching(where: str) -> list[int]:
    predicate = compile_where(where, COLUMNS)
    return [row.id for row in ROWS if predicate(None, row)]


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("id EQ 2", [2]),
        ("id EQ '2'", [2]),
        ("id GT 100 OR (name CP 'srv%' AND NOT name CP '%0')", [1]),
        ("name CP '%Srv-1%'", [1, 2]),
        ("name CP 'srv-1'", [1]),
        ("name CP '%rv%1%0'", [2]),
        ("name CP '%'", [1, 2, 3, 4]),
        ("name EQ 'it''s 100%'", [3]),
        (r"name EQ 'it\'s 100%'", [3]),
        ("name EQ ''", [4]),
        ("(owner_email IS null) AND is_new EQ false", [1]),
        ("owner_email NE 'a@b.c'", [3]),
        ("NOT owner_email EQ 'a@b.c'", [3]),
        ("NOT owner_email IS null", [2, 3]),
        ("NOT name CP '%srv%' AND (id GE 3)", [3, 4]),
        ("((id EQ 1) AND (name EQ 'srv-1'))", [1]),
        ("((id EQ 1) AND (id EQ 2)) OR ((id EQ 3) AND (is_new NE true))", [3]),
        ("id GE 1 AND id LT 4 AND id NE 2 AND id LE 3 AND id GT 0", [1, 3]),
        ("id EQ 1 OR id EQ 2 AND id EQ 3", [1]),
        ("(roles CP '%@admin%')", [1, 4]),
        ("is_new EQ 'TRUE' and id eq 4", [4]),
        ("id GT -1.5 AND id LT 1.5", [1]),
    ],
)
def test_conditions_of_real_clients_select_what_they_mean(where, ids):
    assert matching(where) == ids


@pytest.mark.parametrize(
    ("where", "complaint"),
    [
        ("id", "ends too early"),
        ("id EQ", "position 6: it ends too early"),
        ("id IN (1, 2)", "position 4: 'IN (1, 2)' is not understood"),
        ("colour EQ 'red'", "position 1: there is no field 'colour'"),
        ("id EQ 1 AND colour IS null", "position 13: there is no field 'colour'"),
        ("id EQ 'one'", "position 1: id is a number"),
        ("is_new EQ 'maybe'", "is_new is true or false"),
        ("name EQ o'brien", "position 9"),
        ("name EQ 'o'brien'", "position 12"),
        ("(id EQ 1", "expected )"),
        ("id EQ 1)", "position 8"),
        ("name CP true", "CP compares with text"),
        ("NOT " * 100 + "id EQ 1", "nested more than"),
        ("id EQ 1 OR " * 500 + "id EQ 1", "longer than"),
    ],
)
def test_what_is_not_understood_is_pointed_at(where, complaint):
    with pytest.raises(Invalid) as caught:
        matching(where)
    assert caught.value.value == "where"
    assert complaint in str(caught.value)


def test_parentheses_may_nest_as_deep_as_the_text_is_long():
    assert matching("(" * 1900 + "id EQ 1" + ")" * 1900) == [1]


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=200)
def test_any_text_is_parsed_or_refused(text):
    with contextlib.suppress(Invalid):
        parse_where(text)


WORD = st.sampled_from(
    [
        "id",
        "name",
        "is_new",
        "EQ",
        "NE",
        "CP",
        "GT",
        "AND",
        "OR",
        "NOT",
        "IS",
        "null",
        "(",
        ")",
        "'x%'",
        "'1'",
        "7",
        "true",
    ]
)


@given(st.lists(WORD, max_size=14))
@settings(deadline=None, max_examples=200)
def test_any_row_of_words_is_a_condition_or_refused(words):
    with contextlib.suppress(Invalid):
        matching(" ".join(words))


@given(st.text(alphabet="abAB%_'", max_size=8), st.text(alphabet="abAB%_", max_size=6))
@settings(deadline=None, max_examples=200)
def test_quoted_text_means_itself_and_cp_is_sqls_like(text, pattern):
    import re

    row = SimpleNamespace(id=1, name=text, owner_email=None, is_new=False, roles=[])
    quoted = text.replace("'", "''")
    assert compile_where(f"name EQ '{quoted}'", COLUMNS)(None, row)
    like = re.fullmatch(".*".join(map(re.escape, pattern.split("%"))), text, re.IGNORECASE | re.DOTALL)
    assert compile_where(f"name CP '{pattern}'", COLUMNS)(None, row) == (like is not None)


@given(st.text(max_size=20))
@settings(deadline=None, max_examples=100)
def test_any_limit_and_order_is_understood_or_refused(text):
    for parse in (parse_limit, lambda text: parse_orderby(text, COLUMNS)):
        with contextlib.suppress(Invalid):
            parse(text)


def test_rows_are_sorted_stably_with_null_first():
    def ids(orderby: str) -> list[int]:
        return [row["id"] for row in LIST.answer(None, ROWS, {"orderby": orderby})["list"]]  # type: ignore[arg-type]

    assert ids("id desc") == [4, 3, 2, 1]
    assert ids("owner_email") == [1, 4, 2, 3]
    assert ids("is_new DESC, id desc") == [4, 2, 3, 1]
    assert ids("owner_email asc,id desc") == [4, 1, 2, 3]


def test_limits_count_from_zero_and_size_ignores_them():
    def answer(limit: str) -> tuple[list[int], int]:
        whole = LIST.answer(None, ROWS, {"limit": limit})  # type: ignore[arg-type]
        return [row["id"] for row in whole["list"]], whole["size"]

    assert answer("2") == ([1, 2], 4)
    assert answer("0,2") == ([1, 2], 4)
    assert answer("1,2") == ([2, 3], 4)
    assert answer("9,2") == ([], 4)
    assert answer("0") == ([], 4)


@pytest.mark.parametrize(
    "query",
    [
        "where=name CP '%srv-0%'&orderby=id desc",
        "where=name+CP+'%25srv-0%25'&orderby=id+desc",
        "where=(owner_email IS null)+AND+is_new EQ false+AND+location_id EQ 3&orderby=name desc&limit=0,400",
        "where=name%20CP%20%27%25srv%25%27&orderby=id%20DESC",
    ],
)
def test_queries_as_clients_write_them(query):
    async def scene(client: Client) -> None:
        answer: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, object]) -> None:
            answer.append(message)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": "/dci/v3/server",
            "raw_path": b"/dci/v3/server",
            "query_string": query.encode(),
            "headers": [(b"x-xsrf-token", client.token.encode())],
            "scheme": "https",
            "server": ("dci6", 443),
            "client": ("127.0.0.1", 1),
        }
        await client.gateway(scope, receive, send)  # type: ignore[arg-type]
        import json

        body = json.loads(b"".join(message.get("body", b"") for message in answer[1:]))  # type: ignore[misc]
        assert [row["id"] for row in body["list"]] == [4, 3, 2, 1]
        assert body["size"] == 4

    with_client(scene)


def test_filter_gives_the_distinct_values_of_a_field_and_nothing_else():
    def values(name: str) -> list[object]:
        return [row[name] for row in LIST.answer(None, ROWS, {"filter": name, "where": "id EQ 1"})["list"]]  # type: ignore[arg-type]

    assert values("is_new") == [False, True]
    assert values("owner_email") == [None, "a@b.c", "x@y.z"]
    assert values("roles") == ["@admin", "@user"]


def test_a_kept_list_is_what_the_list_made_anew_would_be():
    from simulator.api6.dci.server_views import SERVERS

    queries = [
        {"where": "NOT name CP '%-02'", "orderby": "name desc"},
        {"where": "owner_email EQ 'alice@example.com' OR maintenance EQ true", "limit": "1"},
        {"orderby": "power_status, id desc"},
        {},
    ]

    async def scene(client: Client) -> None:
        panel = client.world.panel
        servers = panel.inventory.servers

        def same() -> None:
            for query in queries:
                page = SERVERS.page(panel, servers, query)
                assert {key: page[key] for key in page} == SERVERS.answer(panel, servers, query)

        same()
        same()
        alice = panel.users.by_email(ALICE[0])
        assert alice is not None
        for change in (
            lambda: panel.set_owner(2, alice.id),
            lambda: panel.edit_server(1, {"name": "srv-99", "maintenance": True}),
            lambda: panel.edit_server(1, {"name": "srv-02"}),
            lambda: panel.users.edit(alice, {"full_name": "A."}),
            lambda: client.world.give_ip(3),
            lambda: panel.addresses.release(1),
            lambda: panel.operations.install(4, "debian-12") if panel.addresses.of_server(4) else None,
            lambda: [panel.edit_server(1 + turn % 4, {"notes": str(turn)}) for turn in range(2000)],
            lambda: panel.set_owner(2, None),
        ):
            change()
            same()
        await client.post("/dci/v3/server/1/power_on")
        await client.post("/dci/v3/server/1/port_off")
        same()

    with_client(scene)


def test_after_a_write_only_what_changed_is_looked_at_again():
    from simulator.api6.dci import server_views
    from simulator.api6.lists.cached import CachedListing
    from simulator.api6.lists.where import Column

    looked: list[int] = []

    def name(panel: object, server: object) -> str:
        looked.append(server.id)  # type: ignore[attr-defined]
        return server.name  # type: ignore[attr-defined,no-any-return]

    async def scene(client: Client) -> None:
        panel = client.world.panel
        listing = CachedListing({"name": Column("text", name)}, server_views.SERVERS.view)
        query = {"where": "name CP 'srv-%'", "limit": "2"}
        for expected in ([1, 2, 3, 4], []):
            looked.clear()
            listing.page(panel, panel.inventory.servers, query)
            assert looked == expected
        panel.edit_server(3, {"name": "web-3"})
        assert listing.page(panel, panel.inventory.servers, query)["size"] == 3
        assert looked == [3]

    with_client(scene)


VALUES = {"int": "0", "bool": "true", "text": "'~'", "list": "'~'"}


def test_every_list_of_every_service_has_the_whole_language_on_every_field():
    async def scene(client: Client) -> None:
        await furnish(client)
        for row in load_dialect():
            listing = HANDLERS[row.action].listing
            shape = answer_shape(row.action)
            if not (isinstance(shape, str) and shape.startswith("<")) and row.action != "server.history":
                assert listing is None
                continue
            assert listing is not None, row.call
            names = {**IDS, "id": LOCATION if "/location/" in row.call else 1}
            path = row.call.removeprefix("GET ").format_map(names)
            whole = await client.get(path)
            where = " AND ".join(
                f"({name} IS null OR {name} EQ {VALUES[column.kind]} OR NOT {name} EQ {VALUES[column.kind]})"
                for name, column in listing.columns.items()
            )
            order = ",".join(f"{name} desc" for name in listing.columns)
            query = str(httpx.QueryParams({"where": where, "orderby": order, "limit": "0,1"}))
            page = await client.get(f"{path}?{query}")
            assert (page["size"], len(page["list"])) == (whole["size"], min(1, whole["size"])), row.call
            for name in listing.columns:
                values = await client.get(f"{path}?filter={name}")
                assert all(set(each) == {name} for each in values["list"]), row.call
            for query in (
                "where=no_such EQ 1",
                "orderby=no_such",
                "filter=no_such",
                "where=NOT",
                "limit=x",
                "action=save",
            ):
                assert (await client.refused("GET", f"{path}?{query}"))[0] == 400, row.call

    with_client(scene)


def test_rows_of_servers_that_are_gone_are_forgotten() -> None:
    async def scene(api: Client) -> None:
        panel = api.world.panel
        servers = panel.inventory.servers
        (like,) = [each for each in servers if each.id == 4]
        for _ in range(3 * SPARE):
            number = servers.add(lambda number: replace(like, id=number, name=f"srv-{number}")).id
            rows = (await api.get("/dci/v3/server"))["list"]
            assert number in {row["id"] for row in rows}
            servers.remove(number)
        assert len((await api.get("/dci/v3/server"))["list"]) == 4
        (cache,) = [each for listing, each in panel.dialect_state.items() if listing is SERVERS]
        assert 4 <= len(cache.rows) <= 2 * 4 + SPARE + 1

    with_client(scene)
