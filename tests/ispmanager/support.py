"""A small ispmanager and a client of it, in virtual time."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from simulator.ispmanager import Hosting, Setup, create_app
from simulator.kernel import Journal, LoopClock, Streams, run
from simulator.web.in_process import InProcessTransport

ROOT = ("root", "rackloop-root")
ALICE = ("alice", "rosebud-1941")
PRESETS = {"start": {"limit_quota": "1024", "limit_emails": "10"}, "shop": {"limit_quota": "10240"}}
USERS = (
    Setup(*ALICE, "Alice Ames", "shop"),
    Setup("bob", "bobs-secret", "Bob Burns", "start"),
    Setup("Bob", "another-bob", "Bob Bright", "start"),
    Setup("dave", "daves-secret", "Dave Dunn", "start", disabled=True),
)


class Server:
    """Calls as administrator with `authinfo`, unless told otherwise."""

    def __init__(self, clock: LoopClock, users: tuple[Setup, ...] = USERS) -> None:
        self.clock = clock
        self.journal = Journal(clock)
        self.hosting = Hosting(
            clock, Streams(3)["sessions"].randbytes, admin=Setup(*ROOT), users=users, presets=PRESETS
        )
        self.app = create_app(self.hosting, journal=self.journal)
        self.http = self.at("127.0.0.1")

    def at(self, address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=InProcessTransport(self.app, (address, 40000)), base_url="http://hosting")

    async def raw(self, func: str, out: str = "xml", **params: Any) -> httpx.Response:
        if not {"auth", "authinfo"} & set(params):
            params["authinfo"] = ":".join(ROOT)
        return await self.http.post("/ispmgr", data={"func": func, "out": out, **params})

    async def xml(self, func: str, **params: Any) -> ET.Element:
        answer = await self.raw(func, **params)
        assert answer.status_code == 200
        doc = ET.fromstring(answer.text)
        assert doc.find("error") is None, answer.text
        return doc

    async def rows(self, func: str, **params: Any) -> list[dict[str, str]]:
        return [{cell.tag: cell.text or "" for cell in row} for row in (await self.xml(func, **params)).iter("elem")]

    async def row(self, name: str) -> dict[str, str]:
        return next(row for row in await self.rows("user") if row["name"] == name)

    async def refused(self, func: str, **params: Any) -> tuple[str, str]:
        """Type and object of the error."""
        error = ET.fromstring((await self.raw(func, **params)).text).find("error")
        assert error is not None, f"{func} was not refused"
        assert error.findtext("msg")
        assert error.findtext("detail")
        return str(error.get("type")), error.get("object", "")

    async def logs_in(self, name: str, password: str) -> bool:
        doc = ET.fromstring((await self.raw("auth", username=name, password=password, authinfo="")).text)
        return doc.find("auth") is not None


def with_server(scene: Callable[[Server], Awaitable[None]]) -> None:
    async def play() -> None:
        server = Server(LoopClock())
        async with server.http:
            await scene(server)

    run(play())
