"""The processing module for ispmanager: shared hosting accounts for BILLmanager's services (seed 004).

An account is opened under a name of ours, or one that is there already is bound to a service by staff, who enter its name
exactly as ispmanager shows it and its password, which the panel checks. A service's `server_name` is the account's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import httpx

from provisioner.billmanager.protocol import Item, ModuleType, Place, ProcessingModule
from provisioner.billmanager.rows import ItemRow
from provisioner.clients.coremanager import CoreClient, CoreError
from provisioner.clients.ispmanager import ADMINISTRATOR, Account, IspmanagerClient
from provisioner.clock import Clock
from provisioner.errors import BadSettings, PanelError, ProvisioningError, Refused
from provisioner.log import ModuleLog
from provisioner.progress import NOT_DONE, NotDone, Progress
from provisioner.services import Service, State
from provisioner.store import ServiceRow, Store

__all__ = ["NAME", "AccountTaken", "Ispmanager", "NoSuchAccount", "WrongPassword", "ispmanager_type"]

NAME: Final = "pmispmanager"
_USERNAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}")
_LEAST: Final = 6
"""Characters of a password."""
_FEATURES: Final = frozenset(
    ["check_connection", "get_server_config", "check_param", "open", "suspend", "resume", "close", "setparam", "import"]
)
_FORGOTTEN: Final = State.CLOSED.value


class NoSuchAccount(Refused):
    """ispmanager has no user of exactly this name."""


class WrongPassword(Refused):
    """ispmanager does not let the user in with this password."""


class AccountTaken(Refused):
    """The account is another service's, or was there before."""


def ispmanager_type(
    clock: Clock,
    log: ModuleLog,
    store: Store,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    verify: bool = True,
) -> ModuleType:
    """The type, for a BILLmanager that keeps its rows in this store; `transport` takes the network's place, `verify`
    says whether the panel's certificate has to be known.
    """

    def make(place: Place) -> ProcessingModule:
        at = place.row.connection
        core = CoreClient(
            at["url"],
            at["username"],
            at["password"],
            clock=clock,
            log=log,
            transport=transport,
            manager="ispmgr",
            title="ispmanager",
            verify=verify,
        )
        return Ispmanager(IspmanagerClient(core), place, store, log)

    return ModuleType(
        NAME,
        "ispmanager",
        ("vhost",),
        _FEATURES,
        make,
        connection=MappingProxyType({"url": False, "username": False, "password": True}),
    )


class Ispmanager(ProcessingModule):
    """One ispmanager. Parameters of a service: `preset` (a template of limits), `username` (as ordered, or as bound),
    `panel` (where it is), `password` (only as staff or a client enter it; it is kept with the service).
    """

    def __init__(self, panel: IspmanagerClient, place: Place, store: Store, log: ModuleLog) -> None:
        self._panel = panel
        self._place = place
        self._store = store
        self._log = log

    @property
    def _url(self) -> str:
        return str(self._place.row.connection["url"]).rstrip("/")

    # the connection

    async def check_connection(self) -> None:
        if await self._panel.level() < ADMINISTRATOR:
            raise BadSettings(f"{self._panel.core.username} is not an administrator of this ispmanager")

    async def get_server_config(self) -> dict[str, Any]:
        return {"presets": await self._panel.presets()}

    def check_param(self, params: Mapping[str, Any]) -> None:
        preset, name = params.get("preset") or "", params.get("username") or ""
        presets = self._place.row.config.get("presets", [])
        if preset and preset not in presets:
            raise BadSettings(f"ispmanager has no template {preset!r}; there are {', '.join(presets) or 'none'}")
        if name and not _USERNAME.fullmatch(name):
            raise BadSettings(f"{name!r} cannot be the name of a user of ispmanager")

    # automatic activation (IM-8)

    async def open(self, item: Item) -> None:
        """Make an account, of the name that was ordered or of one with the service's number in it. An account that
        is there is never taken over, unless a try of this service made it and its answer was lost.
        """
        service, progress = item.service, _progress(item.service)
        name = str(item.params.get("username") or f"user{item.id}")
        await progress.step(
            "1", "Create the account", lambda: self._create(item, name), look=lambda _: self._made(item, name)
        )
        service.server_name = name
        item.save({"username": name, "panel": self._url})

    async def _create(self, item: Item, name: str) -> str:
        if await self._made(item, name) == name:
            return name
        if await self._panel.account(name) is not None:
            raise AccountTaken(f"there is a user {name} in ispmanager already; staff can bind the service to it")
        service = item.service
        # From here on there may be an account: the service must not forget it.
        service.server_name = name
        try:
            await self._panel.create(
                name, service.password, full_name=service.client.full_name, preset=str(item.params.get("preset") or "")
            )
        except PanelError:  # the panel has refused: there is none
            service.server_name = ""
            raise
        return name

    async def _made(self, item: Item, name: str) -> str | NotDone:
        """Whether the account of this name has been made for this service: nobody else has its password. The list of users
        is not asked: it may be older than the account.
        """
        return name if await self._panel.knows(name, item.service.password) else NOT_DONE

    # staff bind an account that is there (IM-7)

    async def import_service(self, item: Item, params: Mapping[str, Any]) -> Mapping[str, Any]:
        name, password = str(params.get("username") or ""), str(params.get("password") or "")
        if not name or not password:
            raise BadSettings("enter the user's name as ispmanager shows it, and the password")
        account = await self._found(name)
        if not account.active:
            raise Refused(f"the user {name} is disabled in ispmanager: enable the user first")
        if not await self._panel.knows(name, password):
            raise WrongPassword(f"ispmanager does not accept this password of the user {name}")
        if holder := self._holder(item.service.name, name):
            raise AccountTaken(f"the user {name} of ispmanager belongs to service {holder} already")
        item.service.server_name = name
        item.service.password = password
        return {"username": name, "panel": self._url, "password": ""}

    async def _found(self, name: str) -> Account:
        accounts = await self._panel.accounts()
        for account in accounts:
            if account.name == name:
                return account
        alike = [each.name for each in accounts if each.name.casefold() == name.strip().casefold()]
        hint = f"; names are told apart by case and spaces: there is {' and '.join(alike)}" if alike else ""
        raise NoSuchAccount(f"there is no user {name!r} in ispmanager{hint}")

    def _holder(self, service: str, name: str) -> str:
        """Another service that has the account; empty when none has."""
        states = {row.name: row.state for row in self._store.read(ServiceRow)}
        for row in self._store.read(ItemRow):
            mine = row.params.get("username") == name and row.params.get("panel") == self._url
            if mine and row.service != service and states.get(row.service, _FORGOTTEN) != _FORGOTTEN:
                return row.service
        return ""

    # the life of an account

    async def suspend(self, item: Item) -> None:
        name = self._bound(item.service)
        await _progress(item.service).step("1", "Disable the user", lambda: self._panel.suspend(name))

    async def resume(self, item: Item) -> None:
        name = self._bound(item.service)
        await _progress(item.service).step("1", "Enable the user", lambda: self._panel.resume(name))

    async def close(self, item: Item) -> None:
        """Delete the account with all that it holds; one that is gone already is no error."""
        name = item.service.server_name
        if name:
            await _progress(item.service).step("1", "Delete the user", lambda: self._delete(item, name))
        item.service.server_name = ""

    async def _delete(self, item: Item, name: str) -> None:
        """A list of users may be old: that the user is gone is what the panel says to the order."""
        known = item.params.get("username") == name and item.params.get("panel") == self._url
        if known or await self._panel.knows(name, item.service.password):
            try:
                await self._panel.delete(name)
            except CoreError as exc:
                if exc.type != "missed":
                    raise
                self._log.note(f"there is no user {name} in ispmanager any more")
        elif await self._panel.account(name) is None:
            self._log.note(f"there is no user {name} in ispmanager any more")
        else:  # its creation was never confirmed, and by now somebody else has the name
            self._log.note(f"the user {name} of ispmanager is not this service's, and stays")

    async def setparam(self, item: Item, params: Mapping[str, Any]) -> None:
        """Another password, another template of limits. The name stays what it is."""
        service, name = item.service, self._bound(item.service)
        if params.get("username", name) != name:
            raise BadSettings("a user of ispmanager keeps the name")
        password, preset = str(params.get("password") or ""), str(params.get("preset") or "")
        if password and len(password) < _LEAST:
            raise BadSettings(f"a password has at least {_LEAST} characters")
        progress = _progress(service)
        if password:
            await progress.step("1", "Change the password", lambda: self._panel.set_password(name, password))
            service.password = password
        if preset:
            await progress.step("2", "Change the template", lambda: self._panel.set_preset(name, preset))

    @staticmethod
    def _bound(service: Service) -> str:
        if not service.server_name:
            raise NoSuchAccount(f"service {service.name} has no user in ispmanager")
        return service.server_name

    async def aclose(self) -> None:
        await self._panel.close()


def _progress(service: Service) -> Progress:
    if service.progress is None:
        raise ProvisioningError(f"service {service.name}: nothing is being done to it")
    return service.progress
