"""The panel's ear for traps: of all that equipment tells, ports that went up or down (vendor documentation of both panels)."""

from __future__ import annotations

from collections.abc import Callable

from simulator.fabric import Address, Endpoint, Fabric
from simulator.snmp import DecodeError
from simulator.snmp.message import RESPONSE, encode_message
from simulator.snmp.notification import LINK_DOWN, LINK_UP, decode_notification
from simulator.snmp.oid import oid

__all__ = ["PortTold", "listen"]

PortTold = Callable[[Address, str, bool], None]
"""Called with where a trap came from, the port's ifIndex in digits, and whether its link is up."""

_IF_INDEX = oid("1.3.6.1.2.1.2.2.1.1")


async def listen(fabric: Fabric, address: Address | None, told: PortTold) -> Endpoint:
    """Listen for traps and informs of v1 and v2c, whatever their community. Raises AddressInUse."""
    endpoint: Endpoint | None = None

    def receive(data: bytes, source: Address) -> None:
        try:
            notification = decode_notification(data)
            index = next((item.value() for item in notification.varbinds if item.name.startswith(_IF_INDEX)), None)
        except DecodeError:
            return
        if notification.inform is not None and endpoint is not None:
            inform = notification.inform
            answer = encode_message(1, inform.community, RESPONSE, inform.request_id, 0, 0, (inform.listed,))
            endpoint.send(answer, source)
        if notification.trap in (LINK_UP, LINK_DOWN) and isinstance(index, int):
            told(source, str(index), notification.trap == LINK_UP)

    endpoint = await fabric.open(address, receive)
    return endpoint
