"""The emulated rest of a server, switch or PDU does what its real part says, so that a whole order can be played.

A BMC that is real has a machine here that starts when it says "on"; a port or outlet that is real has one here that is up or
down as it is. What was just commanded is believed for a while: real devices take their time until they show it.
"""

from __future__ import annotations

from simulator.kernel import Clock
from simulator.plant import Plant, Server
from simulator.plant.network import Vlan

__all__ = ["PduFollows", "ServerFollows", "SwitchFollows"]

SETTLING = 10.0
"""Seconds of wire time after a command in which readings count for nothing."""


class _Follows:
    def __init__(self, time: Clock) -> None:
        """`time`: wire time."""
        self._time = time
        self._until: dict[int, float] = {}

    def _commanded(self, number: int) -> None:
        self._until[number] = self._time.now() + SETTLING

    def _settled(self, number: int) -> bool:
        return self._time.now() >= self._until.get(number, 0.0)


class ServerFollows(_Follows):
    """The machine behind a real BMC."""

    def __init__(self, server: Server, time: Clock) -> None:
        super().__init__(time)
        self._server = server

    def commanded(self, action: str) -> None:
        self._commanded(0)
        {
            "on": self._server.power_on,
            "off": self._server.power_off,
            "cycle": self._server.power_cycle,
            "reset": self._server.reset,
            "soft": self._server.soft_shutdown,
        }[action]()

    def boots(self, device: str, *, persistent: bool) -> None:
        self._server.set_boot_override(None if device == "none" else (device, persistent, False))

    def seen(self, on: bool) -> None:
        if not self._settled(0):
            return
        if on:
            self._server.power_on()
        elif self._server.powered:
            self._server.power_off()


class SwitchFollows(_Follows):
    """The ports of a real switch that cables of the lab name."""

    def __init__(self, plant: Plant, name: str, time: Clock) -> None:
        super().__init__(time)
        self._switch = plant.switches[name]

    def commanded(self, number: int, up: bool) -> None:
        self._commanded(number)
        self._switch.ports[number - 1].set_admin(up)

    def moved(self, number: int, vlan: int) -> None:
        self._commanded(number)
        self._move(number, vlan)

    def seen(self, number: int, up: bool, vlan: int) -> None:
        if not self._settled(number) or number > len(self._switch.ports):
            return
        self._switch.ports[number - 1].set_admin(up)
        if vlan and vlan != self._switch.ports[number - 1].pvid:
            self._move(number, vlan)

    def _move(self, number: int, vlan: int) -> None:
        if vlan not in self._switch.vlans:
            self._switch.define_vlan(Vlan(vlan, f"VLAN{vlan:04}", frozenset(), frozenset()))
        self._switch.ports[number - 1].set_access(vlan)


class PduFollows(_Follows):
    """The outlets of a real PDU that cables of the lab name."""

    def __init__(self, plant: Plant, name: str, time: Clock) -> None:
        super().__init__(time)
        self._pdu = plant.pdus[name]

    def commanded(self, number: int, on: bool) -> None:
        self._commanded(number)
        self._switch(number, on)

    def seen(self, number: int, on: bool | None) -> None:
        if on is not None and self._settled(number) and number <= len(self._pdu.outlets):
            self._switch(number, on)

    def _switch(self, number: int, on: bool) -> None:
        outlet = self._pdu.outlets[number - 1]
        if on:
            outlet.turn_on()
        else:
            outlet.turn_off()
