"""A live panel asked what it shows: one login, reads of lists and of the first thing in each, one logout. Never an order.

What may be asked is a list here, not a guess: a read that is not in it is not sent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Literal
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET

import httpx

from simulator.fidelity.recording import Exchange

__all__ = ["READS_5", "READS_6", "NotAsked", "ask_panel"]

READS_6: Final = (
    "/auth/v4/whoami", "/auth/v4/user", "/dci/v3/user", "/dci/v3/location", "/dci/v3/rack", "/dci/v3/server",
    "/dci/v3/server/configuration", "/dci/v3/switch", "/dci/v3/pdu", "/dci/v3/os_template", "/dci/v3/operation",
    "/dci/v3/recipe", "/ip/v3/ippool", "/ip/v3/ipnet", "/ip/v3/range", "/ip/v3/ip", "/ip/v3/userspace",
)  # fmt: skip
"""Lists of DCImanager 6; of those in `_ITEMS` the first thing is asked for, too."""
_ITEMS: Final = (
    "/dci/v3/rack",
    "/dci/v3/server",
    "/dci/v3/switch",
    "/dci/v3/pdu",
    "/ip/v3/ippool",
    "/ip/v3/ipnet",
    "/ip/v3/ip",
)
READS_5: Final = (
    "dashboard.info", "server", "switch", "pdu", "rack", "vlan", "user", "osmgr", "repo", "operation", "servertype", "problems",
    "traffic", "trafficburstable",
)  # fmt: skip
"""Lists and reports of DCImanager 5, none of which does anything (its interface description)."""
_OF_SERVER: Final = ("iplist", "server.connection")
LIMIT: Final = "limit=20"
REFUSED: Final = 400


class NotAsked(Exception):
    """The panel does not answer, or lets nobody in by this name and password."""


async def ask_panel(
    url: str, version: Literal[5, 6], username: str, password: str, http: httpx.AsyncClient
) -> list[Exchange]:
    """Raises NotAsked. The exchanges hold no login."""
    try:
        return await (_six if version == 6 else _five)(url.rstrip("/"), username, password, http)
    except httpx.HTTPError as error:
        raise NotAsked(f"{urlsplit(url).hostname} does not answer: {type(error).__name__}") from None


async def _six(url: str, username: str, password: str, http: httpx.AsyncClient) -> list[Exchange]:
    login = await http.post(f"{url}/auth/v4/public/token", json={"email": username, "password": password})
    try:
        token = str(login.json()["token"])
    except (ValueError, KeyError, TypeError):
        raise NotAsked(f"the panel answers the login with status {login.status_code}") from None
    headers = {"x-xsrf-token": token, "ses6": token}
    found: list[Exchange] = []
    try:
        for path in READS_6:
            answer = await http.get(f"{url}{path}?{LIMIT}", headers=headers)
            found.append(_exchange("GET", path, LIMIT, answer))
            first = _first(answer) if path in _ITEMS and answer.status_code < REFUSED else None
            if first is not None:
                item = await http.get(f"{url}{path}/{first}", headers=headers)
                found.append(_exchange("GET", f"{path}/{first}", "", item))
    finally:
        await http.delete(f"{url}/auth/v4/token/{token}", headers=headers)
    return found


async def _five(url: str, username: str, password: str, http: httpx.AsyncClient) -> list[Exchange]:
    """By `authinfo` in the body, with which no session is left behind."""

    async def ask(func: str, **params: str) -> httpx.Response:
        query = {"func": func, "out": "xml", **params}
        answer = await http.post(f"{url}/dcimgr", data={**query, "authinfo": f"{username}:{password}"})
        if b'type="auth"' in answer.content:
            raise NotAsked("the panel does not let this user in")
        found.append(_exchange("POST", "/dcimgr", urlencode(query), answer))
        return answer

    found: list[Exchange] = []
    for func in READS_5:
        answer = await ask(func, p_cnt="20")
        if func == "server" and (number := _first_row(answer)):
            for of_server in _OF_SERVER:
                await ask(of_server, elid=number)
    return found


def _exchange(method: str, path: str, query: str, answer: httpx.Response) -> Exchange:
    return Exchange(0.0, method, path, query, b"", answer.status_code, answer.content)


def _first(answer: httpx.Response) -> int | None:
    try:
        rows: Sequence[dict[str, int]] = json.loads(answer.content)["list"]
        return int(rows[0]["id"])
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def _first_row(answer: httpx.Response) -> str:
    try:
        return ET.fromstring(answer.content).findtext("elem/id") or ""  # noqa: S314 - the user's own panel
    except ET.ParseError:
        return ""
