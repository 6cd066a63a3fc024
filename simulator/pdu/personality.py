"""PDU models as pages of data: which objects a make shows, what their values mean, which values command what.

A further make is a further page. An object `is` one of the quantities below; several objects may be the same quantity,
and are then views of one thing: that is how the trees of one device stay linked.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.kernel.pages import Pages

__all__ = [
    "AllObject",
    "Command",
    "ConstantObject",
    "CountObject",
    "NameObject",
    "NumberObject",
    "OutletObject",
    "PendingObject",
    "Personality",
    "SettingObject",
    "StateObject",
    "TextObject",
    "UnitObject",
    "personality",
    "personality_names",
]

Command = Literal["on", "off", "reboot", "delayed_on", "delayed_off", "delayed_reboot", "cancel", "nothing"]
"""What a written value does to an outlet, or to all."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Object(_Strict):
    object: str
    """The object type, dotted, without the instance."""


class _PerOutlet(_Object):
    index: str = "{n}"
    """The instance of outlet `{n}`: `{n}`, or `1.{n}` behind the number of a unit."""


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
    commands: dict[int, Command] = {}


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


class _OfUnit(_Object):
    instance: tuple[int, ...] = (0,)


class ConstantObject(_OfUnit):
    is_: Literal["constant"] = Field(alias="is")
    value: int | str


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
    NumberObject | NameObject | StateObject | PendingObject | SettingObject, Field(discriminator="is_")
]
UnitObject = Annotated[ConstantObject | CountObject | TextObject | AllObject, Field(discriminator="is_")]


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
    unit: tuple[UnitObject, ...] = ()
    outlets: tuple[OutletObject, ...]
    max_size: int = Field(default=1472, ge=484)
    """Octets of the longest response; 484 is the least an agent must manage (RFC 3417, 3.2)."""


_PAGES = Pages("simulator.pdu", "personalities", "PDU personality", Personality)


def personality(name: str) -> Personality:
    """The page of a model. Raises UnknownPage, which names the nearest one."""
    return _PAGES.load(name)


def personality_names() -> tuple[str, ...]:
    """All models, in order."""
    return _PAGES.names()
