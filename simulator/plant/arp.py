"""Who is reached under an address when more than one live system has it.

The gateway sends to the station that its neighbour table names. A system that comes up announces its addresses: Debian's
ifup and every distribution's network manager send a gratuitous ARP (RFC 5227, 3), and the first packet that it sends shows its
own address anyhow. A gateway takes that over, whatever its table said: Cisco IOS with each ARP packet that it hears, Linux
(`arp_update`, net/ipv4/arp.c) once the entry is older than a second. So the system that came up last has an IPv4 address, and
takes the one before off the network. When it goes, unicast probes fail, the gateway asks everybody, and who still has the
address answers; here at once, in reality within a minute (Linux) or when somebody clears the table (IOS).

With IPv6 it is the other way round: who comes up asks first whether anybody has the address, and does not use it if so (duplicate
address detection, RFC 4862, 5.4). The first keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from simulator.plant.physics import Physics

__all__ = ["Neighbours", "Station"]


class Station(Protocol):
    """A machine with a network stack."""

    name: str

    def has(self, address: str) -> bool:
        """Something runs on it that has this address, and frames reach it."""


class Neighbours:
    """The hall's segment as ARP and neighbour discovery show it."""

    def __init__(self, physics: Physics) -> None:
        self._physics = physics
        self._announced: dict[str, list[Station]] = {}
        """By address, who announced it; the last one is the last."""

    def announce(self, station: Station, addresses: Sequence[str]) -> None:
        """A system came up on a station, with these addresses."""
        for address in addresses:
            others = [each for each in self.holders(address) if each is not station]
            if others:
                names = sorted(each.name for each in others)
                self._physics.note(station.name, "address conflict", address=address, others=names)
            announced = self._announced[address] = [s for s in self._announced.get(address, ()) if s is not station]
            if not others or ":" not in address:
                announced.append(station)

    def holders(self, address: str) -> list[Station]:
        """Who answers when everybody is asked for this address, as arping shows it; the gateway's choice is the last."""
        return [station for station in self._announced.get(address, ()) if station.has(address)]

    def conflicts(self) -> dict[str, list[Station]]:
        """Addresses that more than one live system has, with who has them; the last of each is reached."""
        held = {address: self.holders(address) for address in sorted(self._announced)}
        return {address: holders for address, holders in held.items() if len(holders) > 1}

    def reached(self, address: str) -> Station | None:
        """Whose frames to this address come to."""
        holders = self.holders(address)
        return holders[-1] if holders else None
