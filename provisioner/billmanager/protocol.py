"""What a processing module is to BILLmanager: its type with the features that it has, and one method for each of them.

The names are those of BILLmanager's own protocol (`--command open` and so on). An operation for which a module has no
feature is staff's: so the module "Manual processing" is one without any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from provisioner.billmanager.rows import DatacenterRow, ModuleRow
from provisioner.errors import Refused
from provisioner.services import Service

__all__ = ["FEATURES", "MANUAL", "Item", "ModuleType", "NoFeature", "Place", "ProcessingModule"]

FEATURES: Final = frozenset(
    {
        "check_connection",
        "get_server_config",
        "check_param",
        "open",
        "suspend",
        "resume",
        "close",
        "setparam",
        "import",
    }
)
"""Those of the protocol that our modules know; BILLmanager has more of them."""


class NoFeature(Refused):
    """The processing module has no such feature."""


@dataclass(frozen=True, slots=True)
class Item:
    """A service as a processing module gets it."""

    id: int
    """BILLmanager's number of the service (`--item`)."""
    service: Service
    params: Mapping[str, Any]
    """The order's over the tariff's, and what was saved."""
    save: Callable[[Mapping[str, Any]], None]
    """Keep further parameters with the service (`service.saveparam`); they have been kept when it returns."""


class ProcessingModule:
    """One connection. Methods raise ProvisioningError; those with an item do their steps through
    `item.service.progress`, bind the service and never move it.
    """

    async def check_connection(self) -> None:
        """That the panel answers, and takes the user for one who may do all this (B6-6)."""

    async def get_server_config(self) -> dict[str, Any]:
        """What the panel offers, as plain data (B6-8)."""
        return {}

    def check_param(self, params: Mapping[str, Any]) -> None:
        """Whether a service could be opened with these. Raises BadSettings."""

    async def open(self, item: Item) -> None:
        raise NoFeature("the processing module cannot open services")

    async def suspend(self, item: Item) -> None:
        raise NoFeature("the processing module cannot suspend services")

    async def resume(self, item: Item) -> None:
        raise NoFeature("the processing module cannot resume services")

    async def close(self, item: Item) -> None:
        raise NoFeature("the processing module cannot close services")

    async def setparam(self, item: Item, params: Mapping[str, Any]) -> None:
        """Let the service have other parameters; they are saved by the caller when this returns."""
        raise NoFeature("the processing module cannot change services")

    async def import_service(self, item: Item, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Bind the service to what is there in the panel already, by what staff entered; what is to be saved of it. It
        changes nothing in the panel.
        """
        raise NoFeature("the processing module cannot take over what exists")

    async def aclose(self) -> None:
        """Close the connections."""


class Place:
    """Where a module stands: its row and its data center, as they are at the moment."""

    def __init__(self, row: Callable[[], ModuleRow], datacenter: Callable[[], DatacenterRow | None]) -> None:
        self._row = row
        self._datacenter = datacenter

    @property
    def row(self) -> ModuleRow:
        return self._row()

    @property
    def datacenter(self) -> DatacenterRow | None:
        """None for a module that is in none."""
        return self._datacenter()


@dataclass(frozen=True, slots=True)
class ModuleType:
    """A kind of processing modules."""

    name: str
    """Of the executable: `pmdci6`."""
    title: str
    """As BILLmanager lists it: `DCImanager 6`."""
    itemtypes: tuple[str, ...]
    """`dedic`, `vhost`."""
    features: frozenset[str]
    make: Callable[[Place], ProcessingModule]
    datacenter: Literal["", "dci5", "dci6"] = ""
    """The kind of data center that it has to be in (B6-4); empty for none."""
    connection: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    """Parameters of its connection, and whether each is kept secret."""

    def __post_init__(self) -> None:
        if unknown := sorted(self.features - FEATURES):
            raise ValueError(f"no such features: {', '.join(unknown)}")


MANUAL: Final = ModuleType(
    "pmmanual",
    "Manual processing",
    ("dedic", "vhost", "colocation"),
    frozenset(),
    lambda place: ProcessingModule(),
)
"""Every operation becomes a task of the module's department."""
