"""What of a BMC outlives a loss of power: its non-volatile memory (IPMI 2.0 says of each table whether it is)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.bmc.device import Bmc
from simulator.kernel.keeping import Parts, give_back, keep

__all__ = ["KEPT", "bmc_back", "keep_bmc"]

KEPT: Mapping[str, Parts] = {
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
    "filtering": {
        "": (
            "control", "permitted", "delay", "alert_delay", "filters", "policies", "guid", "keys", "texts", "last_bmc",
            "last_software",
        )
    },
}  # fmt: skip
"""By part; a part that nobody has used does not exist yet, and is not kept."""


def keep_bmc(bmc: Bmc) -> dict[str, Any]:
    return {
        name: keep(getattr(bmc, name) if name else bmc, parts)
        for name, parts in KEPT.items()
        if not name or getattr(bmc, f"_{name}") is not None
    }


def bmc_back(bmc: Bmc, data: Mapping[str, Any]) -> None:
    """Raises NotUnderstood."""
    for name, parts in KEPT.items():
        if name in data:
            give_back(getattr(bmc, name) if name else bmc, data[name], parts)
