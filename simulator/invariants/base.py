"""What a watcher is given: the lab, and a read-only view of the billing side, whatever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from provisioner.accounts import Money
from provisioner.services import Service
from simulator.bmc import Bmc
from simulator.dcim.panel import Panel
from simulator.kernel import Clock, Journal
from simulator.plant import Plant
from simulator.snmp.station import Station

__all__ = ["Bends", "BillingView", "Holding", "WatchedLab", "WatchedPanel"]


class WatchedLab(Protocol):
    """A lab that runs, as far as the ledger looks at it."""

    @property
    def clock(self) -> Clock: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def plant(self) -> Plant: ...


class Bends(Protocol):
    """What has been bent on purpose."""

    def active(self) -> Sequence[object]:
        """What is bent now; empty when nothing is."""


class WatchedPanel(WatchedLab, Protocol):
    """A lab that runs, as far as invariants look at it: the panel's records too, and whether anything is bent."""

    @property
    def panel(self) -> Panel: ...

    @property
    def faults(self) -> Bends: ...

    @property
    def bmc_devices(self) -> Mapping[str, Bmc]:
        """The emulated BMCs, by server; of what a real one says the plant knows nothing."""

    @property
    def stations(self) -> Mapping[str, Station[Any]]:
        """The emulated SNMP agents, by switch or PDU."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A server that somebody holds in the panel: owner's e-mail (or empty) and its addresses."""

    id: int
    server: str
    owner: str
    addresses: tuple[str, ...]
    stock: tuple[str, ...] = ()
    """Those of them that a free server has and keeps: its main address, of the domain `free.ds`."""


class BillingView(Protocol):
    """What the billing side believes, by service. Nobody changes anything through it."""

    @property
    def services(self) -> Mapping[str, Service]: ...

    def money(self) -> Mapping[str, Money]:
        """The accounts of the services that are sold for a period, by service."""

    def meant_to_stay(self, held: Holding, services: Sequence[Service]) -> tuple[bool, int]:
        """What of a holding is meant to stay though no living service has the server: its owner, and how many of its
        addresses, from the first. `services` are those that had it.
        """
