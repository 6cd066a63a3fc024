"""Discovery of machines that nobody has entered yet. Who asks for an address is given one, and runs the template that looks at its
hardware. What it finds waits for an administrator's approval (DCImanager 5, `serversearch`).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator.dcim.drivers.base import BmcAccess
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.errors import Invalid
from simulator.dcim.records import Register, Server, Template
from simulator.dcim.stock import NewServer, Stock
from simulator.dcim.work.boot import Lease, NetBoot
from simulator.kernel import Journal

__all__ = ["DiscoveredServer", "Discovery", "DiscoverySettings"]


@dataclass(frozen=True, slots=True)
class DiscoverySettings:
    enabled: bool = False
    iprange: str = ""
    """`198.51.100.30-198.51.100.39`: lent to machines while they are looked at."""
    template: str = ""
    """The diagnostic template that looks; empty is the first one that there is."""


@dataclass(frozen=True, slots=True)
class DiscoveredServer:
    id: int
    mac: str
    address: str
    configuration: str = ""
    """Empty until the template has told it."""


class Discovery:
    """Nothing is lent while it is not enabled, nor when the range is used up."""

    def __init__(self, inventory: Inventory, journal: Journal) -> None:
        self.settings = DiscoverySettings()
        self.found: Register[DiscoveredServer] = Register("found server")
        self._inventory = inventory
        self._journal = journal
        self._by_mac: dict[str, int] = {}

    def change(self, **fields: Any) -> DiscoverySettings:
        """Raises NotFound for a template that is no diagnostic one, Invalid for a range that is none."""
        settings = replace(self.settings, **fields)
        if settings.template:
            self._inventory.template(settings.template, "diagnostic")
        _addresses(settings.iprange)
        if settings.enabled and not settings.iprange:
            raise Invalid("iprange", "there is no range to lend addresses from")
        if settings.enabled and self._template(settings) is None:
            raise Invalid("template", "there is no diagnostic template")
        self.settings = settings
        return settings

    def approve(self, number: int, name: str, rack: int, stock: Stock) -> Server:
        """Make a server of it, without connections. Raises NotFound, AlreadyThere for the name."""
        found = self.found.get(number)
        server = stock.add_server(
            NewServer(
                name=name,
                rack=rack,
                unit=None,
                macs=[found.mac],
                serial="",
                model="",
                configuration=found.configuration,
                bmc=BmcAccess(f"BMC of {name}", "", 0, "", ""),
                ports=(),
                outlets=(),
            )
        )
        self.drop(number)
        return server

    def drop(self, number: int) -> None:
        """Forget it, until it asks again. Raises NotFound."""
        del self._by_mac[self.found.remove(number).mac]

    # what the boot service hears of machines that are not in the inventory

    def discover(self, mac: str) -> Lease | None:
        if not self.settings.enabled:
            return None
        mac = mac.lower()
        held = self.found.find(self._by_mac.get(mac))
        if held is None:
            used = {one.address for one in self.found}
            address = next((each for each in _addresses(self.settings.iprange) if each not in used), None)
            if address is None:
                return None
            held = self.found.add(lambda number: DiscoveredServer(number, mac, address))
            self._by_mac[mac] = held.id
            self._journal.write("panel", mac, "server found", address=address)
        return Lease(held.address)

    def loader(self, mac: str) -> NetBoot | None:
        held = self.found.find(self._by_mac.get(mac.lower()))
        template = self._template(self.settings)
        if held is None or held.configuration or template is None:
            return None
        return NetBoot(
            kind="diagnostic",
            image=template.name,
            image_octets=template.image_octets,
            work_seconds=template.work_seconds,
            clear_disks=False,
            addresses=(held.address,),
        )

    def phone_home(self, mac: str, stage: str, detail: Mapping[str, Any]) -> bool:
        """Whether the machine is one that is being looked at."""
        held = self.found.find(self._by_mac.get(mac.lower()))
        if held is None:
            return False
        if stage == "hardware" and "configuration" in detail:
            self.found.change(held.id, configuration=str(detail["configuration"]))
        return True

    def _template(self, settings: DiscoverySettings) -> Template | None:
        for template in self._inventory.templates:
            if template.type == "diagnostic" and settings.template in ("", template.name):
                return template
        return None


def _addresses(text: str) -> list[str]:
    """Raises Invalid."""
    if not text:
        return []
    first, _, last = text.partition("-")
    try:
        low, high = ipaddress.IPv4Address(first.strip()), ipaddress.IPv4Address((last or first).strip())
    except ValueError as error:
        raise Invalid("iprange", str(error)) from None
    if not 0 <= int(high) - int(low) < 4096:
        raise Invalid("iprange", f"{text} is not a range of up to 4096 addresses")
    return [str(ipaddress.IPv4Address(number)) for number in range(int(low), int(high) + 1)]
