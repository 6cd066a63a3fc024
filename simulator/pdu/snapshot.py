"""What of a PDU's management card outlives a loss of power. The relays are the plant's."""

from __future__ import annotations

from simulator.kernel.snapshot import Parts

__all__ = ["SAVED"]

SAVED: Parts = {"": ("contact", "name", "location", "_names", "_settings")}
