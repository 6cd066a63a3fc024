"""A switch's SNMP agent: its hardware seen through the system group and IF-MIB (RFC 2863)."""

from __future__ import annotations

from functools import lru_cache

from simulator.fabric import Address, Endpoint, Fabric
from simulator.fabric.serve import serve
from simulator.kernel import Clock
from simulator.snmp import Access, Agent, Template
from simulator.snmp.system import system_group
from simulator.switch.hardware import SwitchHardware
from simulator.switch.interfaces import interface_objects
from simulator.switch.personality import personality
from simulator.switch.state import SwitchState

__all__ = ["SwitchDevice", "serve_switch"]


@lru_cache(maxsize=64)
def _template(model: str, ports: int) -> Template[SwitchState]:
    page = personality(model)
    if ports > page.most_ports:
        raise ValueError(f"a {model} has at most {page.most_ports} ports, not {ports}")
    system = system_group(SwitchState, description=page.description, object_id=page.object_id, services=page.services)
    return Template([*system, *interface_objects(page, ports)])


class SwitchDevice:
    """One switch. It is deaf while its hardware is not alive; texts that were set outlive that, as in a start-up file."""

    __slots__ = ("agent", "hardware")

    def __init__(
        self,
        hardware: SwitchHardware,
        model: str,
        community: str,
        clock: Clock,
        *,
        read_community: str | None = None,
    ) -> None:
        """`model`: the name of a personality. Raises UnknownPage, and ValueError for more ports than it can have."""
        page = personality(model)
        communities = {community.encode(): Access.WRITE}
        if read_community is not None:
            communities.setdefault(read_community.encode(), Access.READ)
        self.hardware = hardware
        state = SwitchState(hardware, clock)
        self.agent = Agent(_template(model, len(hardware.ports)), state, communities, page.max_size)

    def handle(self, data: bytes) -> bytes | None:
        return self.agent.handle(data) if self.hardware.alive else None


async def serve_switch(
    hardware: SwitchHardware,
    model: str,
    community: str,
    fabric: Fabric,
    address: Address | None,
    clock: Clock,
    *,
    read_community: str | None = None,
) -> Endpoint:
    """Put a switch on the network: SNMP v1 and v2c, `community` reads and writes. Raises UnknownPage, AddressInUse."""
    device = SwitchDevice(hardware, model, community, clock, read_community=read_community)
    return await serve(fabric, address, device.handle)
