"""Faults: the catalogue, and when they strike. Nothing else may bend the plant, a device or a wire."""

from simulator.faults.asking import BadFault
from simulator.faults.catalogue import CATALOGUE
from simulator.faults.engine import FaultEngine, Injected
from simulator.faults.kinds import FaultKind, FaultParams, NotPossible

__all__ = ["CATALOGUE", "BadFault", "FaultEngine", "FaultKind", "FaultParams", "Injected", "NotPossible"]
