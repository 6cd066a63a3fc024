"""The notifier's websocket tells what changes, to whom it concerns."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.api6.support.world import Client, with_client
from tests.dcim.support import ALICE


class Listener:
    """A websocket client without a socket: the ASGI messages themselves."""

    def __init__(self, client: Client, token: str, query: str = "", path: str = "/notifier") -> None:
        self.sent: list[dict[str, Any]] = []
        self._to: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to.put_nowait({"type": "websocket.connect"})
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"x-xsrf-token", token.encode())],
            "client": ("127.0.0.1", 1),
            "scheme": "ws",
            "subprotocols": [],
        }
        self.task = asyncio.create_task(client.gateway(scope, self._to.get, self._take))  # type: ignore[arg-type]

    async def _take(self, message: Any) -> None:
        self.sent.append(message)

    async def heard(self) -> list[dict[str, Any]]:
        """All messages until now."""
        for _ in range(20):
            await asyncio.sleep(0)
        return [json.loads(each["text"]) for each in self.sent if each["type"] == "websocket.send"]

    async def closed(self) -> int:
        await self.task
        return int(self.sent[-1]["code"])

    async def leave(self) -> None:
        self._to.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task


def test_changes_are_told_as_they_happen_and_again_from_a_position():
    async def scene(client: Client) -> None:
        listener = Listener(client, client.token)
        await listener.heard()
        position = (await client.get("/dci/v3/server"))["last_notify"]
        await client.post("/dci/v3/server/1", {"notes": "hello"})
        one = await client.post("/ip/v3/ippool/1/ip", {"family": "ipv4"})
        await client.delete(f"/ip/v3/ip/{one['id']}")
        heard = await listener.heard()
        assert [(each["type"], each["id"], each["action"]) for each in heard] == [
            ("server", 1, "update"), ("ip", one["id"], "create"), ("ip", one["id"], "delete"),
        ]  # fmt: skip
        assert heard[0]["data"] == await client.get("/dci/v3/server/1")
        assert [each["notify"] for each in heard] == [position + 1, position + 2, position + 3]
        assert heard[2]["data"] is None
        await listener.leave()
        again = Listener(client, client.token, f"since={position + 1}", "/api/notifier")
        assert [each["notify"] for each in await again.heard()] == [position + 2, position + 3]
        await again.leave()

    with_client(scene)


def test_a_user_hears_of_his_own_things_only():
    async def scene(client: Client) -> None:
        panel = client.world.panel
        panel.set_owner(2, 2)
        token = await client.log_in(*ALICE)
        listener = Listener(client, token)
        await listener.heard()
        panel.edit_server(1, {"notes": "another's"})
        panel.edit_server(2, {"notes": "hers"})
        panel.addresses.allocate(panel.addresses.pool("public"), 1)
        panel.addresses.allocate(panel.addresses.pool("public"), 2)
        heard = await listener.heard()
        assert [(each["type"], each["id"]) for each in heard] == [("server", 2), ("ip", 2)]
        panel.users.suspend(panel.users.by_key(2))
        panel.edit_server(2, {"notes": "too late"})
        assert await listener.closed() == 4401
        assert len(await listener.heard()) == 2

    with_client(scene)


def test_strangers_and_odd_positions_are_sent_away():
    async def scene(client: Client) -> None:
        assert await Listener(client, "nobody").closed() == 4401
        assert await Listener(client, client.token, "since=yesterday").closed() == 4400

    with_client(scene)


def test_a_connection_lasts_as_long_as_its_session_and_is_no_use_of_it():
    async def scene(client: Client) -> None:
        listener = Listener(client, client.token)
        await client.world.clock.sleep(3000)
        await client.get("/auth/v4/whoami")
        await client.world.clock.sleep(3000)
        client.world.panel.edit_server(1, {"notes": "told, but nobody called"})
        assert (await listener.heard())[-1]["data"]["notes"] == "told, but nobody called"
        await client.world.clock.sleep(601)
        assert await listener.closed() == 4401
        token = await client.log_in()
        listener = Listener(client, token)
        await listener.heard()
        await client.delete(f"/auth/v4/token/{token}")
        assert await listener.closed() == 4401

    with_client(scene)
