"""Switch models as pages of data: how a model calls itself and numbers its interfaces."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.kernel.pages import Pages, beside
from simulator.snmp.constants import Absent, Value
from simulator.snmp.snmprec import Instance, read_walk

__all__ = ["Group", "Personality", "Tree", "VirtualInterface", "personality", "personality_names", "recorded_walk"]


Tree = Literal[
    "bridge",
    "forwarding",
    "q_bridge",
    "vtp",
    "entity",
    "ether_like",
    "lldp",
    "mau",
    "stack",
    "write_mem",
    "config_copy",
    "nvram",
]
"""`forwarding` is BRIDGE-MIB's forwarding table, which some leave out; `vtp` Cisco's, with one table a VLAN;
`mau` and `stack`, MAU-MIB and CISCO-STACK-MIB, set speed and duplex; `write_mem`, `config_copy` and `nvram`, of OLD-CISCO-SYS-MIB,
CISCO-CONFIG-COPY-MIB and FOUNDRY-SN-AGENT-MIB, save the configuration.
"""


class _Strict(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class VirtualInterface(_Strict):
    """An interface without a socket in the front: a VLAN, the null interface, a loopback."""

    index: int = Field(ge=1)
    description: str
    name: str
    type: int
    """IANAifType: other 1, softwareLoopback 24, propVirtual 53, l2vlan 135."""
    mtu: int = 1500
    speed: int = 0
    """Bits per second."""
    management: bool = False
    """It has the management address."""
    up: Literal["always", "with_ports"] = "always"
    """`with_ports`: while any port has a link, as a VLAN interface is."""


class Group(_Strict):
    """Constants that share an entry and an index, by the number of their column."""

    entry: str
    index: str = "0"
    """Dotted; with `{n}` there is a row for each port, by its number on the front, and with `{index}` by its ifIndex."""
    columns: dict[int, Value]


class Personality(_Strict):
    """A switch model. In the texts of a port, `{n}` is its number on the front."""

    handler: str
    """The panel's handler that fits."""
    description: str = Field(max_length=255)
    object_id: str
    services: int = Field(ge=0, le=127)
    first_index: int = Field(default=1, ge=1)
    """ifIndex of port 1; the others follow."""
    port_description: str = "port {n}"
    port_name: str = "port {n}"
    port_mtu: int = 1500
    index_step: int = Field(default=1, ge=1)
    """From one port's ifIndex to the next."""
    indexes: tuple[int, ...] = ()
    """The ports' ifIndexes, where they do not follow each other; of a recorded model all of them."""
    walk: str = ""
    """A recorded walk, in a file beside the page: all is as it was there, but ports' states, speeds and octets, and what every
    agent counts."""
    trees: tuple[Tree, ...] = ()
    product: str = ""
    """The model's name, for ENTITY-MIB; likewise its maker and the versions of its parts."""
    maker: str = ""
    hardware: str = ""
    firmware: str = ""
    software: str = ""
    unsaved: Literal["kept", "lost"] = "kept"
    """What becomes of configuration that nobody saved, when it starts anew."""
    modules: tuple[tuple[str, str], ...] = ()
    """Of sysORTable, beside what every agent has."""
    groups: tuple[Group, ...] = ()
    absent: tuple[Absent, ...] = ()
    sources: tuple[str, ...] = ()
    """Where facts are from for which no MIB module is to be had."""
    virtual: tuple[VirtualInterface, ...] = ()
    max_size: int = Field(default=1472, ge=484)
    """Octets of the longest response; 484 is the least an agent must manage (RFC 3417, 3.2)."""
    shift: int = Field(default=0, ge=0)
    """By how many places the ports' ifIndexes have moved on, the last ones to the front; of one device, not of a model."""
    shifted: int = Field(default=0, ge=0)
    """How many ports there are to move."""

    @property
    def most_ports(self) -> int:
        """How many ports there can be before their ifIndexes run into those of the virtual interfaces."""
        if self.indexes:
            return len(self.indexes)
        above = [item.index for item in self.virtual if item.index >= self.first_index]
        return (min(above, default=2**31) - self.first_index) // self.index_step

    def vlan_index(self, vlan: int) -> int:
        """The ifIndex of a VLAN's own interface, of those that the page has; 0 where it has none."""
        return next((item.index for item in self.virtual if item.description == f"Vlan{vlan}"), 0)

    @property
    def management_index(self) -> int:
        """The ifIndex of what has the management address."""
        return next((item.index for item in self.virtual if item.management), self.virtual[0].index)

    def port_index(self, row: int) -> int:
        """The ifIndex of a port, by its row from 0."""
        place = (row + self.shift) % self.shifted if self.shifted else row
        return self.indexes[place] if self.indexes else self.first_index + place * self.index_step

    def renumbered(self, ports: int, shift: int) -> Personality:
        """The same model after a start at which its ports were found in another order."""
        return self.model_copy(update={"shift": shift % ports, "shifted": ports})


_PAGES = Pages("simulator.switch", "personalities", "switch personality", Personality)


def personality(name: str) -> Personality:
    """The page of a model. Raises UnknownPage, which names the nearest one."""
    return _PAGES.load(name)


@cache
def recorded_walk(name: str) -> tuple[Instance, ...]:
    """The walk of a page that has one, else nothing. Raises BadPage."""
    page = personality(name)
    return beside(name, page.walk, read_walk) if page.walk else ()


def personality_names() -> tuple[str, ...]:
    """All models, in order."""
    return _PAGES.names()
