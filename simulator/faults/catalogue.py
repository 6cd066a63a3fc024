"""Every fault there is: what it is called, what it hits, what it takes, what it bends and how that is mended.

A fault is a hand on the plant, a device or a wire; the error that a client sees emerges from there. `at` and `for`
are common to all: when it strikes (a time since the lab's start, or a share of the running image's work) and how
long it lasts.
"""

from __future__ import annotations

from simulator.faults.bmc_access import BMC_ACCESS
from simulator.faults.bmc_board import BMC_BOARD
from simulator.faults.data_network import DATA_NETWORK
from simulator.faults.environment import ENVIRONMENT
from simulator.faults.http import HTTP
from simulator.faults.ipmi import IPMI
from simulator.faults.kinds import FaultKind
from simulator.faults.panel import PANEL
from simulator.faults.physical import PHYSICAL
from simulator.faults.snmp import SNMP

__all__ = ["CATALOGUE"]

CATALOGUE: dict[str, FaultKind] = {
    kind.name: kind
    for kind in (
        *PHYSICAL,
        *PANEL,
        *HTTP,
        *DATA_NETWORK,
        *ENVIRONMENT,
        *IPMI,
        *BMC_BOARD,
        *BMC_ACCESS,
        *SNMP,
    )
}
