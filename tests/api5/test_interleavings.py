"""Two clients sell the same servers at once, one through each API, and no server is ever sold twice.

Neither API has a call that takes a server only if it is free, so clients do what the recorded ones do: write the owner,
wait longer than anybody takes between looking and writing, and look whose it is. What that needs of the panel is that
what one API has written the other shows in the same instant.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from simulator.api5 import create_app as create_app5
from simulator.api6 import create_app as create_app6
from simulator.kernel import Streams
from tests.dcim.world import ADMIN, CONFIGURATION, World, in_world

pytestmark = pytest.mark.slow

ROUNDS = 1000
DAWDLE = 20.0
"""Seconds that a client may take between two calls."""
PATIENCE = 30.0
"""The first wait of the recorded clients."""


class Wire:
    """Requests by the thousand: straight into an application, without a client's ceremony."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.token = ""

    async def __call__(self, path: str, query: dict[str, Any] | None = None, body: Any = None) -> Any:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET" if body is None else "POST",
            "headers": [(b"host", b"panel"), (b"x-xsrf-token", self.token.encode())],
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": urlencode(query or {}).encode(),
            "root_path": "",
            "server": ("panel", 80),
            "client": ("127.0.0.1", 40000),
        }
        sent: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"" if body is None else json.dumps(body).encode()}

        async def send(message: Any) -> None:
            assert message.get("status", 200) in (200, 201)
            sent.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return json.loads(b"".join(sent))


class Seller5:
    def __init__(self, world: World, wire: Wire, user: str) -> None:
        self._clock = world.clock
        self._wire = wire
        self.user = user

    async def call(self, func: str, **params: Any) -> Any:
        asked = {"authinfo": ":".join(ADMIN), "out": "JSONdata", "func": func, **params}
        answer = await self._wire("/dcimgr", asked)
        assert "error" not in answer, answer
        return answer

    async def free(self) -> list[int]:
        rows = await self.call("server")
        return [
            int(row["id"])
            for row in rows
            if "owner" not in row and row["hostname"] == "free.ds" and row["type"] == CONFIGURATION
        ]

    async def owner(self, server: int) -> str:
        return str((await self.call("server.edit", elid=server))["owner"])

    async def give(self, server: int, owner: str) -> None:
        await self.call("server.edit", sok="ok", elid=server, owner=owner)

    async def sell(self, dawdle: Callable[[], Awaitable[None]], patience: float) -> int | None:
        for server in await self.free():
            if await self.owner(server) != "no_owner":
                continue
            await dawdle()
            await self.give(server, "1")
            assert await self.owner(server) == "1"
            await self._clock.sleep(patience)
            if await self.owner(server) == "1":
                await dawdle()
                await self.give(server, self.user)
                return server
        return None


class Seller6:
    def __init__(self, world: World, wire: Wire, user: int) -> None:
        self._clock = world.clock
        self._wire = wire
        self.user = user

    async def log_in(self) -> None:
        body = {"email": ADMIN[0], "password": ADMIN[1]}
        self._wire.token = (await self._wire("/auth/v4/public/token", body=body))["token"]

    async def owner(self, server: int) -> int | None:
        owner = (await self._wire(f"/dci/v3/server/{server}"))["owner"]
        return owner["id"] if owner else None

    async def give(self, server: int, owner: int | None) -> None:
        await self._wire(f"/dci/v3/server/{server}/owner", body={"owner": owner})

    async def sell(self, dawdle: Callable[[], Awaitable[None]], patience: float) -> int | None:
        found = await self._wire("/dci/v3/server", {"where": f"configuration EQ '{CONFIGURATION}'"})
        for row in found["list"]:
            server = row["id"]
            if await self.owner(server) is not None:
                continue
            await dawdle()
            await self.give(server, self.user)
            assert await self.owner(server) == self.user
            await self._clock.sleep(patience)
            if await self.owner(server) == self.user:
                return int(server)
        return None


def interleave(rounds: int, patience: float) -> tuple[int, int]:
    """How many rounds sold a server twice, and how many servers were sold. Each round has its own seed: who begins
    when, and how long everybody takes.
    """
    result = [0, 0]

    async def scene(world: World) -> None:
        app5 = create_app5(world.panel, Streams(1)["sessions"].randbytes)
        other = world.panel.users.create("bob@example.com", "bob-s-secret")
        five = Seller5(world, Wire(app5), "2")
        six = Seller6(world, Wire(create_app6(world.panel)), other.id)
        await six.log_in()
        for seed in range(rounds):
            chance = random.Random(seed)

            async def dawdle(chance: random.Random = chance) -> None:
                await world.clock.sleep(chance.random() * DAWDLE)

            async def order(
                seller: Seller5 | Seller6, chance: random.Random = chance, wait: Any = dawdle
            ) -> tuple[Seller5 | Seller6, int | None]:
                await world.clock.sleep(chance.choice((0.0, chance.random() * DAWDLE * 2)))
                return seller, await seller.sell(wait, patience)

            sold = await asyncio.gather(order(five), order(six))
            servers = [server for _, server in sold if server is not None]
            result[0] += len(set(servers)) < len(servers)
            result[1] += len(servers)
            for seller, server in sold:
                if server is not None and patience:
                    assert str(world.server(server).owner) == str(seller.user)
            for server in world.panel.inventory.servers:
                world.panel.set_owner(server.id, None)

    in_world(scene, bmc_poll=0.0, switch_poll=0.0, pdu_poll=0.0)
    return result[0], result[1]


@pytest.mark.requirement("HW-4")
def test_no_server_is_sold_twice_when_both_apis_sell_at_once():
    twice, sold = interleave(ROUNDS, PATIENCE)
    assert twice == 0
    assert sold > ROUNDS


def test_the_check_would_find_a_server_sold_twice():
    twice, _ = interleave(20, 0.0)
    assert twice > 0
