"""Exchanges with BMCs, switches and PDUs, seen at the devices while somebody looks.

Seen is what a device heard: silence of one that is dead is in the panel's records. Each exchange has the record that it came
from, as far as the network carries it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from simulator.bmc import Bmc
from simulator.kernel import Clock
from simulator.kernel.flow import CURRENT
from simulator.snmp.errors import DecodeError
from simulator.snmp.message import decode_message
from simulator.snmp.names import asked
from simulator.snmp.station import Station
from simulator.timeline.datagrams import ipmi_exchange, is_routine_pdu, snmp_exchange

__all__ = ["Exchange", "Traffic"]

_SESSION = frozenset({"Set Session Privilege Level", "Close Session", "Activate Session"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. `time`: seconds of lab time. `bad`: refused, or not answered."""

    number: int
    time: float
    network: Literal["ipmi", "snmp"]
    device: str
    what: str
    bad: bool
    cause: int
    """The number of the journal record that it came from; 0 where the network does not carry that."""
    seen: Any

    @property
    def detail(self) -> dict[str, Any]:
        """The datagrams taken apart, as JSON values; communities are in it."""
        return ipmi_exchange(self.seen) if self.network == "ipmi" else snmp_exchange(*self.seen)


class Traffic:
    """From `attach` to `detach`. `exchanges`: the last of them; `counts`: how many there were, by network.

    Unless `routine`, those that only read and were answered well are counted and not kept.
    """

    def __init__(
        self, clock: Clock, bmcs: Mapping[str, Bmc], stations: Mapping[str, Station[Any]], *, most: int, routine: bool
    ) -> None:
        self._clock = clock
        self._bmcs = bmcs
        self._stations = stations
        self._routine = routine
        self._number = 0
        self.exchanges: deque[Exchange] = deque(maxlen=most)
        self.counts: Counter[str] = Counter()

    def attach(self) -> None:
        """Look on from now on. Who looks at a device already keeps doing so alone."""
        for name, bmc in self._bmcs.items():
            if bmc.observer is None:
                bmc.observer = partial(self._ipmi, name)
        for name, station in self._stations.items():
            if station.observer is None:
                station.observer = partial(self._snmp, name)

    def detach(self) -> None:
        devices: list[Bmc | Station[Any]] = [*self._bmcs.values(), *self._stations.values()]
        for device in devices:
            if isinstance(device.observer, partial) and getattr(device.observer.func, "__self__", None) is self:
                device.observer = None

    def _ipmi(self, name: str, what: str, detail: Mapping[str, Any]) -> None:
        self.counts["ipmi"] += 1
        if what == "command":
            command, bad = str(detail["command"]), bool(detail["code"])
            if bad or self._routine or not (command.startswith("Get ") or command in _SESSION):
                self._keep("ipmi", name, command, detail, bad=bad)
        elif what == "login refused" or (self._routine and what != "session ended"):
            told = {"command": what, "data": "", "code": 0, "user": detail.get("user", "")}
            self._keep("ipmi", name, what, told, bad="refused" in what)

    def _snmp(self, name: str, data: bytes, answer: bytes | None) -> None:
        self.counts["snmp"] += 1
        try:
            request = decode_message(data)
            heard = None if answer is None else decode_message(answer)
        except DecodeError:
            if self._routine:
                self._keep("snmp", name, "sealed, or not understood", (data, answer), bad=answer is None)
            return
        bad = heard is None or heard.error_status != 0
        if bad or self._routine or not is_routine_pdu(request):
            self._keep("snmp", name, asked(request), (data, answer), bad=bad)

    def _keep(self, network: Literal["ipmi", "snmp"], device: str, what: str, seen: Any, *, bad: bool) -> None:
        self._number += 1
        at, cause = self._clock.now(), CURRENT.get()
        self.exchanges.append(Exchange(self._number, at, network, device, what, bad, cause, seen))
