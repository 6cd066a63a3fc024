"""A client in front of the API of a small world, in virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from simulator.api6 import create_app, create_gateway
from tests.api6.support.contract import check
from tests.dcim.support import ADMIN, World, in_world


class Client:
    """Calls the API as administrator, or as whoever has the token."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.app = create_app(world.panel)
        self.gateway = create_gateway(self.app, clock=world.clock, journal=world.journal)
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.gateway), base_url="https://dci6", event_hooks={"response": [check]}
        )
        self.token = ""

    def inside(self) -> httpx.AsyncClient:
        """A service of the platform, behind the gateway."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://input:1500",
            headers={"Internal-Auth": "on"},
            event_hooks={"response": [check]},
        )

    async def log_in(self, email: str = ADMIN[0], password: str = ADMIN[1]) -> str:
        answer = await self.http.post("/auth/v4/public/token", json={"email": email, "password": password})
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["token"]
        return self.token

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path, headers={"x-xsrf-token": self.token})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        return await self._call("POST", path, body, status)

    async def delete(self, path: str, status: int = 200) -> Any:
        return await self._call("DELETE", path, None, status)

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, int, str, str]:
        """Status, code, message and value of an error."""
        answer = await self.http.request(method, path, json=body, headers={"x-xsrf-token": self.token})
        assert answer.status_code >= 400
        error = answer.json()["error"]
        assert set(error) == {"code", "msg", "value"}
        return answer.status_code, error["code"], error["msg"], error["value"]

    async def _call(self, method: str, path: str, body: Any, status: int) -> Any:
        answer = await self.http.request(method, path, json=body, headers={"x-xsrf-token": self.token})
        assert answer.status_code == status, answer.text
        return answer.json()


def with_client(scene: Callable[[Client], Awaitable[None]], *, login: bool = True, **changes: Any) -> World:
    """Play a scene with a client that is logged in as administrator; the first polls are done."""

    async def play(world: World) -> None:
        client = Client(world)
        async with client.http:
            if login:
                await client.log_in()
            await scene(client)

    return in_world(play, started=True, **changes)
