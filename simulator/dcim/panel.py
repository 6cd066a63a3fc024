"""The panel: all of its parts, put together. Dialects talk to this."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from simulator.dcim.access import Access
from simulator.dcim.access_log import AccessLog
from simulator.dcim.background import Background
from simulator.dcim.config import PanelConfig
from simulator.dcim.discovery import Discovery
from simulator.dcim.drivers.base import DriverFactory
from simulator.dcim.equipment.devices import Devices
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.equipment.meters import Meters
from simulator.dcim.equipment.polling import Polling
from simulator.dcim.equipment.ports import Ports
from simulator.dcim.equipment.power import Power
from simulator.dcim.equipment.vlans import Vlans
from simulator.dcim.errors import Invalid, PanelError, PanelFault, Protected
from simulator.dcim.history import History
from simulator.dcim.hostnames import host_name
from simulator.dcim.ip.addresses import Addresses
from simulator.dcim.ip.service import IpService
from simulator.dcim.notifier import Notifier
from simulator.dcim.people.users import Users
from simulator.dcim.records import Server, ServerState
from simulator.dcim.stock import Stock
from simulator.dcim.wiring import Wiring
from simulator.dcim.work.boot import Boot
from simulator.dcim.work.operation_table import OperationStatus
from simulator.dcim.work.operations import Operations
from simulator.dcim.work.recipes import Recipes
from simulator.dcim.work.release import Release
from simulator.kernel import Clock, Journal, Streams

__all__ = ["Panel"]

EDITABLE = frozenset({"name", "domain", "notes", "owner", "settings", "maintenance", "protected", "faulty"})
FREE_AFTER = (OperationStatus.OK, OperationStatus.CANCELED)


class Panel:
    """What an administrator has in front of him. Reads come from records; only `power`, `ports`, `operations` and the
    polls talk to devices, and no method waits for lab time.
    """

    def __init__(
        self, config: PanelConfig, drivers: DriverFactory, clock: Clock, streams: Streams, journal: Journal
    ) -> None:
        """Raises Invalid for a set-up that does not fit together."""
        self.config = config
        self.clock = clock
        self.zone = ZoneInfo(config.timezone)
        """Where its host stands."""
        self.journal = journal
        self.dialect_state: dict[Any, Any] = {}
        """What dialects remember beside the records, by keys of their own; it does not outlive a stop."""
        self._background = Background(journal)
        self.inventory = Inventory(config, clock)
        self.addresses = Addresses(config.pools, clock, journal)
        self.ip_service = IpService(self.addresses, self._background, clock, journal)
        setups = (config.admin, *config.users)
        main = {setup.name: setup.address for setup in config.servers if setup.address}
        for server in self.inventory.servers if main else ():
            if address := main.get(server.name):
                self.addresses.stock(address, server.id, server.name)
        self.users = Users(setups, config.token_ttl, self.inventory, clock, streams, journal)
        self.meters = Meters(self.inventory, clock, self.zone)
        self.devices = Devices(drivers, self.inventory, self.meters, clock, journal)
        self.power = Power(self.inventory, self.devices, self._background, clock, journal)
        self.vlans = Vlans(self.inventory, self.devices, journal)
        self.ports = Ports(self.inventory, self.devices, journal)
        self.search = Discovery(self.inventory, journal)
        self.boot = Boot(self.inventory, self.addresses, self.search, journal)
        self.operations = Operations(
            dhcp_timeout=config.dhcp_timeout,
            diagnostic_timeout=config.diagnostic_timeout,
            inventory=self.inventory,
            devices=self.devices,
            power=self.power,
            addresses=self.addresses,
            boot=self.boot,
            background=self._background,
            clock=clock,
            journal=journal,
        )
        self.release = Release(self.inventory, self.operations, self.power, self._background, clock, journal)
        self.access = Access(self.inventory, self.operations, self.addresses, self.users)
        self.access_log = AccessLog(self.inventory, self.operations, self.addresses)
        self.notifier = Notifier(clock)
        for kind, register in (
            ("server", self.inventory.servers),
            ("operation", self.operations.all),
            ("ip", self.addresses.used),
            ("ippool", self.addresses.pools),
            ("ipnet", self.addresses.networks),
            ("switch_port", self.inventory.switch_ports),
            ("pdu_port", self.inventory.outlets),
            ("user", self.users.all),
        ):
            self.notifier.watch(kind, register)
        self.history = History(self.notifier, self.inventory, self.operations, journal)
        self.recipes = Recipes(clock)
        self._polling = Polling(config, self.inventory, self.devices, self._background, clock)
        self.stock = Stock(self.inventory, self.addresses, self.operations, self.power, self._polling, clock, journal)
        self.wiring = Wiring(self.inventory, self.devices, self.operations, self._polling, journal)

    def local(self, at: float | None = None) -> datetime:
        """Its host's date and time, now or at a lab time; what it writes shows no zone, so an hour of autumn is there twice."""
        return self.clock.calendar(at).astimezone(self.zone)

    async def start(self) -> None:
        """Begin polling. The first poll of everything happens in the background."""
        self._go()

    def _go(self) -> None:
        self._polling.start()
        self.release.start()

    def lose(self) -> None:
        """Its host went down: all that was under way is dropped where it stood, and nothing is polled."""
        self._halt()
        self._background.abandon()

    def recover(self) -> None:
        """Its host is up again, with the records of before."""
        self.interrupted()
        self._go()

    def interrupted(self) -> None:
        """Called on a panel whose records outlived a stop, before it goes on: what was under way then has failed."""
        self.operations.interrupted()
        self.ports.interrupted()
        self.ip_service.interrupted()

    def _halt(self) -> None:
        self.release.stop()
        self._polling.stop()

    async def stop(self) -> None:
        """End all background work and close the drivers; the driver factory is its maker's to close."""
        self._halt()
        await self._background.stop()
        await self.devices.close()

    async def begin(self, name: str, work: Coroutine[Any, Any, None], patience: float) -> bool:
        """Something that may go on after the answer: whether it ended within `patience` seconds of lab time, and then
        with its error. What goes wrong later is in the records alone.
        """
        errors: list[PanelError] = []

        async def whole() -> None:
            try:
                await work
            except PanelError as error:
                errors.append(error)

        task = self._background.spawn(name, whole())
        try:
            async with self.clock.timeout(patience):
                await asyncio.wait({task})
        except TimeoutError:
            return False
        if errors:
            raise errors[0]
        if task.cancelled():
            raise PanelFault("interrupted: the panel was restarted")
        return True

    # servers

    def is_free(self, server: Server) -> bool:
        """May be sold: no owner, diagnosed, the last operation ok or canceled, not in maintenance, not faulty
        (vendor page "Integration with BILLmanager").
        """
        if server.owner is not None or server.maintenance or server.faulty is not None or not server.configuration:
            return False
        last = self.operations.last(server)
        return server.state is ServerState.ACTIVE and (last is None or last.status in FREE_AFTER)

    def free_configurations(self) -> dict[str, int]:
        """Configurations that have free servers, by name, with the number of these."""
        counts: dict[str, int] = {}
        for server in self.inventory.servers:
            if self.is_free(server):
                counts[server.configuration] = counts.get(server.configuration, 0) + 1
        return dict(sorted(counts.items()))

    def set_owner(self, number: int, owner: int | None) -> Server:
        """Give the server to a user, or with None to nobody. Raises NotFound, Invalid for an unknown user."""
        return self.edit_server(number, {"owner": owner})

    def edit_server(self, number: int, fields: Mapping[str, Any]) -> Server:
        """Change any of `EDITABLE`. Raises NotFound, Invalid, or Protected for anything but `protected` itself."""
        server = self.inventory.servers.get(number)
        unknown = next((name for name in fields if name not in EDITABLE), None)
        if unknown is not None:
            raise Invalid(unknown, "it cannot be edited")
        if server.protected and set(fields) - {"protected", "owner"}:
            raise Protected(f"server {server.name} is protected; take the protection off first")
        if "name" in fields and not str(fields["name"]).strip():
            raise Invalid("name", "a server has a name")
        owner = fields.get("owner")
        if owner is not None and self.users.all.find(owner) is None:
            raise Invalid("owner", f"there is no user {owner}")
        changes = dict(fields)
        if "domain" in changes:
            changes["domain"] = host_name(changes["domain"])
        if "settings" in changes:
            changes["settings"] = {**server.settings, **changes["settings"]}
        changed = self.inventory.servers.change(number, **changes)
        if changed.owner != server.owner:
            user = self.users.all.find(changed.owner)
            self.journal.write("panel", changed.name, "owner set", owner=user.email if user else None)
            if user is None:
                self.release.freed(changed)
        rest = sorted(name for name in changes if name != "owner" and getattr(changed, name) != getattr(server, name))
        if rest:
            self.journal.write("panel", changed.name, "edited", fields={name: changes[name] for name in rest})
        return changed
