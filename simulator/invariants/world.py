"""The world as invariants see it: plant, the panel's records, billing's view, and what only somebody who looked on all the time
knows: since when an order is worked on, whose data an installation was, which addresses are live where.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from provisioner.modules.billmanager5.settings import username_of
from provisioner.services import Service, State
from simulator.dcim.people.roles import ADMIN_ROLE
from simulator.dcim.records import Server as ServerRecord
from simulator.dcim.records import Switch, SwitchPort
from simulator.dcim.work.operation_table import Operation
from simulator.invariants.base import BillingView, WatchedPanel
from simulator.invariants.ledger import USERS_OF_5
from simulator.kernel import Record
from simulator.kernel.flow import flow
from simulator.plant import Server
from simulator.plant.network import Nic
from simulator.plant.network import SwitchPort as PlantPort

__all__ = ["LIVING", "World", "is_his"]

T = TypeVar("T")
_MOST_ORDERS = 100_000
_A_LOOK = 60.0
"""Seconds between two looks of a module that waits."""
LIVING = (State.ACTIVE, State.SUSPENDED)


def is_his(owner: str, email: str) -> bool:
    """DCImanager 6 shows an e-mail, DCImanager 5 a name made of it (B5-4)."""
    owner = owner.removesuffix(USERS_OF_5)
    return owner.casefold() == email.casefold() if "@" in owner else bool(owner) and owner == username_of(email)


def _remember(table: dict[str, T], service: str, value: T) -> None:
    """Of so many services: a lab may be up for weeks."""
    table.pop(service, None)
    table[service] = value
    if len(table) > _MOST_ORDERS:
        del table[next(iter(table))]


class World:
    """What there is now. `look_at` and `touched_service` keep up to date what must be remembered."""

    def __init__(self, lab: WatchedPanel, billing: BillingView) -> None:
        self.lab = lab
        self.billing = billing
        self._numbers: dict[str, int] = {}
        self._switches: dict[str, int] = {}
        self._ended: Service | None = None
        self._looked_at = ""
        self._on_it: list[Service] = []
        self._begun: dict[str, float] = {}
        self._working_since: dict[str, int] = {}
        """By service: the record of the beginning of its last action."""
        self.ordered_at: dict[str, float] = {}
        """By service: since when its order is worked on."""
        self.delivered_at: dict[str, float] = {}
        """By service: when its order was last called delivered."""
        self._data_of: dict[str, dict[float, str]] = {}
        self.live: dict[str, set[str]] = {}
        """The servers on which a running system has the address."""
        self._live_on: dict[str, tuple[str, ...]] = {}
        self.owned: dict[str, set[str]] = {}
        """Servers by owner's e-mail, but for those that had their owner before anybody looked."""
        self._bmc_names: dict[str, list[bytes]] = {}
        self._bmc_users: dict[str, dict[str, str]] = {}
        self._owner: dict[str, str] = {}
        self._before = {
            each.name: owner for each in lab.panel.inventory.servers if (owner := self._email(each.owner)) is not None
        }
        self._given_before = {each.id for each in lab.panel.addresses.used}

    @property
    def now(self) -> float:
        return self.lab.clock.now()

    # the hall

    def server(self, name: str) -> Server:
        return self.lab.plant.servers[name]

    def is_server(self, name: str) -> bool:
        return name in self.lab.plant.servers

    def ports(self, server: str) -> Iterator[tuple[Nic, PlantPort]]:
        """Its NICs that have a cable to a switch, and the port at the other end."""
        for nic in self.server(server).nics:
            if nic.cable is not None and nic.cable.port is not None:
                yield nic, nic.cable.port

    def behind(self, switch: str, port: int) -> str | None:
        """The server whose cable is in this port of a switch."""
        ports = self.lab.plant.switches[switch].ports
        cable = ports[port - 1].cable if 0 < port <= len(ports) else None
        return cable.nic.server if cable else None

    def just_broken(self, server: str) -> bool:
        """A fault has bent the machine, or what it hangs on, so lately that nobody can have looked since."""
        journal, began = self.lab.journal, self.now - _A_LOOK
        parts = {server, *(port.switch for _, port in self.ports(server))}
        standing = journal.marks.latest(server, ("power", "net", "off", "disk"))
        for record in reversed(journal):
            if record.time < began:
                break
            if record.subject in parts and (record.layer == "plant" or record.number == standing):
                first = journal.chain(record)[0]
                if first.layer == "fault" and first.time >= began:
                    return True
        return False

    # the panel's records

    def record(self, server: str) -> ServerRecord | None:
        """None for a server that the panel does not know, or no longer."""
        servers = self.lab.panel.inventory.servers
        found = servers.find(self._numbers.get(server))
        if found is None or found.name != server:
            found = next((each for each in servers if each.name == server), None)
            if found is not None:
                self._numbers[server] = found.id
        return found

    def port_record(self, port: PlantPort) -> tuple[SwitchPort, Switch] | None:
        """What the panel has on record of this port of a switch, and of the switch; None for a switch that it does not know."""
        switch = self._switch(port.switch)
        record = self.lab.panel.inventory.switch_port(switch.id, port.number) if switch else None
        return (record, switch) if record is not None and switch is not None else None

    def _switch(self, name: str) -> Switch | None:
        switches = self.lab.panel.inventory.switches
        found = switches.find(self._switches.get(name))
        if found is None or found.name != name:
            found = next((each for each in switches if each.name == name), None)
            if found is not None:
                self._switches[name] = found.id
        return found

    def _email(self, user: int | None) -> str | None:
        found = self.lab.panel.users.all.find(user)
        return found.email if found else None

    def owner(self, server: str) -> str:
        """E-mail of the one whom the panel gives the server to; empty for nobody."""
        record = self.record(server)
        return (record and self._email(record.owner)) or ""

    def client(self, server: str) -> str:
        """The same, but empty where an administrator keeps it."""
        record = self.record(server)
        user = self.lab.panel.users.all.find(record.owner) if record else None
        return user.email if user is not None and ADMIN_ROLE not in user.roles else ""

    def given(self, server: str) -> tuple[str, ...]:
        """Those of its addresses that it was given since somebody looks."""
        record = self.record(server)
        held = self.lab.panel.addresses.of_server(record.id) if record else ()
        return tuple(each.name for each in held if each.id not in self._given_before)

    def operation(self, server: str) -> Operation | None:
        """The last one begun on it."""
        record = self.record(server)
        return self.lab.panel.operations.last(record) if record else None

    # billing

    def busy(self, service: Service) -> bool:
        """An action of it is under way; one whose end was just told is not."""
        return bool(service.busy) and service is not self._ended

    def any_busy(self) -> bool:
        return any(self.busy(service) for service in self.billing.services.values())

    def cannot_have_asked(self, service: Service) -> bool:
        """What happens now was set going before this service's action began: by an operation, or by a call that takes long."""
        work, since = flow(), self._working_since.get(service.name, 0)
        return work is not None and 0 < work.began < since

    def of_an_operation(self, record: Record) -> bool:
        """It came from an operation of the panel, which somebody began earlier."""
        return any(each.what == "operation started" for each in self.lab.journal.chain(record)[:-1])

    def in_hand(self, server: str) -> bool:
        """Somebody works on it, or may do: an order that has no server yet looks for one."""
        return any(
            self.busy(service) and service.server_name in (server, "") for service in self.billing.services.values()
        )

    def services_on(self, server: str) -> list[Service]:
        """Those that have it or had it last, in the order in which they were ordered."""
        if server == self._looked_at:
            return self._on_it
        return [service for service in self.billing.services.values() if service.server_name == server]

    def living_on(self, server: str) -> list[Service]:
        return [service for service in self.services_on(server) if service.state in LIVING]

    def bmc_users(self, server: str) -> dict[str, str]:
        """Who may log in to its BMC, beside those who could before anybody looked: for whose sake each was made, by name."""
        bmc = self.lab.bmc_devices.get(server)
        if bmc is None:
            return {}
        there = [user.name for user in bmc.users if user.name and user.enabled]
        if there != self._bmc_names.get(server):
            self._bmc_names[server] = there
            names, known = [name.decode("latin-1") for name in there], self._bmc_users.get(server)
            client = next((each.client.email for each in self.services_on(server)[-1:]), "")
            self._bmc_users[server] = {name: "" if known is None else known.get(name, client) for name in names}
        return self._bmc_users.get(server, {})

    # keeping up

    def ended(self, service: Service | None) -> None:
        """The action of this service has ended, though it may still say that it is busy."""
        self._ended = service

    def begun(self, service: str, record: int) -> None:
        """Something is done for this service, which may not even be known to billing: it is being ordered, perhaps."""
        _remember(self._working_since, service, record)
        if service not in self._begun and len(self._begun) < _MOST_ORDERS:
            self._begun[service] = self.now

    def delivered(self, service: Service) -> None:
        """Its order is called delivered now."""
        _remember(self.delivered_at, service.name, self.now)

    def touched_service(self, service: Service) -> None:
        if service.busy == "Create" and service.name not in self.ordered_at:
            _remember(self.ordered_at, service.name, self._begun.pop(service.name, self.now))

    def look_at(self, name: str) -> None:
        """A server is being looked at, or with no name no longer: meanwhile nothing changes. What must be remembered of it is
        brought up to date.
        """
        self._looked_at = ""
        if name:
            self._on_it = self.services_on(name)
            self._looked_at = name
            self._touched(name)

    def _touched(self, name: str) -> None:
        for service in self._on_it:
            self.touched_service(service)
        self._owner_now(name)
        self.bmc_users(name)
        self._addresses_now(name)
        self._data_now(name)

    def _data_now(self, name: str) -> None:
        there = set(self.installations(name))
        known = self._data_of.get(name, {})
        if not there and not known:
            return
        for wiped in known.keys() - there:
            del known[wiped]
        for service in self.living_on(name):
            if not self.busy(service):
                for installed in there:
                    if installed >= self.ordered_at.get(service.name, float("inf")):
                        self._data_of.setdefault(name, {}).setdefault(installed, service.client.email)

    def data_on(self, server: str) -> Mapping[float, str]:
        """Whose data the disks came to hold since somebody looks: the client's e-mail, by when it was installed. What has been
        wiped is not among it.
        """
        return self._data_of.get(server, {})

    def installations(self, server: str) -> Iterator[float]:
        """Of which there may be data on its disks, by when they were made."""
        for disk in self.server(server).disks:
            yield from disk.holds

    def _owner_now(self, name: str) -> None:
        owner, before = self.owner(name), self._owner.get(name, "")
        if owner != self._before.get(name, ""):
            self._before.pop(name, None)
        elif owner:
            return
        if owner != before:
            self.owned.get(before, set()).discard(name)
            if not self.owned.get(before, True):
                del self.owned[before]
            self._owner[name] = owner
            if owner:
                self.owned.setdefault(owner, set()).add(name)

    def _addresses_now(self, name: str) -> None:
        system = self.server(name).system
        addresses = system.addresses if system else ()
        if addresses != self._live_on.get(name, ()):
            for address in self._live_on.get(name, ()):
                self.live[address].discard(name)
                if not self.live[address]:
                    del self.live[address]
            for address in addresses:
                self.live.setdefault(address, set()).add(name)
            self._live_on[name] = addresses

    def about(self, record: Record) -> list[str]:
        """The servers that a record is about."""
        subject = record.subject
        if subject in self.lab.plant.servers:
            return [subject]
        if record.layer in ("plant", "panel") and subject in self.lab.plant.switches:
            port = record.detail.get("port")
            if isinstance(port, str):
                port = self._numbered(subject, port)
            if port is None:  # something of the whole switch
                return [each.cable.nic.server for each in self.lab.plant.switches[subject].ports if each.cable]
            behind = self.behind(subject, int(port))
            return [behind] if behind else []
        return []

    def _numbered(self, switch: str, description: str) -> int | None:
        """The number of the port that the panel calls so."""
        inventory = self.lab.panel.inventory
        known = self._switch(switch)
        ports = inventory.ports_of_switch(known.id) if known else ()
        return next((each.number for each in ports if each.description == description), None)
