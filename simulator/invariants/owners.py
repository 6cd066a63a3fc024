"""Where nobody knows services, the panel's owners stand for them: whoever has a server has a service of his own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provisioner.accounts import Money
from provisioner.services import Client, Service, State
from simulator.dcim.people.roles import ADMIN_ROLE
from simulator.dcim.records import Server, ServerState
from simulator.dcim.work.operation_table import OperationKind
from simulator.invariants.base import Holding, WatchedPanel
from simulator.kernel import Record

__all__ = ["Owners"]

_KEPT = 2
"""Services remembered of a server: who has it, and who had it last."""


class Owners:
    """A view of billing made of the panel's records. A client who is made an owner has ordered the server; with the first
    installation that ends well he has it; when he is no owner any more, his service is closed.
    """

    def __init__(self, lab: WatchedPanel) -> None:
        self._panel = lab.panel
        self._services: dict[str, Service] = {}
        self._of_server: dict[str, list[Service]] = {}
        for each in lab.panel.inventory.servers:
            self._follow(each, State.ACTIVE)
        self.close = lab.journal.watch(self._look)
        """Ends it."""

    @property
    def services(self) -> Mapping[str, Service]:
        return self._services

    def money(self) -> Mapping[str, Money]:
        """What an outside module charges nobody here knows."""
        return {}

    def meant_to_stay(self, held: Holding, services: Sequence[Service]) -> tuple[bool, int]:
        """Of what an outside module means to leave behind nobody knows."""
        return True, len(held.addresses)

    def _look(self, record: Record) -> None:
        if record.layer != "panel":
            return
        if record.what in ("owner set", "state"):
            server = next((each for each in self._panel.inventory.servers if each.name == record.subject), None)
            if server is not None:
                self._follow(server, State.PROCESSING)
        elif record.what == "operation ok" and record.detail.get("kind") == OperationKind.OS_INSTALL.value:
            for service in self._of_server.get(record.subject, ()):
                if service.state is State.PROCESSING:
                    service.state, service.busy = State.ACTIVE, ""

    def _follow(self, server: Server, new: State) -> None:
        """Who has the server by the panel's record, and whether it is blocked; `new`: the state of a service that begins."""
        owner = self._panel.users.all.find(server.owner)
        email = owner.email if owner is not None and ADMIN_ROLE not in owner.roles else ""
        known = self._of_server.setdefault(server.name, [])
        last = known[-1] if known else None
        if last is not None and last.state is not State.CLOSED and last.client.email != email:
            last.state, last.busy = State.CLOSED, ""
        if not email:
            return
        if last is None or last.state is State.CLOSED:
            last = self._begun(server, email, new)
        if server.state is ServerState.SUSPENDED:
            last.state, last.busy = State.SUSPENDED, ""
        elif last.state is State.SUSPENDED:
            last.state = State.ACTIVE

    def _begun(self, server: Server, email: str, state: State) -> Service:
        name = f"{server.name} of {email}"
        known = self._of_server[server.name]
        for old in [each for each in known if each.name == name] + known[: -(_KEPT - 1)]:
            if old in known:
                known.remove(old)
                del self._services[old.name]
        busy = "Create" if state is State.PROCESSING else ""
        service = Service(name, Client(email), "", server=server.id, server_name=server.name, busy=busy, state=state)
        known.append(service)
        self._services[name] = service
        return service
