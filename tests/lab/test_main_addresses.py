"""Stock as real halls have it: free servers with a main address of the domain `free.ds`, in both versions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from simulator.kernel import run
from simulator.lab import Lab, Run
from simulator.lab.snapshot import save_lab
from tests.api5.support.hall import Hall, in_hall

STOCK = Lab.load("main-addresses")


def played(scene: Callable[[Run], Awaitable[Any]], lab: Lab = STOCK) -> Any:
    async def main() -> Any:
        async with lab.simulated() as running:
            return await scene(running)

    return run(main())


def test_version_5_lists_free_servers_with_it_and_its_domain() -> None:
    async def scene(hall: Hall) -> None:
        row = await hall.row(2)
        assert (row["hostname"], row["ip"], "owner" in row) == ("free.ds", "192.0.2.12", False)
        (address,) = await hall.rows("iplist", elid=2)
        assert (address["ip"], address["domain"]) == ("192.0.2.12", "free.ds")
        assert (await hall.row(12))["ip"] == ""

    in_hall(scene, lab=STOCK)


def test_a_foreign_module_of_version_5_finds_renames_and_keeps_it() -> None:
    """WHMCS's module as it was observed: a missing main address is its error; it renames each existing one, adds more, and
    deletes all but the main one when the server comes back.
    """

    async def scene(hall: Hall) -> None:
        main = (await hall.row(2))["ip"]
        assert main, "Can not get main ip!"
        await hall.xml("server.edit", elid=2, sok="ok", owner=1)
        for address in await hall.rows("iplist", elid=2):
            await hall.xml("iplist.edit", elid=address["id"], plid=2, sok="ok", domain="web1.example.com")
        assert (await hall.row(2))["hostname"] == "web1.example.com"
        added = await hall.address(2)
        assert [row["ip"] for row in await hall.rows("iplist", elid=2)] == [main, added]
        for address in await hall.rows("iplist", elid=2):
            if address["ip"] != main:
                await hall.xml("iplist.delete", elid=address["id"], plid=2)
        await hall.xml("server.edit", elid=2, sok="ok", owner="no_owner")
        for address in await hall.rows("iplist", elid=2):
            await hall.xml("iplist.edit", elid=address["id"], plid=2, sok="ok", domain="free.ds")
        row = await hall.row(2)
        assert (row["hostname"], row["ip"], "owner" in row) == ("free.ds", main, False)

    in_hall(scene, lab=STOCK)


def test_version_6_shows_the_same_address_and_it_is_in_use_in_its_pool() -> None:
    async def scene(lab: Run) -> None:
        async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=lab.dci6_url) as http:
            login = {"email": lab.admin[0], "password": lab.admin[1]}
            token = (await http.post("/auth/v4/public/token", json=login)).json()["token"]
            http.headers["x-xsrf-token"] = token
            row = (await http.get("/dci/v3/server/2")).json()
            assert [(each["name"], each["domain"]) for each in row["ip"]] == [("192.0.2.12", "free.ds")]
            assert row["domain"] == ""
            pool = next(each for each in (await http.get("/ip/v3/ippool")).json()["list"] if each["name"] == "public")
            assert pool["using_ipv4"] == "11"

    played(scene)


def test_the_other_kind_of_stock_has_none() -> None:
    async def scene(lab: Run) -> None:
        assert not list(lab.panel.addresses.used)
        assert not [record for record in lab.journal if record.what == "address allocated"]

    played(scene, Lab.load("small"))


@pytest.mark.parametrize("sold", [False, True])
def test_a_lab_that_goes_on_has_the_addresses_that_it_had_and_gives_none_again(sold: bool) -> None:
    async def first() -> dict[str, Any]:
        async with STOCK.simulated() as lab:
            if sold:
                lab.panel.addresses.release(lab.panel.addresses.of_server(2)[0].id)
                lab.panel.addresses.take("192.0.2.12", 3)
            return save_lab(lab)

    async def second(state: dict[str, Any]) -> None:
        async with STOCK.simulated(state=state) as lab:
            book = lab.panel.addresses
            held = [[each.name for each in book.of_server(server)] for server in (2, 3)]
            assert held == ([[], ["192.0.2.13", "192.0.2.12"]] if sold else [["192.0.2.12"], ["192.0.2.13"]])
            assert not [record for record in lab.journal if record.what == "address allocated"]

    state = run(first())
    run(second(state))
