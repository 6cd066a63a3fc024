"""How many calls of the DCImanager 6 API a panel of 15,000 servers answers over a real socket, beside a bare Starlette
route that answers the same JSON, in the same run; and what a page costs as the panel grows.

    python benchmarks/lists.py [SECONDS]

The server is a process of its own; a few connections are kept open and ask one call after another.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator.api6 import create_app, create_gateway
from simulator.api6.dci.server_views import SERVERS
from simulator.dcim import Panel, PanelConfig, PoolSetup, ServerSetup, UserSetup
from simulator.dcim.drivers.base import BmcAccess, BmcDriver, PduDriver, SnmpAccess, SwitchDriver
from simulator.kernel import Journal, LoopClock, Streams
from simulator.web.request_line import LaxProtocol

SIZES = (400, 15_000)
CONNECTIONS = 4
SLICES = 6
ADMIN = UserSetup("admin@example.com", "rackloop-admin", "", ["@admin"])
WHERE = "where=" + quote("configuration EQ 'E3-1230-16Gb-480SSD' AND is_new EQ false") + "&orderby=name&limit=0,400"
PAGE = "/dci/v3/server?" + WHERE


class NoDrivers:
    """Nothing here speaks to a device."""

    def bmc(self, access: BmcAccess) -> BmcDriver:
        raise NotImplementedError

    def switch(self, access: SnmpAccess) -> SwitchDriver:
        raise NotImplementedError

    def pdu(self, access: SnmpAccess) -> PduDriver:
        raise NotImplementedError

    async def close(self) -> None:
        return


def make_panel(count: int) -> Panel:
    """A panel that knows so many servers, 400 of them of the configuration that is asked for."""
    servers = [
        ServerSetup(
            name=f"srv-{number:05}",
            rack=f"R{number // 40}",
            unit=number % 40 + 1,
            configuration="E3-1230-16Gb-480SSD" if number * 400 // count != (number + 1) * 400 // count else "i7-6700",
            macs=[f"00:25:90:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"],
            serial=f"S{number}",
            model="X10SLM",
            bmc=BmcAccess(f"BMC of srv-{number:05}", f"127.16.{number >> 8}.{number & 255}", 623, "ADMIN", "ADMIN"),
            ports=(),
            outlets=(),
        )
        for number in range(count)
    ]
    config = PanelConfig(
        location_id=1,
        location_name="Main hall",
        admin=ADMIN,
        users=[],
        racks=[f"R{number}" for number in range(count // 40 + 1)],
        servers=servers,
        switches=[],
        pdus=[],
        pools=[PoolSetup("public", "10.0.0.0/16", "10.0.0.0/16", "10.0.0.1", deallocation=False)],
        templates=[],
        token_ttl=36000.0,
        bmc_poll=0.0,
        switch_poll=0.0,
        pdu_poll=0.0,
        dhcp_timeout=900.0,
        diagnostic_timeout=3600.0,
    )
    clock = LoopClock()
    panel = Panel(config, NoDrivers(), clock, Streams(1), Journal(clock))
    for number in range(count):
        panel.addresses.allocate(panel.addresses.pool("public"), number + 1)
    return panel


# the serving process


async def serve() -> None:
    """Say the ports, one for each size and one for the bare routes, then answer until killed."""
    panels = [make_panel(count) for count in SIZES]
    apps: list[Any] = [create_gateway(create_app(panel), clock=panel.clock) for panel in panels]
    first = next(iter(panels[-1].inventory.servers))
    item = SERVERS.view(panels[-1], first)
    query = {"where": "configuration EQ 'E3-1230-16Gb-480SSD' AND is_new EQ false", "orderby": "name", "limit": "0,400"}
    page = SERVERS.answer(panels[-1], panels[-1].inventory.servers, query)

    async def bare_item(request: Request) -> JSONResponse:
        return JSONResponse(item)

    async def bare_page(request: Request) -> JSONResponse:
        return JSONResponse(page)

    async def bare_write(request: Request) -> JSONResponse:
        return JSONResponse({"id": len(await request.json())})

    async def spent(request: Request) -> JSONResponse:
        return JSONResponse(time.process_time())

    routes = [
        Route("/item", bare_item),
        Route("/page", bare_page),
        Route("/write", bare_write, methods=["POST"]),
        Route("/spent", spent),
    ]
    apps.append(Starlette(routes=routes))
    servers = [
        uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False, http=http))
        for app, http in zip(apps, (LaxProtocol, LaxProtocol, H11Protocol), strict=True)
    ]
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    while not all(server.started for server in servers):  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    ports = [server.servers[0].sockets[0].getsockname()[1] for server in servers]
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    await asyncio.gather(*tasks)


# the asking process


class Connection:
    """HTTP/1.1 with no more than is needed: a client must not be what is measured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, method: str, path: str, token: str = "", body: bytes = b"") -> tuple[int, bytes]:
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: bench\r\nx-xsrf-token: {token}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.split(b"content-length:")[1].split(b"\r\n")[0])
        return int(answer.split(b" ")[1]), await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


async def connect(port: int) -> Connection:
    return Connection(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 26))


async def log_in(port: int) -> str:
    connection = await connect(port)
    body = json.dumps({"email": ADMIN.email, "password": ADMIN.password}).encode()
    _, answer = await connection.ask("POST", "/auth/v4/public/token", "", body)
    connection.close()
    return str(json.loads(answer)["token"])


@dataclass(slots=True)
class Tally:
    """Answers, and the seconds and the server's processor seconds that they took."""

    answers: int = 0
    seconds: float = 0.0
    processor: float = 0.0

    @property
    def rate(self) -> float:
        return self.answers / self.seconds

    @property
    def cost(self) -> float:
        """Processor seconds an answer."""
        return self.processor / self.answers


async def ask_for(tally: Tally, port: int, call: tuple[str, str, bytes], seconds: float, bare: int, token: str) -> None:
    """Ask for so long, and add it to the tally."""
    count = 0
    method, path, body = call
    watch = await connect(bare)

    async def work() -> None:
        nonlocal count
        connection = await connect(port)
        while time.perf_counter() < end:
            status, _ = await connection.ask(method, path, token, body)
            if status != 200:
                raise RuntimeError(f"{method} {path}: {status}")
            count += 1
        connection.close()

    spent = json.loads((await watch.ask("GET", "/spent"))[1])
    started = time.perf_counter()
    end = started + seconds
    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    tally.seconds += time.perf_counter() - started
    tally.processor += json.loads((await watch.ask("GET", "/spent"))[1]) - spent
    tally.answers += count
    watch.close()


async def measure(ports: list[int], seconds: float) -> None:
    small, large, bare = ports
    token = await log_in(large)
    little = await log_in(small)
    item, write = "/dci/v3/server/1", b'{"notes": "benchmark"}'
    rows: list[tuple[str, Tally, Tally]] = []
    for name, ours, theirs in (
        ("reads of one server", ("GET", item, b""), ("GET", "/item", b"")),
        ("reads of a filtered page of 400", ("GET", PAGE, b""), ("GET", "/page", b"")),
        ("writes (edit of a server)", ("POST", item, write), ("POST", "/write", write)),
    ):
        mine, plain = Tally(), Tally()
        await ask_for(Tally(), large, ours, seconds / 4, bare, token)
        for _ in range(SLICES):  # in turn, since others use the machine too
            await ask_for(mine, large, ours, seconds / SLICES, bare, token)
            await ask_for(plain, bare, theirs, seconds / SLICES, bare, "")
        rows.append((name, mine, plain))
    print(f"{'calls a second, 15,000 servers':44}{'panel':>9}{'bare':>9}{'ratio':>8}{'of processor time':>20}")
    for name, mine, plain in rows:
        ratio, cost_ratio = mine.rate / plain.rate, plain.cost / mine.cost
        print(f"{name:44}{mine.rate:9.0f}{plain.rate:9.0f}{ratio:8.2f}{cost_ratio:20.2f}")

    print(f"\n{'milliseconds a page of 400 matching':44}{'of 400':>9}{'of 15000':>9}{'ratio':>8}")
    for name, before, fresh in (
        ("asked again", [], False),
        ("each after a write", [("POST", item, write)], False),
        ("a condition that was never asked before", [], True),
    ):
        costs = await cost(((small, little), (large, token)), before, fresh=fresh)
        print(f"{name:44}{costs[0]:9.2f}{costs[1]:9.2f}{costs[1] / costs[0]:8.2f}")

    connection = await connect(large)
    started = time.perf_counter()
    _, answer = await connection.ask("GET", "/dci/v3/server?limit=15000", token)
    took = time.perf_counter() - started
    print(
        f"\nlimit=15000: {len(json.loads(answer)['list'])} servers, {len(answer) / 1e6:.1f} MB in {took:.2f} s, ",
        end="",
    )
    started = time.perf_counter()
    await connection.ask("GET", "/dci/v3/server?limit=15000", token)
    print(f"again in {time.perf_counter() - started:.2f} s")
    connection.close()


async def cost(
    panels: Sequence[tuple[int, str]], before: Sequence[tuple[str, str, bytes]], *, fresh: bool
) -> list[float]:
    """Milliseconds of the page for each panel, asked in turn so that noise is shared, each time after these calls: the
    lower quartile. `fresh`: the text of the condition is another one each time.
    """
    connections = [await connect(port) for port, _ in panels]
    times: list[list[float]] = [[] for _ in panels]
    for turn in range(80):
        page = PAGE.replace("&orderby", "%20" * (turn + 1) + "&orderby") if fresh else PAGE
        for place, (_, token) in enumerate(panels):
            for method, path, body in before:
                await connections[place].ask(method, path, token, body)
            started = time.perf_counter()
            await connections[place].ask("GET", page, token)
            times[place].append(time.perf_counter() - started)
    for connection in connections:
        connection.close()
    return [sorted(each)[len(each) // 4] * 1000 for each in times]


def main() -> None:
    if "--serve" in sys.argv:
        asyncio.run(serve())
        return
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - it is this very file
        assert server.stdout is not None
        try:
            asyncio.run(measure(json.loads(server.stdout.readline()), seconds))
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
