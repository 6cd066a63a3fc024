"""The data network as metal: NICs, cables, switch ports, and whether a frame gets from a NIC to the boot service.

Every switch of the hall, and the unmanaged links, lead to one segment in which the panel's location server and the
gateway stand.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence

from simulator.plant.datanet import BootService
from simulator.plant.physics import Physics
from simulator.plant.power import Feed, Started

__all__ = ["Cable", "Network", "Nic", "Switch", "SwitchPort"]


class Network:
    """The segment. `boot_service` is what stands at its other end, when anything does."""

    def __init__(self, physics: Physics) -> None:
        self.physics = physics
        self.boot_service: BootService | None = None
        self._waiting: list[asyncio.Future[None]] = []

    def changed(self) -> None:
        """A link somewhere came up or went down: whoever waits for a path looks again."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def path(self, nic: Nic, patience: float) -> bool:
        """Wait until frames of this NIC get through, for at most `patience` seconds; whether they do."""
        if _through(nic):
            return True
        try:
            async with self.physics.clock.timeout(patience):
                while True:
                    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiting.append(future)
                    await future
                    if _through(nic):
                        return True
        except TimeoutError:
            return False


def _through(nic: Nic) -> bool:
    return nic.reaches_network


class Cable:
    """A patch cable from a NIC to a switch port, or (`port` None) to a link that nobody manages."""

    __slots__ = ("nic", "plugged", "port")

    def __init__(self, nic: Nic, port: SwitchPort | None) -> None:
        self.nic = nic
        self.port = port
        self.plugged = True


class Nic:
    """A network interface of a server. It has link only while the server's main power is on."""

    __slots__ = ("_powered", "cable", "dead", "mac", "name", "network", "server", "silent", "speed")

    def __init__(
        self, server: str, name: str, mac: str, speed: int, network: Network, powered: Callable[[], bool]
    ) -> None:
        self.server = server
        self.name = name
        self.mac = mac
        self.speed = speed
        self.network = network
        self.cable: Cable | None = None
        self.dead = False
        """No link at all."""
        self.silent = False
        """Link, and not one frame."""
        self._powered = powered

    @property
    def lit(self) -> bool:
        """The NIC does its half of a link."""
        return not self.dead and self._powered()

    @property
    def link_up(self) -> bool:
        cable = self.cable
        if cable is None or not cable.plugged or not self.lit:
            return False
        return cable.port is None or cable.port.ready

    @property
    def reaches_network(self) -> bool:
        return not self.silent and self.link_up

    @property
    def link_speed(self) -> int:
        """Bits per second that the two ends agree on."""
        port = self.cable.port if self.cable else None
        return self.speed if port is None else min(self.speed, port.nominal_speed)

    def changed(self) -> None:
        """Call after anything that bears on the link."""
        if self.cable and self.cable.port:
            self.cable.port.changed()
        self.network.changed()

    def count(self, received: int, sent: int = 0) -> None:
        """Octets that went through, as the switch port counts them."""
        port = self.cable.port if self.cable else None
        if port is not None:
            port.octets_out += received
            port.octets_in += sent


class SwitchPort:
    """A front port. `link_up` follows administration, cable, NIC and the switch itself."""

    __slots__ = (
        "_link",
        "_switch",
        "admin_up",
        "broken",
        "cable",
        "last_change",
        "mac",
        "nominal_speed",
        "number",
        "octets_in",
        "octets_out",
    )

    def __init__(self, switch: Switch, number: int, speed: int) -> None:
        self._switch = switch
        self.number = number
        self.nominal_speed = speed
        self.admin_up = True
        self.broken = False
        self.cable: Cable | None = None
        self.last_change = 0.0
        self.octets_in = 0
        self.octets_out = 0
        self.mac = b"\x02" + hashlib.sha256(f"{switch.name}/{number}".encode()).digest()[:5]
        self._link = False

    @property
    def ready(self) -> bool:
        """The port does its half of a link."""
        return self.admin_up and not self.broken and self._switch.alive

    @property
    def link_up(self) -> bool:
        return self.ready and self.cable is not None and self.cable.plugged and self.cable.nic.lit

    @property
    def speed(self) -> int:
        return self.cable.nic.link_speed if self.cable and self.link_up else self.nominal_speed

    def set_admin(self, up: bool) -> None:
        if up != self.admin_up:
            self.admin_up = up
            self._switch.physics.note(self._switch.name, "port enabled" if up else "port disabled", port=self.number)
            self.changed()
            self._switch.network.changed()

    def changed(self) -> None:
        link = self.link_up
        if link != self._link:
            self._link = link
            self.last_change = self._switch.physics.clock.now()
            self._switch.physics.note(self._switch.name, "link up" if link else "link down", port=self.number)


class Switch(Started):
    """A switch with numbered front ports. Its configuration survives a loss of power."""

    def __init__(self, name: str, ports: int, port_speed: int, feed: Feed, network: Network) -> None:
        self.network = network
        self.ports: Sequence[SwitchPort] = ()
        super().__init__(name, feed, network.physics)
        self.ports = tuple(SwitchPort(self, number + 1, port_speed) for number in range(ports))

    def state_changed(self) -> None:
        for port in self.ports:
            port.changed()
        self.network.changed()
