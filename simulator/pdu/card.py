"""A PDU's management card: what it remembers of each outlet, and how it carries out commands over lab time."""

from __future__ import annotations

import hashlib
import math
from typing import Literal, NamedTuple

from simulator.kernel import Clock, Timer
from simulator.pdu.hardware import PduHardware
from simulator.pdu.personality import Command, Personality
from simulator.snmp.statistics import Traffic

__all__ = ["Card"]

Action = Literal["on", "off", "reboot"]

_DELAYED = ("delayed_on", "delayed_off", "delayed_reboot")
_ACTIONS: dict[str, Action] = {
    "on": "on",
    "off": "off",
    "reboot": "reboot",
    "delayed_on": "on",
    "delayed_off": "off",
    "delayed_reboot": "reboot",
}


class _Pending(NamedTuple):
    timer: Timer
    start: float
    """The card's start that the command belongs to: one that was pending when the card lost its power is lost too."""
    due: float
    """Lab time at which it ends."""
    action: Action
    """What is about to happen; during the pause of a reboot, `on`."""
    reboots: bool
    """It is that pause."""


class Card:
    """Outlets count from 0 here. Names and times outlive a loss of power; pending commands do not."""

    __slots__ = (
        "_commanded",
        "_moving",
        "_names",
        "_page",
        "_pending",
        "_settings",
        "clock",
        "contact",
        "hardware",
        "location",
        "name",
        "outlets",
        "traffic",
    )

    def __init__(self, hardware: PduHardware, page: Personality, clock: Clock) -> None:
        self.hardware = hardware
        self.clock = clock
        self.outlets = tuple(hardware.outlets)
        self.contact = b""
        self.name = hardware.name.encode()
        self.location = b""
        self.traffic: Traffic
        """Set by the station that this is the card of."""
        self._page = page
        self._names: dict[int, bytes] = {}
        self._settings: dict[tuple[str, int], int] = {}
        self._pending: dict[int, _Pending] = {}
        self._moving: dict[int, list[tuple[float, Action]]] = {}
        """By row what its relay is about to do, in order, with the card's start that it belongs to. A relay takes its time
        (`relay_seconds`), and what it has been told cannot be called off.
        """
        self._commanded: dict[int, float] = {}
        """By row the card's start in which it was commanded last."""

    @property
    def mac(self) -> bytes:
        """Its own, locally administered."""
        return b"\x02" + hashlib.sha256(self.hardware.name.encode()).digest()[:5]

    def uptime(self) -> int:
        """Hundredths of a second."""
        return int((self.clock.now() - self.hardware.booted_at) * 100)

    @property
    def volts(self) -> float:
        return self._page.volts

    def outlet_name(self, row: int) -> bytes:
        name = self._names.get(row)
        return self._page.outlet_name.replace("{n}", str(row + 1)).encode() if name is None else name

    def set_outlet_name(self, row: int, name: bytes) -> None:
        self._names[row] = name

    def setting(self, which: str, row: int) -> int:
        """`on_delay`, `off_delay` or `reboot_seconds` of an outlet; -1 is never."""
        default: int = getattr(self._page, which)
        return self._settings.get((which, row), default)

    def change_setting(self, which: str, row: int, seconds: int) -> None:
        self._settings[which, row] = seconds

    def commanded(self, row: int) -> bool:
        """Somebody has commanded this outlet since the card's start."""
        return self._commanded.get(row) == self.hardware.booted_at

    def rebooting(self, row: int) -> bool:
        """It is in the pause of a reboot."""
        entry = self._pending.get(row)
        return entry is not None and entry.reboots and entry.start == self.hardware.booted_at

    def pending(self, row: int) -> bool:
        """A command to this outlet has not run its course: a delay, or the pause of a reboot."""
        return self.awaited(row) is not None

    @property
    def busy(self) -> bool:
        """Some command has not run its course."""
        return bool(self._pending) or any(self._moving.values())

    def awaited(self, row: int) -> Action | None:
        """What is about to happen to this outlet."""
        moving = self._moving.get(row)
        if moving and moving[-1][0] == self.hardware.booted_at:
            return moving[-1][1]
        entry = self._pending.get(row)
        return entry.action if entry is not None and entry.start == self.hardware.booted_at else None

    def seconds_left(self, row: int, action: str) -> int:
        """Until `action` happens to this outlet; -1 when it is not about to."""
        if self.awaited(row) != action:
            return -1
        return math.ceil(self._pending[row].due - self.clock.now())

    def command(self, row: int, command: Command) -> None:
        """Carry out a command; the latest one to an outlet replaces what is pending there."""
        if command == "nothing":
            return
        self._call_off(row)
        self._commanded[row] = self.hardware.booted_at
        if command == "cancel":
            return
        delay = 0.0
        action = _ACTIONS[command]
        if command in _DELAYED:
            setting = self.setting("on_delay" if command == "delayed_on" else "off_delay", row)
            if setting < 0:
                return
            delay = setting
        self._begin(row, action, delay)

    def command_after(self, row: int, action: Action, seconds: int) -> None:
        """The same `seconds` from now; -1 calls off what is pending."""
        self._call_off(row)
        self._commanded[row] = self.hardware.booted_at
        if seconds >= 0:
            self._begin(row, action, seconds)

    def command_all(self, command: Command) -> None:
        for row in range(len(self.outlets)):
            self.command(row, command)

    def _call_off(self, row: int) -> None:
        waiting = self._pending.pop(row, None)
        if waiting is not None:
            waiting.timer.cancel()

    def _begin(self, row: int, action: Action, delay: float) -> None:
        if delay > 0:
            self._wait(row, delay, action, act=True)
        else:
            self._switch(row, action)

    def _switch(self, row: int, action: Action) -> None:
        """Tell the relay."""
        if not self._page.relay_seconds:
            self._act(row, action)
            return
        self._moving.setdefault(row, []).append((self.hardware.booted_at, action))
        self.clock.call_later(self._page.relay_seconds, self._moved, row)

    def _moved(self, row: int) -> None:
        start, action = self._moving[row].pop(0)
        if self.hardware.alive and self.hardware.booted_at == start:
            self._act(row, action)

    def _act(self, row: int, action: Action) -> None:
        outlet = self.outlets[row]
        if action == "on":
            outlet.turn_on()
        elif action == "off":
            outlet.turn_off()
        else:
            seconds = self.setting("reboot_seconds", row)
            self._wait(row, seconds, "on", act=False)
            outlet.reboot(seconds)

    def _wait(self, row: int, seconds: float, action: Action, *, act: bool) -> None:
        """`act`: do it then; else it happens by itself."""
        start = self.hardware.booted_at
        timer = self.clock.call_later(seconds, self._due, row, start, action if act else None)
        self._pending[row] = _Pending(timer, start, self.clock.now() + seconds, action, reboots=not act)

    def _due(self, row: int, start: float, then: Action | None) -> None:
        self._pending.pop(row, None)
        if then is not None and self.hardware.alive and self.hardware.booted_at == start:
            self._switch(row, then)
