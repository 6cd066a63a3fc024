"""What is plugged into a server changes: switch ports, outlets, its BMC's access. And racks and devices get new texts.

A server may have no BMC in the panel's records: its access is then one without a host.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simulator.dcim.drivers.base import BmcAccess, SnmpAccess
from simulator.dcim.drivers.handlers import pdu_handler
from simulator.dcim.equipment.devices import Devices
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.equipment.polling import Polling
from simulator.dcim.errors import AlreadyThere, Busy, InUse, Invalid, NotFound
from simulator.dcim.records import Pdu, PowerStatus, Rack, Server, Switch
from simulator.dcim.work.operations import Operations
from simulator.kernel import Journal

__all__ = ["Wiring"]


class Wiring:
    def __init__(
        self, inventory: Inventory, devices: Devices, operations: Operations, polling: Polling, journal: Journal
    ) -> None:
        self._inventory = inventory
        self._devices = devices
        self._operations = operations
        self._polling = polling
        self._journal = journal

    # connections

    def plug_port(self, number: int, port: int) -> None:
        """Record that the server is plugged into this switch port. Raises NotFound, InUse."""
        server, record = self._inventory.servers.get(number), self._inventory.switch_ports.get(port)
        if record.server is not None:
            raise InUse(f"{record.description} is connected")
        self._inventory.switch_ports.change(port, server=number)
        self._inventory.servers.change(number, ports=(*server.ports, port))
        self._journal.write("panel", server.name, "connected", port=port)

    def unplug_port(self, number: int, port: int) -> None:
        """Raises NotFound, also for a port that is not the server's; Busy during an operation."""
        server = self._idle(number)
        if port not in server.ports:
            raise NotFound("switch port", port)
        self._inventory.switch_ports.change(port, server=None)
        self._inventory.servers.change(number, ports=tuple(one for one in server.ports if one != port))
        self._journal.write("panel", server.name, "disconnected", port=port)

    def plug_outlet(self, number: int, outlet: int) -> None:
        server, record = self._inventory.servers.get(number), self._inventory.outlets.get(outlet)
        if record.server is not None:
            raise InUse(f"PDU port {outlet} is connected")
        self._inventory.outlets.change(outlet, server=number)
        self._inventory.servers.change(number, outlets=(*server.outlets, outlet))
        self._journal.write("panel", server.name, "connected", outlet=outlet)

    def unplug_outlet(self, number: int, outlet: int) -> None:
        server = self._idle(number)
        if outlet not in server.outlets:
            raise NotFound("PDU port", outlet)
        self._inventory.outlets.change(outlet, server=None)
        self._inventory.servers.change(number, outlets=tuple(one for one in server.outlets if one != outlet))
        self._journal.write("panel", server.name, "disconnected", outlet=outlet)

    async def set_bmc(
        self,
        number: int,
        *,
        host: str,
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        """Where the server's BMC is, and the panel's account there; what is None stays. An empty host is no BMC.

        Raises Busy during an operation, and AlreadyThere for the address of another server's BMC.
        """
        server = self._idle(number)
        was = server.bmc
        access = BmcAccess(
            f"BMC of {server.name}",
            host,
            was.port if port is None else port,
            was.username if username is None else username,
            was.password if password is None else password,
            was.kg,
            was.stack,
        )
        taken = (access.host, access.port)
        if host and any(
            (other.bmc.host, other.bmc.port) == taken for other in self._inventory.servers if other.id != number
        ):
            raise AlreadyThere(f"the IPMI {host} is there already", host)
        if access == was:
            return
        await self._devices.forget_bmc(number)
        self._inventory.servers.change(number, bmc=access, bmc_power=PowerStatus.UNKNOWN, bmc_error=None)
        self._journal.write("panel", server.name, "BMC set", host=host)
        if host and not was.host:
            self._polling.watch_bmc(number, server.name)

    def _idle(self, number: int) -> Server:
        server = self._inventory.servers.get(number)
        running = self._operations.running(server)
        if running is not None:
            raise Busy(f"server {server.name} is busy: {running.kind.value} {running.id} is {running.status.value}")
        return server

    # PDUs

    def add_pdu(self, name: str, rack: int, access: SnmpAccess) -> Pdu:
        """Its outlets are those that it lists when it is first read. Raises NotFound, Invalid, AlreadyThere."""
        self._inventory.racks.get(rack)
        if not name.strip():
            raise Invalid("name", "a PDU has a name")
        if any(pdu.name == name for pdu in self._inventory.pdus):
            raise AlreadyThere(f"there is a PDU {name} already", name)
        try:
            pdu_handler(access.handler)
        except LookupError as error:
            raise Invalid("handler", str(error)) from None
        pdu = self._inventory.add_pdu(name, rack, access)
        self._journal.write("panel", name, "PDU added", id=pdu.id, handler=access.handler)
        self._polling.watch_pdu(pdu.id, name)
        return pdu

    def remove_pdu(self, number: int) -> None:
        """Raises InUse while a server hangs on it."""
        pdu = self._inventory.pdus.get(number)
        for outlet in self._inventory.outlets_of_pdu(number):
            if outlet.server is not None:
                raise InUse(f"outlet {outlet.number} of {pdu.name} is connected")
        self._inventory.drop_pdu(number)
        self._journal.write("panel", pdu.name, "PDU deleted", id=number)

    # texts

    def edit_switch(self, number: int, **fields: Any) -> Switch:
        """Its `name` and `notes`. Raises NotFound, Invalid, AlreadyThere."""
        self._check_name(fields, number, [(one.id, one.name) for one in self._inventory.switches], "switch")
        return self._inventory.switches.change(number, **fields)

    def edit_pdu(self, number: int, **fields: Any) -> Pdu:
        self._check_name(fields, number, [(one.id, one.name) for one in self._inventory.pdus], "PDU")
        return self._inventory.pdus.change(number, **fields)

    def add_rack(self, name: str, notes: str = "") -> Rack:
        """In the panel's location. Raises Invalid, AlreadyThere."""
        self._check_name({"name": name}, 0, [(one.id, one.name) for one in self._inventory.racks], "rack")
        location = next(iter(self._inventory.locations)).id
        return self._inventory.racks.add(lambda number: replace(Rack(number, name, location), notes=notes))

    def edit_rack(self, number: int, **fields: Any) -> Rack:
        self._inventory.racks.get(number)
        self._check_name(fields, number, [(one.id, one.name) for one in self._inventory.racks], "rack")
        return self._inventory.racks.change(number, **fields)

    def remove_rack(self, number: int) -> None:
        """Raises InUse while anything stands in it."""
        rack = self._inventory.racks.get(number)
        for each in (*self._inventory.servers, *self._inventory.switches, *self._inventory.pdus):
            if each.rack == number:
                raise InUse(f"{each.name} stands in {rack.name}")
        self._inventory.racks.remove(number)

    def _check_name(self, fields: dict[str, Any], number: int, names: list[tuple[int, str]], what: str) -> None:
        if "name" not in fields:
            return
        name = fields["name"]
        if not name.strip():
            raise Invalid("name", f"a {what} has a name")
        if any(other == name and its != number for its, other in names):
            raise AlreadyThere(f"there is a {what} {name} already", name)
