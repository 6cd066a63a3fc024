"""The data network as metal: NICs, cables, switch ports, and whether a frame gets from a NIC to the boot service.

Every switch of the hall, and the unmanaged links, lead to one segment in which the panel's location server and the
gateway stand: VLAN 1. A switch's uplink carries all of its VLANs; a port whose VLAN is another one has link and reaches
nobody there.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from simulator.kernel.flow import because
from simulator.plant.arp import Neighbours
from simulator.plant.datanet import BootService
from simulator.plant.ethernet import AUTO, Link, LinkSetting, can_be_set, negotiated, negotiates
from simulator.plant.physics import Physics

__all__ = ["SEGMENT", "Cable", "Network", "Nic", "SwitchPort", "Vlan"]

SEGMENT = 1
"""The VLAN in which the boot service and the gateway stand."""

FORWARD_DELAY = 15.0
"""Seconds that classic spanning tree listens, and then learns, before it forwards."""

_FRAME = 1500
_DAMAGED = 20
"""Over a duplex mismatch one frame in so many is cut off by the end that is half duplex."""


class Network:
    """The segment. `boot_service` is what stands at its other end, while anything is connected there."""

    def __init__(self, physics: Physics) -> None:
        self.physics = physics
        self.neighbours = Neighbours(physics)
        self._boot_service: BootService | None = None
        self.generation = 0
        """Rises with every change of links and VLANs."""
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def boot_service(self) -> BootService | None:
        return self._boot_service

    def connect(self, service: BootService) -> None:
        """A boot service is there from now on."""
        self._boot_service = service
        self.changed()

    def disconnect(self) -> None:
        """Nobody answers network boots any more; who waits for a path goes on waiting."""
        self._boot_service = None

    def changed(self) -> None:
        """A link somewhere came up or went down: whoever waits for a path looks again."""
        self.generation += 1
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def path(self, nics: Sequence[Nic], patience: float) -> bool:
        """Wait until frames of any of these NICs reach the boot service, for at most `patience` seconds; whether they do."""
        if _through(nics):
            return True
        try:
            async with self.physics.clock.timeout(patience):
                while True:
                    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiting.append(future)
                    await future
                    if _through(nics):
                        return True
        except TimeoutError:
            return False


def _through(nics: Sequence[Nic]) -> bool:
    return any(nic.reaches_network and nic.network.boot_service is not None for nic in nics)


class Cable:
    """A patch cable from a NIC to a switch port, or (`port` None) to a link that nobody manages. Making one plugs it in at
    both ends.
    """

    __slots__ = ("nic", "plugged", "port")

    def __init__(self, nic: Nic, port: SwitchPort | None) -> None:
        self.nic = nic
        self.port = port
        self.plugged = True
        nic.cable = self
        if port is not None:
            port.cable = self

    @property
    def link(self) -> Link | None:
        """What the NIC and, second, the port come to when both are live; None: no link. An unmanaged end negotiates."""
        nic, port = self.nic, self.port
        if port is None:
            return negotiated(nic.speed, nic.setting, nic.speed, AUTO)
        return negotiated(nic.speed, nic.setting, port.nominal_speed, port.setting)


class Nic:
    """A network interface of a server. It has link only while the server's main power is on."""

    __slots__ = (
        "_powered",
        "cable",
        "dead",
        "mac",
        "name",
        "network",
        "server",
        "setting",
        "silent",
        "speed",
        "standby",
    )

    def __init__(
        self, server: str, name: str, mac: str, speed: int, network: Network, powered: Callable[[], bool]
    ) -> None:
        self.server = server
        self.name = name
        self.mac = mac
        self.speed = speed
        """The most that it can do, bits per second."""
        self.setting: LinkSetting = AUTO
        self.network = network
        self.cable: Cable | None = None
        self.dead = False
        """No link at all."""
        self.silent = False
        """Link, and not one frame."""
        self.standby: Callable[[], bool] | None = None
        """The BMC talks through this NIC too, which then has link on standby power as well."""
        self._powered = powered

    @property
    def lit(self) -> bool:
        """The NIC does its half of a link."""
        return not self.dead and (self._powered() or (self.standby is not None and self.standby()))

    @property
    def link_up(self) -> bool:
        cable = self.cable
        if cable is None or not cable.plugged or not self.lit or cable.link is None:
            return False
        return cable.port is None or cable.port.ready

    @property
    def reaches_network(self) -> bool:
        if self.silent or not self.link_up:
            return False
        port = self.cable.port if self.cable else None
        return port is None or port.carries(SEGMENT)

    @property
    def obstacle(self) -> int:
        """The number of the record of what keeps its frames from the network, the latest of both ends; 0 where nothing is known."""
        why = self.network.physics.why
        port = self.cable.port if self.cable else None
        there = port.obstacle if port else 0
        return max(there, why(self.server, (f"net {self.name}",))) or why(self.server, ("off",))

    @property
    def rate(self) -> float:
        """Bits per second that a large transfer gets; where there is no link, what the NIC could do at best."""
        link = self.cable.link if self.cable else None
        return link.rate if link else self.speed

    def set_link(self, setting: LinkSetting) -> None:
        """Raises ValueError for what it cannot do."""
        if not can_be_set(self.speed, setting):
            raise ValueError(f"{self.name} of {self.server} cannot do {setting}")
        self.setting = setting
        self.changed()

    def initialise(self) -> None:
        """Its driver takes it over: the link goes down for a moment. Too short for anybody to act on it, but a port with
        spanning tree begins anew.
        """
        port = self.cable.port if self.cable else None
        if port is not None and self.link_up:
            port.retrained()

    def changed(self) -> None:
        """Call after anything that bears on the link."""
        if self.cable and self.cable.port:
            self.cable.port.changed()
        self.network.changed()

    def count(self, received: int, sent: int = 0) -> None:
        """Octets that went through, as the switch port counts them."""
        port = self.cable.port if self.cable else None
        if port is not None and (received or sent):
            port.count(received, sent)


@dataclass(frozen=True, slots=True)
class Vlan:
    """A VLAN of one switch; members are numbers of front ports."""

    number: int
    name: str
    egress: frozenset[int]
    """All members."""
    untagged: frozenset[int]
    """Those whose frames leave without a tag."""
    active: bool = True


class Chassis(Protocol):
    """The switch, as its ports need it."""

    @property
    def name(self) -> str: ...

    @property
    def physics(self) -> Physics: ...

    @property
    def network(self) -> Network: ...

    @property
    def alive(self) -> bool: ...

    @property
    def vlans(self) -> Mapping[int, Vlan]: ...

    revision: int

    def link_changed(self, port: SwitchPort) -> None: ...

    def move(self, port: int, number: int) -> None: ...

    def vlans_changed(self, what: str, **detail: object) -> int: ...


class SwitchPort:
    """A front port. `link_up` follows administration, cable, NIC and the switch itself."""

    __slots__ = (
        "_link",
        "_seen",
        "_switch",
        "admin_up",
        "broken",
        "cable",
        "fcs_errors",
        "last_change",
        "late_collisions",
        "mac",
        "nominal_speed",
        "number",
        "octets_in",
        "octets_out",
        "pvid",
        "setting",
        "stp_edge",
        "stp_since",
    )

    def __init__(self, switch: Chassis, number: int, speed: int) -> None:
        """`number` from 1; `speed`: the most that it can do, bits per second."""
        self._switch = switch
        self.number = number
        self.nominal_speed = speed
        """The most that it can do, bits per second."""
        self.setting: LinkSetting = AUTO
        self.admin_up = True
        self.broken = False
        self.cable: Cable | None = None
        self.last_change = switch.physics.clock.now()
        self.octets_in = 0
        self.octets_out = 0
        self.late_collisions = 0
        self.fcs_errors = 0
        self.stp_edge = True
        """Spanning tree lets frames through at once: nothing but a station is expected here. False: the classic one, which
        listens and learns first (IEEE 802.1D-1998, 8.4).
        """
        self.stp_since = self.last_change
        """Lab time at which it began to listen."""
        self.pvid = SEGMENT
        """The VLAN of frames that come in without a tag."""
        self.mac = b"\x02" + hashlib.sha256(f"{switch.name}/{number}".encode()).digest()[:5]
        self._link = False
        self._seen: tuple[object, ...] = ()
        """What a look at it found when it last changed: how it is set up, and what its link came to."""

    @property
    def obstacle(self) -> int:
        """The number of the record of what somebody, or a fault, did to this port or its switch; 0: nothing."""
        return self._switch.physics.why(self._switch.name, (self._aspect, "equipment"))

    @property
    def _aspect(self) -> str:
        return f"port {self.number}"

    @property
    def switch(self) -> str:
        """The name of the switch that it is a port of."""
        return self._switch.name

    @property
    def ready(self) -> bool:
        """The port does its half of a link."""
        return self.admin_up and not self.broken and self._switch.alive

    @property
    def link_up(self) -> bool:
        cable = self.cable
        return cable is not None and cable.plugged and cable.nic.lit and self.ready and cable.link is not None

    @property
    def stp_state(self) -> Literal["disabled", "listening", "learning", "forwarding"]:
        """What spanning tree lets the port do."""
        if not self.link_up:
            return "disabled"
        # As the timers of `retrained` reckon it: a difference of two times may be less than the delay by a float's last bit.
        now = self._switch.physics.clock.now()
        if self.stp_edge or now >= self.stp_since + 2 * FORWARD_DELAY:
            return "forwarding"
        return "learning" if now >= self.stp_since + FORWARD_DELAY else "listening"

    def retrained(self) -> None:
        """The link has come up, or was down for a moment: spanning tree begins anew, unless this is an edge port."""
        clock = self._switch.physics.clock
        mine = self.stp_since = clock.now()
        if self.stp_edge:
            return
        physics, name = self._switch.physics, self._switch.name
        physics.mark(name, self._aspect, physics.note(name, "spanning tree listens", port=self.number), "spanning tree")
        clock.call_later(FORWARD_DELAY, lambda: self._switch.network.changed() if self.stp_since == mine else None)
        clock.call_later(2 * FORWARD_DELAY, lambda: self._forwards() if self.stp_since == mine else None)

    def _forwards(self) -> None:
        if self.link_up:
            self._switch.physics.note(self._switch.name, "spanning tree forwards", port=self.number)
            self._switch.physics.free(self._switch.name, self._aspect, by="spanning tree")
            self._switch.network.changed()

    @property
    def speed(self) -> int:
        """Of the link; without one, what is set, or what it can do."""
        link = self.cable.link if self.cable and self.link_up else None
        return link.speed if link else self.setting.speed or self.nominal_speed

    @property
    def full_duplex(self) -> bool | None:
        """Of this end of the link; None without one."""
        link = self.cable.link if self.cable and self.link_up else None
        return link.full[1] if link else None

    @property
    def remote_negotiates(self) -> bool:
        """Whether the other end's half of a negotiation is heard."""
        return self.cable is not None and self.link_up and negotiates(self.cable.nic.setting)

    def can_be(self, setting: LinkSetting) -> bool:
        """Whether the hardware can do this."""
        return can_be_set(self.nominal_speed, setting)

    def set_link(self, setting: LinkSetting) -> None:
        """Set speed and duplex; the link is made anew. Raises ValueError for what the hardware cannot do."""
        if not self.can_be(setting):
            raise ValueError(f"port {self.number} of {self._switch.name} cannot do {setting}")
        if setting != self.setting:
            self.setting = setting
            speed, duplex = setting.speed or "auto", {None: "auto", True: "full", False: "half"}[setting.full]
            physics, name = self._switch.physics, self._switch.name
            number = physics.note(name, "port speed set", port=self.number, speed=speed, duplex=duplex)
            if self.cable is not None and setting == AUTO:
                physics.free(self.cable.nic.server, "speed", by=self.cable.nic.name)
            elif self.cable is not None:
                physics.mark(self.cable.nic.server, "speed", number, self.cable.nic.name)
            with because(number):
                self.changed()
                self._switch.network.changed()

    def count(self, sent: int, received: int) -> None:
        """So many octets went through."""
        self.octets_out += sent
        self.octets_in += received
        self.damage(sent, received)
        self._switch.revision += 1

    def damage(self, sent: int, received: int) -> None:
        """Count what a duplex mismatch does to so many octets: the half-duplex end sees late collisions in what it sends, the
        full-duplex end gets frames that were cut off. A frame of acknowledgement answers two of data.
        """
        link = self.cable.link if self.cable else None
        if link is None or not link.mismatch:
            return
        if link.full[1]:
            self.fcs_errors += -(-received // _FRAME) // _DAMAGED + -(-sent // _FRAME) // (2 * _DAMAGED)
        else:
            self.late_collisions += -(-sent // _FRAME) // _DAMAGED

    @property
    def stations(self) -> tuple[bytes, ...]:
        """The MACs that send frames into this port."""
        if self.cable is None or self.cable.nic.silent or self.stp_state in ("disabled", "listening"):
            return ()
        return (bytes.fromhex(self.cable.nic.mac.replace(":", "")),)

    def carries(self, vlan: int) -> bool:
        """Whether a station that tags nothing talks with `vlan`: its frames go in there and answers come out bare."""
        entry = self._switch.vlans.get(vlan) if self.pvid == vlan and self.stp_state == "forwarding" else None
        return entry is not None and entry.active and self.number in entry.untagged

    def set_pvid(self, vlan: int) -> None:
        """The VLAN must exist (KeyError)."""
        if vlan not in self._switch.vlans:
            raise KeyError(vlan)
        if vlan != self.pvid:
            self.pvid = vlan
            number = self._switch.vlans_changed("port VLAN set", port=self.number, vlan=vlan)
            if vlan == SEGMENT:
                self._switch.physics.free(self._switch.name, self._aspect)
            else:
                self._switch.physics.mark(self._switch.name, self._aspect, number)

    def set_access(self, vlan: int) -> None:
        """Make it an access port of `vlan`: the PVID, and a bare member there and nowhere else."""
        self._switch.move(self.number, vlan)
        self.set_pvid(vlan)

    def set_admin(self, up: bool) -> None:
        if up != self.admin_up:
            self.admin_up = up
            physics, name = self._switch.physics, self._switch.name
            number = physics.note(name, "port enabled" if up else "port disabled", port=self.number)
            if up:
                physics.free(name, self._aspect)
            else:
                physics.mark(name, self._aspect, number)
            physics.mark(name, f"{self._aspect} touched", number)
            with because(number):
                self.changed()
                self._switch.network.changed()

    def changed(self) -> None:
        seen = self.admin_up, self.setting, self.cable.link if self.cable and self.link_up else None
        if seen != self._seen:
            self._seen = seen
            self._switch.revision += 1
        link = self.link_up
        if link != self._link:
            self._link = link
            self.last_change = self._switch.physics.clock.now()
            physics, name = self._switch.physics, self._switch.name
            number = physics.note(name, "link up" if link else "link down", port=self.number)
            physics.mark(name, f"{self._aspect} touched", number)
            if self.cable is not None:
                nic = self.cable.nic
                if link:
                    physics.free(nic.server, "net", f"net {nic.name}", by=nic.name)
                else:
                    physics.mark(nic.server, "net", number, by=nic.name)
                    physics.mark(nic.server, f"net {nic.name}", number, by=nic.name)
            with because(number):
                if link:
                    self.retrained()
                self._switch.link_changed(self)
