"""Datagrams of a lab get their points: BMCs and SNMP agents ask the wire what becomes of a message, while it may be anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from simulator.bmc import Bmc
from simulator.bmc.commands.table import COMMANDS
from simulator.ipmi.interference import SETUP_STEPS, Interference
from simulator.kernel import Streams
from simulator.kernel.wire import Fate, Wire
from simulator.snmp.station import Station

__all__ = ["ask_the_wire"]


def ask_the_wire(wire: Wire, streams: Streams, bmcs: Mapping[str, Bmc], stations: Mapping[str, Station[Any]]) -> None:
    """From now on, whenever rules or watchers concern them, datagrams to these devices are messages of the wire."""
    wire.serve("ipmi", lambda active: _switch_bmcs(wire, streams, bmcs, active=active))
    wire.serve("snmp", lambda active: _switch_stations(wire, stations, active=active))


def _switch_bmcs(wire: Wire, streams: Streams, bmcs: Mapping[str, Bmc], *, active: bool) -> None:
    for name, bmc in bmcs.items():
        if active and bmc.interference is None:
            bmc.interference = Interference(streams[f"ipmi/{name}"])
        if bmc.interference is not None:
            bmc.interference.meet = _ipmi(wire, name) if active else None
            if bmc.interference.idle:
                bmc.interference = None


def _ipmi(wire: Wire, name: str) -> Callable[[int], Fate | None]:
    def meet(number: int) -> Fate | None:
        return wire.meet("ipmi", "panel", name, _name(number))

    return meet


def _name(number: int) -> str:
    """Of a set-up packet or a command."""
    if number in SETUP_STEPS:
        return SETUP_STEPS[number]
    command = COMMANDS.get(number)
    return command.name if command else f"{number >> 8:02X}/{number & 0xFF:02X}"


def _switch_stations(wire: Wire, stations: Mapping[str, Station[Any]], *, active: bool) -> None:
    for name, station in stations.items():
        station.ask(partial(wire.meet, "snmp", "panel", name) if active else None)
