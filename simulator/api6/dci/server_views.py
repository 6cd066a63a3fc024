"""How servers and their operations look in the API, and what their lists can be filtered and sorted by."""

from __future__ import annotations

from typing import Any

from simulator.api6.lists.cached import CachedListing
from simulator.api6.lists.columns import attributes, columns, moment, rack_name
from simulator.api6.lists.listing import Listing
from simulator.api6.lists.where import Columns
from simulator.dcim import Panel
from simulator.dcim.ip.addresses import Address
from simulator.dcim.people.users import User
from simulator.dcim.records import Outlet, PowerStatus, Server, SwitchPort
from simulator.dcim.work.operation_table import Operation, OperationKind

__all__ = ["CONFIGURATIONS", "OPERATIONS", "SERVERS", "SERVER_IPS", "connections"]


# servers


def _owner(panel: Panel, server: Server) -> User | None:
    return panel.users.all.find(server.owner)


def _owner_email(panel: Panel, server: Server) -> str | None:
    owner = _owner(panel, server)
    return owner.email if owner else None


def _last_status(panel: Panel, server: Server) -> str | None:
    last = panel.operations.last(server)
    return last.status.value if last else None


def _template_name(panel: Panel, server: Server) -> str | None:
    template = panel.inventory.templates.find(server.os_template)
    return template.name if template else None


def _server(panel: Panel, server: Server) -> dict[str, Any]:
    """The server as lists and its own page show it; the panel's own form, key by key."""
    owner = _owner(panel, server)
    last = panel.operations.last(server)
    template = panel.inventory.templates.find(server.os_template)
    outlets = [_pdu_connection(panel, outlet) for outlet in panel.inventory.outlets_of(server)]
    return {
        "id": server.id,
        "name": server.name,
        "domain": server.domain,
        "operation": _last_operation(panel, last) if last else None,
        "os_template": {"id": template.id, "name": template.name, "tags": list(template.tags)} if template else None,
        "hardware_info": dict(server.hardware),
        "perform_info": {},
        "configuration": server.configuration,
        "settings": dict(server.settings),
        "state": server.state.value,
        "state_info": server.state_info,
        "ip": [_server_ip(panel, address) for address in panel.addresses.of_server(server.id)],
        "switch_connection": [_switch_connection(panel, port) for port in panel.inventory.ports_of(server)],
        "pdu_connection": outlets[0] if outlets else None,
        "power_status": panel.inventory.power_status(server).value,
        "barcode": server.serial,
        "rack": {"id": server.rack, "name": rack_name(panel, server)},
        "unit": server.unit,
        "location_id": server.location,
        "owner": {"id": owner.id, "email": owner.email} if owner else None,
        "owner_email": owner.email if owner else None,
        "is_new": False,
        "mac": list(server.macs),
        "bmc": [_bmc(server)],
        "notes": server.notes,
        "maintenance": server.maintenance,
        "protected": server.protected,
        "faulty": None if server.faulty is None else {"reason": server.faulty},
        "errors": [{"device": server.bmc.name, "message": server.bmc_error}] if server.bmc_error else [],
        "date_create": moment(panel, server.created_at),
    }


def _bmc(server: Server) -> dict[str, Any]:
    status = "error" if server.bmc_error else "ok" if server.bmc_power is not PowerStatus.UNKNOWN else "unknown"
    return {"id": server.id, "type": "ipmi", "ip": server.bmc.host, "status": status}


def _switch_connection(panel: Panel, port: SwitchPort) -> dict[str, Any]:
    return {
        "id": port.id,
        "switch": port.switch,
        "switch_name": panel.inventory.switches.get(port.switch).name,
        "connection_id": port.id,
        "description": port.description,
        "admin_status": port.admin_status.value,
        "oper_status": port.oper_status.value,
        "do_not_collect_traffic": False,
        "is_ipmi_connection": False,
    }


def _pdu_connection(panel: Panel, outlet: Outlet) -> dict[str, Any]:
    return {
        "port_id": outlet.id,
        "port_identity": outlet.identity,
        "pdu_id": outlet.pdu,
        "pdu_name": panel.inventory.pdus.get(outlet.pdu).name,
        "connection_id": outlet.id,
        "power_status": outlet.status.value,
    }


def connections(panel: Panel, server: Server) -> dict[str, Any]:
    """All that is plugged into the server, as the panel has it."""
    return {
        "switch_connection": [_switch_connection(panel, port) for port in panel.inventory.ports_of(server)],
        "pdu_connection": [_pdu_connection(panel, outlet) for outlet in panel.inventory.outlets_of(server)],
        "bmc": [_bmc(server)],
    }


def _server_ip(panel: Panel, address: Address) -> dict[str, Any]:
    network = panel.addresses.network(address)
    return {
        "id": address.id,
        "name": address.name,
        "domain": address.domain,
        "family": f"ipv{address.family}",
        "gateway": panel.addresses.gateway(address),
        "network": network.name if network else "",
        "ippool": address.pool,
        "status": "ready",
        "status_info": {},
    }


_SERVER_COLUMNS: Columns = {
    **attributes("int", "id", "unit"),
    **attributes("text", "name", "domain", "configuration", "notes", "state_info"),
    **attributes("bool", "maintenance", "protected"),
    **columns(
        "int",
        location_id=lambda panel, server: server.location,
        owner=lambda panel, server: server.owner,
        owner_id=lambda panel, server: server.owner,
        owner__id=lambda panel, server: server.owner,
        rack=lambda panel, server: server.rack,
        rack__id=lambda panel, server: server.rack,
        operation__id=lambda panel, server: server.operation,
        os_template__id=lambda panel, server: server.os_template,
    ),
    **columns(
        "text",
        barcode=lambda panel, server: server.serial,
        owner_email=_owner_email,
        owner__email=_owner_email,
        rack__name=rack_name,
        state=lambda panel, server: server.state.value,
        power_status=lambda panel, server: panel.inventory.power_status(server).value,
        operation__status=_last_status,
        os_template__name=_template_name,
        faulty=lambda panel, server: server.faulty,
        date_create=lambda panel, server: moment(panel, server.created_at),
    ),
    **columns("bool", is_new=lambda panel, server: False),
    **columns(
        "list",
        mac=lambda panel, server: server.macs,
        ip=lambda panel, server: [address.name for address in panel.addresses.of_server(server.id)],
    ),
}


def _sources(panel: Panel, server: Server) -> tuple[Any, ...]:
    """All the records that `_server` reads, but for the names of equipment, which stay."""
    inventory = panel.inventory
    ports, outlets = inventory.switch_ports, inventory.outlets
    book = panel.addresses
    found: list[Any] = [
        server,
        panel.users.all.find(server.owner),
        panel.operations.all.find(server.operation),
        inventory.templates.find(server.os_template),
        *[ports.find(port) for port in server.ports],
        *[outlets.find(outlet) for outlet in server.outlets],
    ]
    for address in book.of_server(server.id):
        found += (address, book.networks.find(address.network))
    return tuple(found)


def _around(panel: Panel) -> tuple[int, ...]:
    inventory = panel.inventory
    return (
        panel.users.all.version,
        panel.operations.all.version,
        inventory.templates.version,
        inventory.switch_ports.version,
        inventory.outlets.version,
        panel.addresses.used.version,
        panel.addresses.networks.version,
    )


SERVERS: CachedListing[Server] = CachedListing(
    _SERVER_COLUMNS,
    _server,
    sources=_sources,
    around=_around,
    joined={
        "owner_email": lambda panel: panel.users.all.version,
        "owner.email": lambda panel: panel.users.all.version,
        "power_status": lambda panel: panel.inventory.outlets.version,
        "operation.status": lambda panel: panel.operations.all.version,
        "os_template.name": lambda panel: panel.inventory.templates.version,
        "ip": lambda panel: panel.addresses.used.version,
    },
)

SERVER_IPS: Listing[Address] = Listing(
    {
        **attributes("int", "id"),
        **attributes("text", "name", "domain"),
        **columns("text", family=lambda panel, address: f"ipv{address.family}", status=lambda panel, _: "ready"),
        **columns("int", ippool=lambda panel, address: address.pool),
    },
    _server_ip,
)

CONFIGURATIONS: Listing[tuple[str, int]] = Listing(
    {
        **columns("text", configuration=lambda panel, row: row[0]),
        **columns("int", free_server_count=lambda panel, row: row[1]),
    },
    lambda panel, row: {"configuration": row[0], "free_server_count": row[1]},
)


# operations

_KINDS = {OperationKind.RESCUE: "recovery"}
"""Version 6's words, where they are not the panel's own."""


def _kind(operation: Operation) -> str:
    return _KINDS.get(operation.kind, operation.kind.value)


def _last_operation(panel: Panel, operation: Operation) -> dict[str, Any]:
    return {
        "id": operation.id,
        "type": _kind(operation),
        "status": operation.status.value,
        "status_info": {"message": operation.message} if operation.message else {},
        "progress_info": [
            {
                "stage": each.stage,
                "percent": each.percent,
                "message": each.message,
                "time": moment(panel, each.time),
            }
            for each in operation.progress
        ],
    }


def _server_name(panel: Panel, operation: Operation) -> str:
    """Empty when it has been deleted since."""
    server = panel.inventory.servers.find(operation.server)
    return server.name if server else ""


def _operation(panel: Panel, operation: Operation) -> dict[str, Any]:
    template = panel.inventory.templates.get(operation.template)
    return {
        **_last_operation(panel, operation),
        "consul_id": operation.id,
        "server": {"id": operation.server, "name": _server_name(panel, operation)},
        "os_template": {"id": template.id, "name": template.name},
        "clear_disks": operation.clear_disks,
        "recipe": operation.recipe,
        "date_create": moment(panel, operation.created_at),
        "date_end": moment(panel, operation.ended_at),
    }


def _operation_sources(panel: Panel, operation: Operation) -> tuple[Any, ...]:
    inventory = panel.inventory
    return operation, inventory.templates.get(operation.template), inventory.servers.find(operation.server)


OPERATIONS: CachedListing[Operation] = CachedListing(
    {
        **attributes("int", "id", "server"),
        **attributes("bool", "clear_disks"),
        **columns("int", consul_id=lambda panel, operation: operation.id),
        **columns(
            "text",
            type=lambda panel, operation: _kind(operation),
            status=lambda panel, operation: operation.status.value,
            date_create=lambda panel, operation: moment(panel, operation.created_at),
            date_end=lambda panel, operation: moment(panel, operation.ended_at),
        ),
    },
    _operation,
    sources=_operation_sources,
    most=1024,  # those that are polled; the panel itself forgets old ones
)
