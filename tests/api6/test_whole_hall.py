"""Calls of the API whose effect is in the hall: what the plant shows after them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from simulator import Lab
from simulator.faults import CATALOGUE
from simulator.kernel import run
from simulator.lab import Run
from simulator.plant import BootState

LAB: dict[str, Any] = {
    "lab": "tiny",
    "racks": [
        {
            "name": "A1",
            "switches": [{"name": "sw-a1", "model": "cisco-c3560", "ports": 8}],
            "pdus": [{"name": "pdu-a1", "model": "apc-ap8641", "outlets": 8}],
            "servers": [
                {
                    "name": "srv-01",
                    "model": "supermicro-x10",
                    "configuration": "E3-1230-16Gb-2x1000SSD",
                    "cables": {"nic1": "sw-a1/1", "psu1": "pdu-a1/1"},
                }
            ],
        }
    ],
    "panel": {
        "pools": [{"name": "public", "range": "192.0.2.10-192.0.2.19", "gateway": "192.0.2.1"}],
        "templates": [
            {"name": "debian-12", "type": "os", "image": "900 MB"},
            {"name": "Sysrescd", "type": "rescue", "image": "400 MB"},
        ],
    },
}
ADMIN = {"email": "admin@example.com", "password": "rackloop-admin"}
SERVER = "/dci/v3/server/1"


class Hall:
    """A lab in virtual time, and an administrator in front of its panel."""

    def __init__(self, lab: Run, http: httpx.AsyncClient) -> None:
        self.lab = lab
        self.http = http
        self.machine = lab.plant.servers["srv-01"]

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def ended(self) -> dict[str, Any]:
        """The last operation, when it has ended."""
        while (last := (await self.get(SERVER))["operation"])["status"] in ("waiting", "running"):
            await self.lab.clock.sleep(30)
        return dict(last)


def in_hall(scene: Callable[[Hall], Awaitable[None]]) -> None:
    async def main() -> None:
        async with (
            Lab.load(LAB).simulated(seed=1) as lab,
            httpx.AsyncClient(transport=httpx.ASGITransport(app=lab.gateway6), base_url="http://dci6") as http,
        ):
            await lab.clock.sleep(5)  # the first polls
            token = (await http.post("/auth/v4/public/token", json=ADMIN)).json()["token"]
            http.headers["x-xsrf-token"] = token
            await scene(Hall(lab, http))

    run(main())


def test_recovery_mode_runs_from_memory_until_the_server_is_restarted():
    async def scene(hall: Hall) -> None:
        first, second = (await hall.post(f"{SERVER}/ip", {"count": 2}))["ids"]
        names = {row["id"]: row["name"] for row in (await hall.get(f"{SERVER}/ip"))["list"]}
        await hall.post(f"{SERVER}/os_install", {"os_template": "debian-12", "ip": 99}, status=400)
        await hall.post(f"{SERVER}/os_install", {"os_template": "debian-12", "ip": names[second]})
        assert (await hall.ended())["status"] == "ok"
        assert hall.machine.state is BootState.RUNNING
        assert hall.lab.plant.answering(names[second]) == "srv-01"
        installed = hall.machine.disks[0].os

        rows = (await hall.get("/dci/v3/os_template?where=type EQ 'recovery'"))["list"]
        assert [row["name"] for row in rows] == ["Sysrescd"]
        assert (await hall.post(f"{SERVER}/recovery", {"template": "debian-12"}, status=404))["error"]["code"] == 3080
        begun = await hall.post(f"{SERVER}/recovery", {"template": "Sysrescd", "password": "let-me-in"})
        last = await hall.ended()
        assert (last["id"], last["type"], last["status"]) == (begun["operation"], "recovery", "ok")
        assert hall.machine.state is BootState.RESCUE
        assert hall.machine.disks[0].os == installed
        assert hall.lab.plant.answering(names[first]) == "srv-01"
        await hall.post(f"{SERVER}/power_reset", {})
        await hall.lab.clock.sleep(300)
        assert hall.machine.state is BootState.RUNNING

    in_hall(scene)


def test_a_ports_vlan_is_set_on_the_switch_itself():
    async def scene(hall: Hall) -> None:
        hardware = hall.lab.plant.switches["sw-a1"]
        (port,) = (await hall.get("/dci/v3/switch/1/port?where=server.name EQ 'srv-01'"))["list"]
        assert port["vlan"] == 1
        path = f"/dci/v3/switch/1/port/{port['id']}"
        assert await hall.post(path, {"vlan": 20}) == {"id": port["id"]}
        assert hardware.ports[0].pvid == 20
        assert hardware.vlans[20].name == "VLAN0020"
        (port,) = (await hall.get("/dci/v3/switch/1/port?where=vlan EQ 20"))["list"]
        assert port["vlan"] == 20
        await hall.post(path, {"vlan": 4095}, status=400)
        refused = await hall.post(path, {"vlan": 1, "description": "x"}, status=409)
        assert "cannot set description" in refused["error"]["msg"]
        dead = CATALOGUE["switch.dead"].params.model_validate({"switch": "sw-a1"})
        hall.lab.faults.inject("switch.dead", dead)
        assert (await hall.post(path, {"vlan": 30}, status=502))["error"]["code"] == 9503
        assert hardware.ports[0].pvid == 20
        assert not (await hall.get("/dci/v3/switch/1/port?where=vlan EQ 30"))["list"]
        assert [vlan.id for vlan in hall.lab.panel.vlans] == [1, 20]

    in_hall(scene)


def test_a_ports_speed_and_duplex_are_set_on_the_switch_itself():
    async def scene(hall: Hall) -> None:
        hardware = hall.lab.plant.switches["sw-a1"].ports[0]
        hall.lab.plant.servers["srv-01"].power_on()
        await hall.lab.clock.sleep(301)
        listed = "/dci/v3/switch/1/port?where=server.name EQ 'srv-01'"
        (port,) = (await hall.get(listed))["list"]
        assert (port["speed"], port["duplex"]) == (10**9, "full")
        path = f"/dci/v3/switch/1/port/{port['id']}"
        await hall.post(path, {"speed": 10**7})
        assert hardware.setting == (10**7, None)
        await hall.post(path, {"duplex": "half"})
        assert hardware.setting == (10**7, False)
        assert (await hall.get(listed))["list"][0]["speed"] == 10**9, "not polled yet"
        await hall.lab.clock.sleep(301)
        (port,) = (await hall.get(f"{listed} AND duplex EQ 'half'"))["list"]
        assert (port["speed"], port["duplex"]) == (10**7, "half")
        for body, status, code in (
            ({"speed": 10**10}, 502, 9504),
            ({"speed": 10**9}, 502, 9504),
            ({"speed": 12}, 400, None),
            ({"duplex": "disagree"}, 400, None),
        ):
            answer = await hall.post(path, body, status=status)
            assert code in (None, answer["error"]["code"])
        assert hardware.setting == (10**7, False)
        await hall.post(path, {"speed": "auto", "duplex": "auto"})
        assert hardware.setting == (None, None)

    in_hall(scene)


def test_meters_count_what_an_installation_reads_through_the_servers_port():
    async def scene(hall: Hall) -> None:
        assert (await hall.get(f"{SERVER}/statistic"))["list"] == []
        await hall.post(f"{SERVER}/ip", {})
        await hall.post(f"{SERVER}/os_install", {"os_template": "debian-12"})
        await hall.ended()
        await hall.lab.clock.sleep(600)
        (day,) = (await hall.get(f"{SERVER}/statistic?where=date GE '2026-01-01'"))["list"]
        assert day["date"] == "2026-01-01"
        assert day["received"] >= 900_000_000 > day["sent"]

    in_hall(scene)
