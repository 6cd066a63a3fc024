"""The management network as its users see it: endpoints that send and receive datagrams, and wire time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from simulator.fabric.links import Conditions
from simulator.kernel import Activity, Clock

__all__ = ["Address", "AddressInUse", "Endpoint", "Fabric", "Receiver"]

Address = tuple[str, int]
"""Host (numeric) and UDP port."""

Receiver = Callable[[bytes, Address], None]
"""Called with each datagram and where it came from."""


class AddressInUse(OSError):
    """Somebody has this address already."""


class Endpoint(Protocol):
    """One end: bound to an address, sends to any other."""

    @property
    def address(self) -> Address: ...

    def send(self, data: bytes, to: Address) -> None:
        """Send one datagram; like UDP, without a word of whether it arrives."""

    def close(self) -> None:
        """Give the address back. Closing twice is fine."""


class Fabric(Protocol):
    """A datagram network. `time` is wire time: management protocols' timers run on it, never on lab time."""

    time: Clock
    activity: Activity

    async def open(self, address: Address | None, receiver: Receiver) -> Endpoint:
        """Bind an endpoint; None, or port 0, lets the network choose. Raises AddressInUse."""

    def set_conditions(self, end: str | Address, conditions: Conditions | None) -> None:
        """What happens to datagrams from and to this host, or this address of it; None is a calm link again."""
