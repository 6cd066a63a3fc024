"""A PDU's management card: what it remembers of each outlet, and how it carries out commands over lab time."""

from __future__ import annotations

from typing import NamedTuple

from simulator.kernel import Clock, Timer
from simulator.pdu.hardware import PduHardware
from simulator.pdu.personality import Command, Personality

__all__ = ["Card"]


class _Pending(NamedTuple):
    timer: Timer
    start: float
    """The card's start that the command belongs to: one that was pending when the card lost its power is lost too."""


class Card:
    """Outlets count from 0 here. Names and times outlive a loss of power; pending commands do not."""

    __slots__ = (
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
    )

    def __init__(self, hardware: PduHardware, page: Personality, clock: Clock) -> None:
        self.hardware = hardware
        self.clock = clock
        self.outlets = tuple(hardware.outlets)
        self.contact = b""
        self.name = hardware.name.encode()
        self.location = b""
        self._page = page
        self._names: dict[int, bytes] = {}
        self._settings: dict[tuple[str, int], int] = {}
        self._pending: dict[int, _Pending] = {}

    def uptime(self) -> int:
        """Hundredths of a second."""
        return int((self.clock.now() - self.hardware.booted_at) * 100)

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

    def pending(self, row: int) -> bool:
        """A command to this outlet has not run its course: a delay, or the pause of a reboot."""
        entry = self._pending.get(row)
        return entry is not None and entry.start == self.hardware.booted_at

    def command(self, row: int, command: Command) -> None:
        """Carry out a command; the latest one to an outlet replaces what is pending there."""
        if command == "nothing":
            return
        waiting = self._pending.pop(row, None)
        if waiting is not None:
            waiting.timer.cancel()
        if command == "cancel":
            return
        if command in ("delayed_on", "delayed_off", "delayed_reboot"):
            delay = self.setting("on_delay" if command == "delayed_on" else "off_delay", row)
            action: Command = "on" if command == "delayed_on" else "off" if command == "delayed_off" else "reboot"
            if delay > 0:
                self._wait(row, delay, action)
                return
            if delay < 0:
                return
            command = action
        self._act(row, command)

    def command_all(self, command: Command) -> None:
        for row in range(len(self.outlets)):
            self.command(row, command)

    def _act(self, row: int, command: Command) -> None:
        outlet = self.outlets[row]
        if command == "on":
            outlet.turn_on()
        elif command == "off":
            outlet.turn_off()
        else:
            seconds = self.setting("reboot_seconds", row)
            self._wait(row, seconds, None)
            outlet.reboot(seconds)

    def _wait(self, row: int, seconds: float, then: Command | None) -> None:
        start = self.hardware.booted_at
        self._pending[row] = _Pending(self.clock.call_later(seconds, self._due, row, start, then), start)

    def _due(self, row: int, start: float, then: Command | None) -> None:
        self._pending.pop(row, None)
        if then is not None and self.hardware.alive and self.hardware.booted_at == start:
            self._act(row, then)
