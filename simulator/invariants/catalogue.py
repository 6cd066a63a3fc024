"""All invariants, by what they are about; a new one is a row of its group."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulator.invariants.invariant import Invariant
from simulator.invariants.rules.data import DATA
from simulator.invariants.rules.delivery import DELIVERY
from simulator.invariants.rules.network import NETWORK
from simulator.invariants.rules.sales import SALES
from simulator.invariants.rules.work import WORK

__all__ = ["BY_NAME", "INVARIANTS"]

INVARIANTS: tuple[Invariant, ...] = (*SALES, *DELIVERY, *DATA, *NETWORK, *WORK)
BY_NAME: Mapping[str, Invariant] = MappingProxyType({each.name: each for each in INVARIANTS})
