"""What a handler's page holds. A switch's defaults are IF-MIB's, so its page says only where a make differs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from simulator.kernel.pages import Pages

__all__ = [
    "Control",
    "PduHandler",
    "Status",
    "SwitchHandler",
    "pdu_handler",
    "pdu_handler_names",
    "switch_handler",
    "switch_handler_names",
]


class _Strict(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class SwitchHandler(_Strict):
    """Columns of a switch's interface table, dotted; the index is the ifIndex (RFC 2863).

    What is set is not saved to where the switch starts from: no document of the panels and no public handler does so.
    """

    uptime: str = "1.3.6.1.2.1.1.3.0"
    """An instance, not a column: it falls when the device has started anew (RFC 3418)."""
    type: str = "1.3.6.1.2.1.2.2.1.3"
    port_types: tuple[int, ...] = (6,)
    """The ifTypes of physical ports; rows of other types are left out."""
    not_ports: tuple[str, ...] = ()
    """How the names of rows begin that are no front ports, whatever their type."""
    description: str = "1.3.6.1.2.1.2.2.1.2"
    admin: str = "1.3.6.1.2.1.2.2.1.7"
    oper: str = "1.3.6.1.2.1.2.2.1.8"
    speed: str = "1.3.6.1.2.1.31.1.1.1.15"
    """In megabits per second."""
    octets_in: str = "1.3.6.1.2.1.31.1.1.1.6"
    octets_out: str = "1.3.6.1.2.1.31.1.1.1.10"
    """ifHCInOctets, ifHCOutOctets."""
    vlans: Literal["q_bridge", "cisco", "none"] = "q_bridge"
    """How VLANs are read and set."""
    duplex: str = "1.3.6.1.2.1.10.7.2.1.19"
    """dot3StatsDuplexStatus (RFC 3635)."""
    speeds: Literal["stack", "mau", "none"] = "none"
    """How speed and duplex are set: by CISCO-STACK-MIB, by MAU-MIB (RFC 4836)."""
    up: int = 1
    down: int = 2


class Status(_Strict):
    """A column that tells an outlet's state; other values mean that the PDU does not know."""

    column: str
    on: int
    off: int
    instance: str = ""
    """What follows the outlet's number in a name: `.0` where a make has a scalar for each outlet."""


class Control(_Strict):
    """A column that is written to switch an outlet."""

    column: str
    on: int
    off: int
    off_column: str | None = None
    """Where off is written, when not there."""
    instance: str = ""
    places: tuple[int, ...] = ()
    """The numbers under which outlet 1, 2, ... are written, where they are not the outlets' own."""
    offset: int = 0
    """What is added to the outlet's number, where something else stands before the first."""


class PduHandler(_Strict):
    """Where a PDU's outlets are read and switched. A column holds all of the index but the outlet's number."""

    status: Status
    control: Control
    watts: str | None = None
    """A column of what each outlet delivers."""


_SWITCHES = Pages("simulator.dcim.drivers.handlers", "switches", "switch handler", SwitchHandler)
_PDUS = Pages("simulator.dcim.drivers.handlers", "pdus", "PDU handler", PduHandler)


def switch_handler(name: str) -> SwitchHandler:
    """Raises UnknownPage, which names the nearest one."""
    return _SWITCHES.load(name)


def switch_handler_names() -> tuple[str, ...]:
    return _SWITCHES.names()


def pdu_handler(name: str) -> PduHandler:
    """Raises UnknownPage, which names the nearest one."""
    return _PDUS.load(name)


def pdu_handler_names() -> tuple[str, ...]:
    return _PDUS.names()
