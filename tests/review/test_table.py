"""The report over clients that are right and clients that are wrong in one way: exactly the findings of the table."""

from __future__ import annotations

import re

import pytest

from simulator.control.client.report import as_text
from simulator.kernel import run
from simulator.review import Recorder, as_dict, review
from tests.review import clients_table as clients
from tests.review.support import LAB, Client, trial


@pytest.mark.parametrize("scene", clients.TABLE, ids=lambda scene: scene.__name__)
def test_a_client_is_found_to_do_what_it_does_wrong_and_nothing_else(scene: clients.Scene) -> None:
    assert set(trial(scene)) == clients.TABLE[scene]


def report_of(scene: clients.Scene) -> dict:
    async def main() -> dict:
        async with LAB.simulated() as lab:
            recorder = Recorder(lab)
            recorder.watch()
            client = Client(lab)
            await scene(lab, client)
            await client.http.aclose()
            return as_dict(recorder, review(recorder))

    return run(main())


def test_what_is_not_emulated_here_stands_apart_and_is_no_finding() -> None:
    report = report_of(clients.functions_that_are_not_emulated)
    assert report["findings"] == []
    assert report["not_emulated"] == [
        {"panel": "DCImanager 5", "call": "POST func=purchases", "times": 1},
        {"panel": "DCImanager 5", "call": "POST func=rackmap", "times": 1},
        {"panel": "DCImanager 6", "call": "GET /eservice/v3/device", "times": 1},
    ]
    text = as_text(report)
    assert "Not emulated here" in text
    assert text.splitlines()[-1] == (
        "summary errors=0 warnings=0 notes=0 not_emulated=3 unfinished=0 calls=4 clients=1"
    )


def test_the_nearest_of_an_unknown_property_is_a_property() -> None:
    (finding,) = report_of(clients.asks_for_a_property_that_there_is_not)["findings"]
    assert "did you mean `domain`?" in finding["text"]
    assert "POST /dci/v3/server/{sid}" not in finding["text"]


def test_a_report_is_in_one_language_whatever_the_client_speaks() -> None:
    text = as_text(report_of(clients.asks_in_russian))
    assert not re.search("[\u0400-\u04ff]", text)
    assert "There is no function" in text


def test_what_an_unfinished_clock_hides_is_said() -> None:
    async def two(lab, client) -> None:
        await client.login()
        for server in (1, 2):
            await client.install(server)

    report = report_of(two)
    assert report["unfinished"] == 2
    assert "2 operations still run: wait, and ask again" in as_text(report)
    assert "2 operations still run: advance the clock, or wait" in as_text({**report, "stepped": True})
    assert "unfinished=2" in as_text(report).splitlines()[-1]


def test_the_sums_of_the_summary_are_those_of_the_findings() -> None:
    summary = report_of(clients.gives_an_address_while_a_system_still_has_it)["summary"]
    assert (summary["errors"], summary["warnings"], summary["notes"], summary["clients"]) == (1, 1, 0, 1)
