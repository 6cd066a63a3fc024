"""A BMC on a network: an endpoint that hands it datagrams, sends its answers and keeps its one timer."""

from __future__ import annotations

from simulator.bmc.device import Bmc
from simulator.fabric import Address, Endpoint, Fabric
from simulator.ipmi.interference import Interference
from simulator.kernel import Timer
from simulator.kernel.hosts import reached_at

__all__ = ["serve_bmc"]


async def serve_bmc(bmc: Bmc, fabric: Fabric, address: Address) -> Endpoint:
    """Put a BMC at an address; port 0 takes a free one. Closing the endpoint takes it off again. Raises AddressInUse."""
    service = _Service(bmc, fabric)
    service.endpoint = await fabric.open(address, service.receive)
    host, port = service.endpoint.address
    bmc.address = reached_at(host), port
    bmc.line = service
    return service


class _Service:
    """An Endpoint as far as its owner sees."""

    __slots__ = ("_bmc", "_due", "_fabric", "_timer", "endpoint")

    def __init__(self, bmc: Bmc, fabric: Fabric) -> None:
        self._bmc = bmc
        self._fabric = fabric
        self._timer: Timer | None = None
        self._due: float | None = None
        self.endpoint: Endpoint | None = None

    @property
    def address(self) -> Address:
        assert self.endpoint is not None
        return self.endpoint.address

    def receive(self, data: bytes, peer: Address) -> None:
        bmc = self._bmc
        if bmc.interference is not None:
            self._carry(bmc.interference, data, peer)
        elif self.endpoint is not None:
            for answer in bmc.receive(data, peer, self._fabric.time.now()):
                self.endpoint.send(answer, peer)
        if self._bmc.next_deadline != self._due:
            self._arm()

    def _carry(self, interference: Interference, data: bytes, peer: Address) -> None:
        """Receive through the rules of faults. What leaves late does so on wire time."""
        time = self._fabric.time
        for delay, answer in interference.carry(data, lambda asked: self._bmc.receive(asked, peer, time.now())):
            if delay:
                time.call_later(delay, self.send, answer, peer)
            else:
                self.send(answer, peer)

    def now(self) -> float:
        """Wire time."""
        return self._fabric.time.now()

    def push(self, data: bytes, peer: Address) -> None:
        """Send what nobody asked for, and be woken when it is to be sent again."""
        self.send(data, peer)
        if self._bmc.next_deadline != self._due:
            self._arm()

    def send(self, data: bytes, to: Address) -> None:
        if self.endpoint is not None:
            self.endpoint.send(data, to)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.endpoint is not None:
            self.endpoint.close()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = self._bmc.next_deadline
        if self._due is not None:
            self._timer = self._fabric.time.call_at(self._due, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._bmc.on_time(self._fabric.time.now())
        self._arm()
