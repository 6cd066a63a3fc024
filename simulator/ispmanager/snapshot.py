"""What of an ispmanager outlives a stop: its accounts and presets. Sessions and one-time keys end."""

from __future__ import annotations

from simulator.ispmanager.hosting import Account, AccountState, Level, Preset
from simulator.kernel.snapshot import Parts, register

__all__ = ["SAVED"]

register({"account": Account, "account state": AccountState, "level": Level, "preset": Preset})

SAVED: Parts = {"": ("_accounts", "_numbers", "presets")}
