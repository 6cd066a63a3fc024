"""While a COREmanager product's core starts, it says so in its own words, in the form and the language asked for."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import httpx
import pytest

from simulator.api6.errors import body
from simulator.faults import CATALOGUE
from simulator.kernel import run
from simulator.lab import Lab, Run

SMALL, HOSTED = Lab.load("one"), Lab.load("hosting")


async def asked(lab: Run, url: str, **query: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=lab.billing_transport()) as http:
        return await http.get(url, params=query)


def down(lab: Run, of: str = "dcimanager") -> None:
    params = CATALOGUE["panel.restart"].params.model_validate({"for": 60, "of": of})
    lab.faults.inject("panel.restart", params)


@pytest.mark.parametrize("func", ["server", "whoami", "", "server.poweron", "no.such.function"])
def test_dcimanager_5_answers_503_as_an_error_document_and_the_journal_has_it(func: str) -> None:
    async def scene() -> None:
        async with SMALL.simulated() as lab:
            down(lab)
            url = f"{lab.dci5_url}/dcimgr"
            answer = await asked(lab, url, func=func, out="xml", lang="ru")
            assert answer.status_code == 503
            error = ET.fromstring(answer.content).find("error")
            assert error is not None
            assert error.get("type") == "unavailable"
            assert "запускается" in (error.findtext("msg") or "")
            words = (await asked(lab, url, func=func, out="json")).json()
            assert json.dumps(words) != json.dumps(body(503, "Unavailable")), "version 6's words"
            assert "starting" in json.dumps(words)
            records = [record for record in lab.journal if record.layer == "api5"]
            assert [record.detail["status"] for record in records] == [503, 503]
            assert records[0].subject == f"GET /dcimgr?func={func}"
            await lab.clock.sleep(61)
            assert (await asked(lab, url, func=func, out="xml")).status_code == 200

    run(scene())


def test_an_ispmanager_says_it_in_its_own_words_too() -> None:
    async def scene() -> None:
        async with HOSTED.simulated() as lab:
            down(lab, "ispmanager")
            answer = await asked(lab, f"{lab.ispmanager_url}/ispmgr", func="user", out="xml")
            assert (answer.status_code, b'type="unavailable"' in answer.content) == (503, True)
            assert [record.detail["status"] for record in lab.journal if record.layer == "ispmanager"] == [503]

    run(scene())


def test_dcimanager_6_goes_on_saying_it_in_its_words() -> None:
    async def scene() -> None:
        async with SMALL.simulated() as lab:
            down(lab)
            answer = await asked(lab, f"{lab.dci6_url}/dci/v3/server")
            assert (answer.status_code, answer.json()) == (503, body(503, "Unavailable"))

    run(scene())
