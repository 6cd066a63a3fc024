"""The notifier over a real socket: the `websockets` client in front of uvicorn, in a lab whose clock is stepped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from simulator import Lab
from simulator.lab import Run

pytestmark = pytest.mark.interop

ADMIN = {"email": "admin@example.com", "password": "rackloop-admin"}
LAB = {
    "lab": "tiny",
    "racks": [
        {
            "name": "A1",
            "switches": [{"name": "sw-a1", "model": "cisco-c3560", "ports": 8}],
            "pdus": [{"name": "pdu-a1", "model": "apc-ap8641", "outlets": 8}],
            "servers": [
                {
                    "name": "srv-01",
                    "model": "supermicro-x10",
                    "configuration": "E3-1230-16Gb-2x1000SSD",
                    "cables": {"nic1": "sw-a1/1", "psu1": "pdu-a1/1"},
                }
            ],
        }
    ],
    "panel": {
        "pools": [{"name": "public", "range": "192.0.2.10-192.0.2.19", "gateway": "192.0.2.1"}],
        "templates": [{"name": "debian-12", "type": "os", "image": "900 MB"}],
    },
}


def play(scene: Callable[[Run, httpx.AsyncClient], Awaitable[None]]) -> None:
    async def main() -> None:
        async with (
            Lab.load(LAB).wire(seed=1, clock="stepped") as run,
            httpx.AsyncClient(base_url=run.dci6_url) as http,
        ):
            http.headers["x-xsrf-token"] = (await http.post("/auth/v4/public/token", json=ADMIN)).json()["token"]
            await scene(run, http)

    asyncio.run(main())


def listen(run: Run, http: httpx.AsyncClient, query: str = "") -> connect:
    url = run.dci6_url.replace("http", "ws", 1)
    return connect(f"{url}/notifier{query}", additional_headers={"x-xsrf-token": http.headers["x-xsrf-token"]})


async def next_of(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message = json.loads(await socket.recv())
        if message["type"] == kind:
            return dict(message)


def test_an_installation_is_told_as_it_goes_on():
    async def scene(run: Run, http: httpx.AsyncClient) -> None:
        await http.post("/dci/v3/server/1/ip", json={"family": "ipv4"})
        async with listen(run, http) as socket:
            begun = (await http.post("/dci/v3/server/1/os_install", json={"os_template": "debian-12"})).json()
            told = await next_of(socket, "operation")
            assert (told["action"], told["id"], told["data"]["type"]) == ("create", begun["operation"], "os_install")
            stages, percents = list[str](), list[int]()
            while told["data"]["status"] not in ("ok", "failed"):
                await run.clock.advance(60)
                told = await next_of(socket, "operation")
                if told["data"]["progress_info"]:
                    stages.append(told["data"]["progress_info"][-1]["stage"])
                    percents.append(told["data"]["progress_info"][-1]["percent"])
            assert told["data"]["status"] == "ok"
            assert list(dict.fromkeys(stages))[-3:] == ["configure", "first_boot", "done"]
            shown = (await http.get(f"/dci/v3/operation/{begun['operation']}")).json()
            assert shown == told["data"]

    play(scene)


def test_when_the_session_ends_so_does_the_connection():
    async def scene(run: Run, http: httpx.AsyncClient) -> None:
        async with listen(run, http) as socket:
            await http.get("/auth/v4/whoami")
            await run.clock.advance(3599)
            await http.post("/dci/v3/server/1", json={"notes": "still there"})
            while (await next_of(socket, "server"))["data"]["notes"] != "still there":
                pass  # polls are told too
            await run.clock.advance(3601)
            await socket.wait_closed()
            assert (socket.close_code, socket.close_reason) == (4401, "no such session; log in")
        with pytest.raises(ConnectionClosed):
            async with listen(run, http) as socket:
                await socket.recv()

    play(scene)


def test_a_logout_ends_it_at_once_and_who_comes_back_hears_what_he_missed():
    async def scene(run: Run, http: httpx.AsyncClient) -> None:
        position = (await http.get("/dci/v3/server")).json()["last_notify"]
        await http.post("/dci/v3/server/1", json={"notes": "missed"})
        async with listen(run, http, f"?since={position}") as socket:
            assert (await next_of(socket, "server"))["data"]["notes"] == "missed"
            await socket.send(b"\x00 what clients say is not for us")
            await http.delete(f"/auth/v4/token/{http.headers['x-xsrf-token']}")
            await socket.wait_closed()
            assert socket.close_code == 4401

    play(scene)
