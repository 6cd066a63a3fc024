"""What rows count of other things: right at once, and never by looking through the hall for each row; tasks by `consul_id`."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.dcim.records import Register
from tests.api6.support.world import Client, with_client


class Looks:
    """Counts how often a register is gone through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, register: Register[Any]) -> None:
        self.count = 0
        iterate = Register.__iter__

        def counted(each: Register[Any]) -> Any:
            self.count += each is register
            return iterate(each)

        monkeypatch.setattr(Register, "__iter__", counted)


@pytest.mark.parametrize(
    "path", ["/dci/v3/rack?limit=5", "/dci/v3/user?limit=5", "/dci/v3/rack?where=device_count GT 1"]
)
def test_a_list_looks_through_all_servers_at_most_once_however_many_rows_it_has(path, monkeypatch):
    async def scene(client: Client) -> None:
        for number in range(20):
            await client.post("/dci/v3/rack", {"name": f"X{number}"})
            await client.post(
                "/auth/v4/user",
                {"email": f"u{number}@example.com", "password": "long-enough", "roles": ["@user"]},
                201,
            )
        looks = Looks(monkeypatch, client.world.panel.inventory.servers)
        assert (await client.get(path))["list"]
        assert looks.count <= 1
        await client.get(path)
        assert looks.count <= 1, "nothing has changed: nothing is counted anew"

    with_client(scene)


def test_racks_and_users_count_what_has_come_and_gone():
    async def scene(client: Client) -> None:
        async def counts() -> tuple[int, int]:
            rack = await client.get("/dci/v3/rack/1")
            users = (await client.get("/dci/v3/user?where=id EQ 2"))["list"]
            return rack["device_count"], users[0]["server_count"]

        devices, owned = await counts()
        assert owned == 0
        await client.post("/dci/v3/server/1/owner", {"owner": 2})
        assert await counts() == (devices, 1)
        await client.post("/dci/v3/server/1/owner", {"owner": None})
        await client.delete("/dci/v3/server/1")
        assert await counts() == (devices - 1, 0)

    with_client(scene)


def test_a_task_is_found_by_its_consul_id():
    """As clients of VMmanager ask for what a call has begun: its number, bare or quoted."""

    async def scene(client: Client) -> None:
        client.world.give_ip(1)
        client.world.give_ip(2)
        begun = [
            (await client.post(f"/dci/v3/server/{n}/os_install", {"os_template": "debian-12"}))["operation"]
            for n in (1, 2)
        ]
        for text in (str(begun[1]), f"'{begun[1]}'"):
            (row,) = (await client.get(f"/dci/v3/task?where=((consul_id EQ {text}))"))["list"]
            assert (row["consul_id"], row["id"], row["server"]["id"]) == (begun[1], begun[1], 2)

    with_client(scene)
