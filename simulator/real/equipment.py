"""The real equipment of a lab: leave to write, the list of what was written, and the way back.

Every write passes `RealEquipment.write`. It looks for leave, notes how the thing stood before the first write to it, writes
the journal before anything is sent, and knows what has to be set back at the end. In a dry run nothing is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from simulator.dcim.drivers.base import DeviceError, DeviceRefused
from simulator.fabric import Address
from simulator.kernel import Clock, Journal
from simulator.kernel.flow import because

__all__ = ["Kind", "RealDevice", "RealEquipment", "Write"]

Kind = Literal["BMC", "switch", "PDU"]
TRIES = 3
"""To set a thing back."""
PAUSE = 5.0
"""Seconds of wire time between them."""
STARTING_TRIES = 24
"""The same for a BMC whose outlet has just come on."""

_WHAT = {
    "power": "its power is not switched",
    "boot": "its boot flags are not set",
    "users": "its users are not changed",
    "ports": "its ports are not set",
    "vlans": "its VLANs are not set",
    "speeds": "its ports' speed is not set",
}


@dataclass(frozen=True, slots=True)
class RealDevice:
    name: str
    """Of the server, switch or PDU in the lab file."""
    kind: Kind
    address: Address
    allow: frozenset[str] = frozenset()
    """What may be written."""
    cabled: frozenset[int] = frozenset()
    """The ports or outlets, from 1, that cables of the lab name: no others are written."""
    known: bool = True
    """False: the lab file names no device at this address."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" if self.kind != "BMC" else f"BMC of {self.name}"


@dataclass(slots=True)
class Write:
    """One write to a real device, or one that was kept from it."""

    at: datetime
    """By the host's clock."""
    time: float
    """Lab time, seconds."""
    device: str
    item: str
    """`outlet 3`, `port GigabitEthernet0/7`, `power`."""
    value: str
    was: str
    """How it stood before the first write to it; `unknown` where the device does not tell."""
    outcome: str = "under way"
    """`written`, `set back`, `not sent (dry run)`, or why it failed."""

    def as_dict(self) -> dict[str, object]:
        return {
            "at": self.at.isoformat(timespec="milliseconds"),
            "time": round(self.time, 3),
            "device": self.device,
            "item": self.item,
            "value": self.value,
            "was": self.was,
            "outcome": self.outcome,
        }

    def __str__(self) -> str:
        """`18:05:31.123  PDU pdu-a1     outlet 3          on -> off   written`"""
        change = f"{self.was} -> {self.value}"
        return f"{self.at:%H:%M:%S}.{self.at.microsecond // 1000:03}  {self.device:<18} {self.item:<24} {change:<24} {self.outcome}"


@dataclass(slots=True)
class _Held:
    """A thing that was written, and how it is set back."""

    device: RealDevice
    item: str
    was: str
    now: str
    back: Callable[[str], Awaitable[None]] | None
    """Sets it as it was; None where nobody knows how."""


def _nobody() -> None:
    """Nobody keeps the list elsewhere."""


@dataclass(slots=True)
class RealEquipment:
    """All of a lab's."""

    devices: Mapping[Address, RealDevice]
    clock: Clock
    wire_time: Clock
    journal: Journal
    today: Callable[[], datetime]
    dry: bool = False
    """Nothing is sent; readings show what would stand then."""
    writes: list[Write] = field(default_factory=list)
    changed: Callable[[], None] = _nobody
    """Called whenever the list of writes has changed, before anything is sent."""
    left: list[str] = field(default_factory=list)
    """What could not be set back, a line each."""
    _held: dict[tuple[str, str], _Held] = field(default_factory=dict)
    _tasks: set[asyncio.Future[None]] = field(default_factory=set)

    def check(self, device: RealDevice, word: str, number: int | None = None, what: str = "port") -> None:
        """Raises DeviceRefused without leave. `number`: of the port or outlet."""
        reason = ""
        if not device.known:
            reason = f"{device.address[0]}:{device.address[1]} is no device of this lab: it is only read"
        elif word not in device.allow:
            reason = f"it is a real one, and {_WHAT[word]} unless the lab file says `allow: [{word}]`"
        elif number is not None and number not in device.cabled:
            reason = f"no cable of this lab is in {what} {number} of it: nothing else of a real one is written"
        if reason:
            self.journal.write("real", device.name, "write refused", message=reason)
            raise DeviceRefused(str(device), reason)

    async def write(
        self,
        device: RealDevice,
        item: str,
        value: str,
        send: Callable[[], Awaitable[None]],
        *,
        was: Callable[[], Awaitable[str]],
        back: Callable[[str], Awaitable[None]] | None,
        then: str | None = None,
    ) -> int:
        """Write one thing; the number of the journal's record. `was` reads it before the first write to it (raises
        DeviceError, and then nothing is written); `then`: what it stands at afterwards, when that is not `value`.
        """
        key = str(device), item
        held = self._held.get(key)
        if held is None:
            held = _Held(device, item, await was(), "", back)
        entry = self._enter(device, item, value, held.was)
        if self.dry:
            self._end(entry, "not sent (dry run)")
            return self._say(device, "not sent", entry)
        number = self._say(device, "write", entry)
        held.now = then or value
        self._held[key] = held  # before it is sent: an answer that is lost does not mean that nothing was done
        with because(number):
            try:
                await send()
            except DeviceError as error:
                self._end(entry, error.message)
                self.journal.write("real", device.name, "write failed", item=item, message=error.message)
                raise
        self._end(entry, "written")
        return number

    async def set_back(self) -> None:
        """Set everything as it was before this run, power from outside first, else the last first. What fails is tried again,
        and then said.
        """
        await self.done()
        order = list(self._held.values())[::-1]
        order.sort(key=lambda held: held.device.kind != "PDU")
        fed = False
        for held in order:
            del self._held[str(held.device), held.item]
            if held.now == held.was:
                continue
            if held.back is None or held.was == "unknown":
                self._leave(held, "how it was is not known")
                continue
            entry = self._enter(held.device, held.item, held.was, held.now)
            self._say(held.device, "set back", entry)
            tries = STARTING_TRIES if fed and held.device.kind == "BMC" else TRIES
            error = await self._tried(held.back, held.was, tries)
            fed = fed or (held.device.kind == "PDU" and held.was == "on")
            self._end(entry, error or "set back")
            if error:
                self.journal.write("real", held.device.name, "set back failed", item=held.item, message=error)
                self._leave(held, error)

    async def _tried(self, back: Callable[[str], Awaitable[None]], was: str, tries: int) -> str:
        """What the last try said; empty when one succeeded."""
        said = ""
        for turn in range(tries):
            if turn:
                await self.wire_time.sleep(PAUSE)
            try:
                await back(was)
            except DeviceError as error:
                said = error.message
            else:
                return ""
        return said

    @property
    def pending(self) -> bool:
        """There is something to set back."""
        return bool(self._held or self._tasks)

    def _leave(self, held: _Held, why: str) -> None:
        self.left.append(f"{held.device}: {held.item} is left {held.now}, and was {held.was}: {why}")

    def _enter(self, device: RealDevice, item: str, value: str, was: str) -> Write:
        entry = Write(self.today(), self.clock.now(), str(device), item, value, was)
        self.writes.append(entry)
        self.changed()
        return entry

    def _end(self, entry: Write, outcome: str) -> None:
        entry.outcome = outcome
        self.changed()

    def _say(self, device: RealDevice, what: str, entry: Write) -> int:
        return self.journal.write(
            "real", device.name, what, item=entry.item, value=entry.value, was=entry.was, device=entry.device
        ).number

    def begin(self, work: Coroutine[object, object, None]) -> None:
        """Something that somebody does to it by hand; `set_back` waits for its end."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def done(self) -> None:
        """Return when nothing that was begun is under way any more."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    def report(self) -> list[str]:
        """The list of what was written, a line each; empty where nothing was."""
        if not self.writes:
            return []
        head = "what a run would write to real equipment" if self.dry else "written to real equipment"
        lines = [f"{head}: {len(self.writes)}", *(f"  {each}" for each in self.writes)]
        return lines + [f"  NOT SET BACK  {each}" for each in self.left]


def by_address(devices: Iterable[RealDevice]) -> dict[Address, RealDevice]:
    return {device.address: device for device in devices}
