"""Switches as SNMP shows them: the system group and the interfaces of IF-MIB, over the switch's own hardware."""

from simulator.switch.device import SwitchDevice
from simulator.switch.hardware import Port, SwitchHardware
from simulator.switch.personality import Personality, personality, personality_names

__all__ = [
    "Personality",
    "Port",
    "SwitchDevice",
    "SwitchHardware",
    "personality",
    "personality_names",
]
