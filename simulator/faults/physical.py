"""Faults of the hall: power, links, disks, machines that stand still, a lossy wire, a panel that restarts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from simulator.fabric import Conditions
from simulator.faults.kinds import (
    FaultKind,
    NotPossible,
    OnPdu,
    OnServer,
    OnSwitch,
    Undo,
    World,
)
from simulator.files.link_speed import DuplexWord, SpeedWord, link_setting
from simulator.files.units import Duration, Share
from simulator.plant import Server
from simulator.plant.disk import Disk
from simulator.plant.ethernet import can_be_set
from simulator.plant.network import Cable, Nic, SwitchPort
from simulator.plant.power import Outlet, Pdu, Psu
from simulator.plant.switch import Switch

__all__ = ["PHYSICAL"]


NicName = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^nic[1-8]$", "examples": ["nic1"]})]


def _supply(value: Any) -> Any:
    """`psu2`, as the cable's name has it, or 2."""
    match = re.fullmatch(r"psu([1-9])", value) if isinstance(value, str) else None
    if isinstance(value, str) and match is None:
        raise ValueError(f"{value!r} is no power supply; write it as psu1, or 1")
    return int(match[1]) if match else value


Supply = Annotated[
    int,
    Field(ge=1),
    BeforeValidator(_supply),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": "^psu[1-9]$"}, {"type": "integer", "minimum": 1}]}),
]


class OnNic(OnServer):
    nic: NicName = "nic1"
    """Which NIC, `nic1` to `nic8`, as the lab file's `cables` name them."""


class OnDisk(OnServer):
    disk: int = Field(default=1, ge=1)
    """Which disk, from 1, in the order of the configuration."""


class SlowDisk(OnDisk):
    factor: float = Field(default=10.0, gt=1)
    """How many times longer writing takes, more than 1."""


class OnPsu(OnServer):
    psu: Supply = 1
    """Which power supply: its number, or its name among the lab file's `cables`, `psu1`."""


class OnPort(OnSwitch):
    port: int = Field(ge=1)
    """Which port, from 1, as on the front."""


class PortSpeed(OnPort):
    """A speed alone, or a duplex alone, leaves the other to negotiation."""

    speed: SpeedWord = "auto"
    """The speed that it is set to; `auto` negotiates."""
    duplex: DuplexWord = "auto"
    """The duplex that it is set to; `auto` negotiates."""


class NicSpeed(OnNic):
    speed: SpeedWord = "auto"
    """The speed that it is set to; `auto` negotiates."""
    duplex: DuplexWord = "auto"
    """The duplex that it is set to; `auto` negotiates."""


class OnOutlet(OnPdu):
    outlet: int = Field(ge=1)
    """Which outlet, from 1."""


class LossyLink(OnServer):
    loss: Share = 0.0
    """The share of datagrams that are lost, each way."""
    duplication: Share = 0.0
    """The share of datagrams that arrive twice."""
    reordering: Share = 0.0
    """The share of datagrams that are overtaken by later ones."""
    delay: Duration = 0.0002
    """How long a datagram is on its way, wire time."""
    jitter: Duration = 0.0
    """Added to the delay, uniformly from zero to this, wire time."""


def _nobody() -> None:
    """Nobody needs to be told."""


def _bend(
    thing: object, name: str, bent: object = True, whole: object = False, *, changed: Callable[[], None] = _nobody
) -> Undo:
    """Bend one attribute of a part of the hall, and tell whoever looks at it; what mends it does the reverse."""
    setattr(thing, name, bent)
    changed()

    def mend() -> None:
        setattr(thing, name, whole)
        changed()

    return mend


def _server(world: World, params: OnServer) -> Server:
    return world.plant.servers[params.server]


def _bmc_dead(world: World, params: OnServer) -> Undo:
    return _bend(_server(world, params), "bmc_failed")


def _board_dead(world: World, params: OnServer) -> Undo:
    return _bend(_server(world, params), "main_board_failed")


def _nic(world: World, params: OnNic) -> Nic:
    nics = {nic.name: nic for nic in _server(world, params).nics}
    if params.nic not in nics:
        raise NotPossible(f"{params.server} has no {params.nic}, only {', '.join(nics)}")
    return nics[params.nic]


def _nic_silent(world: World, params: OnNic) -> Undo:
    nic = _nic(world, params)
    return _bend(nic, "silent", changed=nic.changed)


def _nic_dead(world: World, params: OnNic) -> Undo:
    nic = _nic(world, params)
    return _bend(nic, "dead", changed=nic.changed)


def _cable(world: World, params: OnNic) -> Cable:
    cable = _nic(world, params).cable
    if cable is None:
        raise NotPossible(f"{params.nic} of {params.server} has no cable")
    return cable


def _cable_unplugged(world: World, params: OnNic) -> Undo:
    return _bend(_cable(world, params), "plugged", False, True, changed=_nic(world, params).changed)


def _disk(world: World, params: OnDisk) -> Disk:
    disks = _server(world, params).disks
    if params.disk > len(disks):
        raise NotPossible(f"{params.server} has {len(disks)} disks, no disk {params.disk}")
    return disks[params.disk - 1]


def _disk_fails(world: World, params: OnDisk) -> Undo:
    return _bend(_disk(world, params), "failed", changed=_server(world, params).drives_changed)


def _disk_slow(world: World, params: SlowDisk) -> Undo:
    return _bend(_disk(world, params), "slowdown", params.factor, 1.0)


def _freeze(world: World, params: OnServer) -> Undo:
    server = _server(world, params)
    server.freeze()
    return server.thaw


def _psu(world: World, params: OnPsu) -> Psu:
    psus = _server(world, params).psus
    if params.psu > len(psus):
        raise NotPossible(f"{params.server} has {len(psus)} power supplies, no power supply {params.psu}")
    return psus[params.psu - 1]


def _psu_dead(world: World, params: OnPsu) -> Undo:
    return _bend(_psu(world, params), "failed", changed=_server(world, params).psu_changed)


def _equipment(world: World, params: OnSwitch | OnPdu) -> Switch | Pdu:
    plant = world.plant
    return plant.switches[params.switch] if isinstance(params, OnSwitch) else plant.pdus[params.pdu]


def _equipment_dead(world: World, params: OnSwitch | OnPdu) -> Undo:
    device = _equipment(world, params)
    return _bend(device, "failed", changed=device.state_changed)


def _port(world: World, params: OnPort) -> SwitchPort:
    ports = world.plant.switches[params.switch].ports
    if params.port > len(ports):
        raise NotPossible(f"{params.switch} has {len(ports)} ports, no port {params.port}")
    return ports[params.port - 1]


def _port_broken(world: World, params: OnPort) -> Undo:
    port, network = _port(world, params), world.plant.network

    def changed() -> None:
        port.changed()
        network.changed()

    return _bend(port, "broken", changed=changed)


def _port_speed(world: World, params: PortSpeed) -> Undo:
    return _set_link(_port(world, params), params)


def _nic_speed(world: World, params: NicSpeed) -> Undo:
    return _set_link(_nic(world, params), params)


def _set_link(end: SwitchPort | Nic, params: PortSpeed | NicSpeed) -> Undo:
    was = end.setting
    end.set_link(link_setting(params.speed, params.duplex))
    return lambda: end.set_link(was)


def _port_to_set(world: World, params: PortSpeed) -> SwitchPort:
    port = _port(world, params)
    _possible(port.nominal_speed, params)
    return port


def _nic_to_set(world: World, params: NicSpeed) -> Nic:
    nic = _nic(world, params)
    _possible(nic.speed, params)
    return nic


def _possible(top: int, params: PortSpeed | NicSpeed) -> None:
    if not can_be_set(top, link_setting(params.speed, params.duplex)):
        raise NotPossible(f"hardware of {top // 10**6} Mbit/s cannot do {params.speed}, {params.duplex} duplex")


def _feed_lost(world: World, params: OnPdu) -> Undo:
    pdu = world.plant.pdus[params.pdu]
    pdu.mains.set_live(False)
    return lambda: pdu.mains.set_live(True)


def _outlet(world: World, params: OnOutlet) -> Outlet:
    outlets = world.plant.pdus[params.pdu].outlets
    if params.outlet > len(outlets):
        raise NotPossible(f"{params.pdu} has {len(outlets)} outlets, no outlet {params.outlet}")
    return outlets[params.outlet - 1]


def _outlet_off(world: World, params: OnOutlet) -> Undo:
    world.switch_outlet(params.pdu, params.outlet, False)
    return lambda: world.switch_outlet(params.pdu, params.outlet, True)


def _outlet_stuck(world: World, params: OnOutlet) -> Undo:
    return _bend(_outlet(world, params), "stuck")


def _link_lossy(world: World, params: LossyLink) -> Undo:
    fabric = world.management
    end = world.bmc_address(params.server)
    fabric.set_conditions(
        end,
        Conditions(
            loss=params.loss,
            duplication=params.duplication,
            reordering=params.reordering,
            delay=params.delay,
            jitter=params.jitter,
        ),
    )
    return lambda: fabric.set_conditions(end, None)


_LINK = frozenset({"speed", "duplex"})

PHYSICAL: tuple[FaultKind, ...] = (
    FaultKind("bmc.dead", "server", OnServer, "the BMC answers nothing any more", _bmc_dead, _server),
    FaultKind("board.dead", "server", OnServer, "power-on is taken and nothing comes up", _board_dead, _server),
    FaultKind("nic.silent", "server", OnNic, "link, and not one frame", _nic_silent, _nic),
    FaultKind("nic.dead", "server", OnNic, "no link", _nic_dead, _nic),
    FaultKind("cable.unplugged", "server", OnNic, "the patch cable is out", _cable_unplugged, _cable),
    FaultKind("disk.fails", "server", OnDisk, "the disk takes no more data", _disk_fails, _disk),
    FaultKind(
        "disk.slow",
        "server",
        SlowDisk,
        "the disk writes `factor` times slower",
        _disk_slow,
        _disk,
        values=frozenset({"factor"}),
    ),
    FaultKind("installer.stall", "server", OnServer, "what runs stands still until a reset", _freeze, _server),
    FaultKind("psu.dead", "server", OnPsu, "a power supply delivers nothing", _psu_dead, _psu),
    FaultKind(
        "switch.dead", "switch", OnSwitch, "the switch forwards and answers nothing", _equipment_dead, _equipment
    ),
    FaultKind(
        "port.broken",
        "switch",
        OnPort,
        "the port has no link, whatever its administration says",
        _port_broken,
        _port,
    ),
    FaultKind(
        "port.speed",
        "switch",
        PortSpeed,
        "somebody has set the port's speed and duplex by hand",
        _port_speed,
        _port_to_set,
        values=_LINK,
    ),
    FaultKind(
        "nic.speed",
        "server",
        NicSpeed,
        "the NIC's speed and duplex are set by hand",
        _nic_speed,
        _nic_to_set,
        values=_LINK,
    ),
    FaultKind(
        "pdu.dead",
        "pdu",
        OnPdu,
        "the management card is deaf; the outlets stay as they are",
        _equipment_dead,
        _equipment,
    ),
    FaultKind("feed.lost", "pdu", OnPdu, "the PDU loses its feed, and everything behind it", _feed_lost, _equipment),
    FaultKind("outlet.off", "pdu", OnOutlet, "somebody switched the outlet off", _outlet_off, _outlet),
    FaultKind("outlet.stuck", "pdu", OnOutlet, "the relay takes commands and does not move", _outlet_stuck, _outlet),
    FaultKind(
        "link.lossy",
        "server",
        LossyLink,
        "the BMC's management link loses and delays",
        _link_lossy,
        _server,
        values=frozenset({"loss", "duplication", "reordering", "delay", "jitter"}),
    ),
)
