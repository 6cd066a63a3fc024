"""The steps for DCImanager 5 as a processing module of a BILLmanager: `pmdci5`, as `pmdci6` is for version 6.

A tariff's parameters are the settings of a service package; the client's choice of a system comes with the order. Messages to
clients are BILLmanager's own business here.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

from provisioner.billmanager.office import Office
from provisioner.billmanager.protocol import Item, ModuleType, Place, ProcessingModule
from provisioner.clients.dci5 import Dci5Client
from provisioner.clock import Clock
from provisioner.errors import BadSettings
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5.module import BillManager5
from provisioner.modules.billmanager5.settings import BillManager5Settings
from provisioner.ping import Ping
from provisioner.store import Store

__all__ = ["FEATURES", "TYPE", "DedicatedServers5", "pmdci5"]

TYPE: Final = "pmdci5"
FEATURES: Final = frozenset(
    ["check_connection", "get_server_config", "check_param", "open", "suspend", "resume", "close", "setparam"]
)
_SETTINGS: Final = frozenset(field.name for field in dataclasses.fields(BillManager5Settings))


class DedicatedServers5(ProcessingModule):
    """One connection."""

    def __init__(
        self,
        place: Place,
        client: Dci5Client,
        clock: Clock,
        log: ModuleLog,
        ping: Callable[[], Ping],
        store: Store,
        *,
        source: random.Random | None = None,
    ) -> None:
        """`ping` is made when a server is first set up: a host may lack the program, and needs it for nothing else."""
        self._place = place
        self._client = client
        self._clock = clock
        self._log = log
        self._ping = ping
        self._store = store
        self._source = source

    def _module(self, params: Mapping[str, Any]) -> BillManager5:
        """The steps by these parameters; those that are BILLmanager's own are left out."""
        settings = BillManager5Settings.from_mapping({key: params[key] for key in params if key in _SETTINGS})
        return BillManager5(
            self._client,
            settings,
            self._clock,
            self._log,
            _Late(self._ping),
            Office(self._clock),
            source=self._source,
            store=self._store,
        )

    async def check_connection(self) -> None:
        await self._module({}).check_connection()

    async def get_server_config(self) -> dict[str, Any]:
        """Configurations of all servers, and the OS templates that are installed."""
        servers, templates = await self._client.servers(), await self._client.templates()
        return {
            "configurations": sorted({name for server in servers for name in server.configurations}),
            "templates": sorted({each.id.rpartition("__")[2] for each in templates if each.installed}),
        }

    def check_param(self, params: Mapping[str, Any]) -> None:
        """Against the configuration as it was updated last."""
        settings, config = self._module(params).settings, self._place.row.config
        for name, known in (("configuration", "configurations"), ("os", "templates")):
            value = getattr(settings, name)
            if not value:
                raise BadSettings(f"the parameter {name} of the tariff is empty")
            if value not in config.get(known, ()):
                raise BadSettings(
                    f"the processing module {self._place.row.name} knows no {name} {value!r}; "
                    "after a change in DCImanager 5 its configuration has to be updated"
                )

    async def open(self, item: Item) -> None:
        module = self._module(item.params)
        module.take(item.service.name)
        await module.create(item.service)
        self._save(item, module)

    async def suspend(self, item: Item) -> None:
        await self._module(item.params).suspend(item.service)

    async def resume(self, item: Item) -> None:
        await self._module(item.params).unsuspend(item.service)

    async def close(self, item: Item) -> None:
        await self._module(item.params).terminate(item.service)

    async def setparam(self, item: Item, params: Mapping[str, Any]) -> None:
        """Another number of addresses beside the main one; what else a server was sold with stays."""
        if fixed := [key for key in params if key != "alias_addresses"]:
            raise BadSettings(f"{', '.join(fixed)} of a prepared server cannot be changed")
        module = self._module({**item.params, **params})
        await module.change_aliases(item.service, module.settings.alias_addresses)
        self._save(item, module)

    def _save(self, item: Item, module: BillManager5) -> None:
        """What BILLmanager shows of the server (list `dedic`)."""
        saved = module.properties[item.service.name]
        item.save(
            {
                "panelid": saved.panel_id,
                "label": saved.label,
                "ip": saved.ip,
                "domain": saved.domain,
                "ostempl": saved.os,
                "owner": saved.owner,
            }
        )

    async def aclose(self) -> None:
        await self._client.close()


class _Late:
    """A ping that is made when it is needed."""

    def __init__(self, make: Callable[[], Ping]) -> None:
        self._make = make

    async def alive(self, address: str) -> bool:
        return await self._make().alive(address)


def pmdci5(
    connect: Callable[[Mapping[str, str]], Dci5Client],
    clock: Clock,
    log: ModuleLog,
    ping: Callable[[], Ping],
    store: Store,
    *,
    source: random.Random | None = None,
) -> ModuleType:
    """The type of processing module; `connect` makes a client of `url`, `username` and `password`."""
    return ModuleType(
        TYPE,
        "DCImanager 5",
        ("dedic",),
        FEATURES,
        lambda place: DedicatedServers5(place, connect(place.row.connection), clock, log, ping, store, source=source),
        datacenter="dci5",
        connection={"url": False, "username": False, "password": True},
    )
