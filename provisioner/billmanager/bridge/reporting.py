"""What a BILLmanager that is not ours is told of a command that failed: the error of its running operation, the task for
staff after the last try, the problem that its monitoring shows.

As the base of the vendor's modules does it (docs/processing-modules.md). That something cannot be told is noted, and never
hides the error itself: the executable prints that in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as ET

from provisioner.billmanager.bridge.database import Connected, Database
from provisioner.billmanager.bridge.mgrctl import CallbackError, Mgrctl
from provisioner.billmanager.documents import add_error, written
from provisioner.billmanager.operations import TRIES
from provisioner.clock import Clock
from provisioner.errors import BadSettings, LoginRefused, PanelUnavailable, ProvisioningError, Refused
from provisioner.log import ModuleLog

__all__ = ["KINDS", "Reports", "kind_of"]

# Types of errors as BILLmanager tells them apart: `client` and `auth` become a problem with the connection.
_KINDS: Final[Mapping[type[ProvisioningError], str]] = MappingProxyType(
    {
        PanelUnavailable: "client",
        LoginRefused: "auth",
        CallbackError: "billmgr",
        BadSettings: "value",
        Refused: "refused",
        ProvisioningError: "failed",
    }
)

KINDS: Final = (*_KINDS.values(), "command")
"""Every type that an executable's error can have."""


def kind_of(error: ProvisioningError) -> str:
    """The type that an error has in documents."""
    return next(name for kind, name in _KINDS.items() if isinstance(error, kind))


class Reports:
    """Of one call of a module's executable."""

    def __init__(self, mgrctl: Mgrctl, database: Database, clock: Clock, log: ModuleLog) -> None:
        self._mgrctl = mgrctl
        self._database = database
        self._clock = clock
        self._log = log

    def failed(
        self, command: str, item: int, operation: int | None, connected: Connected | None, error: ProvisioningError
    ) -> None:
        """The running operation gets the error; after the tenth try it is put into manual mode, with one task."""
        if operation is None:
            return
        try:
            document = self._document(connected, error)
            self._mgrctl.call("runningoperation.edit", elid=operation, errorxml=document, sok="ok")
            if self._database.tries(operation) < TRIES or self._database.has_task(operation):
                return
            self._mgrctl.call("runningoperation.setmanual", elid=operation, sok="ok")
            task = self._mgrctl.call("task.gettype", operation=command, item=item).findtext("task_type")
            if task:
                self._mgrctl.call("task.edit", item=item, runningoperation=operation, type=task, sok="ok")
        except ProvisioningError as exc:
            self._log.note(f"BILLmanager could not be told that {command} of item {item} failed: {exc}")

    def _document(self, connected: Connected | None, error: ProvisioningError) -> str:
        """`<doc><processingmodule …><error …/></processingmodule></doc>`: by module, since several may have tried."""
        document, date = ET.Element("doc"), f"{datetime.fromtimestamp(self._clock.now(), UTC):%Y-%m-%d %H:%M:%S}"
        parent = document
        if connected is not None:
            parent = ET.SubElement(document, "processingmodule", date=date, id=str(connected.id), name=connected.name)
        add_error(parent, kind_of(error), str(error)).set("date", date)
        return written(document)

    def rollback(self, item: int) -> None:
        """A change of the tariff plan that could not be carried out is taken back."""
        try:
            self._mgrctl.call("service.changepricelist.rollback", elid=item, sok="ok")
        except CallbackError as exc:
            self._log.note(f"the tariff plan of item {item} could not be changed back: {exc}")

    def connection(self, connected: Connected, error: ProvisioningError) -> None:
        """A panel that is not there, or lets nobody in, is a problem of the processing module."""
        if isinstance(error, PanelUnavailable | LoginRefused):
            self.problem("processingmodule_connect", connected, error)

    def problem(self, name: str, connected: Connected, error: ProvisioningError, **more: object) -> None:
        try:
            self._mgrctl.call(
                "problems.register",
                name=name,
                id=connected.id,
                param_pm_name=connected.name,
                param_pm_id=connected.id,
                param_errormsg=str(error),
                **{f"param_{key}": value for key, value in more.items()},
                level="error",
                sok="ok",
            )
        except CallbackError as exc:
            self._log.note(f"BILLmanager's monitoring could not be told of {name}: {exc}")
