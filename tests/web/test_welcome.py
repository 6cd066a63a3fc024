"""Who opens a panel's address in a browser is told what it is and where to go on."""

import httpx
import pytest

from simulator.kernel import run
from simulator.lab import Lab
from simulator.review import Recorder, as_dict, review

HOSTING = Lab.load("hosting")


@pytest.mark.parametrize(
    ("panel", "place"),
    [("dci6_url", "/swagger"), ("dci5_url", "/dcimgr"), ("ispmanager_url", "/ispmgr")],
)
def test_a_person_is_answered_at_the_root_of_each_panel(panel, place):
    async def main():
        async with HOSTING.simulated() as lab:
            recorder = Recorder(lab)
            recorder.watch()
            async with httpx.AsyncClient(transport=lab.billing_transport(), base_url=getattr(lab, panel)) as client:
                shown = await client.get("/")
                assert shown.status_code == 200
                assert shown.headers["content-type"].startswith("text/html")
                assert f'href="{place}' in shown.text
                assert (await client.head("/")).text == ""
                assert (await client.get(place)).status_code == 200
                assert (await client.post("/")).text != shown.text
            found = as_dict(recorder, review(recorder))["findings"]
            assert not [each for each in found if each["where"].endswith("GET /")]

    run(main())
