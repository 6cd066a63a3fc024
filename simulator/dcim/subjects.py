"""Which server a thing belongs to: a call names it, or its operation, port, outlet, BMC or address."""

from __future__ import annotations

from typing import Literal

from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.ip.addresses import Addresses
from simulator.dcim.records import Server
from simulator.dcim.work.operations import Operations

__all__ = ["Kind", "server_of"]

Kind = Literal["server", "operation", "port", "outlet", "address", "connection"]
"""Of a thing that may belong to a server. A `connection` is a port, an outlet or a BMC of DCImanager 5."""


def server_of(
    inventory: Inventory, operations: Operations, addresses: Addresses, kind: Kind, number: int | None
) -> Server | None:
    """None for what is no server's, or is not there."""
    if number is None:
        return None
    if kind == "connection":  # as DCImanager 5 counts them: BMC, switch port and outlet by turns
        kind, number = ("server", "port", "outlet")[number % 3], number // 3
    held: int | None = number
    if kind == "operation":
        operation = operations.all.find(number)
        held = operation.server if operation else None
    elif kind == "port":
        port = inventory.switch_ports.find(number)
        held = port.server if port else None
    elif kind == "outlet":
        outlet = inventory.outlets.find(number)
        held = outlet.server if outlet else None
    elif kind == "address":
        address = addresses.used.find(number)
        held = address.server if address else None
    return inventory.servers.find(held)
