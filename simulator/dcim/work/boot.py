"""The panel's location server: what answers network boots. It has the shape of the data network's boot service.

Messages are answered from the operations under way. A machine whose operation was cancelled runs on; the panel only
stops listening to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.ip.addresses import Addresses
from simulator.dcim.records import Server
from simulator.kernel import Journal

__all__ = ["Boot", "BootEntry", "Lease", "NetBoot", "OperationListener", "UnknownMachines"]

STAGES = ("transfer", "hardware", "clear_disks", "configure", "first_boot", "ssh_ready")
"""What a running image may say of itself before its end."""
WRITTEN = ("configure", "first_boot")
"""From here on the disk holds a system, and the loader is told to boot it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What DHCP hands out."""

    address: str


@dataclass(frozen=True, slots=True)
class NetBoot:
    """What the loader is told to run."""

    kind: str
    """`install`, `diagnostic` or `rescue`."""
    image: str
    image_octets: int
    work_seconds: float
    clear_disks: bool
    addresses: Sequence[str]
    ssh_keys: Sequence[str] = ()
    """Public keys that root may log in with."""
    recipe: str = ""
    """A script to run on the first boot."""


class OperationListener(Protocol):
    """Who carries out operations, and is told what the machines say of themselves."""

    def stage(self, operation: int, stage: str, percent: int, detail: Mapping[str, Any]) -> None: ...

    def finished(self, operation: int, error: str | None) -> None: ...


@dataclass(slots=True)
class BootEntry:
    """That a server is awaited, by which operation, and how far it has come."""

    operation: int
    server: int
    lease: Lease
    image: NetBoot
    listener: OperationListener
    armed: bool = False
    """The server is being restarted for this operation: from here on its DHCP requests are answered."""
    dhcp: asyncio.Event = field(default_factory=asyncio.Event)
    loaded: bool = False
    written: bool = False


class UnknownMachines(Protocol):
    """Who answers machines that are not in the inventory."""

    def discover(self, mac: str) -> Lease | None: ...

    def loader(self, mac: str) -> NetBoot | None: ...

    def phone_home(self, mac: str, stage: str, detail: Mapping[str, Any]) -> bool: ...


class Boot:
    """Hears a server only while there is a path from its NIC; who stands at the other end sees to that."""

    def __init__(self, inventory: Inventory, addresses: Addresses, unknown: UnknownMachines, journal: Journal) -> None:
        self._inventory = inventory
        self._addresses = addresses
        self._unknown = unknown
        self._journal = journal
        self._entries: dict[int, BootEntry] = {}

    def expect(self, entry: BootEntry) -> None:
        """Answer this server's network boots, from when the entry is armed."""
        self._entries[entry.server] = entry

    def forget(self, entry: BootEntry) -> None:
        """Stop answering, unless somebody else expects the server by now."""
        if self._entries.get(entry.server) is entry:
            del self._entries[entry.server]

    # what the data network calls

    def discover(self, mac: str) -> Lease | None:
        """DHCPDISCOVER. A server with an operation gets its lease; one without gets its own address when it has one,
        and is sent to its disk by the loader; of one that is not in the inventory `UnknownMachines` decides.
        """
        server = self._inventory.server_by_mac(mac)
        if server is None:
            self._journal.write("panel", mac, "DHCP request from a stranger")
            return self._unknown.discover(mac)
        entry = self._entries.get(server.id)
        if entry is None or not entry.armed:
            own = next((address for address in self._addresses.of_server(server.id) if address.family == 4), None)
            return Lease(own.host) if own else None
        if not entry.dhcp.is_set():
            self._journal.write("panel", server.name, "DHCP request", mac=mac.lower(), address=entry.lease.address)
        entry.dhcp.set()
        return entry.lease

    def loader(self, mac: str) -> NetBoot | None:
        """What to run; None: boot from the disk."""
        server, entry = self._heard(mac)
        if server is None:
            return self._unknown.loader(mac)
        if entry is None or not entry.armed or entry.written:
            return None
        entry.loaded = True
        return entry.image

    def image_requested(self, mac: str, image: str) -> None:
        server, entry = self._heard(mac)
        if server is not None and entry is not None and entry.loaded:
            self._journal.write("panel", server.name, "image requested", image=image, operation=entry.operation)

    def phone_home(self, mac: str, stage: str, percent: int, detail: Mapping[str, Any]) -> None:
        """What the running image says of itself, see `STAGES`; `done` and `error` end the operation."""
        server, entry = self._heard(mac)
        if server is None:
            self._unknown.phone_home(mac, stage, detail)
            return
        if entry is None or not entry.loaded:
            self._journal.write("panel", server.name, "phone-home that nobody waits for", stage=stage)
            return
        if stage == "done":
            entry.listener.finished(entry.operation, None)
        elif stage == "error":
            entry.listener.finished(entry.operation, str(detail.get("message", "")) or "the image failed")
        elif stage in STAGES:
            entry.written = entry.written or (stage in WRITTEN and entry.image.kind == "install")
            entry.listener.stage(entry.operation, stage, percent, detail)
        else:
            self._journal.write("panel", server.name, "phone-home not understood", stage=stage)

    def _heard(self, mac: str) -> tuple[Server | None, BootEntry | None]:
        server = self._inventory.server_by_mac(mac)
        return server, None if server is None else self._entries.get(server.id)
