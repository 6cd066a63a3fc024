"""A BMC on a network: an endpoint that hands it datagrams, sends its answers and keeps its one timer."""

from __future__ import annotations

from simulator.bmc.device import Bmc
from simulator.fabric import Address, Endpoint, Fabric
from simulator.ipmi.interference import Interference
from simulator.kernel import Timer
from simulator.kernel.hosts import reached_at

__all__ = ["cross_cables", "crossed", "serve_bmc"]


async def serve_bmc(bmc: Bmc, fabric: Fabric, address: Address) -> Endpoint:
    """Put a BMC at an address; port 0 takes a free one. Closing the endpoint takes it off again. Raises AddressInUse."""
    service = _Service(bmc, fabric)
    service.endpoint = await fabric.open(address, service.receive)
    service.attach(bmc)
    fabric.know(service.address, service)
    return service


def cross_cables(one: Bmc, other: Bmc) -> None:
    """Each of the two is where the other was from now on, as after their cables were exchanged on a network that gives out
    addresses by the socket. Both must be served.
    """
    lines = one.line, other.line
    assert isinstance(lines[0], _Service)
    assert isinstance(lines[1], _Service)
    lines[0].attach(other)
    lines[1].attach(one)


def crossed(bmc: Bmc) -> bool:
    """Its cable is not in the socket where it was put at first."""
    return isinstance(bmc.line, _Service) and bmc.line.home is not bmc


class _Service:
    """An Endpoint as far as its owner sees: one socket of the management network, and the BMC whose cable is in it."""

    __slots__ = ("_bmc", "_due", "_fabric", "_timer", "endpoint", "home")

    def __init__(self, bmc: Bmc, fabric: Fabric) -> None:
        self._bmc = self.home = bmc
        self._fabric = fabric
        self._timer: Timer | None = None
        self._due: float | None = None
        self.endpoint: Endpoint | None = None

    @property
    def address(self) -> Address:
        assert self.endpoint is not None
        return self.endpoint.address

    def attach(self, bmc: Bmc) -> None:
        """Have this BMC on the line."""
        self._bmc = bmc
        host, port = self.address
        bmc.line, bmc.address = self, (reached_at(host), port)
        self._arm()

    def receive(self, data: bytes, peer: Address) -> None:
        bmc = self._bmc
        if not bmc.chassis.bmc_linked:
            return
        if bmc.interference is not None:
            self._carry(bmc.interference, data, peer)
        elif self.endpoint is not None:
            for answer in bmc.receive(data, peer, self._fabric.time.now()):
                self.endpoint.send(answer, peer)
        if self._bmc.next_deadline != self._due:
            self._arm()

    def state(self) -> tuple[object, ...] | None:
        """What a log-in, a question for the chassis' status and a log-out depend on."""
        return self._bmc.idle_state()

    def passed_over(self, requests: int) -> None:
        """It keeps no count."""

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
        if self.endpoint is not None and self._bmc.chassis.bmc_linked:
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
