"""What of a switch's SNMP agent outlives a loss of power. Ports and VLANs are the plant's."""

from __future__ import annotations

from simulator.kernel.snapshot import Parts, register
from simulator.switch.hardware import Mode

__all__ = ["SAVED"]

register({"link mode": Mode})

SAVED: Parts = {"": ("contact", "name", "location", "aliases", "trapless", "default_modes")}
