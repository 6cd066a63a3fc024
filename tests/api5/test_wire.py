"""Version 5 on a real socket, with and without TLS, beside version 6."""

import asyncio

import httpx
import pytest

from simulator.control.endpoints import endpoints
from simulator.control.up import stand
from simulator.lab import Lab
from simulator.lab.options import WireOptions

ONE = Lab.load("one")


@pytest.mark.parametrize("tls", [False, True])
def test_both_panels_answer_on_ports_of_their_own(tls):
    async def main():
        async with stand(
            ONE.plan, WireOptions(clock="stepped", tls=tls, devices="as planned"), control_port=0
        ) as standing:
            places = endpoints(standing)
            assert places["dci5"].startswith("https://" if tls else "http://")
            assert places["dci5"] != places["dci6"]
            login = places["admin"]["dci5"]
            async with httpx.AsyncClient(transport=standing.run.billing_transport()) as http:
                answer = await http.get(
                    f"{places['dci5']}/dcimgr", params={"func": "auth", "out": "json", **login}, follow_redirects=False
                )
                session = answer.json()["doc"]["auth"]["$"]
                assert answer.cookies["dcimgrses5"] == session
                query = {"func": "server", "out": "xml", "auth": session}
                rows = await http.post(f"{places['dci5']}/manager/dcimgr", data=query)
                assert rows.text.count("<elem>") == len(ONE.plan.servers)
                assert (await http.get(f"{places['dci6']}/auth/v4/whoami")).status_code == 401
                assert (await http.get(f"{places['dci5']}/auth/v4/whoami")).status_code == 404

    asyncio.run(main())
