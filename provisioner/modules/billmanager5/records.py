"""What BILLmanager keeps of a service on a DCImanager 5: what was ordered, and the server as it was read back last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from provisioner.clients.dci5_records import Network5, Server5
from provisioner.store import Row

__all__ = ["ROWS", "Offer", "Order", "Properties"]


@dataclass(frozen=True, slots=True)
class Order(Row):
    """What an order says beside the package."""

    TABLE: ClassVar = "bm5_orders"
    KEY: ClassVar = ("service",)

    service: str
    number: int
    os: str
    period: str
    colocation: bool = False


@dataclass(frozen=True, slots=True)
class Properties(Row):
    """A server as billing has saved it (B5-10, B5-15): read back after each operation."""

    TABLE: ClassVar = "bm5_properties"
    KEY: ClassVar = ("service",)

    service: str
    panel_id: int
    label: str
    rack: str
    ip: str
    domain: str
    os: str
    owner: str
    addresses: Any
    """Texts, the main one first."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the panel sent when it was added (B5-2)."""

    servers: tuple[Server5, ...]
    networks: tuple[Network5, ...]


ROWS: Sequence[type[Row]] = (Order, Properties)
