"""A gate that datagrams of devices pass on their way out: who keeps a lab's state holds an answer until it is durable."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from simulator.fabric.base import Address, Endpoint, Fabric, Known, Receiver
from simulator.fabric.links import Conditions
from simulator.kernel import Activity, Clock, Timer

__all__ = ["Gate"]


class Gate:
    """Open as long as nobody holds."""

    def __init__(self) -> None:
        self.names: dict[Address, str] = {}
        """Whose the addresses are; others' datagrams pass."""
        self.hold: Callable[[str, Callable[[], None]], None] | None = None
        """Is given a device's name and what sends its datagram, which it calls when that may leave."""

    def over(self, fabric: Fabric) -> Fabric:
        """The same network, for those whose datagrams pass here."""
        return _Gated(self, fabric)

    def send(self, end: Endpoint, data: bytes, to: Address) -> None:
        name = self.names.get(end.address) if self.hold is not None else None
        if name is None or self.hold is None:
            end.send(data, to)
        else:
            self.hold(name, partial(end.send, data, to))


class _Gated:
    """A Fabric."""

    def __init__(self, gate: Gate, fabric: Fabric) -> None:
        self._gate = gate
        self._fabric = fabric
        self.time: Clock = fabric.time
        self.activity: Activity = fabric.activity

    async def open(self, address: Address | None, receiver: Receiver) -> Endpoint:
        return _End(self._gate, await self._fabric.open(address, receiver))

    def know(self, address: Address, device: Known) -> None:
        self._fabric.know(address, device)

    def state_of(self, address: Address) -> object | None:
        return self._fabric.state_of(address)

    def nothing_due(self, hops: int) -> bool:
        return self._fabric.nothing_due(hops)

    def reading(self, address: Address) -> AbstractContextManager[None]:
        return self._fabric.reading(address)

    def writing(self, address: Address) -> AbstractContextManager[None]:
        return self._fabric.writing(address)

    def pass_over(self, address: Address, hops: int, then: Callable[[], object]) -> Timer:
        return self._fabric.pass_over(address, hops, then)

    def hops_from_now(self) -> Callable[[], int]:
        return self._fabric.hops_from_now()

    def set_conditions(self, end: str | Address, conditions: Conditions | None) -> None:
        self._fabric.set_conditions(end, conditions)


class _End:
    """An Endpoint."""

    __slots__ = ("_end", "_gate", "address")

    def __init__(self, gate: Gate, end: Endpoint) -> None:
        self._gate = gate
        self._end = end
        self.address = end.address

    def send(self, data: bytes, to: Address) -> None:
        self._gate.send(self._end, data, to)

    def close(self) -> None:
        self._end.close()
