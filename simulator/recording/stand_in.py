"""The hardware behind a page, standing as the walk says: so that the device which the page makes can be asked what the real one was."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.kernel import Clock
from simulator.pdu import PduDevice
from simulator.pdu.personality import StateObject, recorded_outlets
from simulator.pdu.personality import personality as pdu_personality
from simulator.pdu.personality import recorded_walk as pdu_walk
from simulator.plant.ethernet import AUTO, LinkSetting
from simulator.plant.network import Vlan
from simulator.snmp.oid import dotted
from simulator.snmp.snmprec import Instance
from simulator.snmp.station import Station
from simulator.switch import SwitchDevice
from simulator.switch.personality import personality as switch_personality
from simulator.switch.personality import recorded_walk as switch_walk

__all__ = ["COMMUNITY", "pdu_stand_in", "switch_stand_in"]

COMMUNITY = "private"
OUTLETS = PORTS = 24
"""Of a model that says nothing of how many it has."""


@dataclass
class _Load:
    number: int = 1
    on: bool = True
    watts: float = 0.0
    amperes: float = 0.0
    rating: float = 0.0

    def turn_on(self) -> None:
        self.on = True

    def turn_off(self) -> None:
        self.on = False

    def reboot(self, seconds: float) -> None:
        self.on = True


@dataclass
class _Pdu:
    name: str
    outlets: Sequence[_Load]
    banks: Sequence[_Load]
    phases: Sequence[_Load]
    alive: bool = True
    booted_at: float = 0.0
    whole: _Load = field(default_factory=_Load)
    kilowatt_hours: float = 0.0
    revision: int = 0

    def watch(self, switched: Callable[[Any], None], started: Callable[[], None]) -> None:
        """Nothing moves here."""


@dataclass
class _Port:
    number: int
    admin_up: bool = True
    link_up: bool = False
    speed: int = 1_000_000_000
    octets_in: int = 0
    octets_out: int = 0
    last_change: float = 0.0
    pvid: int = 1
    stations: tuple[bytes, ...] = ()
    nominal_speed: int = 1_000_000_000
    setting: LinkSetting = AUTO
    remote_negotiates: bool = True
    late_collisions: int = 0
    fcs_errors: int = 0
    stp_edge: bool = True
    full_duplex: bool | None = None
    stp_state: Any = "disabled"
    mac: bytes = bytes(6)

    def can_be(self, setting: LinkSetting) -> bool:
        return True

    def set_link(self, setting: LinkSetting) -> None:
        self.setting = setting

    def set_pvid(self, vlan: int) -> None:
        self.pvid = vlan

    def set_access(self, vlan: int) -> None:
        self.pvid = vlan

    def set_admin(self, up: bool) -> None:
        self.admin_up = up


@dataclass
class _Switch:
    name: str
    ports: Sequence[_Port]
    alive: bool = True
    booted_at: float = 0.0
    generation: int = 0
    revision: int = 0
    vlans: Mapping[int, Vlan] = field(default_factory=lambda: {1: Vlan(1, "default", frozenset(), frozenset())})

    def watch(self, link_changed: Callable[[Any], None], started: Callable[[], None]) -> None:
        """Nothing moves here."""

    def save(self) -> None:
        """It is not started anew."""

    def define_vlan(self, vlan: Vlan) -> None:
        self.vlans = {**self.vlans, vlan.number: vlan}

    def remove_vlan(self, number: int) -> None:
        self.vlans = {key: vlan for key, vlan in self.vlans.items() if key != number}


def _numbers(walk: Sequence[Instance]) -> dict[str, int]:
    return {dotted(item.name): item.number for item in walk}


def _name(walk: Sequence[Instance]) -> str:
    return next((item.content.decode("latin-1") for item in walk if dotted(item.name) == "1.3.6.1.2.1.1.5.0"), "device")


def pdu_stand_in(model: str, clock: Clock, wire: Clock) -> Station[Any]:
    """The device of a page. Raises UnknownPage."""
    page, walk = pdu_personality(model), pdu_walk(model)
    count = recorded_outlets(model) or OUTLETS
    outlets = [_Load(number + 1) for number in range(count)]
    state = next((item for item in page.outlets if isinstance(item, StateObject)), None)
    if state is not None and walk:
        values = _numbers(walk)
        for outlet in outlets:
            at = page.places[outlet.number - 1] if page.places else outlet.number
            index = state.index.format(n=outlet.number, n0=outlet.number - 1, n1=outlet.number + 1, at=at)
            outlet.on = values.get(f"{state.object}.{index}") == state.on
    banks = [_Load(number + 1) for number in range(page.banks)]
    phases = [_Load(number + 1) for number in range(page.phases)]
    return PduDevice(_Pdu(_name(walk), outlets, banks, phases), model, COMMUNITY, clock, wire=wire)


_IF, _IF_X = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"


def switch_stand_in(model: str, clock: Clock, wire: Clock) -> Station[Any]:
    """The device of a page. Raises UnknownPage."""
    page, walk = switch_personality(model), switch_walk(model)
    values = _numbers(walk)
    ports = []
    for row in range(len(page.indexes) or min(PORTS, page.most_ports)):
        index = page.port_index(row)
        port = _Port(row + 1)
        if walk:
            port.admin_up = values.get(f"{_IF}.7.{index}") == 1
            port.link_up = values.get(f"{_IF}.8.{index}") == 1
            fast = values.get(f"{_IF_X}.15.{index}", 0) * 1_000_000
            port.speed = values.get(f"{_IF}.5.{index}", 0) if fast < 1 << 32 else fast
            port.octets_in = values.get(f"{_IF_X}.6.{index}", values.get(f"{_IF}.10.{index}", 0))
            port.octets_out = values.get(f"{_IF_X}.10.{index}", values.get(f"{_IF}.16.{index}", 0))
        ports.append(port)
    return SwitchDevice(_Switch(_name(walk), ports), model, COMMUNITY, clock, wire=wire)
