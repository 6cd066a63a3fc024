"""The notifier's websocket tells what changes, to whom it concerns."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from simulator.api6.notifier import BEHIND
from simulator.dcim.history import KEPT
from simulator.dcim.notifier import CAPACITY
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


def change(client: Client, times: int) -> None:
    for number in range(times):
        client.world.panel.edit_server(1, {"notes": f"{number}"})


def test_who_asks_from_a_position_long_past_is_told_what_is_dropped_and_hears_all_that_is_kept():
    async def scene(client: Client) -> None:
        change(client, CAPACITY + 500)
        last = client.world.panel.notifier.last
        listener = Listener(client, client.token, "since=0")
        while len(heard := await listener.heard()) < CAPACITY + 1:
            pass
        first, *rest = heard
        assert (first["type"], first["action"], first["data"]) == ("notifier", "dropped", {"dropped": last - CAPACITY})
        assert [each["notify"] for each in rest] == list(range(first["notify"] + 1, last + 1))
        change(client, 1)
        assert (await listener.heard())[-1]["notify"] == last + 1
        await listener.leave()
        again = Listener(client, client.token, f"since={first['notify'] + 1}")
        assert (await again.heard())[0]["type"] == "server", "nothing is missing from there on"
        await again.leave()

    with_client(scene)


def test_a_position_that_has_not_come_yet_is_another_labs_and_is_told():
    async def scene(client: Client) -> None:
        last = client.world.panel.notifier.last
        listener = Listener(client, client.token, f"since={last + 5000}")
        (message,) = await listener.heard()
        assert (message["action"], message["data"], message["notify"]) == ("dropped", {"dropped": None}, last)
        change(client, 1)
        assert (await listener.heard())[-1]["notify"] == last + 1
        await listener.leave()

    with_client(scene)


class SlowListener(Listener):
    """Takes one message and reads no further until it is told to."""

    def __init__(self, client: Client, token: str) -> None:
        self.reads = asyncio.Event()
        super().__init__(client, token)

    async def _take(self, message: Any) -> None:
        self.sent.append(message)
        if message["type"] == "websocket.send":
            await self.reads.wait()


def test_a_client_that_does_not_read_costs_a_thousand_messages_and_no_more():
    async def scene(client: Client) -> None:
        notifier = client.world.panel.notifier
        before = len(notifier._listeners)
        slow = SlowListener(client, client.token)
        quick = Listener(client, client.token)
        await quick.heard()
        change(client, 1)
        await slow.heard()
        for _ in range(3 * BEHIND):
            change(client, 1)
            await asyncio.sleep(0)
        assert len(notifier._listeners) == before + 1, "the slow one is not told any more"
        while len(await quick.heard()) < 3 * BEHIND + 1:
            pass
        slow.reads.set()
        assert await slow.closed() == 1013
        assert len(await slow.heard()) == 1
        await quick.leave()
        assert len(notifier._listeners) == before

    with_client(scene)


def test_a_client_that_comes_back_again_and_again_leaves_nothing_behind_and_misses_nothing():
    async def scene(client: Client) -> None:
        notifier = client.world.panel.notifier
        before = len(notifier._listeners)
        tasks = len(asyncio.all_tasks())
        position, heard = notifier.last, list[int]()
        for _ in range(100):
            change(client, 2)
            listener = Listener(client, client.token, f"since={position}")
            got = [each["notify"] for each in await listener.heard()]
            heard += got
            position = got[-1]
            await listener.leave()
        assert heard == list(range(heard[0], heard[0] + 200))
        assert len(notifier._listeners) == before
        assert len(asyncio.all_tasks()) == tasks

    with_client(scene)


def test_a_servers_history_keeps_its_newest_entries_however_long_the_lab_is_up():
    async def scene(client: Client) -> None:
        panel = client.world.panel
        last = KEPT + KEPT // 10 + 50
        for number in range(last + 1):
            panel.edit_server(1, {"domain": f"n{number}.example.com"})
        panel.edit_server(2, {"domain": "other.example.com"})
        page = await client.get("/dci/v3/server/1/history?limit=2")
        assert KEPT <= page["size"] <= KEPT + KEPT // 10
        assert [row["state"] for row in page["list"]] == [f"n{last}.example.com", f"n{last - 1}.example.com"]
        newer = await client.get(f"/dci/v3/server/1/history?where=id GT {page['max_id'] - 1}")
        assert [row["id"] for row in newer["list"]] == [page["max_id"]]
        assert (await client.get("/dci/v3/server/1/history?where=id LT 3"))["list"] == [], "long past"
        other = (await client.get("/dci/v3/server/2/history?where=name EQ 'domain'"))["list"]
        assert [row["state"] for row in other] == ["other.example.com"]

    with_client(scene)
