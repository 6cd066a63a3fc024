"""The management network: IPMI and SNMP datagrams, in memory or on real UDP, behind one small interface."""

from simulator.fabric.base import Address, AddressInUse, Endpoint, Fabric, Receiver
from simulator.fabric.gate import Gate
from simulator.fabric.links import Conditions
from simulator.fabric.memory import MemoryFabric
from simulator.fabric.shared import SharedUdpFabric, can_share
from simulator.fabric.udp import UdpFabric

__all__ = [
    "Address",
    "AddressInUse",
    "Conditions",
    "Endpoint",
    "Fabric",
    "Gate",
    "MemoryFabric",
    "Receiver",
    "SharedUdpFabric",
    "UdpFabric",
    "can_share",
]
