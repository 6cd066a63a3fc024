"""What a switch's software sees and touches of its own hardware. The plant's switch is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["Port", "SwitchHardware"]


class Port(Protocol):
    """One front port."""

    @property
    def number(self) -> int:
        """From 1, as printed on the front."""

    @property
    def admin_up(self) -> bool: ...

    @property
    def link_up(self) -> bool:
        """Admin up, a cable with a live NIC at its other end, and the switch powered."""

    @property
    def speed(self) -> int:
        """Bits per second of the link, or of the port when there is none."""

    @property
    def last_change(self) -> float:
        """Lab time, seconds, at which `link_up` last changed."""

    @property
    def mac(self) -> bytes: ...

    @property
    def octets_in(self) -> int: ...

    @property
    def octets_out(self) -> int: ...

    def set_admin(self, up: bool) -> None: ...


class SwitchHardware(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def alive(self) -> bool:
        """Powered and past its start."""

    @property
    def booted_at(self) -> float:
        """Lab time, seconds, of its last start."""

    @property
    def ports(self) -> Sequence[Port]: ...
