"""What the panel does by itself with servers that nobody owns: diagnostics when they come back, and power off.

Global settings of DCImanager 5 (`globalsettings`: `diagonfree`, `clearhdd`, `servers_autoshutdown`, ...); all off until
an administrator switches them on. They act whichever API gives a server back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from simulator.dcim.background import Background
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.equipment.power import Power
from simulator.dcim.errors import DeviceFault, Invalid, PanelError
from simulator.dcim.records import PowerStatus, Server
from simulator.dcim.work.operation_table import OperationStatus
from simulator.dcim.work.operations import Operations
from simulator.kernel import Clock, Journal, Timer
from simulator.kernel.flow import detach

__all__ = ["Release", "ReleaseSettings"]

ROUND = 300.0
"""Seconds between two looks for servers to switch off."""
PAUSE = 30.0
"""Seconds between two looks at diagnostics that have to end before the power goes off."""


@dataclass(frozen=True, slots=True)
class ReleaseSettings:
    diagonfree: bool = False
    """Diagnose a server that has lost its owner."""
    clearhdd: bool = False
    """Those diagnostics wipe its disks."""
    fullhddclear: bool = False
    """The same: the template here has one way of wiping."""
    diagonfreetemplate: str = ""
    """The template's name; empty is the first one that there is."""
    shutdownafterdiag: bool = False
    servers_autoshutdown: bool = False
    """Switch off servers that are on without owner and without running operation."""


class Release:
    def __init__(
        self,
        inventory: Inventory,
        operations: Operations,
        power: Power,
        background: Background,
        clock: Clock,
        journal: Journal,
    ) -> None:
        self.settings = ReleaseSettings()
        self._inventory = inventory
        self._operations = operations
        self._power = power
        self._background = background
        self._clock = clock
        self._journal = journal
        self._timer: Timer | None = None

    def change(self, **fields: Any) -> ReleaseSettings:
        """Change settings. Raises NotFound for a template that is no diagnostic one."""
        settings = replace(self.settings, **fields)
        if settings.diagonfreetemplate:
            self._inventory.template(settings.diagonfreetemplate, "diagnostic")
        if settings.diagonfree and self._template(settings) is None:
            raise Invalid("diagonfree", "there is no diagnostic template")
        self.settings = settings
        self._journal.write("panel", "globalsettings", "edited", fields=fields)
        self.start()
        if not settings.servers_autoshutdown:
            self.stop()
        return settings

    def start(self) -> None:
        """Go on with what the settings say, which may have been kept over a stop of the panel."""
        if self.settings.servers_autoshutdown and self._timer is None:
            self._plan(0.0)

    def freed(self, server: Server) -> None:
        """The server has lost its owner: begin what the settings say. What hinders it is in the journal."""
        settings = self.settings
        template = self._template(settings)
        if not settings.diagonfree or template is None:
            return
        try:
            operation = self._operations.diagnose(
                server.id, template, clear_disks=settings.clearhdd or settings.fullhddclear
            )
        except PanelError as error:
            self._journal.write("panel", server.name, "no diagnostics after release", message=str(error))
            return
        if settings.shutdownafterdiag:
            self._background.spawn(f"power off {server.name} after diagnostics", self._off_after(operation.id))

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _template(self, settings: ReleaseSettings) -> str | None:
        if settings.diagonfreetemplate:
            return settings.diagonfreetemplate
        return next((one.name for one in self._inventory.templates if one.type == "diagnostic"), None)

    def _plan(self, delay: float) -> None:
        self._timer = self._clock.call_later(delay, self._begin)

    def _begin(self) -> None:
        self._plan(ROUND)
        self._background.spawn("switch off servers without owner", self._round())

    async def _round(self) -> None:
        detach()
        for number in [server.id for server in self._inventory.servers]:
            await self._off(number)

    async def _off_after(self, operation: int) -> None:
        while not self._operations.all.get(operation).status.ended:
            await self._clock.sleep(PAUSE)
        if self._operations.all.get(operation).status is OperationStatus.OK:
            await self._off(self._operations.all.get(operation).server)

    async def _off(self, number: int) -> None:
        """Power off, if it still is on, nobody's and idle."""
        server = self._inventory.servers.find(number)
        if server is None or server.owner is not None or self._operations.running(server) is not None:
            return
        if self._inventory.power_status(server) is not PowerStatus.ON:
            return
        try:
            await self._power.off(number)
        except DeviceFault:
            pass  # it is in the device's record; the next round tries again
        except PanelError as error:
            self._journal.write("panel", server.name, "not switched off", message=str(error))
