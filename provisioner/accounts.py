"""What services cost, and until when they are paid for: terms, charges, payments, refunds, and the daily run that suspends
what is not paid for.

A period is paid for before it begins. Where the next one is not, it is charged at its beginning and owed, and the service is
suspended (B5-16). What is left of a paid period when a service ends goes back to the client, by time; the documents are silent
about that, and this is ours. Amounts are whole cents.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, NamedTuple

from provisioner.billing import Billing
from provisioner.errors import BadSettings, IllegalEvent, ProvisioningError
from provisioner.periods import after
from provisioner.services import State
from provisioner.store import ActionRow, Row

__all__ = ["ROWS", "Accounts", "EntryRow", "Money", "Tariff", "TermRow", "cents"]

_AMOUNT: Final = re.compile(r"\d{1,9}(?:\.\d{1,2})?", re.ASCII)


def cents(key: str, amount: Any) -> int:
    """An amount as people write it, `60`, `59.90`. Raises BadSettings for what is none."""
    text = "" if isinstance(amount, bool) else str(amount)
    if _AMOUNT.fullmatch(text) is None:
        raise BadSettings(f"{key} is an amount of money, such as 60 or 59.90, not {amount!r}")
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


@dataclass(frozen=True, slots=True)
class TermRow(Row):
    """Until when a service is paid for."""

    TABLE: ClassVar = "terms"
    KEY: ClassVar = ("service",)

    service: str
    period: str
    price: int
    """Of a period."""
    since: float
    """The beginning of the last period that is paid for, seconds of the clock."""
    due: float
    """... and its end."""
    unpaid: bool = False
    """Suspended because it was not paid for by then; a suspension for another reason does not end with a renewal."""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class EntryRow(Row):
    """A line of a service's account. `kind`: `charge`, `payment`, `refund`, or `cancel` (of a charge that nobody paid)."""

    TABLE: ClassVar = "account_entries"
    KEY: ClassVar = ("service", "number")

    service: str
    number: int
    kind: str
    amount: int
    at: float


ROWS: Sequence[type[Row]] = (TermRow, EntryRow)


class Tariff(NamedTuple):
    """What a service is sold for."""

    period: str
    price: int = 0


class Money(NamedTuple):
    """What a service's account has come to."""

    period: str
    price: int
    charged: int
    """Without what was cancelled."""
    paid: int
    refunded: int

    @property
    def owed(self) -> int:
        return self.charged - self.paid


class Accounts:
    """The accounts and terms of a billing system's services; what its store has kept is there again."""

    def __init__(
        self,
        billing: Billing,
        tariff_of: Callable[[str], Tariff | None],
        suspend: Callable[[str], Awaitable[object]],
        unsuspend: Callable[[str], Awaitable[object]],
    ) -> None:
        """`tariff_of` a service: None is sold without a period."""
        self._billing = billing
        self._tariff_of = tariff_of
        self._suspend = suspend
        self._unsuspend = unsuspend
        self._terms = {row.service: row for row in billing.store.read(TermRow)}
        self._entries: dict[str, list[EntryRow]] = {}
        for row in billing.store.read(EntryRow):
            self._entries.setdefault(row.service, []).append(row)

    def due(self, name: str) -> float | None:
        """Until when a service is paid for; None before it is active."""
        term = self._terms.get(name)
        return None if term is None else term.due

    def next_due(self) -> float | None:
        """When `cron` has something to do next; None when it has not."""
        return min((term.due for term in self._terms.values() if self._active(term)), default=None)

    def money(self) -> Mapping[str, Money]:
        """By service, of those that are sold for a period."""
        found = {}
        for name in self._billing.services:
            term, tariff = self._terms.get(name), self._tariff_of(name)
            if term is not None:
                tariff = Tariff(term.period, term.price)
            if tariff is not None:
                sums = {kind: self._sum(name, kind) for kind in ("charge", "payment", "refund", "cancel")}
                charged = sums["charge"] - sums["cancel"]
                found[name] = Money(tariff.period, tariff.price, charged, sums["payment"], sums["refund"])
        return found

    # what happens

    def paid(self, name: str) -> None:
        """The client has paid for the first period of an order."""
        tariff = self._tariff_of(name)
        if tariff is not None and not self._entries.get(name):
            self._enter(name, "charge", tariff.price)
            self._enter(name, "payment", tariff.price)

    def look(self) -> None:
        """What has become active begins its first period; what has ended is settled."""
        for name, service in self._billing.services.items():
            if service.busy:
                continue
            term = self._terms.get(name)
            if service.state is State.ACTIVE and term is None and (tariff := self._tariff_of(name)) is not None:
                self.paid(name)
                now = self._billing.clock.now()
                self._keep(TermRow(name, tariff.period, tariff.price, now, after(now, tariff.period)))
            elif service.state in (State.CLOSING, State.CLOSED):
                self._settle(name, term)

    async def renew(self, name: str) -> None:
        """The client has paid for one more period, from the end of the last one, or from now when that has passed. A
        service that was suspended because it was not paid for is active again.
        """
        service, term = self._billing.service(name), self._terms.get(name)
        if term is None or service.state not in (State.ACTIVE, State.SUSPENDED):
            raise IllegalEvent(f"service {name} is {service.state.value}: there is nothing to renew")
        if not self._owed(name):
            self._enter(name, "charge", term.price)
        self._enter(name, "payment", self._owed(name))
        since = max(term.due, self._billing.clock.now())
        self._keep(replace(term, since=since, due=after(since, term.period)))
        if term.unpaid and service.state is State.SUSPENDED:
            await self._unsuspend(name)
        self._keep(replace(self._terms[name], unpaid=False))

    async def cron(self) -> dict[str, ProvisioningError | None]:
        """Charge what is not paid for by its due time, and suspend it; by service the error, None where it is suspended.
        What fails is tried again the next time.
        """
        results: dict[str, ProvisioningError | None] = {}
        for name, term in list(self._terms.items()):
            if not self._active(term) or term.due > self._billing.clock.now():
                continue
            if not self._owed(name):
                self._enter(name, "charge", term.price)
            try:
                await self._suspend(name)
            except ProvisioningError as exc:
                results[name] = exc
            else:
                self._keep(replace(term, unpaid=True))
                results[name] = None
        return results

    # accounts

    def _settle(self, name: str, term: TermRow | None) -> None:
        """A service has ended: what is owed is cancelled, the unused time goes back; all of it where it never began."""
        if term is not None and term.ended:
            return
        self._enter(name, "cancel", self._owed(name))
        back = self._sum(name, "payment") - self._sum(name, "refund")
        if term is not None:
            left = max(0.0, term.due - self._ended_at(name))
            back = min(back, round(term.price * left / (term.due - term.since)))
            self._keep(replace(term, ended=True))
        self._enter(name, "refund", back)

    def _ended_at(self, name: str) -> float:
        """When its end was asked for: taking a server back is the provider's own time."""
        asked = [
            row.began for row in self._billing.store.read(ActionRow) if (row.service, row.name) == (name, "Terminate")
        ]
        return min(asked, default=self._billing.clock.now())

    def _owed(self, name: str) -> int:
        return self._sum(name, "charge") - self._sum(name, "cancel") - self._sum(name, "payment")

    def _sum(self, name: str, kind: str) -> int:
        return sum(row.amount for row in self._entries.get(name, ()) if row.kind == kind)

    def _enter(self, name: str, kind: str, amount: int) -> None:
        if amount:
            rows = self._entries.setdefault(name, [])
            row = EntryRow(name, len(rows) + 1, kind, amount, self._billing.clock.now())
            self._billing.store.write(row)
            rows.append(row)

    def _active(self, term: TermRow) -> bool:
        service = self._billing.services.get(term.service)
        return service is not None and service.state is State.ACTIVE and not service.busy

    def _keep(self, term: TermRow) -> None:
        self._billing.store.write(term)
        self._terms[term.service] = term
