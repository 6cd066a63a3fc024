"""A PDU's SNMP agent: the system group and its make's own objects, over one management card."""

from __future__ import annotations

from functools import lru_cache

from simulator.fabric import Address, Endpoint, Fabric
from simulator.fabric.serve import serve
from simulator.kernel import Clock
from simulator.pdu.card import Card
from simulator.pdu.hardware import PduHardware
from simulator.pdu.outlets import outlet_objects, unit_objects
from simulator.pdu.personality import personality
from simulator.snmp import Access, Agent, Template
from simulator.snmp.system import system_group

__all__ = ["PduDevice", "serve_pdu"]


@lru_cache(maxsize=64)
def _template(model: str, outlets: int) -> Template[Card]:
    page = personality(model)
    system = system_group(Card, description=page.description, object_id=page.object_id, services=page.services)
    return Template([*system, *unit_objects(page, outlets), *outlet_objects(page, outlets)])


class PduDevice:
    """One PDU. It is deaf while its hardware is not alive."""

    __slots__ = ("agent", "hardware")

    def __init__(
        self, hardware: PduHardware, model: str, community: str, clock: Clock, *, read_community: str | None = None
    ) -> None:
        """`model`: the name of a personality. Raises UnknownPage."""
        page = personality(model)
        communities = {community.encode(): Access.WRITE}
        if read_community is not None:
            communities.setdefault(read_community.encode(), Access.READ)
        self.hardware = hardware
        card = Card(hardware, page, clock)
        self.agent = Agent(_template(model, len(card.outlets)), card, communities, page.max_size)

    def handle(self, data: bytes) -> bytes | None:
        return self.agent.handle(data) if self.hardware.alive else None


async def serve_pdu(
    hardware: PduHardware,
    model: str,
    community: str,
    fabric: Fabric,
    address: Address | None,
    clock: Clock,
    *,
    read_community: str | None = None,
) -> Endpoint:
    """Put a PDU on the network: SNMP v1 and v2c, `community` reads and writes. Raises UnknownPage, AddressInUse."""
    device = PduDevice(hardware, model, community, clock, read_community=read_community)
    return await serve(fabric, address, device.handle)
