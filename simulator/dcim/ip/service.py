"""What IPmanager has besides addresses: blocklists of the DNS, and the migration from IPmanager 5."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from simulator.dcim.background import Background
from simulator.dcim.errors import AlreadyThere, WrongState
from simulator.dcim.ip.addresses import Addresses
from simulator.dcim.ip.records import Dnsbl, parse_zone
from simulator.dcim.records import Register
from simulator.kernel import Clock, Journal, Table

__all__ = ["MIGRATION", "IpService", "Migration", "MigrationEvent", "MigrationStatus"]

CONNECT_PATIENCE = 10.0
"""Seconds of lab time for a database server to take a connection; MySQL's `connect_timeout`."""


class MigrationStatus(StrEnum):
    NONE = "none"
    RUNNING = "running"
    FAILED = "failed"


class MigrationEvent(StrEnum):
    START = "start"
    FAIL = "fail"


MIGRATION: Table[MigrationStatus, MigrationEvent] = Table(
    "migration from IPmanager 5",
    [
        ((MigrationStatus.NONE, MigrationStatus.FAILED), MigrationEvent.START, MigrationStatus.RUNNING),
        (MigrationStatus.RUNNING, MigrationEvent.FAIL, MigrationStatus.FAILED),
    ],
)


@dataclass(frozen=True, slots=True)
class Migration:
    task: int = 0
    status: MigrationStatus = MigrationStatus.NONE
    message: str = ""


class IpService:
    def __init__(self, addresses: Addresses, background: Background, clock: Clock, journal: Journal) -> None:
        self.dnsbl: Register[Dnsbl] = Register("DNSBL")
        self.migration = Migration()
        self._addresses = addresses
        self._background = background
        self._clock = clock
        self._journal = journal

    # blocklists

    def add_dnsbl(self, name: str) -> Dnsbl:
        """Raises Invalid for what is no domain name, AlreadyThere."""
        zone = self._zone(name, None)
        return self.dnsbl.add(lambda number: Dnsbl(number, zone))

    def edit_dnsbl(self, number: int, name: str) -> Dnsbl:
        self.dnsbl.get(number)
        return self.dnsbl.change(number, name=self._zone(name, number))

    def release(self, number: int, *, check: bool) -> None:
        """Give an address back, with `check` only when no blocklist names it. Raises NotFound, InUse, and WrongState
        where lists would have to be asked: there is no name server in a lab.
        """
        address = self._addresses.used.get(number)
        if check and len(self.dnsbl):
            zone = next(iter(self.dnsbl)).name
            raise WrongState(f"{address.name} cannot be checked: no name server answers for {zone}")
        self._addresses.release(number)

    def _zone(self, name: str, number: int | None) -> str:
        zone = parse_zone("name", name)
        if any(each.name == zone and each.id != number for each in self.dnsbl):
            raise AlreadyThere(f"{zone} is listed already", zone)
        return zone

    # migration

    def migrate(self, host: str) -> Migration:
        """Begin to fetch what IPmanager 5 has. No database of it can stand in a lab, so what follows is what follows on
        a host that does not answer. Raises WrongState while one runs.
        """
        before = self.migration
        if not MIGRATION.allows(before.status, MigrationEvent.START):
            raise WrongState("a migration is running already")
        status = MIGRATION.next(before.status, MigrationEvent.START)
        self.migration = Migration(before.task + 1, status)
        self._background.spawn(f"migration {self.migration.task}", self._connect(host))
        return self.migration

    async def _connect(self, host: str) -> None:
        self._journal.write("panel", "IPmanager", "migration started", host=host)
        await self._clock.sleep(CONNECT_PATIENCE)
        self._failed(f"no database server answers at {host}:3306 within {CONNECT_PATIENCE:g} s")

    def interrupted(self) -> None:
        """The panel is up again after a stop: a migration that was under way has failed."""
        if MIGRATION.allows(self.migration.status, MigrationEvent.FAIL):
            self._failed("interrupted: the panel was restarted")

    def _failed(self, message: str) -> None:
        status = MIGRATION.next(self.migration.status, MigrationEvent.FAIL)
        self.migration = Migration(self.migration.task, status, message)
        self._journal.write("panel", "IPmanager", "migration failed", message=message)
