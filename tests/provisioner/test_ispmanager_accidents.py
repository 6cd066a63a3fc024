"""BILLmanager and an ispmanager whose answers, or requests, get lost: no account is doubled, and none left behind."""

import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provisioner.errors import OperationFailed, ProvisioningError
from provisioner.modules.ispmanager import NAME
from provisioner.services import State
from tests.ispmanager.support import ALICE, ROOT
from tests.provisioner.support.hosting import STAFF, URL, Provider, provider, waiting

USERS = ["alice", "bob", "Bob", "dave"]


@pytest.mark.parametrize("what", ["lose", "drop"])
@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_lost_answer_makes_no_second_account(what, times):
    async def scene(it: Provider) -> None:
        setattr(it.wire, what, ["user.add.finish"] * times)
        await it.ordered()
        assert it.state() is State.ACTIVE
        assert it.names == [*USERS, "user1"]
        assert await it.server.logs_in("user1", it.bm.service("web1").password)
        assert it.wire.functions.count("user.add.finish") == (1 if what == "lose" else times + 1)

    provider(scene)


@pytest.mark.parametrize("what", ["lose", "drop"])
@pytest.mark.parametrize(
    ("func", "verb"), [("user.suspend", "suspend"), ("user.resume", "unsuspend"), ("user.delete", "terminate")]
)
def test_a_lost_answer_to_an_order_is_seen_through(what, func, verb):
    async def scene(it: Provider) -> None:
        await it.ordered()
        if verb == "unsuspend":
            await it.bm.suspend("web1")
        setattr(it.wire, what, [func])
        await getattr(it.bm, verb)("web1")
        rows = {row["name"]: row["active"] for row in await it.server.rows("user")}
        assert rows.get("user1") == {"suspend": "off", "unsuspend": "on"}.get(verb)

    provider(scene)


def test_a_name_whose_creation_was_never_confirmed_is_deleted_only_when_it_is_the_services_own():
    async def scene(it: Provider) -> None:
        it.wire.drop = ["user.add.finish"] * 100  # all ten tries, three times each
        with pytest.raises(OperationFailed, match="is staff's now"):
            await it.ordered()
        await it.server.xml("user.add", sok="ok", name="user1", passwd="somebody-else")
        await it.bm.terminate("web1")
        assert it.state() is State.CLOSED
        assert await it.server.logs_in("user1", "somebody-else")

    provider(scene)


def test_an_account_whose_creation_was_never_confirmed_is_deleted_with_its_service():
    async def scene(it: Provider) -> None:
        it.wire.lose = ["user.add.finish"]
        it.wire.deaf = "user.add.finish"  # from then on nobody answers
        with pytest.raises(OperationFailed, match="is staff's now"):
            await it.ordered()
        it.wire.heal()
        assert it.names == [*USERS, "user1"]
        await it.bm.terminate("web1")
        assert it.names == USERS

    provider(scene)


# whatever gets lost

VERBS = ["sold", "sold by staff", "sold by staff", "suspend", "unsuspend", "terminate", "change"]
FUNCTIONS = ["user", "whoami", "user.add.finish", "user.suspend", "user.resume", "user.delete", "user.edit"]
ACCIDENTS = st.lists(st.tuples(st.sampled_from(["lose", "drop", "deaf"]), st.sampled_from(FUNCTIONS)), max_size=2)
STORIES = st.lists(
    st.tuples(st.sampled_from(VERBS), st.sampled_from(["web1", "web2"]), st.sampled_from(["alice", "bob"]), ACCIDENTS),
    min_size=1,
    max_size=10,
)


async def happen(it: Provider, verb: str, name: str, account: str) -> None:
    """Something that somebody asks for, in its place or out of it."""
    passwords = dict([ALICE, ("bob", "bobs-secret")])
    if verb == "sold":
        it.both()
        it.bm.catalogue.disable("Hosting", "manual")
        await it.ordered(name)
    elif verb == "sold by staff":
        if name not in it.bm.items:
            await waiting(it, name)
        # A task to close a service is staff's to do by hand: nothing is bound by it.
        if any((task.service, task.verb) == (name, "open") for task in it.bm.tasks(STAFF)):
            await it.bound(account, passwords[account], name)
    elif verb == "change":
        await it.bm.change(name, {"password": f"chosen-for-{name}"})
    else:
        await getattr(it.bm, verb)(name)


LOST = [("lose", "user.add.finish"), ("deaf", "user.add.finish")]
"""It is made, and nobody hears of it any more."""


@given(STORIES)
@example([("sold by staff", "web1", "alice", []), ("sold by staff", "web2", "alice", [])])
@example([("sold", "web1", "alice", LOST), ("terminate", "web1", "alice", [])])
@example(
    [
        ("sold", "web1", "alice", []),
        ("terminate", "web1", "alice", [("deaf", "user")]),
        ("sold by staff", "web1", "alice", []),
    ]
)
@settings(deadline=None, max_examples=40)
def test_whatever_order_things_happen_in_and_whatever_gets_lost_no_account_is_doubled_or_left_behind(stories):
    async def scene(it: Provider) -> None:
        for verb, name, account, accidents in stories:
            for what, func in accidents:
                if what == "deaf":
                    it.wire.deaf = func
                else:
                    getattr(it.wire, what).append(func)
            with contextlib.suppress(ProvisioningError):  # the service says it
                await happen(it, verb, name, account)
            it.wire.heal()
        assert it.bm.interrupted() == []
        held: dict[str, str] = {}
        for service in it.bm.billing.services.values():
            if service.server_name and service.state is not State.CLOSED:
                assert service.server_name not in held, "one account, two services"
                held[service.server_name] = service.name
            found = next((each for each in it.server.hosting if each.name == service.server_name), None)
            if service.state is State.ACTIVE:
                assert it.server.hosting.check(service.server_name, service.password)
            elif service.state is State.SUSPENDED:
                assert found is not None
                assert not it.server.hosting.active(found)
        left = [name for name in it.names if name not in USERS and name not in held]
        assert left == [], "an account that billing made and forgot"

    provider(scene)


def test_a_creation_that_was_not_confirmed_is_not_followed_by_another_module():
    async def scene(it: Provider) -> None:
        login = {"url": URL, "username": ROOT[0], "password": ROOT[1]}
        await it.bm.catalogue.add_module("second", NAME, department="Hosting", sort=20, connection=login)
        it.bm.catalogue.enable("Hosting", "second")
        it.wire.lose = ["user.add.finish"]
        it.wire.deaf = "user.add.finish"  # from then on nobody answers, for a while
        it.clock.call_at(it.clock.now() + 1500, it.wire.heal)
        await it.ordered()
        assert it.bm.items.of("web1").module == it.bm.catalogue.module("ispmanager").id
        assert it.names == [*USERS, "user1"]

    provider(scene)
