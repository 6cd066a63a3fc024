"""What of a PDU's management card outlives a loss of power. The relays are the plant's."""

from __future__ import annotations

from simulator.kernel.keeping import Parts

__all__ = ["KEPT"]

KEPT: Parts = {"": ("contact", "name", "location", "_names", "_settings")}
