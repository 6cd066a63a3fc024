"""Devices that answer each datagram on the spot: their one line to the network."""

from __future__ import annotations

from collections.abc import Callable

from simulator.fabric.base import Address, Endpoint, Fabric

__all__ = ["serve"]


async def serve(fabric: Fabric, address: Address | None, handle: Callable[[bytes], bytes | None]) -> Endpoint:
    """Bind `address` and answer whatever comes with what `handle` makes of it; None is silence. Raises AddressInUse."""
    endpoint: Endpoint | None = None

    def receive(data: bytes, source: Address) -> None:
        answer = handle(data)
        if answer is not None and endpoint is not None:
            endpoint.send(answer, source)

    endpoint = await fabric.open(address, receive)
    return endpoint
