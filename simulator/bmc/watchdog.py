"""The watchdog timer: somebody must feed it, or it does to the machine what it was told to (IPMI 2.0, 27).

It runs on wire time: whoever feeds it over the LAN lives there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from simulator.bmc.hardware import Chassis
from simulator.ipmi.codes import Completion
from simulator.ipmi.errors import CompletionError

__all__ = ["Watchdog"]

_NOT_INITIALISED: Final = 0x80
_DO_NOT_LOG: Final = 0x80
_RUNNING: Final = 0x40
_TICK: Final = 0.1


class Watchdog:
    __slots__ = (
        "_actions",
        "_chassis",
        "_count",
        "_event",
        "_expired",
        "_pre",
        "_restarts",
        "_set",
        "_use",
        "expires_at",
    )

    def __init__(self, chassis: Chassis, event: Callable[[int, int], None], restarts: Callable[[], object]) -> None:
        """`event(offset, timer use)` writes to the log; `restarts` is called before it starts the machine anew."""
        self._restarts = restarts
        self._chassis = chassis
        self._event = event
        self._use = self._actions = self._pre = self._expired = self._count = 0
        self._set = False
        self.expires_at: float | None = None
        """Wire time."""

    @property
    def due(self) -> float | None:
        return self.expires_at

    def set(self, data: bytes, now: float) -> None:
        """Set Watchdog Timer (27.6), 6 octets: use, actions, pre-timeout, expiration flags to clear, countdown."""
        use, actions = data[0], data[1]
        if not 1 <= use & 0x07 <= 5 or actions & 0x07 > 3 or actions >> 4 & 0x07 > 3:
            raise CompletionError(Completion.INVALID_FIELD)
        if actions >> 4 & 0x07:
            # A pre-timeout interrupt needs a host that handles it.
            raise CompletionError(Completion.INVALID_FIELD)
        self._use, self._actions, self._pre = use & 0x87, actions & 0x77, data[2]
        self._expired &= ~data[3]
        self._count = int.from_bytes(data[4:6], "little")
        self._set = True
        if use & _RUNNING and self.expires_at is not None:
            self._start(now)
        else:
            self.expires_at = None

    def feed(self, now: float) -> None:
        """Reset Watchdog Timer (27.5): start the countdown anew. 80h before it was set."""
        if not self._set:
            raise CompletionError(_NOT_INITIALISED)
        self._start(now)

    def get(self, now: float) -> bytes:
        """27.7."""
        present = self._count
        if self.expires_at is not None:
            present = max(0, round((self.expires_at - now) / _TICK))
        return (
            bytes(
                (
                    self._use | (_RUNNING if self.expires_at is not None else 0),
                    self._actions,
                    self._pre,
                    self._expired,
                )
            )
            + self._count.to_bytes(2, "little")
            + present.to_bytes(2, "little")
        )

    def stop(self) -> None:
        self.expires_at = None

    def on_time(self, now: float) -> None:
        if self.expires_at is None or now < self.expires_at:
            return
        self.expires_at = None
        use, action = self._use & 0x07, self._actions & 0x07
        self._expired |= 1 << use
        if not self._use & _DO_NOT_LOG:
            self._event(action, use)
        if action in (1, 3):
            self._restarts()
        if action == 1:
            self._chassis.watchdog_reset()
        elif action == 2:
            self._chassis.power_off()
        elif action == 3:
            self._chassis.power_cycle()

    def _start(self, now: float) -> None:
        self.expires_at = now + self._count * _TICK
