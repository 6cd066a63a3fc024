"""The panel's listener for traps: of all that equipment tells, ports that went up or down (vendor documentation of both panels)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from simulator.fabric import Address, Endpoint, Fabric
from simulator.snmp import DecodeError
from simulator.snmp.message import RESPONSE, encode_message
from simulator.snmp.notification import LINK_DOWN, LINK_UP, decode_notification
from simulator.snmp.oid import oid

__all__ = ["Trap", "listen"]

_IF_INDEX = oid("1.3.6.1.2.1.2.2.1.1")


class Trap(NamedTuple):
    """What came, and who may have sent it."""

    source: Address
    agent: str
    """The address that it says it is from; empty where it says none."""
    name: str
    """The notification, dotted."""
    port: str = ""
    """The ifIndex in digits, where it speaks of a port."""
    up: bool | None = None
    """Whether the port's link is up; None where it says nothing of that."""


async def listen(fabric: Fabric, address: Address | None, heard: Callable[[Trap], None]) -> Endpoint:
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
        trap = Trap(source, notification.agent, notification.trap)
        if notification.trap in (LINK_UP, LINK_DOWN) and isinstance(index, int):
            trap = trap._replace(port=str(index), up=notification.trap == LINK_UP)
        heard(trap)

    endpoint = await fabric.open(address, receive)
    return endpoint
