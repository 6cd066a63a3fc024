"""An ispmanager in a lab: from the file, in virtual time, and on a socket of its own."""

import asyncio

import httpx
import pytest

from simulator.control.client.health import check_health
from simulator.control.endpoints import endpoints, write_endpoints
from simulator.control.up import stand
from simulator.faults import CATALOGUE, NotPossible
from simulator.files.lab_file import lab_from_mapping
from simulator.files.problems import FileProblems
from simulator.kernel import run
from simulator.lab import Lab
from simulator.lab.options import WireOptions

HOSTING = Lab.load("hosting")


async def _users(http: httpx.AsyncClient, url: str, login: str) -> str:
    answer = await http.get(f"{url}/ispmgr", params={"func": "user", "out": "text", "authinfo": login})
    return answer.text


def test_a_lab_that_names_one_has_it_with_its_accounts():
    async def main() -> None:
        async with HOSTING.simulated() as lab, httpx.AsyncClient(transport=lab.billing_transport()) as http:
            assert lab.ispmanager_url
            text = await _users(http, lab.ispmanager_url, "root:rackloop-root")
            assert [line.split()[0] for line in text.splitlines()] == [
                "name=alice", "name=bob", "name=Bob", "name=carol", "name=dave",
            ]  # fmt: skip
            assert "limit_quota=10240" in text.splitlines()[0]
            assert "active=off" in text.splitlines()[-1]
            refused = await _users(http, lab.ispmanager_url, "admin@example.com:rackloop-admin")
            assert refused.startswith("ERROR auth(badpassword)")  # the panel's people are not its people
            (record,) = [each for each in lab.journal if "error" in each.detail]
            assert (record.layer, record.detail["error"]) == ("ispmanager", "auth:badpassword")

    run(main())


def test_a_lab_that_names_none_has_none():
    async def main() -> None:
        async with Lab.load("one").simulated() as lab:
            assert lab.ispmanager_url is None

    run(main())


@pytest.mark.parametrize("tls", [False, True])
def test_it_answers_on_a_port_of_its_own(tls, tmp_path):
    async def main() -> None:
        async with stand(
            HOSTING.plan, WireOptions(clock="stepped", tls=tls, devices="as planned"), control_port=0
        ) as standing:
            places = endpoints(standing)
            assert places["ispmanager"].startswith("https://" if tls else "http://")
            assert len({places["ispmanager"], places["dci5"], places["dci6"]}) == 3
            admin = places["admin"]["ispmanager"]
            async with httpx.AsyncClient(transport=standing.run.billing_transport()) as http:
                answer = await http.get(
                    f"{places['ispmanager']}/ispmgr", params={"func": "auth", "out": "json", **admin}
                )
                assert answer.cookies["ispmgrses5"] == answer.json()["doc"]["auth"]["$"]
                # The client keeps the cookie, and needs nothing else.
                listed = await http.get(f"{places['ispmanager']}/ispmgr?func=user&out=xml")
                assert listed.text.count("<elem>") == 5
                assert (await http.get(f"{places['ispmanager']}/dcimgr")).status_code == 404
                assert (await http.get(f"{places['dci5']}/ispmgr")).status_code == 404
            file = tmp_path / "endpoints.json"
            write_endpoints(file, standing)
            assert (await asyncio.to_thread(check_health, file)).endswith("ispmanager")

    asyncio.run(main())


def test_the_endpoints_of_a_lab_without_one_do_not_mention_it():
    async def main() -> None:
        async with stand(
            Lab.load("one").plan, WireOptions(clock="stepped", devices="as planned"), control_port=0
        ) as standing:
            places = endpoints(standing)
            assert "ispmanager" not in places
            assert set(places["admin"]) == {"dci5", "dci6"}

    asyncio.run(main())


@pytest.mark.parametrize(
    ("ispmanager", "message"),
    [
        ({"users": [{"name": "a", "password": "x"}, {"name": "a", "password": "y"}]}, "two accounts of the name `a`"),
        ({"users": [{"name": "root", "password": "x"}]}, "two accounts of the name `root`"),
        ({"users": [{"name": "a b", "password": "x"}]}, "'a b' is not a valid name"),
        ({"users": [{"name": "a"}]}, "password"),
        ({"users": [{"name": "a", "password": "x", "preset": "strat"}], "presets": [{"name": "start"}]}, "start"),
        ({"users": [{"name": "a", "password": "x", "limits": {"limit_qouta": 1}}]}, "limit_quota"),
        ({"presets": [{"name": "start"}, {"name": "start"}]}, "two presets of the name `start`"),
        ({"presets": [{"name": "#custom"}]}, "ispmanager's own"),
        ({"user": []}, "users"),
    ],
)
def test_a_lab_file_says_what_is_wrong_with_its_accounts(ispmanager, message):
    with pytest.raises(FileProblems) as caught:
        lab_from_mapping({"lab": "x", "racks": [{"name": "A1"}], "ispmanager": ispmanager})
    text = "\n".join(map(str, caught.value.problems))
    assert message in text


def test_it_restarts_by_itself_and_the_panel_without_it():
    async def main() -> None:
        async with HOSTING.simulated() as lab, httpx.AsyncClient(transport=lab.billing_transport()) as http:

            async def statuses() -> list[int]:
                urls = [f"{lab.ispmanager_url}/ispmgr?out=xml", f"{lab.dci5_url}/dcimgr?out=xml"]
                return [(await http.get(url)).status_code for url in urls]

            restart = CATALOGUE["panel.restart"].params
            lab.faults.inject("panel.restart", restart.model_validate({"of": "ispmanager"}))
            assert await statuses() == [503, 200]
            lab.faults.clear()
            lab.faults.inject("panel.restart", restart.model_validate({}))
            assert await statuses() == [200, 503]
            lab.faults.clear()
            assert await statuses() == [200, 200]
        async with Lab.load("one").simulated() as lab:
            with pytest.raises(NotPossible, match="the lab has no ispmanager"):
                lab.faults.inject("panel.restart", restart.model_validate({"of": "ispmanager"}))

    run(main())
