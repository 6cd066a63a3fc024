"""Users, tokens, owners, edits, and which servers may be sold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.dcim import PanelConfig, UserSetup
from simulator.dcim.errors import (
    AlreadyThere,
    Forbidden,
    Invalid,
    NotFound,
    NotLoggedIn,
    Protected,
    UserInUse,
    WrongCredentials,
)
from tests.dcim.support import ADMIN, ALICE, CONFIGURATION, World, config, in_world


def test_a_token_ends_after_an_hour_of_inactivity_and_not_before():
    async def scene(world: World) -> None:
        token = world.panel.users.log_in(*ADMIN)
        assert token.expires_at == world.clock.now() + 3600
        for _ in range(3):
            await world.clock.sleep(3000)
            assert world.panel.users.authenticate(token.value).email == ADMIN[0]
        await world.clock.sleep(3600)
        with pytest.raises(NotLoggedIn, match="expired"):
            world.panel.users.authenticate(token.value)
        with pytest.raises(NotLoggedIn):
            world.panel.users.authenticate("")

    in_world(scene)


def test_tokens_end_with_logout_and_with_their_disabled_user():
    async def scene(world: World) -> None:
        users = world.panel.users
        admin, alice = users.by_key(1), users.by_key(ALICE[0].upper())
        hers, his = users.log_in(*ALICE), users.log_in(*ADMIN)
        with pytest.raises(NotFound):
            users.log_out(alice, his.value)
        users.log_out(admin, str(his.id))
        with pytest.raises(NotLoggedIn):
            users.authenticate(his.value)
        users.suspend(alice)
        with pytest.raises(NotLoggedIn):
            users.authenticate(hers.value)
        with pytest.raises(WrongCredentials):
            users.log_in(*ALICE)
        users.resume(users.by_key(alice.id))
        users.log_in(*ALICE)

    in_world(scene)


def test_a_key_opens_one_session_within_its_hour():
    async def scene(world: World) -> None:
        users = world.panel.users
        key = users.make_key(users.by_key(2))
        assert key.value.startswith("2-")
        assert users.log_in_by_key(key.value).user == 2
        late = users.make_key(users.by_key(2))
        await world.clock.sleep(3600)
        for value in (key.value, late.value, "nothing"):
            with pytest.raises(WrongCredentials):
                users.log_in_by_key(value)

    in_world(scene)


@pytest.mark.requirement("W6-A2")
def test_users_are_created_once_and_deleted_when_they_own_nothing():
    async def scene(world: World) -> None:
        users = world.panel.users
        bob = users.create("bob@example.com", "bob-secret")
        assert bob.roles == ("@user",)
        with pytest.raises(AlreadyThere):
            users.create("BOB@example.com", "bob-secret")
        for email, password, roles in (
            ("nobody", "long-enough", ["@user"]), ("a@b", "short", ["@user"]), ("a@b", "long-enough", ["@king"]),
            ("a@b", "long-enough", []),
        ):  # fmt: skip
            with pytest.raises(Invalid):
                users.create(email, password, roles=roles)
        world.panel.set_owner(1, bob.id)
        with pytest.raises(UserInUse, match="still owns server srv-01"):
            users.remove(bob, by=users.by_key(1))
        world.panel.set_owner(1, None)
        with pytest.raises(UserInUse):
            users.remove(bob, by=bob)
        users.remove(bob, by=users.by_key(1))
        assert users.by_email("bob@example.com") is None

    in_world(scene)


@pytest.mark.requirement("B5-14")
def test_a_changed_password_is_the_one_that_opens():
    async def scene(world: World) -> None:
        users = world.panel.users
        users.set_password(users.by_key(2), "another-secret")
        with pytest.raises(WrongCredentials):
            users.log_in(*ALICE)
        users.log_in(ALICE[0], "another-secret")
        assert b"another-secret" not in users.by_key(2).digest

    in_world(scene)


@pytest.mark.requirement("W6-A1")
def test_only_servers_that_may_be_sold_count_as_free():
    async def scene(world: World) -> None:
        panel = world.panel
        assert panel.free_configurations() == {CONFIGURATION: 3, "E5-2620-32Gb-1920SSD": 1}
        panel.set_owner(1, 2)
        panel.edit_server(2, {"maintenance": True})
        panel.edit_server(4, {"faulty": "no disk"})
        assert panel.free_configurations() == {CONFIGURATION: 1}
        world.give_ip(3)
        number = panel.operations.install(3, "debian-12").id
        assert panel.free_configurations() == {}
        await panel.operations.cancel(number)
        assert panel.free_configurations() == {CONFIGURATION: 1}

    in_world(scene)


@pytest.mark.requirement("W6-A3")
def test_owners_are_users_and_edits_are_all_or_nothing():
    async def scene(world: World) -> None:
        panel = world.panel
        with pytest.raises(Invalid, match="no user 99"):
            panel.edit_server(1, {"name": "web", "owner": 99})
        with pytest.raises(Invalid):
            panel.edit_server(1, {"serial": "X"})
        with pytest.raises(Invalid):
            panel.edit_server(1, {"name": "  "})
        assert world.server(1).name == "srv-01"
        panel.edit_server(1, {"owner": 2, "notes": "hers"})
        assert world.wrote("owner set")[-1].detail == {"owner": ALICE[0]}
        assert world.wrote("edited")[-1].detail == {"fields": {"notes": "hers"}}
        panel.edit_server(1, {"protected": True})
        with pytest.raises(Protected):
            panel.edit_server(1, {"notes": ""})

    in_world(scene)


def test_a_user_sees_his_own_and_may_do_to_it_what_the_role_lists():
    async def scene(world: World) -> None:
        panel = world.panel
        alice = panel.users.by_key(2)
        with pytest.raises(NotFound):
            panel.access.server(alice, "server.item", 1)
        panel.set_owner(1, alice.id)
        assert panel.access.server(alice, "server.power_on", 1).name == "srv-01"
        with pytest.raises(Forbidden):
            panel.access.server(alice, "server.owner", 1)
        with pytest.raises(Forbidden):
            panel.access.check_edit(alice, ["owner"])
        with pytest.raises(NotFound):
            panel.access.user(alice, 1)
        assert [server.id for server in panel.access.servers(alice)] == [1]

    in_world(scene)


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: {"servers": [*whole.servers, whole.servers[0]]},
        lambda whole: {"servers": [*whole.servers, replace(whole.servers[0], name="twin")]},
        lambda whole: {"servers": [replace(whole.servers[0], rack="Z9")]},
        lambda whole: {"switches": []},
        lambda whole: {"pdus": []},
        lambda whole: {"users": [UserSetup(ADMIN[0], "x", "", ["@user"])]},
        lambda whole: {"racks": ["A1", "A1"]},
    ],
)
def test_a_set_up_that_does_not_fit_together_is_refused(change):
    whole: PanelConfig = config()

    async def scene(world: World) -> None:
        raise AssertionError("never reached")

    with pytest.raises(Invalid):
        in_world(scene, **change(whole))


def test_an_error_of_our_own_in_the_background_is_written_down():
    seen = []

    async def scene(world: World) -> None:
        import asyncio

        asyncio.get_running_loop().set_exception_handler(lambda loop, context: seen.append(context["message"]))

        async def broken() -> None:
            raise ZeroDivisionError("ours")

        world.panel._background.spawn("broken", broken())
        await world.clock.sleep(1)
        assert world.wrote("internal error")[0].detail == {"error": "ZeroDivisionError: ours"}

    in_world(scene)
    assert seen == ["panel task 'broken' failed"]
