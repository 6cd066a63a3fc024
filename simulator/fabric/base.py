"""The management network as its users see it: endpoints that send and receive datagrams, and wire time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from simulator.fabric.links import Conditions
from simulator.kernel import Activity, Clock, Timer

__all__ = ["Address", "AddressInUse", "Endpoint", "Fabric", "Known", "Receiver"]

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


class Known(Protocol):
    """A device that can be looked at without being asked."""

    def state(self) -> object | None:
        """All that its answers to a reading depend on: while it is equal, they are. None: it must be asked, for they also
        depend on chance, on time, or on what is wrong with it.
        """

    def passed_over(self, requests: int) -> None:
        """So many requests, and its answers, went by that were not played."""


class Fabric(Protocol):
    """A datagram network. `time` is wire time: management protocols' timers run on it, never on lab time."""

    time: Clock
    activity: Activity

    async def open(self, address: Address | None, receiver: Receiver) -> Endpoint:
        """Bind an endpoint; None, or port 0, lets the network choose. Raises AddressInUse."""

    def know(self, address: Address, device: Known) -> None:
        """What stands at an address, as long as its endpoint is there."""

    def state_of(self, address: Address) -> object | None:
        """`Known.state` of what stands there; None where a datagram must be sent to find out, as always on real sockets."""

    def nothing_due(self, hops: int) -> bool:
        """Nothing else happens while so many datagrams pass one after another."""

    def reading(self, address: Address) -> AbstractContextManager[None]:
        """Somebody reads the device at this address, meanwhile."""

    def writing(self, address: Address) -> AbstractContextManager[None]:
        """Somebody sets something there, meanwhile."""

    def pass_over(self, address: Address, hops: int, then: Callable[[], object]) -> Timer:
        """Let so many datagrams to and from a device go by, in their time and counted, without playing them; then call this."""

    def hops_from_now(self) -> Callable[[], int]:
        """What counts how many datagrams, one after another, took the time that has passed since now; 0 when that is no such number."""

    def set_conditions(self, end: str | Address, conditions: Conditions | None) -> None:
        """What happens to datagrams from and to this host, or this address of it; None is a calm link again."""
