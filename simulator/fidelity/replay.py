"""A recorded client played against the mock: each exchange is sent there, and the two answers are compared.

The credentials of the recording are not ours: the mock is asked as its own administrator. Nor are its ids: the first server that the
recording names is the mock's first, and so on, kind by kind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from simulator.api5.absent import ABSENT as ABSENT_5
from simulator.api5.calls import FUNCTIONS
from simulator.api6.dialect import load_dialect
from simulator.api6.routes import document_of, known_routes
from simulator.fidelity.recording import Exchange
from simulator.fidelity.shapes import shape_of, unlike

__all__ = ["Mock", "Unlike", "as_table", "compared", "field_provenance", "played"]

LONGEST_PAUSE = 3600.0
"""Seconds of lab time between two exchanges, at most: a recording may have a night in it."""
_NUMBER = re.compile(r"(?<=/)([a-z_]+)/(\d+)(?=/|$)")
_PATHS_5 = ("/dcimgr", "/manager/dcimgr")


@dataclass(frozen=True, slots=True)
class Unlike:
    """A difference; nothing in it is a value of the recording."""

    call: str
    place: str
    what: str
    provenance: str
    """Of our side: where its form comes from."""


@dataclass(frozen=True, slots=True)
class Mock:
    """The lab that is asked."""

    http: httpx.AsyncClient
    dci6: str
    dci5: str
    admin: tuple[str, str]
    sleep: Callable[[float], Awaitable[None]]


async def played(exchanges: Sequence[Exchange], mock: Mock) -> list[Unlike]:
    """Differences in the order of the exchanges, each once. Calls to other paths than a panel's are passed over."""
    ids, found, now = _Ids(), dict[Unlike, None](), 0.0
    token = ""
    for exchange in exchanges:
        pause = min(exchange.at - now, LONGEST_PAUSE)
        now = max(now, exchange.at)
        if pause > 0:
            await mock.sleep(pause)
        path = exchange.path.removeprefix("/api")
        if path.rstrip("/") in _PATHS_5:
            answer = await _ask5(exchange, mock, ids)
        elif re.match(r"/[a-z]+/v\d+/", path):
            if not token:
                token = await _log_in(mock)
            answer = await _ask6(exchange, path, mock, ids, token)
            if answer.status_code == 401 and exchange.status != 401:  # its session has ended in a long pause
                token = await _log_in(mock)
                answer = await _ask6(exchange, path, mock, ids, token)
        else:
            continue
        for each in compared(exchange, answer.status_code, answer.content):
            found[each] = None
    return list(found)


def compared(exchange: Exchange, status: int, answer: bytes) -> list[Unlike]:
    """Theirs against ours: the status, and when that is the same, the shape."""
    call, provenance = _name(exchange)
    if exchange.status != status:
        return [Unlike(call, "status", f"theirs is {exchange.status}, ours is {status}", provenance)]
    places = unlike(shape_of(exchange.answer), shape_of(answer))
    return [
        Unlike(call, place or ".", what, field_provenance(call, str(status), place) or provenance)
        for place, what in places
    ]


@cache
def _schemas() -> Mapping[str, Any]:
    found: Mapping[str, Any] = document_of(load_dialect())["paths"]
    return found


def field_provenance(call: str, status: str, place: str) -> str:
    """Of a field of an answer of DCImanager 6, as /openapi.json has it; empty where it says nothing of it."""
    method, _, path = call.partition(" ")
    try:
        answer = _schemas()[path][method.lower()]["responses"][status]
        schema = answer["content"]["application/json"]["schema"]
    except KeyError:
        return ""
    for part in place.replace("[]", ".[]").split(".")[1:]:
        schema = schema.get("items", {}) if part == "[]" else schema.get("properties", {}).get(part, {})
    return str(schema.get("x-provenance", ""))


def _name(exchange: Exchange) -> tuple[str, str]:
    """The call without ids and values, and where our form of it comes from."""
    path = exchange.path.removeprefix("/api")
    if path.rstrip("/") in _PATHS_5:
        func = _asked(exchange).get("func", "")
        one = FUNCTIONS.get(func)
        known = one.provenance if one else "not emulated" if func in ABSENT_5 else "unknown"
        return f"func={func if one or func in ABSENT_5 else '?'}", known
    action = known_routes().action(exchange.method, path)
    row = next((each for each in load_dialect() if each.action == action), None)
    if row is None:
        return f"{exchange.method} {_bare(path)}", "unknown"
    return row.call, row.provenance


def _bare(path: str) -> str:
    """Words of the path; everything that could be an id or a secret is `{}`."""
    return "/".join(part if re.fullmatch(r"[a-z_]+|v\d+|", part) else "{}" for part in path.split("/"))


class _Ids:
    """The recording's ids of each kind in order of appearance, for the mock's from 1 on."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[str, int]] = {}

    def ours(self, kind: str, theirs: str) -> str:
        seen = self._seen.setdefault(kind, {})
        return str(seen.setdefault(theirs, len(seen) + 1))


def _asked(exchange: Exchange) -> dict[str, str]:
    body = exchange.body.decode("utf-8", "replace")
    return dict(parse_qsl(exchange.query, keep_blank_values=True)) | dict(parse_qsl(body, keep_blank_values=True))


async def _ask5(exchange: Exchange, mock: Mock, ids: _Ids) -> httpx.Response:
    asked = {name: value for name, value in _asked(exchange).items() if name not in ("auth", "authinfo", "su")}
    func = asked.get("func", "")
    group = func.partition(".")[0]
    for name, kind in (("elid", func), ("plid", group)):
        if asked.get(name, "").isdecimal():
            asked[name] = ids.ours(
                group if kind.startswith("server") and ".connection" not in func else kind, asked[name]
            )
    name, password = mock.admin
    if func == "auth":
        wrong = b"badpassword" in exchange.answer
        asked |= {"username": name, "password": "not this" if wrong else password}
        asked.pop("key", None)
    else:
        asked["authinfo"] = f"{name}:{password}"
    return await mock.http.post(f"{mock.dci5}/dcimgr", data=asked)


async def _log_in(mock: Mock) -> str:
    login = {"email": mock.admin[0], "password": mock.admin[1]}
    answer = await mock.http.post(f"{mock.dci6}/auth/v4/public/token", json=login)
    return str(answer.json()["token"])


async def _ask6(exchange: Exchange, path: str, mock: Mock, ids: _Ids, token: str) -> httpx.Response:
    path = _NUMBER.sub(lambda one: f"{one[1]}/{ids.ours(one[1], one[2])}", path)
    body = _with_our_login(exchange, mock) if path.endswith("/public/token") else exchange.body
    if re.fullmatch(r"/auth/v[34]/token/[^/]+", path):
        path = f"{path.rpartition('/')[0]}/{token}"
    query = urlencode(parse_qsl(exchange.query, keep_blank_values=True))
    url = f"{mock.dci6}{path}" + (f"?{query}" if query else "")
    return await mock.http.request(exchange.method, url, content=body, headers={"x-xsrf-token": token})


def _with_our_login(exchange: Exchange, mock: Mock) -> bytes:
    try:
        said: Mapping[str, Any] = json.loads(exchange.body)
    except ValueError:
        said = {}
    right = exchange.status < 400
    login = {"email": mock.admin[0], "password": mock.admin[1] if right else "not this"}
    return json.dumps({**{name: value for name, value in said.items() if name not in login}, **login}).encode()


def as_table(found: Sequence[Unlike], exchanges: int) -> str:
    """What was unlike, a row each."""
    head = ("call", "place", "difference", "our form is")
    rows = [head, *((each.call, each.place, each.what, each.provenance) for each in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[3]]) for row in rows
    ]
    calls = len({each.call for each in found})
    end = (
        f"{exchanges} exchanges: {len(found)} differences in {calls} calls"
        if found
        else f"{exchanges} exchanges: no difference"
    )
    return "\n".join([*(lines if found else []), *([""] if found else []), end, ""])
