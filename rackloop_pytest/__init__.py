"""Rackloop for pytest, under a name that nobody else has (docs/pytest.md).

Nothing here imports Rackloop's own packages until a fixture is asked for: a project may have its own `simulator/` or `provisioner/`.
"""

from rackloop_pytest.catalogue import fault_kinds
from rackloop_pytest.in_process import Play
from rackloop_pytest.lab_up import Clock, Faults, LabUp, Refused, lab_up
from rackloop_pytest.provisioner import Provisioner

__all__ = ["Clock", "Faults", "LabUp", "Play", "Provisioner", "Refused", "fault_kinds", "lab_up"]
