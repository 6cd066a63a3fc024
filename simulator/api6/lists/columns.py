"""Small parts that all views share: how a moment is written, and columns by kind."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from simulator.api6.lists.where import Column, Getter, Kind
from simulator.dcim import Panel

__all__ = ["attributes", "columns", "moment", "rack_name"]


def moment(panel: Panel, at: float | None) -> str | None:
    """`YYYY-MM-DD hh:mm:ss`, the platform's form, by the clock on the panel's host."""
    return None if at is None else _written(panel.clock.epoch, panel.zone, int(at))


@lru_cache(maxsize=4096)
def _written(epoch: datetime, zone: tzinfo, seconds: int) -> str:
    return (epoch + timedelta(seconds=seconds)).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def columns(kind: Kind, **getters: Getter) -> dict[str, Column]:
    """Columns with getters of their own; `__` in a name stands for the dot of a nested field."""
    return {name.replace("__", "."): Column(kind, get) for name, get in getters.items()}


def attributes(kind: Kind, *names: str) -> dict[str, Column]:
    """Columns that are attributes of the record."""

    def getter(name: str) -> Getter:
        return lambda panel, record: getattr(record, name)

    return {name: Column(kind, getter(name), name) for name in names}


def rack_name(panel: Panel, record: Any) -> str:
    """Of anything that stands in a rack."""
    return panel.inventory.racks.get(record.rack).name
