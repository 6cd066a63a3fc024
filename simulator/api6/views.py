"""How the panel's records look in the DCImanager 6 API, and what lists of them can be filtered and sorted by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from simulator.api6.listing import Listing
from simulator.api6.where import Column, Columns, Getter
from simulator.dcim import Panel
from simulator.dcim.addresses import Address, Pool
from simulator.dcim.operation_table import Operation
from simulator.dcim.records import Location, Outlet, Pdu, PowerStatus, Rack, Server, Switch, SwitchPort, Template
from simulator.dcim.users import User

__all__ = [
    "AUTH_USERS",
    "CONFIGURATIONS",
    "IPS",
    "LOCATIONS",
    "OPERATIONS",
    "OUTLETS",
    "PDUS",
    "POOLS",
    "PORTS",
    "RACKS",
    "SERVERS",
    "SERVER_IPS",
    "SWITCHES",
    "TEMPLATES",
    "USERS",
    "connections",
    "moment",
]


def moment(panel: Panel, at: float | None) -> str | None:
    """`YYYY-MM-DD hh:mm:ss`, the platform's form."""
    return None if at is None else panel.clock.calendar(at).strftime("%Y-%m-%d %H:%M:%S")


def _columns(kind: Literal["int", "text", "bool", "list"], **getters: Getter) -> dict[str, Column]:
    return {name.replace("__", "."): Column(kind, get) for name, get in getters.items()}


def _attributes(kind: Literal["int", "text", "bool", "list"], *names: str) -> dict[str, Column]:
    def getter(name: str) -> Getter:
        return lambda panel, record: getattr(record, name)

    return {name: Column(kind, getter(name)) for name in names}


# servers


def _owner(panel: Panel, server: Server) -> User | None:
    return panel.users.all.find(server.owner)


def _owner_email(panel: Panel, server: Server) -> str | None:
    owner = _owner(panel, server)
    return owner.email if owner else None


def _last_status(panel: Panel, server: Server) -> str | None:
    last = panel.operations.last(server)
    return last.status.value if last else None


def _rack_name(panel: Panel, record: Server | Switch | Pdu) -> str:
    return panel.inventory.racks.get(record.rack).name


def _template_name(panel: Panel, server: Server) -> str | None:
    template = panel.inventory.templates.find(server.os_template)
    return template.name if template else None


def _server(panel: Panel, server: Server) -> dict[str, Any]:
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
        "rack": {"id": server.rack, "name": _rack_name(panel, server)},
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
    **_attributes("int", "id", "unit"),
    **_attributes("text", "name", "domain", "configuration", "notes", "state_info"),
    **_attributes("bool", "maintenance", "protected"),
    **_columns(
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
    **_columns(
        "text",
        barcode=lambda panel, server: server.serial,
        owner_email=_owner_email,
        owner__email=_owner_email,
        rack__name=_rack_name,
        state=lambda panel, server: server.state.value,
        power_status=lambda panel, server: panel.inventory.power_status(server).value,
        operation__status=_last_status,
        os_template__name=_template_name,
        faulty=lambda panel, server: server.faulty,
        date_create=lambda panel, server: moment(panel, server.created_at),
    ),
    **_columns("bool", is_new=lambda panel, server: False),
    **_columns(
        "list",
        mac=lambda panel, server: server.macs,
        ip=lambda panel, server: [address.name for address in panel.addresses.of_server(server.id)],
    ),
}

SERVERS: Listing[Server] = Listing(_SERVER_COLUMNS, _server)

SERVER_IPS: Listing[Address] = Listing(
    {
        **_attributes("int", "id"),
        **_attributes("text", "name", "domain"),
        **_columns("text", family=lambda panel, address: f"ipv{address.family}", status=lambda panel, _: "ready"),
        **_columns("int", ippool=lambda panel, address: address.pool),
    },
    _server_ip,
)

CONFIGURATIONS: Listing[tuple[str, int]] = Listing(
    {
        **_columns("text", configuration=lambda panel, row: row[0]),
        **_columns("int", free_server_count=lambda panel, row: row[1]),
    },
    lambda panel, row: {"configuration": row[0], "free_server_count": row[1]},
)


# operations


def _last_operation(panel: Panel, operation: Operation) -> dict[str, Any]:
    return {
        "id": operation.id,
        "type": operation.kind.value,
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


def _operation(panel: Panel, operation: Operation) -> dict[str, Any]:
    template = panel.inventory.templates.get(operation.template)
    return {
        **_last_operation(panel, operation),
        "server": {"id": operation.server, "name": panel.inventory.servers.get(operation.server).name},
        "os_template": {"id": template.id, "name": template.name},
        "clear_disks": operation.clear_disks,
        "date_create": moment(panel, operation.created_at),
        "date_end": moment(panel, operation.ended_at),
    }


OPERATIONS: Listing[Operation] = Listing(
    {
        **_attributes("int", "id", "server"),
        **_attributes("bool", "clear_disks"),
        **_columns(
            "text",
            type=lambda panel, operation: operation.kind.value,
            status=lambda panel, operation: operation.status.value,
            date_create=lambda panel, operation: moment(panel, operation.created_at),
            date_end=lambda panel, operation: moment(panel, operation.ended_at),
        ),
    },
    _operation,
)


# users


def _server_count(panel: Panel, user: User) -> int:
    return sum(1 for _ in panel.inventory.owned_by(user.id))


def _auth_user(panel: Panel, user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "uuid": user.uuid,
        "email": user.email,
        "full_name": user.full_name,
        "roles": list(user.roles),
        "state": user.state.value,
        "auth_source": "local",
        "email_confirm": False,
        "lang": user.lang,
        "timezone": user.timezone,
    }


def _dci_user(panel: Panel, user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "full_name": user.full_name,
        "phone_number": user.phone_number,
        "state": user.state.value,
        "server_count": _server_count(panel, user),
        "roles": list(user.roles),
        "vlans_per_user": 0,
    }


_USER_COLUMNS: Columns = {
    **_attributes("int", "id"),
    **_attributes("text", "email", "full_name", "phone_number", "lang", "timezone", "uuid"),
    **_attributes("list", "roles"),
    **_columns("text", state=lambda panel, user: user.state.value),
    **_columns("int", server_count=_server_count),
}

AUTH_USERS: Listing[User] = Listing(_USER_COLUMNS, _auth_user)
USERS: Listing[User] = Listing(_USER_COLUMNS, _dci_user)


# equipment


def _device(kind: Callable[[Panel, int], int]) -> Callable[[Panel, Any], dict[str, Any]]:
    def view(panel: Panel, device: Switch | Pdu) -> dict[str, Any]:
        return {
            "id": device.id,
            "name": device.name,
            "handler": device.access.handler,
            "ip": device.access.host,
            "rack": {"id": device.rack, "name": _rack_name(panel, device)},
            "port_count": kind(panel, device.id),
            "status": "error" if device.error else "unknown" if device.polled_at is None else "ok",
            "errors": [{"device": device.access.name, "message": device.error}] if device.error else [],
            "date_poll": moment(panel, device.polled_at),
        }

    return view


_DEVICE_COLUMNS: Columns = {
    **_attributes("int", "id", "rack"),
    **_attributes("text", "name", "error"),
    **_columns("text", rack__name=_rack_name, handler=lambda panel, device: device.access.handler),
}

SWITCHES: Listing[Switch] = Listing(
    _DEVICE_COLUMNS, _device(lambda panel, number: len(panel.inventory.ports_of_switch(number)))
)
PDUS: Listing[Pdu] = Listing(
    _DEVICE_COLUMNS, _device(lambda panel, number: len(panel.inventory.outlets_of_pdu(number)))
)


def _connected(panel: Panel, record: SwitchPort | Outlet) -> dict[str, Any] | None:
    server = panel.inventory.servers.find(record.server)
    return {"id": server.id, "name": server.name} if server else None


def _connected_name(panel: Panel, record: SwitchPort | Outlet) -> str | None:
    server = panel.inventory.servers.find(record.server)
    return server.name if server else None


PORTS: Listing[SwitchPort] = Listing(
    {
        **_attributes("int", "id", "number", "server", "speed"),
        **_attributes("text", "description", "identity"),
        **_columns(
            "text",
            server__name=_connected_name,
            admin_status=lambda panel, port: port.admin_status.value,
            oper_status=lambda panel, port: port.oper_status.value,
        ),
    },
    lambda panel, port: {
        "id": port.id,
        "number": port.number,
        "identity": port.identity,
        "description": port.description,
        "admin_status": port.admin_status.value,
        "oper_status": port.oper_status.value,
        "speed": port.speed,
        "server": _connected(panel, port),
    },
)

OUTLETS: Listing[Outlet] = Listing(
    {
        **_attributes("int", "id", "number", "server"),
        **_attributes("text", "identity"),
        **_columns("text", server__name=_connected_name, power_status=lambda panel, outlet: outlet.status.value),
    },
    lambda panel, outlet: {
        "id": outlet.id,
        "number": outlet.number,
        "port_identity": outlet.identity,
        "power_status": outlet.status.value,
        "server": _connected(panel, outlet),
    },
)


def _device_count(panel: Panel, rack: Rack) -> int:
    inventory = panel.inventory
    return sum(
        1
        for things in (inventory.servers, inventory.switches, inventory.pdus)
        for thing in things
        if thing.rack == rack.id
    )


RACKS: Listing[Rack] = Listing(
    {
        **_attributes("int", "id"),
        **_attributes("text", "name"),
        **_columns("int", location_id=lambda panel, rack: rack.location, device_count=_device_count),
    },
    lambda panel, rack: {
        "id": rack.id,
        "name": rack.name,
        "location_id": rack.location,
        "device_count": _device_count(panel, rack),
    },
)

LOCATIONS: Listing[Location] = Listing(
    {**_attributes("int", "id"), **_attributes("text", "name")},
    lambda panel, location: {"id": location.id, "name": location.name},
)

TEMPLATES: Listing[Template] = Listing(
    {**_attributes("int", "id"), **_attributes("text", "name", "type"), **_attributes("list", "tags")},
    lambda panel, template: {
        "id": template.id,
        "name": template.name,
        "tags": list(template.tags),
        "type": template.type,
        "access": "all",
        "efi": False,
        "install_type": "pxe",
    },
)


# addresses; counters are strings, as IPmanager has them


def _pool(panel: Panel, pool: Pool) -> dict[str, Any]:
    using, total = str(panel.addresses.using(pool)), str(pool.total)
    network = panel.addresses.networks.find(pool.network)
    return {
        "id": pool.id,
        "name": pool.name,
        "userspace": 1,
        "note": "",
        "is_public": "true",
        "using_ip": using,
        "using_ipv4": using if pool.family == 4 else "0",
        "using_ipv6": using if pool.family == 6 else "0",
        "total_ip": total,
        "total_ipv4": total if pool.family == 4 else "0",
        "total_ipv6": total if pool.family == 6 else "0",
        "ipnets": [{"id": network.id, "name": network.name, "gateway": pool.gateway}] if network else [],
        "deallocation": pool.deallocation,
    }


POOLS: Listing[Pool] = Listing(
    {
        **_attributes("int", "id"),
        **_attributes("text", "name"),
        **_attributes("bool", "deallocation"),
        **_columns(
            "int",
            using_ip=lambda panel, pool: panel.addresses.using(pool),
            total_ip=lambda panel, pool: pool.total,
        ),
    },
    _pool,
)


def _network_name(panel: Panel, address: Address) -> str | None:
    network = panel.addresses.network(address)
    return network.name if network else None


def _network_id(panel: Panel, address: Address) -> int | None:
    network = panel.addresses.network(address)
    return network.id if network else None


def _ip(panel: Panel, address: Address) -> dict[str, Any]:
    return {
        "id": address.id,
        "name": address.name,
        "ip_addr": address.name,
        "domain": address.domain,
        "ipnet": _network_id(panel, address),
        "ipnet_name": _network_name(panel, address),
        "ippool": address.pool,
        "parent": None,
        "size": address.size,
        "status": "busy",
        "note": "",
        "userspace": 1,
        "locked": False,
        "first": address.host,
        "server": address.server,
    }


IPS: Listing[Address] = Listing(
    {
        **_attributes("int", "id", "server"),
        **_attributes("text", "name", "domain"),
        **_columns(
            "text",
            ip_addr=lambda panel, address: address.name,
            ipnet_name=_network_name,
            status=lambda panel, address: "busy",
        ),
        **_columns("int", ipnet=_network_id, ippool=lambda panel, address: address.pool),
        **_columns("bool", locked=lambda panel, address: False),
    },
    _ip,
)
