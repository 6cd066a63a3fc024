"""What a PDU's management card sees and touches of its own hardware. The plant's PDU is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["Outlet", "PduHardware"]


class Outlet(Protocol):
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
