"""Power strips as SNMP shows them: outlets that are read and commanded through each make's own tables."""

from simulator.pdu.device import PduDevice
from simulator.pdu.hardware import Outlet, PduHardware
from simulator.pdu.personality import Personality, personality, personality_names

__all__ = [
    "Outlet",
    "PduDevice",
    "PduHardware",
    "Personality",
    "personality",
    "personality_names",
]
