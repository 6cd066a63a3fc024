"""What of a BMC outlives a loss of power: its non-volatile memory (IPMI 2.0 says of each table whether it is)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.bmc.device import Bmc
from simulator.bmc.power_limit import PowerLimit, ThermalLimit
from simulator.bmc.settings import Destination
from simulator.ipmi.channel import User
from simulator.ipmi.codes import Privilege
from simulator.ipmi.pef import Action, EventFilter, Policy
from simulator.kernel.snapshot import Parts, register, restore, save

__all__ = ["SAVED", "restore_bmc", "save_bmc"]

register(
    {
        "alert destination": Destination,
        "alert policy": Policy,
        "BMC user": User,
        "event filter": EventFilter,
        "power limit": PowerLimit,
        "thermal limit": ThermalLimit,
        "filter action": Action,
        "privilege": Privilege,
    }
)

SAVED: Mapping[str, Parts] = {
    "": {"": ("users", "kg")},
    "settings": {
        "": (
            "access", "channel_mode", "channel_limit", "lan", "destinations", "sol", "no_payload", "asset_tag",
            "controller", "system",
        )
    },
    "board": {
        "": ("disabled", "hysteresis", "_limits", "_inventory"),
        "log": ("entries", "_next", "added_at", "erased_at", "overflowed", "clock_offset", "utc_offset"),
    },
    "power": {"": ("limit", "active", "thermal")},
    "filtering": {
        "": (
            "control", "permitted", "delay", "alert_delay", "filters", "policies", "guid", "keys", "texts", "last_bmc",
            "last_software",
        )
    },
}  # fmt: skip
"""By part; a part that nobody has used does not exist yet, and is not kept."""


def save_bmc(bmc: Bmc) -> dict[str, Any]:
    return {
        name: save(getattr(bmc, name) if name else bmc, parts)
        for name, parts in SAVED.items()
        if not name or getattr(bmc, f"_{name}") is not None
    }


def restore_bmc(bmc: Bmc, data: Mapping[str, Any]) -> None:
    """Raises BadSnapshot."""
    for name, parts in SAVED.items():
        if name in data:
            restore(getattr(bmc, name) if name else bmc, data[name], parts)
    if "settings" in data:
        bmc.apply_settings()
    if "power" in data:
        bmc.power.apply()
