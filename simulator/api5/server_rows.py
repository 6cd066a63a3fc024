"""How a server looks in DCImanager 5: a row of the list, the fields of the form, and what it shows of operations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.api5.calls import Call
from simulator.dcim.config import FREE_DOMAIN
from simulator.dcim.ip.addresses import Address
from simulator.dcim.records import LinkStatus, PowerStatus, Server, ServerState
from simulator.dcim.work.operation_table import Operation, OperationKind, OperationStatus

__all__ = [
    "COLUMNS",
    "FREE_HOSTNAME",
    "hostname",
    "main_address",
    "network_flag",
    "operation_flags",
    "own",
    "server_row",
]

FREE_HOSTNAME = FREE_DOMAIN
"""The host name of a server that may be sold (official rule, and what clients compare with)."""

COLUMNS = (
    "id", "name", "rack", "type", "chassis_templ", "hostname", "owner", "mac", "ip", "poweron", "poweroff",
    "powerunknown", "powererror", "ineton", "inetoff", "inetunknown", "ineterror", "ipmi", "disabled", "blocked",
    "forcelock", "hwproblem", "operation_failed", "install_in_progress", "diag_in_progress", "rescue_in_progress",
    "rescue_ready_ssh", "cancel_oper", "note", "notes", "power", "traff", "os",
)  # fmt: skip


def server_row(call: Call, server: Server) -> dict[str, Any]:
    """A row; what is None or False is absent."""
    panel, staff = call.panel, call.staff
    owner = panel.users.all.find(server.owner)
    template = panel.inventory.templates.find(server.os_template)
    address = main_address(call, server)
    blocked = server.state is not ServerState.ACTIVE
    notes = server.notes if staff else str(server.settings.get("user_notes", ""))
    return {
        "id": server.id,
        "name": server.name,
        "rack": rack(call, server),
        "type": server.configuration if staff else None,
        "chassis_templ": server.configuration if staff else None,
        "hostname": hostname(server),
        "owner": call.accounts.name(owner) if owner and staff else None,
        "mac": server.macs[0] if server.macs else "",
        "ip": address.name if address else "",
        power_flag(call, server): True,
        network_flag(call, server): True,
        "ipmi": f"IPMI {server.name}" if server.bmc.host else None,
        "disabled": blocked,
        "blocked": blocked,
        "forcelock": server.protected,
        "hwproblem": server.faulty is not None,
        **operation_flags(panel.operations.last(server)),
        "rescue_ready_ssh": panel.operations.in_rescue(server),
        "note": bool(notes),
        "notes": notes or None,
        "power": _whole(panel.meters.watts(server)) if staff else None,
        "traff": _whole(sum(panel.meters.rate(server))) if staff else None,
        "os": template.name if template else None,
    }


def operation_flags(last: Operation | None) -> dict[str, bool]:
    if last is None:
        return {}
    running = not last.status.ended
    return {
        "operation_failed": last.status is OperationStatus.FAILED,
        "install_in_progress": running and last.kind is OperationKind.OS_INSTALL,
        "diag_in_progress": running and last.kind is OperationKind.DIAGNOSTIC,
        "rescue_in_progress": running and last.kind is OperationKind.RESCUE,
        "cancel_oper": running,
    }


def hostname(server: Server) -> str:
    return server.domain or FREE_HOSTNAME


def own(call: Call, server: Server) -> list[Address]:
    """The server's addresses, without the one that an operation has taken for its own duration."""
    running = call.panel.operations.running(server)
    taken = running.address if running else None
    return [address for address in call.panel.addresses.of_server(server.id) if address.id != taken]


def main_address(call: Call, server: Server) -> Address | None:
    """The first IPv4 address that it was given, or the first of all."""
    found = own(call, server)
    return next((address for address in found if address.family == 4), found[0] if found else None)


def rack(call: Call, server: Server) -> str:
    """`A1 (17)`: clients take the part before the space."""
    found = call.panel.inventory.racks.find(server.rack)
    name = found.name if found else ""
    return name if server.unit is None else f"{name} ({server.unit})"


def power_flag(call: Call, server: Server) -> str:
    inventory = call.panel.inventory
    status = inventory.power_status(server)
    if status is not PowerStatus.UNKNOWN:
        return "poweron" if status is PowerStatus.ON else "poweroff"
    pdus = (inventory.pdus.find(outlet.pdu) for outlet in inventory.outlets_of(server))
    return "powererror" if server.bmc_error or any(pdu and pdu.error for pdu in pdus) else "powerunknown"


def network_flag(call: Call, server: Server) -> str:
    inventory = call.panel.inventory
    ports = inventory.ports_of(server)
    known = _any_up(port.admin_status for port in ports)
    if known is not LinkStatus.UNKNOWN:
        return "ineton" if known is LinkStatus.UP else "inetoff"
    switches = (inventory.switches.find(port.switch) for port in ports)
    return "ineterror" if any(switch and switch.error for switch in switches) else "inetunknown"


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _any_up(statuses: Iterable[LinkStatus]) -> LinkStatus:
    found = tuple(statuses)
    if LinkStatus.UP in found:
        return LinkStatus.UP
    return LinkStatus.UNKNOWN if not found or LinkStatus.UNKNOWN in found else LinkStatus.DOWN
