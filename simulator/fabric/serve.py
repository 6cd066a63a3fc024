"""Devices that answer each datagram on the spot: their one line to the network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import Protocol

from simulator.fabric.base import Address, Endpoint, Fabric, Known
from simulator.kernel.hosts import reached_at

__all__ = ["Device", "serve", "serve_device", "serve_late"]


class Device(Known, Protocol):
    """One that answers in its own time, and also sends what nobody asked for. A management card of SNMP is one."""

    send: Callable[[bytes, Address], None] | None
    address: bytes
    """Its own, four octets."""

    def receive(self, data: bytes, reply: Callable[[bytes], None]) -> None: ...


async def serve(fabric: Fabric, address: Address | None, handle: Callable[[bytes], bytes | None]) -> Endpoint:
    """Bind `address` and answer whatever comes with what `handle` makes of it; None is silence. Raises AddressInUse."""
    endpoint: Endpoint | None = None

    def receive(data: bytes, source: Address) -> None:
        answer = handle(data)
        if answer is not None and endpoint is not None:
            endpoint.send(answer, source)

    endpoint = await fabric.open(address, receive)
    return endpoint


async def serve_late(
    fabric: Fabric, address: Address | None, receive: Callable[[bytes, Callable[[bytes], None]], None]
) -> Endpoint:
    """The same for devices that answer in their own time: `receive` is given a datagram and what answers its sender.
    Raises AddressInUse.
    """
    endpoint: Endpoint | None = None

    def take(data: bytes, source: Address) -> None:
        if endpoint is not None:
            receive(data, partial(_answer, endpoint, source))

    endpoint = await fabric.open(address, take)
    return endpoint


async def serve_device(device: Device, fabric: Fabric, address: Address | None) -> Endpoint:
    """Put a device on the network, and tell it its way out. Raises AddressInUse."""
    endpoint = await serve_late(fabric, address, device.receive)
    fabric.know(endpoint.address, device)
    host = ip_address(reached_at(endpoint.address[0]))
    # What an SNMPv1 trap says of its sender has room for IPv4 only.
    device.send, device.address = endpoint.send, host.packed if host.version == 4 else bytes(4)
    return endpoint


def _answer(endpoint: Endpoint, to: Address, data: bytes) -> None:
    endpoint.send(data, to)
