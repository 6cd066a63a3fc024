"""BILLmanager and the accounts of an ispmanager: bound to services by staff, or opened for them."""

from collections.abc import Awaitable, Callable

import pytest

from provisioner.billmanager.office import NotTheirTask
from provisioner.clients.coremanager import CoreLoginRefused
from provisioner.errors import BadSettings, IllegalEvent, PanelUnavailable, Refused
from provisioner.modules.ispmanager import NAME, AccountTaken, NoSuchAccount, WrongPassword
from provisioner.services import State
from provisioner.sql_store import SqlStore
from simulator.kernel import LoopClock, run
from tests.ispmanager.support import ALICE, ROOT, Server
from tests.provisioner.support.hosting import EMAIL, OTHER, STAFF, URL, Provider, provider, waiting

USERS = ["alice", "bob", "Bob", "dave"]


@pytest.mark.requirement("IM-1", "IM-2", "IM-3", "IM-4", "IM-5", "IM-6", "IM-7", "IM-8")
def test_the_eight_steps_bind_the_account_that_was_there():
    async def scene(it: Provider) -> None:
        bm = it.bm
        it.manual_only()
        bm.order("web1", EMAIL, "Hosting")
        assert bm.tasks(STAFF) == []
        await bm.pay("web1")
        assert it.state() is State.MANUAL
        it.both()
        (task,) = bm.tasks(STAFF)
        assert (task.service, task.verb) == ("web1", "open")
        await it.bound(*ALICE)
        assert it.state() is State.ACTIVE
        assert it.account() == "alice"
        assert bm.service("web1").password == ALICE[1]
        assert bm.tasks(STAFF) == []
        bm.catalogue.disable("Hosting", "manual")
        assert it.names == USERS  # nothing was made

        await it.ordered("web2")  # now by itself, IM-8
        assert it.state("web2") is State.ACTIVE
        assert it.account("web2") == "user2"
        assert it.names == [*USERS, "user2"]
        assert await it.server.logs_in("user2", bm.service("web2").password)
        assert (await it.server.row("user2"))["preset"] == "start"

    provider(scene)


@pytest.mark.requirement("IM-7")
@pytest.mark.parametrize(
    ("username", "password", "error", "text"),
    [
        ("Alice", ALICE[1], NoSuchAccount, "there is alice"),
        ("alice ", ALICE[1], NoSuchAccount, "there is alice"),
        ("BOB", "bobs-secret", NoSuchAccount, "there is bob and Bob"),
        ("mallory", "x", NoSuchAccount, "no user 'mallory'"),
        ("root", ROOT[1], NoSuchAccount, "no user 'root'"),  # an administrator is nobody's account
        ("alice", "wrong", WrongPassword, "does not accept this password of the user alice"),
        ("Bob", "bobs-secret", WrongPassword, "of the user Bob"),
        ("alice", "", BadSettings, "enter the user's name"),
        ("", "x", BadSettings, "enter the user's name"),
        ("dave", "daves-secret", Refused, "dave is disabled"),
    ],
)
def test_what_the_panel_does_not_confirm_is_not_bound_and_the_task_stays_open(username, password, error, text):
    async def scene(it: Provider) -> None:
        await waiting(it)
        with pytest.raises(error, match=text):
            await it.bound(username, password)
        assert it.state() is State.MANUAL
        assert it.account() == ""
        assert [task.service for task in it.bm.tasks(STAFF)] == ["web1"]
        await it.bound(*ALICE)  # corrected, it goes through
        assert it.state() is State.ACTIVE
        assert it.names == USERS

    provider(scene)


@pytest.mark.requirement("IM-7")
def test_an_account_belongs_to_one_service_until_that_is_closed():
    async def scene(it: Provider) -> None:
        await waiting(it)
        await it.bound("bob", "bobs-secret")
        await waiting(it, "web2")
        with pytest.raises(AccountTaken, match="belongs to service web1 already"):
            await it.bound("bob", "bobs-secret", "web2")
        await it.bound("Bob", "another-bob", "web2")  # somebody else, in spite of the name
        await it.bm.suspend("web1")
        await waiting(it, "web3")
        with pytest.raises(Refused, match="bob is disabled"):
            await it.bound("bob", "bobs-secret", "web3")
        await it.bm.terminate("web1")
        await it.server.xml("user.add", sok="ok", name="bob", passwd="bob-is-back")
        await it.bound("bob", "bob-is-back", "web3")
        assert {name: it.account(name) for name in ("web2", "web3")} == {"web2": "Bob", "web3": "bob"}

    provider(scene)


@pytest.mark.requirement("IM-6")
def test_only_the_department_of_the_module_sees_the_task():
    async def scene(it: Provider) -> None:
        await waiting(it)
        (task,) = it.bm.tasks(STAFF)
        assert it.bm.tasks(OTHER) == []
        with pytest.raises(NotTheirTask):
            it.bm.assign_task(OTHER, task.id, module="ispmanager", params={})
        with pytest.raises(NotTheirTask):
            await it.bm.close_task(OTHER, task.id)

    provider(scene)


@pytest.mark.requirement("IM-4")
def test_there_is_no_task_before_the_payment():
    async def scene(it: Provider) -> None:
        it.manual_only()
        it.bm.order("web1", EMAIL, "Hosting")
        it.both()
        assert it.bm.tasks(STAFF) == []
        assert it.state() is State.ORDERED
        with pytest.raises(IllegalEvent):
            await it.bm.suspend("web1")

    provider(scene)


@pytest.mark.requirement("IM-5")
def test_a_task_cannot_be_given_to_a_module_that_the_tariff_has_not_enabled():
    async def scene(it: Provider) -> None:
        it.manual_only()
        await it.ordered()
        with pytest.raises(Refused, match="not enabled for the tariff"):
            await it.bound(*ALICE)
        assert it.state() is State.MANUAL

    provider(scene)


@pytest.mark.requirement("IM-2")
def test_with_the_present_module_still_enabled_a_new_account_is_made_instead():
    async def scene(it: Provider) -> None:
        it.bm.catalogue.enable("Hosting", "ispmanager")
        await it.ordered()
        assert it.state() is State.ACTIVE
        assert it.account() == "user1"
        assert it.bm.tasks(STAFF) == []
        assert it.names == [*USERS, "user1"]

    provider(scene)


@pytest.mark.requirement("IM-8")
def test_with_the_manual_module_still_enabled_the_next_order_is_staffs_again():
    async def scene(it: Provider) -> None:
        await waiting(it)
        await it.bound(*ALICE)
        await it.ordered("web2")
        assert it.state("web2") is State.MANUAL
        assert [task.service for task in it.bm.tasks(STAFF)] == ["web2"]
        assert it.names == USERS

    provider(scene)


# the life of a service


def test_a_bound_account_is_suspended_resumed_and_deleted_with_its_service():
    async def scene(it: Provider) -> None:
        await waiting(it)
        await it.bound(*ALICE)
        await it.bm.suspend("web1")
        assert it.state() is State.SUSPENDED
        assert not await it.server.logs_in(*ALICE)
        await it.bm.unsuspend("web1")
        assert await it.server.logs_in(*ALICE)
        await it.bm.terminate("web1")
        assert it.state() is State.CLOSED
        assert it.names == ["bob", "Bob", "dave"]

    provider(scene)


def test_password_and_template_are_changed_in_the_panel():
    async def scene(it: Provider) -> None:
        await waiting(it)
        await it.bound(*ALICE)
        await it.bm.change("web1", {"password": "chosen-by-alice", "preset": "start"})
        assert await it.server.logs_in("alice", "chosen-by-alice")
        assert it.bm.service("web1").password == "chosen-by-alice"
        assert (await it.server.row("alice"))["preset"] == "start"
        for params in ({"username": "bob"}, {"password": "x"}, {"preset": "gold"}):
            with pytest.raises(BadSettings):
                await it.bm.change("web1", params)
        assert await it.server.logs_in("alice", "chosen-by-alice")

    provider(scene)


def test_an_account_that_somebody_deleted_is_missed_when_it_is_needed_and_not_when_it_is_to_go():
    async def scene(it: Provider) -> None:
        await waiting(it)
        await it.bound(*ALICE)
        await it.server.xml("user.delete", elid="alice")
        with pytest.raises(Exception, match="missed/user"):
            await it.bm.change("web1", {"password": "chosen-by-alice"})
        await it.bm.terminate("web1")
        assert it.state() is State.CLOSED

    provider(scene)


def test_an_order_for_a_name_that_is_taken_never_takes_the_account_over():
    async def scene(it: Provider) -> None:
        it.bm.order("web1", EMAIL, "Hosting", params={"username": "alice"})
        with pytest.raises(Exception, match="there is a user alice in ispmanager already"):
            await it.bm.pay("web1")
        assert it.state() is State.MANUAL  # after ten tries it is staff's
        assert await it.server.logs_in(*ALICE)
        assert len(it.bm.tasks(STAFF)) == 1
        await it.bound(*ALICE)  # who can bind the service to it
        assert it.state() is State.ACTIVE

    provider(scene)


# the connection


def test_the_connection_is_checked_before_the_module_is_kept():
    async def scene(it: Provider) -> None:
        bm = it.bm

        async def add(username: str, password: str) -> None:
            login = {"url": URL, "username": username, "password": password}
            await bm.catalogue.add_module("another", NAME, department="Hosting", connection=login)

        with pytest.raises(CoreLoginRefused):
            await add(ROOT[0], "wrong")
        with pytest.raises(BadSettings, match="alice is not an administrator"):
            await add(*ALICE)
        it.wire.drop = ["*"]
        with pytest.raises(PanelUnavailable, match="ispmanager did not answer whoami"):
            await add(*ROOT)
        it.wire.drop = []
        assert set(bm.catalogue.modules) == {"manual", "ispmanager"}
        assert bm.catalogue.module("ispmanager").config == {"presets": ["start", "shop"]}
        with pytest.raises(BadSettings, match="no template 'gold'; there are start, shop"):
            bm.order("web1", EMAIL, "Hosting", params={"preset": "gold"})
        with pytest.raises(BadSettings, match="'no good' cannot be the name"):
            bm.order("web1", EMAIL, "Hosting", params={"username": "no good"})

    provider(scene)


def test_a_panel_that_is_away_leaves_the_task_open():
    async def scene(it: Provider) -> None:
        await waiting(it)
        it.wire.drop = ["*"]
        with pytest.raises(PanelUnavailable, match="ispmanager did not answer"):
            await it.bound(*ALICE)
        it.wire.drop = []
        assert it.state() is State.MANUAL
        await it.bound(*ALICE)
        assert it.state() is State.ACTIVE

    provider(scene)


def test_no_password_enters_the_log():
    async def scene(it: Provider) -> None:
        await waiting(it)
        await it.bound(*ALICE)
        await it.bm.change("web1", {"password": "chosen-by-alice"})
        text = "\n".join(repr(entry) for entry in it.log)
        for secret in (ALICE[1], ROOT[1], "chosen-by-alice"):
            assert secret not in text

    provider(scene)


@pytest.mark.requirement("IM-7")
def test_the_eight_steps_can_be_taken_each_in_a_process_of_its_own(tmp_path):
    async def main() -> None:
        clock = LoopClock()
        server = Server(clock)

        async def process(step: Callable[[Provider], Awaitable[object]]) -> None:
            store = SqlStore(f"sqlite:///{tmp_path}/billing.db")
            it = Provider(clock, server, store)
            try:
                await step(it)
            finally:
                await it.bm.close()
                store.close()

        async def off(it: Provider) -> None:
            it.manual_only()

        async def on(it: Provider) -> None:
            it.both()

        async def assign(it: Provider) -> None:
            (task,) = it.bm.tasks(STAFF)
            it.bm.assign_task(STAFF, task.id, module="ispmanager", params={"username": ALICE[0], "password": ALICE[1]})

        async def close(it: Provider) -> None:
            (task,) = it.bm.tasks(STAFF)
            await it.bm.close_task(STAFF, task.id)

        async def look(it: Provider) -> None:
            assert (it.state(), it.account()) == (State.ACTIVE, "alice")
            assert it.bm.tasks(STAFF) == []
            await it.bm.suspend("web1")

        for step in (Provider.set_up, off, Provider.ordered, on, assign, close, look):
            await process(step)
        assert not await server.logs_in(*ALICE)
        await server.http.aclose()

    run(main())
