"""Which server a call was about: the one that it names, or whose operation, port, outlet, BMC or address it names."""

from __future__ import annotations

from simulator.dcim import Panel
from simulator.dcim.records import Server
from simulator.review.parsing import Kind

__all__ = ["server_of", "vlans_of"]


def server_of(panel: Panel, kind: Kind, number: int | None) -> Server | None:
    """None for what is no server's, or is not there."""
    if number is None:
        return None
    inventory = panel.inventory
    if kind == "connection":  # as DCImanager 5 counts them: BMC, switch port and outlet by turns
        kind, number = ("server", "port", "outlet")[number % 3], number // 3
    held: int | None = number
    if kind == "operation":
        operation = panel.operations.all.find(number)
        held = operation.server if operation else None
    elif kind == "port":
        port = inventory.switch_ports.find(number)
        held = port.server if port else None
    elif kind == "outlet":
        outlet = inventory.outlets.find(number)
        held = outlet.server if outlet else None
    elif kind == "address":
        address = panel.addresses.used.find(number)
        held = address.server if address else None
    return inventory.servers.find(held)


def vlans_of(panel: Panel, server: Server | None) -> dict[int, int]:
    """The VLAN of each of a server's ports by the port's id, of those whose switch has told it."""
    ports = (panel.inventory.switch_ports.find(each) for each in (server.ports if server else ()))
    return {port.id: port.vlan for port in ports if port is not None and port.vlan}
