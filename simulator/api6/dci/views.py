"""How users, equipment and addresses look in the API, and what their lists can be filtered and sorted by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.api6.lists.columns import attributes, columns, moment, rack_name
from simulator.api6.lists.listing import Listing
from simulator.api6.lists.where import Columns
from simulator.dcim import Panel
from simulator.dcim.people.users import User
from simulator.dcim.records import Location, Outlet, Pdu, Rack, Switch, SwitchPort, Template

__all__ = [
    "AUTH_USERS",
    "LOCATIONS",
    "OUTLETS",
    "PDUS",
    "PORTS",
    "RACKS",
    "SWITCHES",
    "TEMPLATES",
    "USERS",
]


# users


def _server_count(panel: Panel, user: User) -> int:
    return panel.inventory.servers_of(user.id)


def _auth_user(panel: Panel, user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "uuid": user.uuid,
        "email": user.email,
        "full_name": user.full_name,
        "roles": list(user.roles),
        "state": user.state.value,
        "auth_source": "local",
        "email_confirm": user.email_confirm,
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
    **attributes("int", "id"),
    **attributes("text", "email", "full_name", "phone_number", "lang", "timezone", "uuid"),
    **attributes("list", "roles"),
    **columns("text", state=lambda panel, user: user.state.value),
    **columns("int", server_count=_server_count),
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
            "rack": {"id": device.rack, "name": rack_name(panel, device)},
            "port_count": kind(panel, device.id),
            "status": "error" if device.error else "unknown" if device.polled_at is None else "ok",
            "errors": [{"device": device.access.name, "message": device.error}] if device.error else [],
            "note": device.notes,
            "date_poll": moment(panel, device.polled_at),
        }

    return view


_DEVICE_COLUMNS: Columns = {
    **attributes("int", "id", "rack"),
    **attributes("text", "name", "error"),
    **columns("text", rack__name=rack_name, handler=lambda panel, device: device.access.handler),
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
        **attributes("int", "id", "number", "server", "speed", "vlan"),
        **attributes("text", "description", "identity", "duplex"),
        **columns(
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
        "duplex": port.duplex,
        "vlan": port.vlan or None,
        "server": _connected(panel, port),
    },
)

OUTLETS: Listing[Outlet] = Listing(
    {
        **attributes("int", "id", "number", "server"),
        **attributes("text", "identity"),
        **columns("text", server__name=_connected_name, power_status=lambda panel, outlet: outlet.status.value),
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
    return panel.inventory.devices_in(rack.id)


RACKS: Listing[Rack] = Listing(
    {
        **attributes("int", "id"),
        **attributes("text", "name"),
        **columns("int", location_id=lambda panel, rack: rack.location, device_count=_device_count),
    },
    lambda panel, rack: {
        "id": rack.id,
        "name": rack.name,
        "location_id": rack.location,
        "device_count": _device_count(panel, rack),
        "note": rack.notes,
    },
)

LOCATIONS: Listing[Location] = Listing(
    {**attributes("int", "id"), **attributes("text", "name")},
    lambda panel, location: {"id": location.id, "name": location.name},
)


def _template_type(panel: Panel, template: Template) -> str:
    """Version 6's word for what the panel calls rescue."""
    return "recovery" if template.type == "rescue" else template.type


TEMPLATES: Listing[Template] = Listing(
    {
        **attributes("int", "id"),
        **attributes("text", "name"),
        **columns("text", type=_template_type),
        **attributes("list", "tags"),
    },
    lambda panel, template: {
        "id": template.id,
        "name": template.name,
        "tags": list(template.tags),
        "type": _template_type(panel, template),
        "access": "all",
        "efi": False,
        "install_type": "pxe",
    },
)
