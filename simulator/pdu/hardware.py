"""What a PDU's management card sees and touches of its own hardware. The plant's PDU is one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

__all__ = ["Load", "Outlet", "PduHardware"]


class Load(Protocol):
    """A conductor that is metered: an outlet's, a bank's, a phase's, the strip's."""

    @property
    def watts(self) -> float: ...

    @property
    def amperes(self) -> float: ...

    @property
    def rating(self) -> float:
        """Amperes; 0 where nothing limits it."""


class Outlet(Load, Protocol):
    @property
    def number(self) -> int:
        """From 1, as printed on the strip."""

    @property
    def on(self) -> bool: ...

    def turn_on(self) -> None: ...

    def turn_off(self) -> None: ...

    def reboot(self, seconds: float) -> None:
        """Off now, on again after `seconds` of lab time."""


class PduHardware(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def alive(self) -> bool: ...

    @property
    def booted_at(self) -> float: ...

    @property
    def outlets(self) -> Sequence[Outlet]: ...

    @property
    def revision(self) -> int:
        """Another one whenever a relay or a load may have changed."""

    def watch(self, switched: Callable[[Outlet], None], started: Callable[[], None]) -> None:
        """Call these when an outlet's relay has moved, by whatever hand, and when the card has started."""

    @property
    def banks(self) -> Sequence[Load]:
        """As the model's page says how many; likewise `phases`."""

    @property
    def phases(self) -> Sequence[Load]: ...

    @property
    def whole(self) -> Load: ...

    @property
    def kilowatt_hours(self) -> float:
        """Taken so far."""
