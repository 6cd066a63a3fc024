"""Real equipment in a lab: what of it may be written, what was, how it is put back, and how the emulated rest follows it."""

from simulator.real.equipment import RealDevice, RealEquipment, Write
from simulator.real.guard import GuardedDrivers

__all__ = ["GuardedDrivers", "RealDevice", "RealEquipment", "Write"]
