"""What of an ispmanager outlives a stop: its accounts and presets. Sessions and one-time keys end."""

from __future__ import annotations

from simulator.kernel.keeping import Parts

__all__ = ["KEPT"]

KEPT: Parts = {"": ("_accounts", "_numbers", "presets")}
