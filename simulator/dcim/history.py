"""What has happened to each server, as the panel's own page of it shows: read off the changes of the records."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.notifier import Notice, Notifier
from simulator.dcim.records import Register, Server
from simulator.dcim.work.operation_table import Operation
from simulator.dcim.work.operations import Operations
from simulator.kernel import Journal

__all__ = ["History", "ServerEvent"]

KEPT = 1000
"""Entries of each server; older ones are forgotten, so that a lab may be up for months."""
SHOWN = (
    "name",
    "domain",
    "owner",
    "state",
    "maintenance",
    "protected",
    "faulty",
    "configuration",
    "os_template",
    "bmc_power",
    "ports",
    "outlets",
)
"""Changes of these fields are told; each is an entry of its own."""
WORDS = {"bmc_power": "power", "ports": "switch_connection", "outlets": "pdu_connection"}

KEPT = 2000
"""Entries of one server; the oldest go first."""
LONGEST = 1000
"""Characters of a text that is told."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    id: int
    server: int
    name: str
    """The field that changed, the kind of the operation, or `create`."""
    state: str
    """What it is now."""
    operation: int | None
    time: float


class History:
    """Listens from when it is made; servers that were there already begin without a past."""

    def __init__(self, notifier: Notifier, inventory: Inventory, operations: Operations, journal: Journal) -> None:
        self._journal = journal
        self.all: Register[ServerEvent] = Register("history entry")
        self._inventory = inventory
        self._operations = operations
        self._of_server: dict[int, list[int]] = {}
        self._servers: dict[int, Server] = {server.id: server for server in inventory.servers}
        self._statuses: dict[int, str] = {}
        notifier.listen(self._hear)

    def of_server(self, server: int) -> list[ServerEvent]:
        """Newest first."""
        return [self.all.get(number) for number in reversed(self._of_server.get(server, ()))]

    def _hear(self, notice: Notice) -> None:
        if notice.type == "server":
            self._server(notice, self._inventory.servers.find(notice.object))
        elif notice.type == "operation":
            operation = self._operations.all.find(notice.object)
            if operation is not None:
                self._operation(notice, operation)
            else:
                self._statuses.pop(notice.object, None)

    def _server(self, notice: Notice, now: Server | None) -> None:
        before = self._servers.pop(notice.object, None)
        if now is None:
            return
        self._servers[notice.object] = now
        if before is None:
            self._tell(notice.object, "create", now.name, None, notice.time)
            return
        for field in SHOWN:
            value = getattr(now, field)
            if value != getattr(before, field):
                self._tell(notice.object, WORDS.get(field, field), _written(value), None, notice.time)

    def _operation(self, notice: Notice, operation: Operation) -> None:
        status = operation.status.value
        if self._statuses.get(operation.id) != status:
            self._statuses[operation.id] = status
            self._tell(operation.server, operation.kind.value, status, operation.id, notice.time)

    def _tell(self, server: int, name: str, state: str, operation: int | None, time: float) -> None:
        state = state if len(state) <= LONGEST else f"{state[:LONGEST]}…"
        event = self.all.add(lambda number: ServerEvent(number, server, name, state, operation, time))
        events = self._of_server.setdefault(server, [])
        events.append(event.id)
        if len(events) > KEPT + KEPT // 10:  # not one by one: a forgotten entry is told in the journal
            gone = self.all.forget(events, KEPT)
            self._journal.write("panel", self._name(server), "history forgotten", oldest=len(gone), kept=KEPT)

    def _name(self, server: int) -> str:
        record = self._servers.get(server)
        return record.name if record else f"server {server}"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)
