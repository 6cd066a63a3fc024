"""A client of version 5 in front of a whole simulated datacenter, and hands that reach into its hall."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from simulator.kernel import run
from simulator.lab import Lab, Run
from simulator.plant import Server
from tests.api5.support.world import Refused

__all__ = ["PASSWORD", "Hall", "in_hall"]

SMALL = Lab.load("small")
PASSWORD = "s3cret-pass"


class Hall:
    """Calls as administrator, unless told otherwise."""

    def __init__(self, lab: Run, http: httpx.AsyncClient) -> None:
        self.lab = lab
        self.clock = lab.clock
        self._http = http

    def machine(self, name: str) -> Server:
        return self.lab.plant.servers[name]

    async def xml(self, func: str, **params: Any) -> ET.Element:
        """The document; raises Refused for an error."""
        asked = {"out": "xml", "func": func, "authinfo": ":".join(self.lab.admin), **params}
        answer = await self._http.post("/dcimgr", data=asked)
        doc = ET.fromstring(answer.text)
        error = doc.find("error")
        if error is not None:
            raise Refused(error)
        return doc

    async def rows(self, func: str, **params: Any) -> list[dict[str, str]]:
        return [{cell.tag: cell.text or "" for cell in row} for row in (await self.xml(func, **params)).iter("elem")]

    async def row(self, server: int) -> dict[str, str]:
        return next(row for row in await self.rows("server") if row["id"] == str(server))

    async def refused(self, func: str, **params: Any) -> tuple[str, str]:
        try:
            await self.xml(func, **params)
        except Refused as error:
            return str(error.kind), error.subject
        raise AssertionError(f"{func} was not refused")

    async def address(self, server: int) -> str:
        doc = await self.xml("iplist.edit", sok="ok", plid=server, domain="", iptype="public", ip="", family="ipv4")
        return str(doc.findtext("ip"))

    async def operate(self, server: int, **fields: str) -> None:
        await self.xml("server.operations", sok="ok", elid=server, passwd=PASSWORD, **fields)

    async def until(self, server: int, ready: Callable[[dict[str, str]], bool], limit: float = 7200.0) -> None:
        end = self.clock.now() + limit
        while not ready(await self.row(server)):
            assert self.clock.now() < end, "it takes too long"
            await self.clock.sleep(30)

    async def install(self, server: int) -> str:
        """Its address, with a system that answers there."""
        address = await self.address(server)
        await self.operate(server, operation="ostemplate", ostemplate="ISPsystem__debian-12")
        await self.until(server, lambda row: "install_in_progress" not in row)
        assert self.lab.plant.answering(address)
        return address


def in_hall(scene: Callable[[Hall], Awaitable[None]], *, lab: Lab = SMALL, seed: int = 1) -> None:
    """Play a scene on the small lab; the first polls are done."""

    async def main() -> None:
        async with lab.simulated(seed=seed) as running:
            await running.clock.sleep(30)
            transport = running.billing_transport()
            async with httpx.AsyncClient(transport=transport, base_url=running.dci5_url) as http:
                await scene(Hall(running, http))

    run(main())
