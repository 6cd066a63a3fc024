"""One plant behind two panels' APIs: services are made through both at once, and each has machine and addresses of its own."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import httpx
import pytest

from simulator.kernel import run
from simulator.lab import Lab, Run
from tests.api5.support.billing import Module, XmlAuthinfo

SMALL = Lab.load("small")
PACKAGE = "E3-1230-16Gb-2x1000SSD"


async def buy6(lab: Run, http: httpx.AsyncClient, owner: int) -> int:
    """Order, address, port, installation through version 6; returns when the system is installed."""
    email, password = lab.admin
    login = await http.post("/auth/v4/public/token", json={"email": email, "password": password})
    headers = {"x-xsrf-token": login.json()["token"]}

    async def call(path: str, body: Any = None) -> Any:
        method = "GET" if body is None else "POST"
        answer = await http.request(method, path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    rows = (await call(f"/dci/v3/server?where=configuration EQ '{PACKAGE}'"))["list"]
    server = next(row["id"] for row in rows if row["owner"] is None)
    await call(f"/dci/v3/server/{server}/owner", {"owner": owner})
    await call(f"/dci/v3/server/{server}/ip", {"family": "ipv4"})
    await call(f"/dci/v3/server/{server}/port_on", {})
    await call(f"/dci/v3/server/{server}/os_install", {"os_template": "debian-12"})
    while True:
        await lab.clock.sleep(30)
        operation = (await call(f"/dci/v3/server/{server}"))["operation"]
        if operation["status"] not in ("waiting", "running"):
            assert operation["status"] == "ok"
            return int(server)


@pytest.mark.requirement("HW-4")
@pytest.mark.requirement("HW-5")
@pytest.mark.parametrize("seed", range(2))
def test_services_made_through_both_at_once_have_machines_and_addresses_of_their_own(seed):
    async def main():
        async with SMALL.simulated(seed=seed) as lab:
            await lab.clock.sleep(30)
            chance = random.Random(seed)
            bob = lab.panel.users.create("bob@example.com", "bob-s-secret")
            transport = lab.billing_transport()
            async with (
                httpx.AsyncClient(transport=transport, base_url=lab.dci5_url) as http5,
                httpx.AsyncClient(transport=transport, base_url=lab.dci6_url) as http6,
            ):
                modules = [Module(XmlAuthinfo(http5, *lab.admin), lab.clock) for _ in range(2)]

                async def through5(module: Module, name: str) -> int:
                    await lab.clock.sleep(chance.random() * 300)
                    done = await module.create(PACKAGE, name, "s3cret-pass", f"{name}.example.com", "debian-12", 1)
                    assert done == "success"
                    return int(module.server)

                async def through6() -> int:
                    await lab.clock.sleep(chance.random() * 300)
                    return await buy6(lab, http6, bob.id)

                orders = [through5(modules[0], "one"), through6(), through5(modules[1], "two"), through6()]
                servers = await asyncio.gather(*orders)
                assert len(set(servers)) == len(servers)
                addresses = []
                for number, owner in zip(servers, ("one", "bob", "two", "bob"), strict=True):
                    record = lab.panel.inventory.servers.get(number)
                    assert lab.panel.users.all.get(record.owner).email.startswith(f"{owner}@")
                    (address,) = lab.panel.addresses.of_server(number)
                    assert lab.plant.answering(address.name) == record.name
                    addresses.append(address.name)
                assert len(set(addresses)) == len(addresses)
                rows = {row["id"]: row for row in (await modules[0].call("server")).rows}
                assert rows[str(servers[1])]["owner"] == "bob@example.com"

    run(main())
