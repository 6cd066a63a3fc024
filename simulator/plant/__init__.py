"""The plant: power, cables, links, disks, boot. The one physical truth; everything else is a view of it or a hand on it."""

from simulator.plant.hall import Plant, ServerBuild
from simulator.plant.lifecycle import LIFECYCLE, BootEvent, BootState
from simulator.plant.physics import Physics, Timings
from simulator.plant.server import Server

__all__ = ["LIFECYCLE", "BootEvent", "BootState", "Physics", "Plant", "Server", "ServerBuild", "Timings"]
