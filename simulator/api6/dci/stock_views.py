"""How the warehouse, recipes and a server's history look."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from simulator.api6.lists.columns import attributes, columns, moment, rack_name
from simulator.api6.lists.listing import Listing
from simulator.dcim.equipment.meters import Day
from simulator.dcim.history import ServerEvent
from simulator.dcim.records import Pdu, Switch
from simulator.dcim.work.recipes import Recipe

__all__ = ["HISTORY", "RECIPES", "STATISTICS", "WAREHOUSE", "Counted"]

IN_USE = "in_use"
"""Of what stands in a rack; the panel keeps no shelf."""

WAREHOUSE: Listing[Switch | Pdu] = Listing(
    {
        **attributes("int", "id"),
        **attributes("text", "name"),
        **columns("text", warehouse_status=lambda panel, thing: IN_USE, rack__name=rack_name),
    },
    lambda panel, thing: {
        "id": thing.id,
        "name": thing.name,
        "warehouse_status": IN_USE,
        "rack": {"id": thing.rack, "name": rack_name(panel, thing)},
    },
)

RECIPES: Listing[Recipe] = Listing(
    {
        **attributes("int", "id"),
        **attributes("text", "name", "note"),
        **attributes("bool", "for_all"),
        **columns("text", date_create=lambda panel, recipe: moment(panel, recipe.created_at)),
    },
    lambda panel, recipe: {
        "id": recipe.id,
        "name": recipe.name,
        "script": recipe.script,
        "note": recipe.note,
        "for_all": recipe.for_all,
        "date_create": moment(panel, recipe.created_at),
    },
)


def _operation(event: ServerEvent) -> dict[str, Any] | None:
    return None if event.operation is None else {"id": event.operation}


HISTORY: Listing[ServerEvent] = Listing(
    {
        **attributes("int", "id", "operation"),
        **attributes("text", "name", "state"),
        **columns("text", date_create=lambda panel, event: moment(panel, event.time)),
    },
    lambda panel, event: {
        "id": event.id,
        "name": event.name,
        "state": event.state,
        "operation": _operation(event),
        "date_create": moment(panel, event.time),
    },
)


class Counted(NamedTuple):
    """A day of a server's meters."""

    date: date
    what: Day


STATISTICS: Listing[Counted] = Listing(
    {
        **columns("text", date=lambda panel, row: row.date.isoformat()),
        **columns(
            "int",
            received=lambda panel, row: row.what.received,
            sent=lambda panel, row: row.what.sent,
        ),
    },
    lambda panel, row: {
        "date": row.date.isoformat(),
        "received": row.what.received,
        "sent": row.what.sent,
        "energy": round(row.what.watt_hours, 3),
    },
)
