"""What keeps strangers out is real chance where they can come, whatever the seed; in a simulated run it is the seed's."""

import httpx

from simulator.kernel import Streams, run
from simulator.lab import Lab

HOSTING = Lab.load("hosting")


async def handed_out(lab):
    """Everything that a lab gives somebody who has just logged in, to be known by."""
    email, password = lab.admin
    hosting = lab.plan.ispmanager.admin
    given = {}
    async with httpx.AsyncClient(transport=lab.billing_transport()) as client:
        credentials = {"email": email, "password": password}
        token = (await client.post(f"{lab.dci6_url}/auth/v4/public/token", json=credentials)).json()["token"]
        given["token of DCImanager 6"] = token
        headers = {"x-xsrf-token": token}
        key = await client.post(f"{lab.dci6_url}/auth/v4/user/1/key", json={}, headers=headers)
        given["log-in key"] = key.json().get("key", key.text)
        me = (await client.get(f"{lab.dci6_url}/auth/v4/user/1", headers=headers)).json()
        given["user id"] = me.get("uuid", str(lab.panel.users.all.get(1).uuid))
        for name, url, manager, user, word in (
            ("DCImanager 5", lab.dci5_url, "dcimgr", email, password),
            ("ispmanager", lab.ispmanager_url, "ispmgr", hosting.name, hosting.password),
        ):
            asked = {"func": "auth", "username": user, "password": word, "out": "text"}
            answer = await client.post(f"{url}/{manager}", data=asked)
            given[f"session of {name}"] = answer.text
    given["reserve codes"] = tuple(lab.panel.users.second_factor.new_reserve_codes(1))
    given["salt"] = lab.panel.users.all.get(1).salt
    given["a client's password"] = lab.streams.secret("billing").random()
    return given


async def on_sockets():
    async with HOSTING.wire(seed=1) as lab:
        return await handed_out(lab)


async def test_on_sockets_nothing_that_guards_is_the_same_twice_for_a_seed():
    one, other = await on_sockets(), await on_sockets()
    assert one.keys() == other.keys()
    assert all(one.values())
    assert [name for name in one if one[name] == other[name]] == []


def test_in_a_simulated_run_all_of_it_is_the_seed_s():
    async def main():
        async with HOSTING.simulated(seed=1) as lab:
            return await handed_out(lab)

    assert run(main()) == run(main())


def test_chance_that_guards_nothing_is_the_seed_s_everywhere():
    assert Streams(1, reachable=True)["plant/srv-01"].random() == Streams(1)["plant/srv-01"].random()
