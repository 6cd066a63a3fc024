"""PDU models as pages of data: which objects a make shows, what their values mean, which values command what.

A further make is a further page. An object `is` one of the quantities below; several objects may be the same quantity,
and are then views of one thing: that is how the trees of one device stay linked.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulator.kernel.pages import Pages, beside
from simulator.snmp.constants import Absent, Value
from simulator.snmp.oid import dotted
from simulator.snmp.snmprec import Instance, read_walk

__all__ = [
    "AllObject",
    "Command",
    "ConstantColumn",
    "ConstantObject",
    "CountObject",
    "LoadStateObject",
    "MeasureObject",
    "MeteredObject",
    "NameObject",
    "NumberObject",
    "OutletObject",
    "PendingObject",
    "Personality",
    "SettingObject",
    "StateObject",
    "SystemObject",
    "TextObject",
    "TimerObject",
    "Traps",
    "UnitObject",
    "personality",
    "personality_names",
    "recorded_outlets",
    "recorded_walk",
]

Command = Literal["on", "off", "reboot", "delayed_on", "delayed_off", "delayed_reboot", "cancel", "nothing"]
"""What a written value does to an outlet, or to all."""


class _Strict(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class _Object(_Strict):
    object: str
    """The object type, dotted, without the instance."""


class _PerOutlet(_Object):
    index: str = "{n}"
    """The instance of outlet `{n}`: `{n}`, or `1.{n}` behind the number of a unit; `{n0}` where a make counts from 0, `{n1}`
    where another object stands before the first; `{at}`: the page's `places`.
    """


class NumberObject(_PerOutlet):
    """The outlet's number; as text when `text`."""

    is_: Literal["number"] = Field(alias="is")
    text: bool = False


class NameObject(_PerOutlet):
    is_: Literal["name"] = Field(alias="is")
    longest: int | None = None
    """Octets that a written name may have; without it the name cannot be written here."""


class StateObject(_PerOutlet):
    """On or off, in this object's own numbers; with `commands`, what writing them does."""

    is_: Literal["state"] = Field(alias="is")
    on: int
    off: int
    pending_on: int | None = None
    """While an outlet that is off is about to come on: a delay, or the pause of a reboot."""
    pending_off: int | None = None
    start_on: int | None = None
    """While nobody has commanded the outlet since the card's start; likewise `start_off`."""
    start_off: int | None = None
    rebooting: int | None = None
    """In the pause of a reboot."""
    commands: dict[int, Command] = {}
    reads: int | None = None
    """What it always reads as, where commands are only written."""


class PendingObject(_PerOutlet):
    """Whether a command has not run its course yet."""

    is_: Literal["pending"] = Field(alias="is")
    yes: int
    no: int


class SettingObject(_PerOutlet):
    """A time in seconds that delayed commands and reboots take; -1 is never."""

    is_: Literal["on_delay", "off_delay", "reboot_seconds"] = Field(alias="is")
    range: tuple[int, int] | None = None
    """Least and most that may be written; without it the setting is only shown."""


class TimerObject(_PerOutlet):
    """Commands its outlet so many seconds after the write, 0 at once, -1 calls off; reads as what is left, or -1."""

    is_: Literal["after"] = Field(alias="is")
    command: Literal["on", "off", "reboot"]
    most: int = 99999


Subject = Literal["outlet", "bank", "phase", "whole", "load"]
"""What is metered, a row for each; `load` is APC's one table with the whole strip first and then the banks, if more than one."""


class _Metered(_Object):
    of: Subject
    index: str = "{n}"


class MeasureObject(_Metered):
    """A measured quantity, times `per`, as an integer."""

    is_: Literal["measure"] = Field(alias="is")
    what: Literal[
        "amperes", "watts", "volt_amperes", "kilowatt_hours", "volts", "rating", "volt_amperes_rating", "power_factor",
        "used", "volt_amperes_used", "headroom", "uptime", "outlets", "number", "phase", "bank",
    ]  # fmt: skip
    """`used`: the share of the rating, from 0 to 1, and `headroom` the amperes that are left of it; `uptime` the card's, in
    seconds; `outlets` how many hang there; the last three are what the row speaks of.
    """
    per: float = 1.0
    gauge: bool = False
    digits: int | None = Field(default=None, ge=0)
    """Told as a text, with so many decimals."""


class LoadStateObject(_Metered):
    """How near a load is to its rating: `near` from four fifths, `over` above it."""

    is_: Literal["load_state"] = Field(alias="is")
    normal: int
    near: int
    over: int
    off: int | None = None
    """While the outlet is off."""


class ConstantColumn(_Metered):
    """Data that the plant has not and a device shows; in a text, `{n}` is the row's number."""

    is_: Literal["constant_column"] = Field(alias="is")
    value: Value


class _OfUnit(_Object):
    instance: tuple[int, ...] = (0,)


class ConstantObject(_OfUnit):
    is_: Literal["constant"] = Field(alias="is")
    value: Value


class SystemObject(_OfUnit):
    """What the system group has too, or the card's own address and MAC."""

    is_: Literal["sys_name", "sys_location", "sys_contact", "address", "mac", "mac_text"] = Field(alias="is")
    """`mac_text`: as `00-11-22-33-44-55`."""


class CountObject(_OfUnit):
    """How many outlets there are."""

    is_: Literal["outlet_count"] = Field(alias="is")


class TextObject(_OfUnit):
    """All outlets in one text: a word for each, padded to `width`."""

    is_: Literal["all_states", "all_pending"] = Field(alias="is")
    yes: str
    no: str
    width: int


class AllObject(_OfUnit):
    """Commands all outlets at once; always reads as `reads`."""

    is_: Literal["all"] = Field(alias="is")
    reads: int
    commands: dict[int, Command]


OutletObject = Annotated[
    NumberObject | NameObject | StateObject | PendingObject | SettingObject | TimerObject, Field(discriminator="is_")
]
MeteredObject = Annotated[MeasureObject | LoadStateObject | ConstantColumn, Field(discriminator="is_")]
UnitObject = Annotated[ConstantObject | CountObject | TextObject | AllObject | SystemObject, Field(discriminator="is_")]

_SECTIONS = {
    **dict.fromkeys(
        ("number", "name", "state", "pending", "on_delay", "off_delay", "reboot_seconds", "after"), "outlets"
    ),
    **dict.fromkeys(("measure", "load_state", "constant_column"), "metered"),
}
"""Where an object of a group belongs; the others are `unit`."""


class Traps(_Strict):
    """What the card tells of its outlets, besides coldStart and authenticationFailure, which all do."""

    on: str
    """The notification, dotted."""
    off: str
    objects: tuple[str, ...] = ()
    """Instances that it carries; `{n}` is the outlet's number."""


class Personality(_Strict):
    """A PDU model."""

    handler: str
    """The panel's handler that fits."""
    description: str = Field(max_length=255)
    object_id: str
    services: int = Field(ge=0, le=127)
    outlet_name: str
    """An outlet's name when it leaves the factory, with `{n}` for its number."""
    on_delay: int = 0
    off_delay: int = 0
    reboot_seconds: int = Field(default=5, ge=1)
    relay_seconds: float = Field(default=0.0, ge=0)
    """From a command to the relay; meanwhile the old state is shown."""
    banks: int = Field(default=1, ge=1)
    bank_rating: float = Field(default=16.0, ge=0)
    """Amperes that a bank's breaker bears; 0 has none."""
    phases: int = Field(default=1, ge=1)
    volts: float = Field(default=230.0, gt=0)
    unit: tuple[UnitObject, ...] = ()
    outlets: tuple[OutletObject, ...]
    metered: tuple[MeteredObject, ...] = ()
    absent: tuple[Absent, ...] = ()
    sources: tuple[str, ...] = ()
    """Where the page's facts are from, when its make's MIB module is not to be had."""
    walk: str = ""
    """A recorded walk, in a file beside the page: all is as it was there, but what `outlets` has and what every agent counts."""
    places: tuple[int, ...] = ()
    """Where outlet 1, 2, ... stand among their scalars, on models that leave numbers out; no outlet has a place beyond."""
    traps: Traps | None = None
    max_size: int = Field(default=1472, ge=484)
    """Octets of the longest response; 484 is the least an agent must manage (RFC 3417, 3.2)."""

    @model_validator(mode="before")
    @classmethod
    def _spread(cls, page: Any) -> Any:
        """A page may list objects by group: `{entry, of, index, columns}`, which share those and have a number each. A
        column is an object without them, or just the value of a constant.
        """
        if not isinstance(page, Mapping) or "groups" not in page:
            return page
        spread = {key: value for key, value in page.items() if key != "groups"}
        for group in page["groups"]:
            for section, item in _objects(**group):
                spread[section] = [*spread.get(section, ()), item]
        return spread

    @property
    def wiring(self) -> tuple[int, float, int, float]:
        """Banks, their rating in amperes, phases, volts."""
        return self.banks, self.bank_rating, self.phases, self.volts


def _objects(
    entry: str, columns: Mapping[int, Any], of: str = "unit", index: str | None = None
) -> list[tuple[str, dict[str, Any]]]:
    """The objects of a group, each with the section that it belongs to."""
    found: list[tuple[str, dict[str, Any]]] = []
    for number, column in columns.items():
        item = dict(column) if isinstance(column, Mapping) and "is" in column else {"value": column}
        item.setdefault("is", "constant" if of == "unit" else "constant_column")
        section = _SECTIONS.get(item["is"], "unit")
        item["object"] = f"{entry}.{number}"
        if section == "unit":
            item["instance"] = [int(part) for part in (index or "0").split(".")]
        else:
            item["index"] = index or ("0" if of == "unit" else "{n}")
        if section == "metered":
            item["of"] = "whole" if of == "unit" else of
        found.append((section, item))
    return found


_PAGES = Pages("simulator.pdu", "personalities", "PDU personality", Personality)


def personality(name: str) -> Personality:
    """The page of a model. Raises UnknownPage, which names the nearest one."""
    return _PAGES.load(name)


@cache
def recorded_walk(name: str) -> tuple[Instance, ...]:
    """The walk of a page that has one, else nothing. Raises BadPage."""
    page = personality(name)
    return beside(name, page.walk, read_walk) if page.walk else ()


def recorded_outlets(name: str) -> int | None:
    """How many outlets a recorded model has; None for a model that may have any number."""
    walk = recorded_walk(name)
    states = [item.object for item in personality(name).outlets if isinstance(item, StateObject)]
    return sum(dotted(each.name).startswith(f"{states[0]}.") for each in walk) if walk and states else None


def personality_names() -> tuple[str, ...]:
    """All models, in order."""
    return _PAGES.names()
