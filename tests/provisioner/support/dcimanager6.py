"""A small DCImanager 6 in memory: enough of its state to see whether a billing module treats it properly."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from simulator.kernel import Clock

CONFIGURATION = "E3-1230-16Gb-2x1000SSD"
ADMIN = ("admin@example.com", "topsecret")
_CONDITION = re.compile(r"^\(?(\w+) (?:(EQ|CP) '([^']*)'|(EQ) (\d+)|(IS) null)\)?$")


@dataclass
class Op:
    id: int
    type: str
    began: float
    takes: float
    outcome: str = "ok"
    canceled: float | None = None
    cancel_takes: float = 0.0

    def status(self, now: float) -> str:
        if self.canceled is not None:
            return "canceled" if now >= self.canceled + self.cancel_takes else "canceling"
        return self.outcome if now >= self.began + self.takes else "running"


@dataclass
class Box:
    id: int
    name: str
    configuration: str = CONFIGURATION
    owner: int | None = None
    location: int = 1
    power: str = "off"
    ports: list[str] = field(default_factory=lambda: ["down"])
    ips: list[tuple[int, str]] = field(default_factory=list)
    op: Op | None = None
    clear_disks: bool | None = None
    password: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    """Further fields that the panel shows: `maintenance`, `faulty`, `protected`."""


class Panel:
    """State, a table of handlers, and a few ways to make it misbehave."""

    def __init__(self, clock: Clock, servers: int = 3) -> None:
        self.clock = clock
        self.boxes = {number: Box(number, f"srv-{number:02}") for number in range(1, servers + 1)}
        self.users = {1: {"id": 1, "email": ADMIN[0], "roles": ["@admin"]}}
        self.templates = [
            {"id": 7, "name": "debian-12", "type": "os"},
            {"id": 8, "name": "Diag6", "type": "diagnostic"},
        ]
        self.pools = [{"id": 3, "name": "public"}, {"id": 4, "name": "release"}, {"id": 5, "name": "public6"}]
        self.tokens: list[str] = []
        self.logins = 0
        self.ops: dict[int, Op] = {}
        self.install_takes = 25 * 60.0
        self.diagnostic_takes = 10 * 60.0
        self.outcome = "ok"
        self.cancel_takes = 0.0
        self.ids = 100
        self.seen: list[str] = []
        self.bodies: list[Any] = []
        self.bends: list[Callable[[httpx.Request], Awaitable[httpx.Response | None]]] = []

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    @property
    def acts(self) -> list[str]:
        """What was ordered: every call that changes something, sessions aside."""
        return [line for line in self.seen if not line.startswith("GET") and "/auth/" not in line]

    def body_of(self, line: str) -> Any:
        return self.bodies[self.seen.index(line)]

    # misbehaviour

    def bend(
        self, match: str, act: Callable[[httpx.Request], httpx.Response | Exception | float], times: int = 1
    ) -> None:
        """Let `act` answer the next `times` calls whose "METHOD path" matches; a float delays them by seconds."""

        async def bent(request: httpx.Request) -> httpx.Response | None:
            nonlocal times
            if times <= 0 or not re.search(match, f"{request.method} {request.url.path}"):
                return None
            times -= 1
            result = act(request)
            if isinstance(result, float):
                await self.clock.sleep(result)
                return None
            if isinstance(result, Exception):
                raise result
            return result

        self.bends.append(bent)

    # the wire

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.seen.append(f"{request.method} {path}")
        body = json.loads(request.content) if request.content else {}
        self.bodies.append(body)
        for bend in self.bends:
            if (answer := await bend(request)) is not None:
                return answer
        if path == "/auth/v4/public/token":
            return self._login(body)
        token = request.headers.get("x-xsrf-token")
        if token not in self.tokens:
            return error(401, 1000, "Unauthorized")
        if request.method == "DELETE" and path == f"/auth/v4/token/{token}":
            self.tokens.remove(token)
            return httpx.Response(200, json={})
        for method, pattern, handler in ROUTES:
            match = re.fullmatch(pattern, path)
            if method == request.method and match:
                arguments = [int(group) for group in match.groups()]
                return handler(self, request, body, *arguments)
        return error(404, 1106, f"no handler for {request.method} {path}")

    def _login(self, body: Any) -> httpx.Response:
        if (body["email"], body["password"]) != ADMIN:
            return error(401, 1005, "Wrong email or password")
        self.logins += 1
        self.tokens.append(f"token-{self.logins}")
        return httpx.Response(201, json={"id": self.logins, "token": self.tokens[-1], "expires_at": None})

    def _next(self) -> int:
        self.ids += 1
        return self.ids

    # what it shows

    def show_op(self, op: Op) -> dict[str, Any]:
        return {
            "id": op.id,
            "type": op.type,
            "status": op.status(self.clock.now()),
            "status_info": {},
            "progress_info": [],
        }

    def show(self, box: Box) -> dict[str, Any]:
        return {
            "id": box.id,
            "name": box.name,
            "configuration": box.configuration,
            "owner_email": self.users[box.owner]["email"] if box.owner else None,
            "location_id": box.location,
            **box.more,
            "power_status": box.power,
            "operation": self.show_op(box.op) if box.op else None,
            "ip": [
                {"id": number, "name": name, "family": "ipv6" if ":" in name else "ipv4"} for number, name in box.ips
            ],
            "switch_connection": [
                {"id": 1, "admin_status": "up", "is_ipmi_connection": True},
                *(
                    {"id": n, "admin_status": status, "is_ipmi_connection": False}
                    for n, status in enumerate(box.ports, 2)
                ),
            ],
        }

    def list_servers(self, request: httpx.Request, body: Any) -> httpx.Response:
        rows = sorted((self.show(box) for box in self.boxes.values()), key=lambda row: row["id"])
        return listing(rows, request)

    def one_server(self, request: httpx.Request, body: Any, sid: int) -> httpx.Response:
        return (
            httpx.Response(200, json=self.show(self.boxes[sid]))
            if sid in self.boxes
            else error(404, 3080, "no such server")
        )

    def list_users(self, request: httpx.Request, body: Any) -> httpx.Response:
        return listing(list(self.users.values()), request)

    def list_pools(self, request: httpx.Request, body: Any) -> httpx.Response:
        return listing(self.pools, request)

    def list_templates(self, request: httpx.Request, body: Any) -> httpx.Response:
        return listing(self.templates, request)

    def list_ips(self, request: httpx.Request, body: Any, sid: int) -> httpx.Response:
        return listing(self.show(self.boxes[sid])["ip"], request)

    def one_operation(self, request: httpx.Request, body: Any, oid: int) -> httpx.Response:
        return httpx.Response(200, json=self.show_op(self.ops[oid]))

    # what it does

    def add_user(self, request: httpx.Request, body: Any) -> httpx.Response:
        if any(user["email"] == body["email"] for user in self.users.values()):
            return error(409, 3001, "there is such a user")
        uid = self._next()
        self.users[uid] = {"id": uid, "email": body["email"], "roles": "[@user]", "full_name": body["full_name"]}
        return httpx.Response(200, json={"id": uid})

    def owner(self, request: httpx.Request, body: Any, sid: int) -> httpx.Response:
        self.boxes[sid].owner = body["owner"]
        return httpx.Response(200, json={"id": sid})

    def ports(self, request: httpx.Request, body: Any, sid: int) -> httpx.Response:
        box = self.boxes[sid]
        if not box.ports:
            return error(409, 2001, "the server has no switch ports")
        box.ports = ["up" if request.url.path.endswith("on") else "down"] * len(box.ports)
        return httpx.Response(200, json={"id": sid})

    def power(self, request: httpx.Request, body: Any, sid: int) -> httpx.Response:
        self.boxes[sid].power = "on" if request.url.path.endswith("on") else "off"
        return httpx.Response(200, json={"id": sid})

    def add_ip(self, request: httpx.Request, body: Any, sid: int) -> httpx.Response:
        for _ in range(body["count"]):
            number = self._next()
            name = f"192.0.2.{number - 90}"
            if body["family"] == "ipv6":
                name = f"2001:db8:0:{number:x}::" + (f"/{body['ip_prefix']}" if "ip_prefix" in body else "5")
            self.boxes[sid].ips.append((number, name))
        return httpx.Response(200, json={"id": number})

    def drop_ip(self, request: httpx.Request, body: Any, sid: int, ip: int) -> httpx.Response:
        if ip not in [number for number, _ in self.boxes[sid].ips]:
            return error(404, 3080, "no such address")
        self.boxes[sid].ips = [entry for entry in self.boxes[sid].ips if entry[0] != ip]
        return httpx.Response(200, json={"id": ip})

    def install(self, request: httpx.Request, body: Any, sid: int) -> httpx.Response:
        self.boxes[sid].password = body["password"]
        return self.start(sid, "os_install", self.install_takes)

    def diagnose(self, request: httpx.Request, body: Any, sid: int) -> httpx.Response:
        self.boxes[sid].clear_disks = body["clear_disks"]
        return self.start(sid, "diagnostic", self.diagnostic_takes)

    def start(self, sid: int, kind: str, takes: float) -> httpx.Response:
        box, now = self.boxes[sid], self.clock.now()
        if box.op is not None and box.op.status(now) in ("running", "canceling"):
            return error(409, 2002, "the server is busy")
        op = box.op = Op(self._next(), kind, now, takes, self.outcome, cancel_takes=self.cancel_takes)
        self.ops[op.id] = op
        return httpx.Response(200, json={"id": sid, "operation": op.id})

    def cancel(self, request: httpx.Request, body: Any, sid: int) -> httpx.Response:
        op = self.boxes[sid].op
        if op is None or op.status(self.clock.now()) != "running":
            return error(409, 2003, "no operation is running")
        op.canceled = self.clock.now()
        return httpx.Response(200, json={"id": sid, "operation": op.id})

    def busy(self, sid: int, takes: float = math.inf) -> Op:
        """As if somebody had started an operation in the panel."""
        self.start(sid, "diagnostic", takes)
        op = self.boxes[sid].op
        assert op is not None
        return op

    def last(self, sid: int, outcome: str) -> None:
        """As if the server's last operation had ended so."""
        self.boxes[sid].op = self.ops[self.ids] = Op(self._next(), "diagnostic", -10.0, 1.0, outcome)


def error(status: int, code: int, message: str) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "msg": message, "value": {}}})


def listing(rows: list[dict[str, Any]], request: httpx.Request) -> httpx.Response:
    for condition in filter(None, request.url.params.get("where", "").split(" AND ")):
        match = _CONDITION.match(condition)
        if match is None:
            return error(400, 1, f"where: {condition}")
        key, _, text, _, number, null = match.groups()
        if null:
            rows = [row for row in rows if row[key] is None]
        elif number:
            rows = [row for row in rows if row[key] == int(number)]
        else:
            like = re.compile(".*".join(re.escape(part) for part in text.split("%")), re.IGNORECASE)
            rows = [row for row in rows if like.fullmatch(str(row[key]))]
    size = len(rows)
    if limit := request.url.params.get("limit"):
        offset, count = map(int, limit.split(","))
        rows = rows[offset : offset + count]
    return httpx.Response(200, json={"list": rows, "size": size})


SERVER = r"/dci/v3/server/(\d+)"
ROUTES: list[tuple[str, str, Callable[..., httpx.Response]]] = [
    ("GET", "/dci/v3/server", Panel.list_servers),
    ("GET", SERVER, Panel.one_server),
    ("GET", "/dci/v3/user", Panel.list_users),
    ("POST", "/dci/v3/user", Panel.add_user),
    ("GET", "/ip/v3/ippool", Panel.list_pools),
    ("GET", "/dci/v3/os_template", Panel.list_templates),
    ("GET", r"/dci/v3/operation/(\d+)", Panel.one_operation),
    ("POST", f"{SERVER}/owner", Panel.owner),
    ("POST", f"{SERVER}/port_on", Panel.ports),
    ("POST", f"{SERVER}/port_off", Panel.ports),
    ("POST", f"{SERVER}/power_on", Panel.power),
    ("POST", f"{SERVER}/power_off", Panel.power),
    ("GET", f"{SERVER}/ip", Panel.list_ips),
    ("POST", f"{SERVER}/ip", Panel.add_ip),
    ("DELETE", rf"{SERVER}/ip/(\d+)", Panel.drop_ip),
    ("POST", f"{SERVER}/os_install", Panel.install),
    ("POST", f"{SERVER}/diagnostic", Panel.diagnose),
    ("POST", f"{SERVER}/operation/cancel", Panel.cancel),
]
