"""Accounts of services: each period is charged once, paid once, and what is left of it at the end goes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.accounts import Accounts, Money, Tariff, cents
from provisioner.billing import Billing
from provisioner.errors import BadSettings, IllegalEvent, PanelUnavailable
from provisioner.log import ModuleLog
from provisioner.services import Service
from provisioner.sql_store import SqlStore
from provisioner.store import MemoryStore, Store

HOUR = 3600.0
TARIFF = Tariff("10 hours", 6000)


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


class Easy:
    """A module for which everything works, unless `broken`."""

    broken = False

    def check_client(self, service: Service) -> None:
        pass

    async def create(self, service: Service) -> None:
        self._work()

    suspend = unsuspend = terminate = create

    def _work(self) -> None:
        if self.broken:
            raise PanelUnavailable("no answer")


class Shop:
    def __init__(self, store: Store | None = None, tariff: Tariff | None = TARIFF) -> None:
        self.clock, self.module = Hand(), Easy()
        self.billing = Billing(self.module, self.clock, ModuleLog(self.clock), store=store or MemoryStore())  # type: ignore[arg-type]
        self.accounts = Accounts(self.billing, lambda name: tariff, self.billing.suspend, self.billing.unsuspend)

    async def sell(self) -> None:
        await self.billing.order("web1", "alice@example.com")
        self.accounts.look()

    @property
    def money(self) -> Money:
        return self.accounts.money()["web1"]

    @property
    def sums(self) -> tuple[int, int, int, int]:
        """Charged, paid, owed, refunded."""
        return self.money.charged, self.money.paid, self.money.owed, self.money.refunded


def shop(scene: Callable[[Shop], Awaitable[None]], **given: object) -> None:
    async def main() -> None:
        await scene(Shop(**given))  # type: ignore[arg-type]

    asyncio.run(main())


@pytest.mark.requirement("B5-16")
def test_what_is_not_renewed_is_charged_once_owed_and_suspended_until_it_is_paid() -> None:
    async def scene(it: Shop) -> None:
        await it.sell()
        assert it.sums == (6000, 6000, 0, 0)
        it.clock.at += 10 * HOUR - 1
        assert await it.accounts.cron() == {}
        it.clock.at += 1
        it.module.broken = True
        assert isinstance((await it.accounts.cron())["web1"], PanelUnavailable)
        assert it.sums == (12000, 6000, 6000, 0)
        it.clock.at += HOUR
        it.module.broken = False
        assert await it.accounts.cron() == {"web1": None}
        assert it.sums == (12000, 6000, 6000, 0)
        assert it.billing.service("web1").state.value == "suspended"
        await it.accounts.renew("web1")
        assert it.sums == (12000, 12000, 0, 0)
        assert it.billing.service("web1").state.value == "active"
        assert it.accounts.due("web1") == it.clock.at + 10 * HOUR

    shop(scene)


def test_a_suspension_for_another_reason_does_not_end_with_a_payment() -> None:
    async def scene(it: Shop) -> None:
        await it.sell()
        await it.billing.suspend("web1")
        await it.accounts.renew("web1")
        assert it.billing.service("web1").state.value == "suspended"
        assert it.sums == (12000, 12000, 0, 0)

    shop(scene)


@pytest.mark.parametrize(
    ("paid_for", "used", "back"), [(1, 0.0, 6000), (1, 4.0, 3600), (1, 9.999, 1), (2, 4.0, 9600), (2, 15.0, 3000)]
)
def test_what_is_left_of_the_paid_time_goes_back_when_a_service_ends(paid_for: int, used: float, back: int) -> None:
    async def scene(it: Shop) -> None:
        await it.sell()
        for _ in range(paid_for - 1):
            await it.accounts.renew("web1")
        it.clock.at += used * HOUR
        await it.billing.terminate("web1")
        it.clock.at += HOUR  # the provider's own time
        it.accounts.look()
        it.accounts.look()
        assert it.sums == (6000 * paid_for, 6000 * paid_for, 0, back)
        with pytest.raises(IllegalEvent, match="nothing to renew"):
            await it.accounts.renew("web1")

    shop(scene)


def test_what_is_owed_is_cancelled_when_the_service_ends_and_nothing_goes_back() -> None:
    async def scene(it: Shop) -> None:
        await it.sell()
        it.clock.at += 11 * HOUR
        await it.accounts.cron()
        await it.billing.terminate("web1")
        it.accounts.look()
        assert it.sums == (6000, 6000, 0, 0)

    shop(scene)


def test_a_paid_order_that_never_became_active_gets_its_money_back() -> None:
    async def scene(it: Shop) -> None:
        it.billing.place("web1", "alice@example.com")
        it.accounts.paid("web1")
        it.module.broken = True
        with pytest.raises(PanelUnavailable):
            await it.billing.create("web1")
        it.accounts.look()
        assert it.sums == (6000, 6000, 0, 0)
        it.module.broken = False
        await it.billing.terminate("web1")
        it.accounts.look()
        assert it.sums == (6000, 6000, 0, 6000)

    shop(scene)


def test_what_is_sold_without_a_period_has_no_account_and_nothing_to_renew() -> None:
    async def scene(it: Shop) -> None:
        await it.sell()
        assert it.accounts.money() == {}
        assert it.accounts.next_due() is None
        with pytest.raises(IllegalEvent):
            await it.accounts.renew("web1")

    shop(scene, tariff=None)


def test_accounts_outlive_the_process(tmp_path: Path) -> None:
    where = f"sqlite:///{tmp_path / 'billing.db'}"

    async def first(it: Shop) -> None:
        await it.sell()
        it.clock.at += 11 * HOUR
        await it.accounts.cron()

    async def again(it: Shop) -> None:
        assert it.sums == (12000, 6000, 6000, 0)
        await it.accounts.renew("web1")
        assert it.sums == (12000, 12000, 0, 0)
        assert it.billing.service("web1").state.value == "active"

    for scene in (first, again):
        with closing(SqlStore(where)) as store:
            shop(scene, store=store)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["wait", "renew", "cron", "suspend", "unsuspend"]), st.floats(0, 25)), max_size=12
    )
)
def test_whatever_happens_nobody_pays_more_than_he_was_charged_or_gets_back_more_than_he_paid(
    events: list[tuple[str, float]],
) -> None:
    async def scene(it: Shop) -> None:
        await it.sell()
        for what, hours in events:
            it.clock.at += hours * HOUR
            try:
                match what:
                    case "renew":
                        await it.accounts.renew("web1")
                    case "cron":
                        await it.accounts.cron()
                    case "suspend" | "unsuspend":
                        await getattr(it.billing, what)("web1")
            except IllegalEvent:
                pass
            charged, paid, owed, refunded = it.sums
            assert refunded == 0
            assert owed in (0, 6000)
            assert paid <= charged
        await it.billing.terminate("web1")
        it.accounts.look()
        charged, paid, owed, refunded = it.sums
        assert charged == paid
        assert owed == 0
        assert 0 <= refunded <= paid

    shop(scene)


@pytest.mark.parametrize(("text", "amount"), [("60", 6000), (59.9, 5990), ("0.05", 5), (0, 0)])
def test_an_amount_is_read_to_the_cent(text: object, amount: int) -> None:
    assert cents("price", text) == amount


@pytest.mark.parametrize("text", ["", "-1", "1.005", "60 EUR", True, None])
def test_what_is_no_amount_is_refused(text: object) -> None:
    with pytest.raises(BadSettings, match="is an amount of money"):
        cents("price", text)
