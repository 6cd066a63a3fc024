"""Users see and touch nothing that is somebody else's."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.api5.calls import FUNCTIONS
from tests.api5.support.world import Client, with_client
from tests.dcim.support import ALICE

PARAMS = st.dictionaries(
    st.sampled_from(
        ["elid", "plid", "sok", "notes", "hostname", "domain", "owner", "ip", "operation", "ostemplate", "su"]
    ),
    st.sampled_from(
        ["1", "2", "3, 1", "ok", "example.com", "ostemplate", "debian-12", "no_owner", "admin@example.com"]
    ),
    max_size=5,
)


@given(st.lists(st.tuples(st.sampled_from(sorted(set(FUNCTIONS) - {"auth"})), PARAMS), min_size=1, max_size=8))
@settings(deadline=None, max_examples=50)
def test_whatever_a_user_calls_other_peoples_servers_neither_change_nor_show(calls):
    async def scene(client: Client) -> None:
        panel = client.world.panel
        panel.set_owner(1, 1)
        panel.edit_server(1, {"notes": "the secret of the first"})
        address = client.world.give_ip(1)
        panel.set_owner(2, 2)

        def state() -> object:
            others = [client.world.server(number) for number in (1, 3, 4)]
            return others, list(panel.addresses.of_server(1)), panel.operations.of_server(1), list(panel.users.all)

        before = state()
        for func, params in calls:
            answer = await client.raw(func, authinfo=":".join(ALICE), **params)
            for secret in ("srv-01", "srv-03", "secret of the first", address.name):
                assert secret not in answer.text
            # Her own server's BMC she may be sent to (`ipmiredirect`), and to no other one.
            assert set(re.findall(r"127\.16\.\d+\.\d+", answer.text)) <= {"127.16.0.2"}
            assert "<level>29" not in answer.text
        assert state() == before

    with_client(scene)


def test_keys_are_the_users_own_and_the_same_in_both_versions():
    text = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFqfQ1DVcYmUqR0bOtQ5W4zZ0VvNcYqgD0vGmWv1m2bB me@laptop"

    async def scene(client: Client) -> None:
        alice = {"authinfo": ":".join(ALICE)}
        number = (await client.xml("sshpubkey.edit", sok="ok", name="laptop", pubkey=text, **alice)).findtext("id")
        assert [key.name for key in client.world.panel.users.ssh_keys.of(2)] == ["laptop"]
        assert await client.rows("sshpubkey") == []
        assert await client.refused("sshpubkey.edit", elid=number) == ("missed", "sshpubkey")
        assert (await client.xml("sshpubkey.edit", elid=number, **alice)).findtext("pubkey") == text
        await client.xml("sshpubkey.edit", sok="ok", elid=number, name="desk", **alice)
        assert await client.refused("sshpubkey.edit", sok="ok", name="x", pubkey="y", **alice) == ("value", "pubkey")
        assert await client.refused("sshpubkey.edit", sok="ok", name="desk", pubkey=text, **alice) == ("exists", "")
        assert await client.refused("sshpubkey.edit", sok="ok", elid=number, pubkey="y", **alice) == ("value", "pubkey")
        await client.xml("sshpubkey.delete", elid=number, **alice)
        assert await client.rows("sshpubkey", **alice) == []

    with_client(scene)
