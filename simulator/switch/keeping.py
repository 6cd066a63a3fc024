"""What of a switch's SNMP agent outlives a loss of power. Ports and VLANs are the plant's."""

from __future__ import annotations

from simulator.kernel.keeping import Parts

__all__ = ["KEPT"]

KEPT: Parts = {"": ("contact", "name", "location", "aliases", "trapless", "default_modes")}
