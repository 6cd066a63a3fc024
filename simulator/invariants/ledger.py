"""The money ledger of a run: hours of servers, addresses and ports that billing charges, against those delivered.

Charged is what the billing side would put on a bill by what it knows: a server and the addresses on its card while a
service is active or suspended, its ports while it is active. Delivered is what there is: a server that the panel gives
to the client and that runs his system, addresses that the panel gives to that server, ports that have link. What the
panel holds for nobody's living service (an owner left behind) is delivered as well, and charged to nobody.

While the billing side works on a service its clock stands, on both sides: preparing a server and taking it back is the
provider's own time. Beside the hours stands the money: price, charged, paid, owed and refunded, as the billing side's own
accounts have it. The ledger is an onlooker: it reads the journal, the plant and the billing side's own table, asks
the panel nothing, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal, NamedTuple

from provisioner.modules.billmanager5.settings import username_of
from provisioner.services import Service, State
from simulator.invariants.base import BillingView, Holding, WatchedLab
from simulator.kernel import Record
from simulator.plant import BootState, Server

__all__ = ["THINGS", "USERS_OF_5", "Account", "Difference", "Ledger", "Statement", "Thing"]

Thing = Literal["server", "address", "port"]
THINGS: tuple[Thing, ...] = ("server", "address", "port")

USERS_OF_5: Final = "@users.dcimgr"
"""Ends the e-mail that DCImanager 6 shows of a user who has only a name, being made in DCImanager 5."""
LEAST_SECONDS: Final = 1.0
"""A difference that lasted for less and is over is nobody's bill."""
_LIVING = (State.ACTIVE, State.SUSPENDED)


class _Item(NamedTuple):
    """One thing of one server, and the service that it is for (empty: none)."""

    thing: Thing
    server: str
    name: str
    service: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Something charged and not delivered (`charged`), or delivered and not charged."""

    thing: Thing
    charged: bool
    server: str
    name: str
    """The address, or the NIC of the port; the server's name for a server."""
    service: str
    """Empty when it is no service's."""
    reason: str
    seconds: float
    """Lab time, all stretches together."""
    open: bool
    """Whether it was still so at the end."""

    def __str__(self) -> str:
        what = self.server if self.thing == "server" else f"{self.thing} {self.name} of {self.server}"
        whose = f" (service {self.service})" if self.service else ""
        how = "charged, not delivered" if self.charged else "delivered, not charged"
        still = ", and still so" if self.open else ""
        return f"{what}{whose}: {how} for {self.seconds / 3600:.2f} h{still}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Statement:
    """The money of one service, in cents."""

    service: str
    period: str
    price: int
    charged: int
    paid: int
    owed: int
    refunded: int


@dataclass(frozen=True, slots=True)
class Account:
    """Of a whole run; times are seconds of lab time, by kind of thing."""

    charged: Mapping[str, float]
    delivered: Mapping[str, float]
    differences: Sequence[Difference]
    money: Sequence[Statement] = ()
    """Of services that are sold for a period and a price."""


_CARD = attrgetter("state", "busy", "server_name", "server", "dedicated_ip")


class Ledger:
    """Counts from the moment it is made until `close`; `account` is what it has come to by now."""

    def __init__(self, lab: WatchedLab, billing: BillingView) -> None:
        """What has happened so far is read from the journal; from now on each record is followed as it comes."""
        self._clock = lab.clock
        self._servers: Mapping[str, Server] = lab.plant.servers
        self._billing = billing
        self._owner: dict[str, str] = {}
        self._addresses: dict[str, list[str]] = {}
        self._stock: set[tuple[str, str]] = set()
        """Server and address: main addresses that free servers have from the start, and nobody else pays for."""
        self._systems: dict[str, object] = {}
        """By server, the system that was on its disk when an order began to install another: the last client's, or an image of
        the provider's, and not what the order is for."""
        self._emails: dict[str, set[str]] = {}
        """Of each service's client: all that he has had."""
        self._sees_panel = False
        self._charged: dict[str, float] = dict.fromkeys(THINGS, 0.0)
        self._delivered: dict[str, float] = dict.fromkeys(THINGS, 0.0)
        self._apart: dict[tuple[_Item, bool, str], float] = {}
        """Seconds by item, whether it was charged (else delivered), and why."""
        self._reasons: dict[_Item, str] = {}
        self._owed: set[_Item] = set()
        self._there: set[_Item] = set()
        for record in lab.journal:
            self._track(record)
        self._at = self._clock.now()
        self._seen: list[tuple[object, ...]] = []
        """The cards at the last look."""
        self._look()
        self._unwatch = lab.journal.watch(self._record)

    def close(self) -> None:
        self._unwatch()

    def account(self) -> Account | None:
        """None when the panel writes no journal: then nobody saw what it did."""
        self._pass()
        self._look()
        if not self._sees_panel:
            return None
        return Account(
            {thing: round(seconds, 3) for thing, seconds in self._charged.items()},
            {thing: round(seconds, 3) for thing, seconds in self._delivered.items()},
            tuple(self._differences()),
            self.statements(),
        )

    def statements(self) -> tuple[Statement, ...]:
        """What each service's account has come to by now."""
        return tuple(
            Statement(name, each.period, each.price, each.charged, each.paid, each.owed, each.refunded)
            for name, each in self._billing.money().items()
            if each.price or each.charged
        )

    def holdings(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Owner and addresses of each server that has any, as the journal told them."""
        held = {name for each in (self._owner, self._addresses) for name, what in each.items() if what}
        names = [name for name in self._servers if name in held] if held else []
        return {name: (self._owner.get(name, ""), tuple(self._addresses.get(name, ()))) for name in names}

    # time passes, things change

    def _record(self, record: Record) -> None:
        self._pass()
        if (
            record.what == "request"
        ):  # says nothing of machines or owners, but services may be otherwise than at the last look
            if self._cards() != self._seen:
                self._look()
            return
        self._track(record)
        self._look()

    def _cards(self) -> list[tuple[object, ...]]:
        """What of each service bears on what is there and what is charged."""
        return [(*_CARD(each), tuple(each.assigned_ips), each.client.email) for each in self._billing.services.values()]

    def _pass(self) -> None:
        """Count the time since the last look, in which everything was as it was then."""
        now = self._clock.now()
        if (passed := now - self._at) > 0:
            for item in self._owed:
                self._charged[item.thing] += passed
            for item in self._there:
                self._delivered[item.thing] += passed
            for key in self._now_apart():
                self._apart[key] = self._apart.get(key, 0.0) + passed
            self._at = now

    def _now_apart(self) -> list[tuple[_Item, bool, str]]:
        return [(item, item in self._owed, self._reasons[item]) for item in self._owed ^ self._there]

    def _track(self, record: Record) -> None:
        """What the panel says that it does with owners and addresses."""
        if record.layer != "panel":
            return
        self._sees_panel = True
        if record.what == "owner set":
            self._owner[record.subject] = str(record.detail["owner"] or "").removesuffix(USERS_OF_5)
        elif record.what == "operation started" and record.detail.get("kind") == "os_install":
            self._installing(record.subject)
        elif record.detail.get("server") is None:
            return
        elif record.what == "address allocated":
            self._addresses.setdefault(record.subject, []).append(str(record.detail["address"]))
            if record.detail.get("main"):
                self._stock.add((record.subject, str(record.detail["address"])))
        elif record.what == "address released" and record.detail["address"] in self._addresses.get(record.subject, ()):
            self._addresses[record.subject].remove(str(record.detail["address"]))
            self._stock.discard((record.subject, str(record.detail["address"])))

    def _installing(self, name: str) -> None:
        """A client who has his server anew has his own old system until the new one is there."""
        his = any(
            service.server_name == name and service.state in _LIVING and not service.busy
            for service in self._billing.services.values()
        )
        self._systems.pop(name, None)
        if not his and name in self._servers and self._servers[name].os is not None:
            self._systems[name] = self._servers[name].os

    def _look(self) -> None:
        self._seen = self._cards()
        services = list(self._billing.services.values())
        for service in services:
            self._emails.setdefault(service.name, set()).add(service.client.email)
        if not services and not self._owner and not self._addresses:
            return
        self._owed.clear()
        self._there.clear()
        busy = [service for service in services if service.busy]
        in_hand = {service.server_name for service in busy}
        living = [s for s in services if s.state in _LIVING and not s.busy and s.server_name in self._servers]
        for service in living:
            self._living(service)
        taken = {service.server_name for service in living} | in_hand
        if all(
            service.server_name for service in busy
        ):  # else a server may be in the hands of an order that has none yet
            for name, (owner, addresses) in self.holdings().items():
                if name not in taken:
                    self._left(name, owner, addresses, services)

    def _living(self, service: Service) -> None:
        """What a service is charged for, and what of it there is."""
        name = service.server_name
        server, active = self._servers[name], service.state is State.ACTIVE
        item = _Item("server", name, name, service.name)
        self._owed.add(item)
        owner = self._owner.get(name, "")
        if not any(_is_his(owner, email) for email in self._emails[service.name]):
            self._reasons[item] = f"in the panel it belongs to {owner or 'nobody'}"
        elif active and server.state is not BootState.RUNNING:
            self._reasons[item] = "its system does not run" if server.powered else "it is off"
        elif active and name in self._systems and server.os is self._systems[name]:
            self._reasons[item] = "the system that runs was there before the client's"
        else:
            self._there.add(item)
        card = dict.fromkeys([*([service.dedicated_ip] if service.dedicated_ip else []), *service.assigned_ips])
        given = self._addresses.get(name, [])
        for address in card:
            item = _Item("address", name, address, service.name)
            self._owed.add(item)
            self._reasons[item] = "it is on the card, and in the panel not the server's"
        for address in given:
            item = _Item("address", name, address, service.name)
            self._there.add(item)
            if address not in card:
                self._reasons[item] = "the panel gives it to the server, and it is not on the card"
        if not server.powered:
            return
        for nic in server.nics:
            if nic.cable is None:
                continue
            item = _Item("port", name, nic.name, service.name)
            if active:
                self._owed.add(item)
            if nic.link_up:
                self._there.add(item)
            if active != nic.link_up:
                self._reasons[item] = "it has no link" if active else "the service is suspended, and it has link"

    def _left(self, name: str, owner: str, addresses: Sequence[str], services: Sequence[Service]) -> None:
        """What the panel holds for no living service."""
        had = [service for service in services if service.server_name == name]
        last = had[-1] if had else None
        held = Holding(last.server or 0 if last else 0, name, owner, tuple(addresses))
        owner_stays, addresses_stay = self._billing.meant_to_stay(held, had)
        why = f"the service is {last.state.value}" if last else "no service has the server"
        if owner and not owner_stays:
            item = _Item("server", name, name, last.name if last else "")
            self._there.add(item)
            self._reasons[item] = f"{why}, and {owner} owns it"
        for address in addresses[addresses_stay:]:
            if not owner and (name, address) in self._stock:
                continue
            item = _Item("address", name, address, last.name if last else "")
            self._there.add(item)
            self._reasons[item] = f"{why}, and the panel keeps its address"

    # what it comes to

    def _differences(self) -> Iterator[Difference]:
        still = set(self._now_apart())
        for key in sorted({*self._apart, *still}):
            seconds = self._apart.get(key, 0.0)
            if key in still or seconds >= LEAST_SECONDS:
                item, charged, why = key
                yield Difference(
                    item.thing, charged, item.server, item.name, item.service, why, round(seconds, 3), key in still
                )


def _is_his(owner: str, email: str) -> bool:
    """DCImanager 6 shows an e-mail, DCImanager 5 a name made of it (B5-4)."""
    return owner.casefold() == email.casefold() if "@" in owner else bool(owner) and owner == username_of(email)
