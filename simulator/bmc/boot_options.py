"""System boot options: the parameters that a BMC keeps, and the flags that it hands to its server's firmware.

IPMI 2.0, 28.12 to 28.13 and table 28-14. Parameters 0 (set in progress), 3 (valid bit clearing), 4 (boot info
acknowledge), 5 (boot flags), 6 (initiator) and 7 (initiator mailbox) are kept; others are answered with 80h. All boot
device selectors are taken and read back; what they boot is the firmware's business, and on some models not what the
specification says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.bmc.hardware import BootOverride, Chassis
from simulator.ipmi.codes import Completion
from simulator.ipmi.commands import BOOT_DEVICES, BootFlags
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.sessions import Call

__all__ = ["AFTER_PEF", "AFTER_WATCHDOG", "BootOptions"]

_UNKNOWN_PARAMETER: Final = 0x80
_IN_PROGRESS: Final = 0x81
_VERSION: Final = 0x01
_LAPSE_SECONDS: Final = 60.0
_NO_TIMEOUT: Final = 0x08
AFTER_WATCHDOG: Final = 0x04
AFTER_PEF: Final = 0x10
"""Bits of parameter 3: do not clear the valid bit when the watchdog, or an event filter, has started the machine anew. The
two about buttons (0 and 1) are for whoever stands before it.
"""
_MAILBOX_BLOCKS: Final = 5


class BootOptions:
    """The boot parameters of one BMC. The override itself is the chassis's, as its firmware reads it."""

    __slots__ = (
        "_acknowledged",
        "_chassis",
        "_clearing",
        "_initiator",
        "_mailbox",
        "_meanings",
        "_rest",
        "_selected",
        "_setter",
        "due",
    )

    def __init__(self, chassis: Chassis, meanings: Mapping[int, str] | None = None) -> None:
        """`meanings`: selectors that stand for another device than the specification says."""
        self._chassis = chassis
        self._meanings = meanings or {}
        self._selected = "none"
        """As it was set; the chassis knows what it stands for."""
        self._setter = 0
        """Session id of whoever set `set in progress`."""
        self._clearing = 0
        self._acknowledged = 0
        self._rest = bytes(3)
        self._initiator = bytes(9)
        """Channel, session id and time of whoever asked for the boot."""
        self._mailbox: dict[int, bytes] = {}
        self.due: float | None = None
        """Wire time at which the flags lose their valid bit."""

    def set(self, call: Call, data: bytes) -> None:
        """Set System Boot Options. Raises CompletionError."""
        parameter, values = data[0] & 0x7F, data[1:]
        if parameter == 0:
            self._set_in_progress(call, values)
        elif parameter == 3:
            self._clearing = _exactly(values, 1)[0] & 0x1F
            if self._clearing & _NO_TIMEOUT:
                self.due = None
        elif parameter == 4:
            mask, value = _exactly(values, 2)
            self._acknowledged = self._acknowledged & ~mask | value & mask
        elif parameter == 5:
            self._set_flags(call, _exactly(values, 5))
        elif parameter == 6:
            self._initiator = _exactly(values, 9)
        elif parameter == 7:
            if not 1 <= len(values) <= 17:
                raise CompletionError(Completion.DATA_LENGTH)
            if values[0] >= _MAILBOX_BLOCKS:
                raise CompletionError(Completion.OUT_OF_RANGE)
            self._mailbox[values[0]] = values[1:].ljust(16, b"\0")
        else:
            raise CompletionError(_UNKNOWN_PARAMETER)

    def get(self, call: Call, parameter: int, selector: int = 0) -> bytes:
        """The answer of Get System Boot Options. Raises CompletionError."""
        if parameter == 0:
            value = b"\x01" if self._held_by(call) else b"\x00"
        elif parameter == 3:
            value = bytes((self._clearing,))
        elif parameter == 4:
            value = bytes((0, self._acknowledged))
        elif parameter == 5:
            value = self._flags().encode()
        elif parameter == 6:
            value = self._initiator
        elif parameter == 7:
            if selector >= _MAILBOX_BLOCKS:
                raise CompletionError(Completion.OUT_OF_RANGE)
            value = bytes((selector,)) + self._mailbox.get(selector, bytes(16))
        else:
            raise CompletionError(_UNKNOWN_PARAMETER)
        return bytes((_VERSION, parameter)) + value

    def uncommanded_start(self, keeps: int) -> None:
        """The machine starts for a reason that nobody commanded: the flags were not meant for that, unless parameter 3 has
        this bit.
        """
        if self._chassis.boot_override is not None and not self._clearing & keeps:
            self.due = None
            self._chassis.set_boot_override(None)

    def chassis_controlled(self) -> None:
        """A Chassis Control command came: the flags are meant for this start, and stay until it reads them."""
        self.due = None

    def on_time(self, now: float) -> None:
        """Take the flags back when they have waited too long for a Chassis Control."""
        if self.due is not None and now >= self.due:
            self.due = None
            self._chassis.set_boot_override(None)

    def _held_by(self, call: Call) -> int:
        """Who holds `set in progress`: a session id, or 0. It ends with its session."""
        if self._setter and call.table.session(self._setter) is None:
            self._setter = 0
        return self._setter

    def _set_in_progress(self, call: Call, values: bytes) -> None:
        wanted = _exactly(values, 1)[0] & 0x03
        holder = self._held_by(call)
        mine = call.session.bmc_id if call.session is not None else 0
        if wanted == 3:
            raise CompletionError(Completion.INVALID_FIELD)
        if wanted == 1 and holder not in (0, mine):
            raise CompletionError(_IN_PROGRESS)
        # Writes take effect at once, so to commit is to end.
        self._setter = mine if wanted == 1 else 0

    def _set_flags(self, call: Call, values: bytes) -> None:
        flags = BootFlags.decode(values)
        if flags.device is None:
            raise CompletionError(Completion.INVALID_FIELD)
        self._rest = flags.rest
        self._selected = flags.device
        self.due = None
        if not flags.valid or flags.device == "none":
            self._chassis.set_boot_override(None)
            return
        self._chassis.set_boot_override(BootOverride(self._boots(flags.device), flags.persistent, flags.efi))
        if not flags.persistent and not self._clearing & _NO_TIMEOUT:
            self.due = call.now + _LAPSE_SECONDS

    def _flags(self) -> BootFlags:
        override = self._chassis.boot_override
        if override is None:
            return BootFlags(False, False, False, "none", self._rest)
        device = self._selected if override.device == self._boots(self._selected) else override.device
        return BootFlags(True, override.persistent, override.efi, device, self._rest)

    def _boots(self, device: str) -> str:
        """The device as the firmware knows it."""
        return self._meanings.get(BOOT_DEVICES[device]) or ("disk" if device == "safe" else device)


def _exactly(values: bytes, length: int) -> bytes:
    if len(values) != length:
        raise CompletionError(Completion.DATA_LENGTH)
    return values
