"""Labs with real equipment, which another lab plays, and somebody on the line who looks at every datagram."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from simulator import Lab
from simulator.lab import Run
from simulator.snmp.message import SET, decode_message
from simulator.snmp.oid import dotted

__all__ = ["Hall", "Tap", "hall", "mixed", "sets"]

CONFIGURATION = "E3-1230-16Gb-480SSD"
PANEL = {
    "pools": [
        {"name": "public", "range": "192.0.2.10-192.0.2.19", "gateway": "192.0.2.1"},
        {"name": "diag", "range": "198.51.100.10-198.51.100.19", "gateway": "198.51.100.1", "deallocation": True},
    ],
    "templates": [
        {"name": "debian-12", "type": "os", "image": "90 MB", "work": "2m"},
        {"name": "Diag6", "type": "diagnostic", "image": "70 MB", "work": "1m"},
    ],
}


class Tap(asyncio.DatagramProtocol):
    """Stands before a device and passes on what comes, both ways; `heard` has all datagrams that were for the device."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self._back: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self._waiting: dict[tuple[str, int], list[bytes]] = {}
        self.heard: list[bytes] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.transport.get_extra_info("sockname")
        return host, port

    def datagram_received(self, data: bytes, source: Any) -> None:
        self.heard.append(data)
        if source in self._back:
            self._back[source].sendto(data)
            return
        queue = self._waiting.setdefault(source, [])
        queue.append(data)
        if len(queue) == 1:
            self._opening = asyncio.ensure_future(self._open(source))

    async def _open(self, source: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Way(self.transport, source), remote_addr=self._to)
        self._back[source] = transport
        for data in self._waiting.pop(source):
            transport.sendto(data)

    def close(self) -> None:
        self.transport.close()
        for transport in self._back.values():
            transport.close()


class _Way(asyncio.DatagramProtocol):
    def __init__(self, front: Any, source: tuple[str, int]) -> None:
        self._front = front
        self._source = source

    def datagram_received(self, data: bytes, source: Any) -> None:
        if not self._front.is_closing():
            self._front.sendto(data, self._source)


def sets(tap: Tap) -> list[str]:
    """The names of all objects that were to be set, dotted."""
    found = [decode_message(data) for data in tap.heard]
    return [dotted(item.name) for message in found if message.pdu == SET for item in message.varbinds]


@dataclass
class Hall:
    """The other lab, which is the real equipment here, and the taps before it."""

    far: Run
    commands: list[str] = field(default_factory=list)
    """What the BMC was told, without log-ins."""
    taps: dict[str, Tap] = field(default_factory=dict)


FAR = {
    "lab": "far",
    "racks": [
        {
            "name": "B1",
            "switches": [{"name": "sw", "model": "cisco-c3560", "ports": 4}],
            "pdus": [{"name": "pdu", "model": "raritan-px3", "outlets": 8}],
            "servers": [
                {
                    "name": "far",
                    "configuration": CONFIGURATION,
                    "cables": {"nic1": "sw/2", "psu1": "pdu/3"},
                    "bmc": {"username": "root", "password": "calvin"},
                }
            ],
        }
    ],
}
_SESSION = {
    "Get Channel Authentication Capabilities", "Set Session Privilege Level", "Close Session", "Activate Session",
    "Get Session Challenge", "Get Channel Cipher Suites", "Get Device ID", "Get Chassis Status",
}  # fmt: skip


@asynccontextmanager
async def hall(clock: str = "scaled:600") -> AsyncIterator[Hall]:
    async with Lab.load(FAR).wire(seed=1, clock=clock) as far, AsyncExitStack() as stack:
        there = Hall(far)
        loop = asyncio.get_running_loop()
        for name, place in (("bmc", far.bmcs["far"]), ("switch", far.switches["sw"]), ("pdu", far.pdus["pdu"])):
            _, tap = await loop.create_datagram_endpoint(
                lambda place=place: Tap(place),
                local_addr=("127.0.0.1", 0),  # type: ignore[misc]
            )
            stack.callback(tap.close)
            there.taps[name] = tap

        def observed(what: str, detail: dict[str, Any]) -> None:
            if what == "command" and detail["command"] not in _SESSION:
                there.commands.append(detail["command"])

        far.bmc("far").observer = observed
        yield there


def mixed(there: Hall, *, stack: str = "own", allow: bool = True, **panel: Any) -> dict[str, Any]:
    """A lab whose first server has its BMC, switch port and outlet there; the second is emulated. With `allow` all of it may be written."""
    ipmi, snmp = ("ipmi-own", "snmp-own") if stack == "own" else ("ipmi", "snmp")

    def at(name: str, words: list[str]) -> dict[str, Any]:
        host, port = there.taps[name].address
        return {"address": host, "port": port, **({"allow": words} if allow else {})}

    return {
        "lab": "mixed",
        "racks": [
            {
                "name": "A1",
                "switches": [
                    {"name": "sw-real", "model": "cisco-c3560", "ports": 4, "driver": snmp}
                    | at("switch", ["ports", "vlans"]),
                    {"name": "sw-here", "model": "cisco-c3560", "ports": 4},
                ],
                "pdus": [
                    {"name": "pdu-real", "model": "raritan-px3", "outlets": 8, "driver": snmp} | at("pdu", ["power"]),
                    {"name": "pdu-here", "model": "raritan-px3", "outlets": 8},
                ],
                "servers": [
                    {
                        "name": "iron",
                        "configuration": CONFIGURATION,
                        "cables": {"nic1": "sw-real/2", "psu1": "pdu-real/3"},
                        "bmc": {"username": "root", "password": "calvin", "driver": ipmi}
                        | at("bmc", ["power", "boot"]),
                    },
                    {
                        "name": "srv-2",
                        "configuration": CONFIGURATION,
                        "cables": {"nic1": "sw-here/2", "psu1": "pdu-here/3"},
                    },
                ],
            }
        ],
        "panel": {**PANEL, **panel},
    }
