"""A small DCImanager 5 in memory: enough of its state, and of its XML, to see whether a billing module treats it properly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import httpx

from simulator.kernel import Clock

ADMIN = ("billing", "topsecret")
CONFIGURATION = "E3-1230"


class Refusal(Exception):
    def __init__(self, kind: str, thing: str = "", message: str = "") -> None:
        super().__init__(kind)
        self.kind, self.thing, self.message = kind, thing, message or kind


@dataclass
class Box:
    id: int
    name: str
    hostname: str = "free.ds"
    owner: int | None = None
    notes: str = ""
    type: str = CONFIGURATION
    disabled: bool = False
    hwproblem: bool = False
    on: bool = False
    ports: dict[int, bool] = field(default_factory=dict)
    ips: dict[int, list[str]] = field(default_factory=dict)
    """[address, domain] by id; the first is the main one."""
    installed_at: float | None = None
    """When the installation that was begun ends."""
    failed: bool = False
    os: str = ""
    password: str = ""


class Panel5:
    """State, a method for each function, and a few ways to make it misbehave."""

    def __init__(self, clock: Clock, servers: int = 3) -> None:
        self.clock = clock
        self.boxes = {
            number: Box(number, f"S{number}", ports={number * 10: False, number * 10 + 1: False})
            for number in range(1, servers + 1)
        }
        self.users = {1: [ADMIN[0], "29", ADMIN[1]]}
        self.free = [f"192.0.2.{number}" for number in range(10, 30)]
        self.install_seconds = 1200.0
        self.fails: set[int] = set()
        """Servers whose installation fails."""
        self.slow: set[int] = set()
        """Servers whose installation takes half a day."""
        self.dark: set[int] = set()
        """Servers that never power on."""
        self.silent: set[int] = set()
        """Servers that answer no ping."""
        self.broken_ports: set[int] = set()
        self.refuses: dict[str, Refusal] = {}
        """Functions that are refused."""
        self.down: int = 0
        """So many further calls are answered with 503."""
        self.calls: list[dict[str, str]] = []
        self.lists_addresses: Callable[[Box], dict[int, list[str]]] = lambda box: box.ips
        """What a list shows of a server's addresses."""
        self.raw: bytes | None = None
        """Instead of any answer."""

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    async def alive(self, address: str) -> bool:
        """A ping from the network that the servers are in."""
        self._settle()
        for box in self.boxes.values():
            if any(ip == address for ip, _ in box.ips.values()):
                return (
                    box.on
                    and bool(box.os)
                    and box.installed_at is None
                    and any(box.ports.values())
                    and box.id not in self.silent
                )
        return False

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        await self.clock.sleep(0.1)
        if self.down:
            self.down -= 1
            return httpx.Response(503, content=b'<doc><error type="starting"/></doc>')
        if self.raw is not None:
            return httpx.Response(200, content=self.raw)
        assert request.method == "POST"
        assert request.url.path == "/dcimgr"
        asked = dict(parse_qsl(request.content.decode(), keep_blank_values=True))
        self.calls.append(asked)
        document = ET.Element("doc", lang="en", func=asked["func"])
        try:
            self._handler(asked)(document, asked)
        except Refusal as refusal:
            error = ET.SubElement(document, "error", type=refusal.kind, object=refusal.thing)
            ET.SubElement(error, "msg").text = refusal.message
        return httpx.Response(200, content=ET.tostring(document, encoding="utf-8", xml_declaration=True))

    def _handler(self, asked: dict[str, str]) -> Callable[[ET.Element, dict[str, str]], None]:
        name, _, password = asked["authinfo"].partition(":")
        if [name, password] not in [[user, secret] for user, _, secret in self.users.values()]:
            raise Refusal("auth", "badpassword", "Invalid username or password")
        if asked["func"] in self.refuses:
            raise self.refuses[asked["func"]]
        handler: Callable[[ET.Element, dict[str, str]], None] | None
        handler = getattr(self, "do_" + asked["func"].replace(".", "_"), None)
        if handler is None:
            raise Refusal("missed", "func")
        return handler

    # functions

    def _rows(self, document: ET.Element, rows: list[dict[str, str | bool]]) -> None:
        for row in rows:
            elem = ET.SubElement(document, "elem")
            for key, value in row.items():
                if value is True:
                    ET.SubElement(elem, key)
                elif value is not False:
                    ET.SubElement(elem, key).text = str(value)
        ET.SubElement(document, "p_elems").text = str(len(rows))

    def _box(self, asked: dict[str, str], key: str = "elid") -> Box:
        self._settle()
        try:
            return self.boxes[int(asked[key])]
        except (KeyError, ValueError):
            raise Refusal("missed", "server") from None

    def _settle(self) -> None:
        for box in self.boxes.values():
            if box.installed_at is not None and self.clock.now() >= box.installed_at:
                box.installed_at, box.failed = None, box.id in self.fails
                if box.failed:
                    box.os = ""

    def do_server(self, document: ET.Element, _: dict[str, str]) -> None:
        self._settle()
        rows: list[dict[str, str | bool]] = [
            {
                "id": str(box.id), "name": box.name, "type": box.type, "hostname": box.hostname, "rack": "A1 (1)",
                "owner": self.users[box.owner][0] if box.owner else False, "notes": box.notes, "os": box.os,
                "ip": next((ip for ip, _ in box.ips.values()), ""), "disabled": box.disabled,
                "hwproblem": box.hwproblem, "poweron": box.on, "poweroff": not box.on,
                "install_in_progress": box.installed_at is not None, "operation_failed": box.failed,
            }
            for box in self.boxes.values()
        ]  # fmt: skip
        self._rows(document, rows)

    def do_server_edit(self, document: ET.Element, asked: dict[str, str]) -> None:
        box = self._box(asked)
        if "sok" in asked:
            box.name, box.notes = asked["name"], asked["notes"]
            box.owner = None if asked["owner"] == "no_owner" else int(asked["owner"])
            box.hostname = asked.get("hostname", box.hostname)
            ET.SubElement(document, "ok")
            return
        values = {"name": box.name, "notes": box.notes, "type": box.type, "owner": str(box.owner or "no_owner")}
        for key, value in values.items():
            ET.SubElement(document, key).text = value

    def do_server_enable(self, document: ET.Element, asked: dict[str, str]) -> None:
        box = self._box(asked)
        box.disabled = False
        box.ports = dict.fromkeys(box.ports, True)
        ET.SubElement(document, "ok")

    def do_server_disable(self, document: ET.Element, asked: dict[str, str]) -> None:
        box = self._box(asked)
        box.disabled = True
        box.ports = dict.fromkeys(box.ports, False)
        ET.SubElement(document, "ok")

    def do_server_poweron(self, document: ET.Element, asked: dict[str, str]) -> None:
        box = self._box(asked)
        box.on = box.id not in self.dark
        ET.SubElement(document, "ok")

    def do_server_operations(self, document: ET.Element, asked: dict[str, str]) -> None:
        box = self._box(asked)
        if not box.ips:
            raise Refusal("operfail_no_ip_on_server")
        if box.installed_at is not None:
            raise Refusal("operations_runnung_on_server")
        if asked["ostemplate"] != "ISPsystem__Debian-12":
            raise Refusal("value", "ostemplate", "You have selected incorrect OS template")
        assert asked["passwd"] == asked["confirm"]
        takes = 43_200.0 if box.id in self.slow else self.install_seconds
        box.installed_at, box.failed = self.clock.now() + takes, False
        box.os, box.password = "Debian-12", asked["passwd"]
        ET.SubElement(document, "ok")

    def do_server_connection(self, document: ET.Element, asked: dict[str, str]) -> None:
        rows: list[dict[str, str | bool]] = [
            {"id": str(port), "type": "Switch", "adminon": on, "adminoff": not on}
            for port, on in self._box(asked).ports.items()
        ]
        self._rows(document, [*rows, {"id": "900", "type": "IPMI"}])

    def _ports(self, document: ET.Element, asked: dict[str, str], *, on: bool) -> None:
        box = self._box(asked, "plid")
        for port in map(int, asked["elid"].split(", ")):
            if port in self.broken_ports:
                raise Refusal("handler_snmp_session_fail", "", "Failed to change 1 connection(s)")
            box.ports[port] = on
        ET.SubElement(document, "ok")

    def do_server_connection_on(self, document: ET.Element, asked: dict[str, str]) -> None:
        self._ports(document, asked, on=True)

    def do_server_connection_off(self, document: ET.Element, asked: dict[str, str]) -> None:
        self._ports(document, asked, on=False)

    def do_iplist(self, document: ET.Element, asked: dict[str, str]) -> None:
        rows: list[dict[str, str | bool]] = [
            {"id": str(number), "ip": ip, "domain": domain}
            for number, (ip, domain) in self.lists_addresses(self._box(asked)).items()
        ]
        self._rows(document, rows)

    def do_iplist_edit(self, document: ET.Element, asked: dict[str, str]) -> None:
        box = self._box(asked, "plid")
        if "elid" in asked:
            if int(asked["elid"]) not in box.ips:
                raise Refusal("missed", "ip")
            box.ips[int(asked["elid"])][1] = asked["domain"]
        else:
            if not self.free:
                raise Refusal("ip_alloc_failed", "", "No IP addresses available")
            ip = self.free.pop(0)
            box.ips[100 + int(ip.rpartition(".")[2])] = [ip, asked["domain"]]
            ET.SubElement(document, "ip").text = ip
        ET.SubElement(document, "ok")

    def do_iplist_delete(self, document: ET.Element, asked: dict[str, str]) -> None:
        box = self._box(asked, "plid")
        if box.installed_at is not None:
            raise Refusal("ip_delete_restrict_osinstall_in_progress")
        if int(asked["elid"]) not in box.ips:
            raise Refusal("missed", "ip")
        self.free.append(box.ips.pop(int(asked["elid"]))[0])
        ET.SubElement(document, "ok")

    def do_user(self, document: ET.Element, _: dict[str, str]) -> None:
        rows: list[dict[str, str | bool]] = [
            {"id": str(number), "name": name, "level": level} for number, (name, level, _) in self.users.items()
        ]
        self._rows(document, rows)

    def do_user_edit(self, document: ET.Element, asked: dict[str, str]) -> None:
        if "elid" in asked:
            self.users[int(asked["elid"])][2] = asked["passwd"]
        else:
            if any(name == asked["name"] for name, _, _ in self.users.values()):
                raise Refusal("exists", "users")
            self.users[len(self.users) + 1] = [asked["name"], "16", asked["passwd"]]
            ET.SubElement(document, "id").text = str(len(self.users))
        ET.SubElement(document, "ok")

    def do_osmgr(self, document: ET.Element, _: dict[str, str]) -> None:
        row: dict[str, str | bool] = {"id": "ISPsystem__Debian-12", "name": "Debian-12", "type": "type_ostemplate"}
        self._rows(document, [{**row, "installed": "ok"}])

    def do_new_net(self, document: ET.Element, _: dict[str, str]) -> None:
        self._rows(document, [{"id": "1", "name": "public", "net": "192.0.2.0/24"}])
