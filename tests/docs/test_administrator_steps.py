"""What the five vendor documents have an administrator do in the panels: each step walked through over their APIs, beside the
sentence that asks for it.

B6: "Integration with BILLmanager" of DCImanager 6. B5: "Integrating with DCImanager". W6, W6old: "Integration with WHMCS" and its
older edition. ISP: "Integrating BILLmanager with existing ispmanager accounts". What they have him do in billing is not here.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from simulator.kernel import run
from simulator.lab import Lab, Run

HALL = {
    "lab": "fresh",
    "racks": [
        {
            "name": "A1",
            "switches": [{"name": "sw-1", "ports": 8}],
            "pdus": [{"name": "pdu-1", "outlets": 8}],
            "servers": [
                {
                    "name": "srv-1",
                    "configuration": "E3-1230-16Gb-2x1000SSD",
                    "cables": {"nic1": "sw-1/1", "psu1": "pdu-1/1"},
                }
            ],
        }
    ],
    "panel": {
        "location": {"id": 3, "name": "Main hall"},
        "pools": [{"name": "public", "range": "192.0.2.10-192.0.2.19", "gateway": "192.0.2.1"}],
        "templates": [
            {"name": "Diag6", "type": "diagnostic", "work": "14m"},
            {"name": "debian-12", "type": "os", "work": "20m", "installed": False},
        ],
    },
    "ispmanager": {"users": [{"name": "Alice1", "password": "rosebud-1941"}]},
}


class Administrator:
    """With a session of DCImanager 6, and the same account in DCImanager 5."""

    def __init__(self, lab: Run, http: httpx.AsyncClient) -> None:
        self.lab = lab
        self.http = http

    async def log_in(self, email: str, password: str) -> None:
        login = {"email": email, "password": password}
        answer = await self.http.post(f"{self.lab.dci6_url}/auth/v4/public/token", json=login)
        self.http.headers["x-xsrf-token"] = answer.json()["token"]

    async def six(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.http.request(method, f"{self.lab.dci6_url}{path}", json=body)
        return answer.json()

    async def list6(self, path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await self.six("GET", path))["list"]
        return rows

    async def five(self, func: str, **params: Any) -> ET.Element:
        asked = {"out": "xml", "func": func, "authinfo": ":".join(self.lab.admin), **params}
        return ET.fromstring((await self.http.post(f"{self.lab.dci5_url}/dcimgr", data=asked)).text)

    async def row5(self, server: int) -> dict[str, str]:
        rows = (await self.five("server")).iter("elem")
        found = [{cell.tag: cell.text or "" for cell in row} for row in rows]
        return next(row for row in found if row["id"] == str(server))


def walk(steps: Callable[[Administrator], Awaitable[None]]) -> None:
    async def main() -> None:
        async with Lab.load(HALL).simulated() as lab:
            await lab.clock.sleep(30)
            async with httpx.AsyncClient(transport=lab.billing_transport()) as http:
                administrator = Administrator(lab, http)
                await administrator.log_in(*lab.admin)
                await steps(administrator)

    run(main())


def test_a_hall_is_set_up_for_billing_as_the_documents_say() -> None:
    async def steps(it: Administrator) -> None:
        clock, machine = it.lab.clock, it.lab.plant.servers["srv-1"]
        held = await it.six("GET", "/dci/v3/server/1")
        ((port,), outlet) = held["switch_connection"], held["pdu_connection"]
        access = it.lab.panel.inventory.servers.get(1).bmc
        assert await it.six("DELETE", "/dci/v3/server/1") == {"id": 1}, "the hall is empty in the records"

        # B6: "Specify DCImanager 6 Location ID, from which servers will be provided when ordered."
        # W6: "Location ID — location ID in DCImanager 6."
        (location,) = await it.list6("/dci/v3/location")
        assert location["id"] == 3

        # B5: "first go through the steps to get started with the control panel, add servers and OS templates"
        rack = (await it.list6("/dci/v3/rack"))[0]["id"]
        account = {"ip": access.host, "port": access.port, "username": access.username, "password": access.password}
        new = {"name": "srv-1", "rack": rack, "mac": held["mac"], "bmc": {**account, "ip": "127.0.0.99"}}
        server = (await it.six("POST", "/dci/v3/server", new))["id"]
        path = f"/dci/v3/server/{server}"
        assert await it.list6("/dci/v3/os_template?where=type EQ 'os'") == []
        listed = {row.findtext("name"): row for row in (await it.five("osmgr")).iter("elem")}
        assert listed["debian-12"].find("installed") is None
        done = await it.five("osmgr.install", elid=listed["debian-12"].findtext("id"))
        assert done.find("ok") is not None
        # W6: "Operation system — OS template name in DCImanager 6"
        assert [row["name"] for row in await it.list6("/dci/v3/os_template?where=type EQ 'os'")] == ["debian-12"]

        # B5: "Please note: make sure you have configured the server equipment for power distribution management (PDU, IPMI) in
        # DCImanager."
        await it.six("POST", f"{path}/bmc", account)
        await it.six("POST", f"{path}/connection", {"pdu_port": outlet["port_id"]})
        await it.six("POST", f"{path}/power_on")
        await clock.sleep(60)
        assert machine.powered

        # W6: "The service cannot be suspended if switch ports were not specified in the server settings form."
        assert (await it.six("POST", f"{path}/port_off"))["error"]["code"]
        assert machine.nics[0].link_up
        await it.six("POST", f"{path}/connection", {"switch_port": port["id"]})
        await it.six("POST", f"{path}/port_off")
        await clock.sleep(30)
        assert not machine.nics[0].link_up
        await it.six("POST", f"{path}/port_on")
        await clock.sleep(30)

        # W6: "Make sure that the diagnostics process can be run on the server." Here it cannot yet.
        order = {"template": "Diag6", "clear_disks": False}
        refused = await it.six("POST", f"{path}/diagnostic", order)
        assert "deallocation" in refused["error"]["msg"]

        # W6: "Go to Networks IP pools → Create IP pool." "Specify the arbitrary Pool name." "Click on Create the pool."
        pool = (await it.six("POST", "/ip/v3/userspace/public/ippool", {"name": "for diagnostics"}))["id"]
        # W6: "In the IP address or range field, enter the range from which IP addresses will be allocated to the servers under
        # diagnostics."
        await it.six("POST", f"/ip/v3/ippool/{pool}/range", {"name": "198.51.100.0/24"})
        # W6: "Enable the option Create a physical network." "Specify the Network that the diagnostics module will use. The
        # network must be included in the specified IP range." "Enter the Gateway address for the network."
        network = {"name": "198.51.100.0/24", "gateway": "198.51.100.1"}
        await it.six("POST", "/ip/v3/userspace/public/ipnet", network)
        # W6: "Select the created pool in the Pools for deallocation of servers field." "Press Save."
        await it.six("POST", f"/ip/v3/ippool/{pool}", {"deallocation": True})
        marked = await it.list6("/ip/v3/ippool?where=deallocation EQ true")
        assert [row["name"] for row in marked] == ["for diagnostics"]

        # W6: "Run the diagnostics on the server to receive the server configuration name in DCImanager 6."
        assert (await it.six("GET", path))["configuration"] == ""
        await it.six("POST", f"{path}/diagnostic", order)
        await clock.sleep(1800)
        row = await it.six("GET", path)
        assert (row["operation"]["status"], row["configuration"]) == ("ok", "E3-1230-16Gb-2x1000SSD")
        lent = await it.list6("/ip/v3/userspace/public/history/198.51.100.2")
        assert lent, "diagnostics took their address out of the pool that was marked"
        # B6: "After server configuration has been changed on DCImanager 6 side, we recommend to launch the processing module
        # configuration update on the BILLmanager side manually"
        configurations = await it.list6("/dci/v3/server/configuration")
        assert configurations == [{"configuration": "E3-1230-16Gb-2x1000SSD", "free_server_count": 1}]

        # W6: "IP address group — pool from DCImanager 6 for assigning IPv4 addresses to the server"
        # B6: "Pools must be configured before setting up integration in DCImanager."
        assert {row["name"] for row in await it.list6("/ip/v3/ippool")} == {"public", "for diagnostics"}
        # W6: "specify the server id from DCImanager 6 in the DCImgr server ID field in the service card"
        assert [row["id"] for row in await it.list6("/dci/v3/server?where=name EQ 'srv-1'")] == [server]

        # B5: "A server is considered available, if: it has no owner, it is not marked as faulty, its hostname is free.ds"
        row5 = await it.row5(server)
        assert (row5["hostname"], "owner" in row5, "hwproblem" in row5) == ("free.ds", False, False)
        await it.five("server.edit", elid=server, sok="ok", hwproblem="on")
        assert "hwproblem" in await it.row5(server)
        await it.five("server.edit", elid=server, sok="ok", hwproblem="off")
        assert "hwproblem" not in await it.row5(server)
        # B5: "Finally, it will send a list of available networks."
        networks = [row.findtext("range") for row in (await it.five("new_net")).iter("elem")]
        assert networks == ["192.0.2.10-192.0.2.19", "198.51.100.0/24"]

    walk(steps)


def test_accounts_are_made_that_billing_logs_in_with_and_gives_servers_to() -> None:
    async def steps(it: Administrator) -> None:
        # B6: "Username — DCImanager 6 administrator's email; Password — DCImanager 6 administrator's password."
        # W6: "Username — enter the Admin username in DCImanager 6 that will manage servers in DCImanager 6"
        billing = {"email": "billing@example.com", "password": "billing-secret", "roles": ["@admin"]}
        assert (await it.six("POST", "/auth/v4/user", billing))["id"]
        await it.log_in("billing@example.com", "billing-secret")
        assert (await it.six("GET", "/auth/v4/whoami"))["roles"] == ["@admin"]
        # B5: "Complete the integration steps with DCImanager administrator privileges."
        made = await it.five("user.edit", sok="ok", name="billing", passwd="billing-secret", level="lvAdmin")
        assert made.find("ok") is not None
        assert (await it.five("globalsettings", authinfo="billing:billing-secret")).find("error") is None
        # W6: "DCImanager 6 user name which will be assigned as the owner of the server when the service is terminated."
        keeper = {"email": "stock@example.com", "password": "stock-secret", "roles": ["@user"]}
        number = (await it.six("POST", "/auth/v4/user", keeper))["id"]
        await it.six("POST", "/dci/v3/server/1/owner", {"owner": number})
        assert (await it.six("GET", "/dci/v3/server/1"))["owner_email"] == "stock@example.com"

    walk(steps)


def test_a_colocated_machine_is_put_into_the_list_by_hand() -> None:
    async def steps(it: Administrator) -> None:
        # B5: "The server will be added into the list of servers in IFXmanager."
        rack = (await it.five("rack")).findtext("elem/id")
        new = {"name": "colo-1", "rack": rack, "mac": "00:25:90:00:99:01"}
        made = await it.five("server.edit", sok="ok", **new)
        number = int(made.findtext("id", "0"))
        assert (await it.row5(number))["name"] == "colo-1"
        # B5: "IFXmanager user details and server ID are specified in BILLmanager"
        user = (await it.five("user.edit", sok="ok", name="carol", passwd="carols-secret")).findtext("id")
        await it.five("server.edit", elid=number, sok="ok", owner=user)
        assert (await it.row5(number))["owner"] == "carol"

    walk(steps)


def test_an_existing_ispmanager_account_is_named_exactly_as_it_appears() -> None:
    async def steps(it: Administrator) -> None:
        url = f"{it.lab.ispmanager_url}/ispmgr"
        asked = {"out": "xml", "func": "user", "authinfo": "root:rackloop-root"}
        rows = ET.fromstring((await it.http.get(url, params=asked)).text)
        # ISP: "Username — enter the username exactly as it appears in ispmanager."
        assert [row.findtext("name") for row in rows.iter("elem")] == ["Alice1"]
        # ISP: "Password — enter the user password in ispmanager"
        for name, right in (("Alice1", True), ("alice1", False)):
            login = {"out": "xml", "func": "auth", "username": name, "password": "rosebud-1941"}
            answer = ET.fromstring((await it.http.get(url, params=login)).text)
            assert (answer.find("auth") is not None) is right

    walk(steps)
