"""The BMC of a server: what it answers over the LAN, as tables over its chassis; its makes as pages of data."""

from simulator.bmc.controller import Observer
from simulator.bmc.device import Bmc
from simulator.bmc.hardware import BootOverride, Chassis
from simulator.bmc.personality import (
    BadPersonality,
    Personality,
    UnknownPersonality,
    load_personality,
    personality_names,
    read_personality,
)
from simulator.bmc.serve import cross_cables, crossed, serve_bmc

__all__ = [
    "BadPersonality",
    "Bmc",
    "BootOverride",
    "Chassis",
    "Observer",
    "Personality",
    "UnknownPersonality",
    "cross_cables",
    "crossed",
    "load_personality",
    "personality_names",
    "read_personality",
    "serve_bmc",
]
