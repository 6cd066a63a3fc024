"""Which server a call was about: the one that it names, or whose operation, port, outlet, BMC or address it names."""

from __future__ import annotations

from simulator.dcim import Panel, subjects
from simulator.dcim.records import Server
from simulator.dcim.subjects import Kind
from simulator.plant import Server as Machine

__all__ = ["addresses_of", "links_of", "server_of", "vlans_of"]


def server_of(panel: Panel, kind: Kind, number: int | None) -> Server | None:
    """None for what is no server's, or is not there."""
    return subjects.server_of(panel.inventory, panel.operations, panel.addresses, kind, number)


def vlans_of(panel: Panel, server: Server | None) -> dict[int, int]:
    """The VLAN of each of a server's ports by the port's id, of those whose switch has told it."""
    ports = (panel.inventory.switch_ports.find(each) for each in (server.ports if server else ()))
    return {port.id: port.vlan for port in ports if port is not None and port.vlan}


def links_of(machine: Machine | None) -> tuple[str, ...]:
    """The NICs of a machine that have a link now; none of one that is not there."""
    return tuple(nic.name for nic in machine.nics if nic.link_up) if machine is not None else ()


def addresses_of(panel: Panel, server: Server | None) -> tuple[str, ...]:
    """What a server holds now."""
    return tuple(each.name for each in panel.addresses.of_server(server.id)) if server is not None else ()
