"""BILLmanager's menus Integration and Products: data centers, processing modules, tariff plans."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from provisioner.billmanager.office import Office
from provisioner.billmanager.protocol import ModuleType, Place, ProcessingModule
from provisioner.billmanager.rows import DatacenterRow, ModuleRow, TariffRow
from provisioner.errors import BadSettings, Refused
from provisioner.periods import check_period
from provisioner.store import Store

__all__ = ["Catalogue", "WrongDatacenter"]


class WrongDatacenter(BadSettings):
    """The data center was made for another generation of DCImanager (B6-4)."""


_FOR = MappingProxyType({"dci5": "DCImanager 5", "dci6": "DCImanager 6"})


class Catalogue:
    """Everything by name; the store has it by id. Nothing is kept that has not been checked whole."""

    def __init__(self, types: Mapping[str, ModuleType], office: Office, store: Store) -> None:
        """`types` of processing modules by name; what the store has kept is there again."""
        self.types = types
        self._office = office
        self._store = store
        self.datacenters = {row.name: row for row in store.read(DatacenterRow)}
        self.modules = {row.name: row for row in store.read(ModuleRow)}
        self.tariffs = {row.name: row for row in store.read(TariffRow)}
        self._running: dict[int, ProcessingModule] = {}

    # data centers

    def add_datacenter(
        self, name: str, *, dci6_managed: bool = False, location: int | None = None, sort: int = 0
    ) -> DatacenterRow:
        """A data center, or new particulars of a known one (B6-5). Raises BadSettings."""
        if not name:
            raise BadSettings("a data center has a name")
        if dci6_managed and (location is None or location < 1):
            raise BadSettings(f"data center {name}: a DCImanager 6 managed one has a location id")
        if not dci6_managed and location is not None:
            raise BadSettings(f"data center {name}: only a DCImanager 6 managed one has a location id")
        known = self.datacenters.get(name)
        users = [row.name for row in self.modules.values() if known is not None and row.datacenter == known.id]
        if known is not None and known.dci6_managed != dci6_managed and users:
            raise WrongDatacenter(f"data center {name} has the processing modules {', '.join(users)}")
        row = DatacenterRow(known.id if known else len(self.datacenters) + 1, name, dci6_managed, location, sort)
        self._store.write(row)
        self.datacenters[name] = row
        return row

    # processing modules

    async def add_module(
        self,
        name: str,
        of_type: str,
        *,
        department: str,
        datacenter: str = "",
        sort: int = 0,
        connection: Mapping[str, str] | None = None,
    ) -> ModuleRow:
        """Connect a processing module: its connection is checked and its configuration read before it is kept (B6-6).

        Raises BadSettings, WrongDatacenter, and what the panel makes of the connection.
        """
        if name in self.modules:
            raise BadSettings(f"there is a processing module {name} already")
        kind = self.types.get(of_type)
        if kind is None:
            raise BadSettings(_no(of_type, "type of processing modules", self.types))
        given = dict(connection or {})
        if missing := [key for key in kind.connection if not given.get(key)]:
            raise BadSettings(f"processing module {name}: {', '.join(missing)} is missing")
        if unknown := [key for key in given if key not in kind.connection]:
            raise BadSettings(f"processing module {name}: {of_type} has no {', '.join(unknown)}")
        place = self._datacenter_for(kind, datacenter)
        row = ModuleRow(
            len(self.modules) + 1,
            of_type,
            name,
            place.id if place else None,
            self._office.department(department).id,
            sort,
            given,
            {},
        )
        module = kind.make(Place(lambda: row, lambda: place))
        try:
            if "check_connection" in kind.features:
                await module.check_connection()
            config = await module.get_server_config()
        finally:
            await module.aclose()
        return self._keep(replace(row, config=config))

    def _datacenter_for(self, kind: ModuleType, name: str) -> DatacenterRow | None:
        if not kind.datacenter:
            if name:
                raise BadSettings(f"a processing module {kind.name} has no data center")
            return None
        row = self.datacenters.get(name)
        if row is None:
            raise BadSettings(_no(name, "data center", self.datacenters))
        if row.dci6_managed != (kind.datacenter == "dci6"):
            made = "DCImanager 6" if row.dci6_managed else "DCImanager 5"
            raise WrongDatacenter(
                f"data center {name} was created for integration with {made} "
                f"and is not suitable for {_FOR[kind.datacenter]}"
            )
        return row

    async def refresh(self, name: str) -> ModuleRow:
        """Update the configuration by hand: Integration, Processing modules, Config (B6-8)."""
        row = self.module(name)
        return self._keep(replace(row, config=await self.running(row.id).get_server_config()))

    def module(self, which: str | int) -> ModuleRow:
        """By name or id. Raises Refused."""
        for row in self.modules.values():
            if which in (row.name, row.id):
                return row
        raise Refused(_no(which, "processing module", self.modules))

    def type_of(self, module: int) -> ModuleType:
        return self.types[self.module(module).type]

    def running(self, module: int) -> ProcessingModule:
        """The processing module itself."""
        if module not in self._running:
            place = Place(lambda: self.module(module), lambda: self._place(self.module(module).datacenter))
            self._running[module] = self.type_of(module).make(place)
        return self._running[module]

    def _place(self, datacenter: int | None) -> DatacenterRow | None:
        return next((each for each in self.datacenters.values() if each.id == datacenter), None)

    def _keep(self, row: ModuleRow) -> ModuleRow:
        self._store.write(row)
        self.modules[row.name] = row
        return row

    # tariff plans

    def add_tariff(
        self,
        name: str,
        *,
        itemtype: str = "dedic",
        modules: Sequence[str] = (),
        params: Mapping[str, Any] | None = None,
        period: str = "",
        price: int = 0,
    ) -> TariffRow:
        """A tariff plan with the processing modules that are enabled for it. Raises BadSettings."""
        if name in self.tariffs:
            raise BadSettings(f"there is a tariff {name} already")
        if period:
            check_period(period)
        row = TariffRow(len(self.tariffs) + 1, name, itemtype, [], dict(params or {}), period, price)
        for each in modules:
            row = self._with(row, each)
        self._write(row)
        return row

    def enable(self, tariff: str, module: str) -> TariffRow:
        """Enable a processing module for a tariff (IM-2, IM-5)."""
        return self._write(self._with(self.tariff(tariff), module))

    def disable(self, tariff: str, module: str) -> TariffRow:
        """Disable it; services that are with it stay so (IM-2, IM-8)."""
        row, gone = self.tariff(tariff), self.module(module).id
        return self._write(replace(row, modules=[each for each in row.modules if each != gone]))

    def tariff(self, which: str | int) -> TariffRow:
        """By name or id. Raises Refused."""
        for row in self.tariffs.values():
            if which in (row.name, row.id):
                return row
        raise Refused(_no(which, "tariff", self.tariffs))

    def candidates(self, tariff: str | int) -> list[ModuleRow]:
        """The enabled processing modules, the one to take first: the lowest priority number (B6-7). Of equals, that in
        the data center with the lower sorting order, then the older one.
        """
        order = {row.id: row.sort for row in self.datacenters.values()}
        rows = [self.module(each) for each in self.tariff(tariff).modules]
        return sorted(rows, key=lambda row: (row.sort, order.get(row.datacenter or 0, 0), row.id))

    def _with(self, row: TariffRow, module: str) -> TariffRow:
        added = self.module(module)
        if row.itemtype not in self.types[added.type].itemtypes:
            raise BadSettings(f"the processing module {module} does not process services of type {row.itemtype}")
        return row if added.id in row.modules else replace(row, modules=[*row.modules, added.id])

    def _write(self, row: TariffRow) -> TariffRow:
        self._store.write(row)
        self.tariffs[row.name] = row
        return row

    async def aclose(self) -> None:
        for module in self._running.values():
            await module.aclose()
        self._running.clear()


def _no(name: object, what: str, known: Mapping[str, Any]) -> str:
    nearest = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.0)
    return f"there is no {what} {name!r}" + (f"; the nearest there is: {nearest[0]!r}" if nearest else "")
