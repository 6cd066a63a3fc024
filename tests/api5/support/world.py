"""A client of the version 5 API in front of a small world, in virtual time."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from simulator.api5 import create_app
from simulator.kernel import Streams
from simulator.web.in_process import InProcessTransport
from tests.dcim.support import ADMIN, World, in_world


class Refused(Exception):
    def __init__(self, error: ET.Element) -> None:
        self.kind = error.get("type")
        self.subject = error.get("object", "")
        self.msg = error.findtext("msg")
        self.detail = error.findtext("detail")
        super().__init__(f"{self.kind}:{self.subject} {self.detail}")


class Client:
    """Calls as administrator with `authinfo`, unless told otherwise."""

    def __init__(self, world: World, address: str = "127.0.0.1") -> None:
        self.world = world
        self.app = create_app(world.panel, Streams(3)["sessions"].randbytes, journal=world.journal)
        self.http = self.at(address)

    def at(self, address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=InProcessTransport(self.app, (address, 40000)), base_url="http://dci5")

    async def raw(self, func: str, out: str = "xml", **params: Any) -> httpx.Response:
        if not {"auth", "authinfo"} & set(params):
            params["authinfo"] = ":".join(ADMIN)
        return await self.http.post("/dcimgr", data={"func": func, "out": out, **params})

    async def xml(self, func: str, **params: Any) -> ET.Element:
        """The document; raises Refused for an error."""
        answer = await self.raw(func, **params)
        assert answer.status_code == 200
        doc = ET.fromstring(answer.text)
        error = doc.find("error")
        if error is not None:
            raise Refused(error)
        return doc

    async def rows(self, func: str, **params: Any) -> list[dict[str, str]]:
        return [{cell.tag: cell.text or "" for cell in row} for row in (await self.xml(func, **params)).iter("elem")]

    async def row(self, server: int, **params: Any) -> dict[str, str]:
        return next(row for row in await self.rows("server", **params) if row["id"] == str(server))

    async def refused(self, func: str, **params: Any) -> tuple[str, str]:
        """Type and object of the error."""
        try:
            await self.xml(func, **params)
        except Refused as error:
            return str(error.kind), error.subject
        raise AssertionError(f"{func} was not refused")


def with_client(scene: Callable[[Client], Awaitable[None]], **changes: Any) -> World:
    """Play a scene; the first polls are done."""

    async def play(world: World) -> None:
        client = Client(world)
        async with client.http:
            await scene(client)

    return in_world(play, started=True, **changes)
