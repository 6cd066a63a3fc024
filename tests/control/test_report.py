"""`rackloop report` from the command line, without a lab and with one."""

from __future__ import annotations

import json

import httpx
import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.control.client import report
from simulator.invariants.catalogue import BY_NAME
from tests.control.support import in_lab

FINDING = {
    "rule": "unknown-call",
    "severity": "error",
    "where": "#1 GET /nothing",
    "text": "404: no handler",
    "advice": "Call what there is.",
    "source": "the panel",
    "calls": [
        {
            "number": 1,
            "at": 2.0,
            "call": "GET /nothing",
            "action": "",
            "values": {},
            "status": 404,
            "refused": "404: no handler",
        }
    ],
}


def lab_that_answers(monkeypatch, **answer):
    whole = {"calls": 1, "clients": ["127.0.0.1 curl"], "findings": [], **answer}
    told = []

    def reply(request):
        told.append((request.method, str(request.url)))
        return httpx.Response(200, json=whole)

    real = httpx.Client
    monkeypatch.setattr(report.httpx, "Client", lambda **options: real(transport=httpx.MockTransport(reply)))
    return told


def test_findings_are_told_and_the_exit_status_is_1(monkeypatch, tmp_path):
    told = lab_that_answers(monkeypatch, findings=[FINDING])
    done = CliRunner().invoke(app, ["report", "--restart", "--json", str(tmp_path / "r.json")])
    assert done.exit_code == 1
    assert "ERROR    unknown-call: #1 GET /nothing" in done.output
    assert "Call what there is. [the panel]" in done.output
    assert "1 call of 1 client: 1 finding" in done.output
    assert json.loads((tmp_path / "r.json").read_text())["findings"] == [FINDING]
    assert [method for method, _ in told] == ["GET", "DELETE"]


def test_nothing_wrong_is_status_0(monkeypatch):
    lab_that_answers(monkeypatch)
    done = CliRunner().invoke(app, ["report"])
    assert (done.exit_code, done.output) == (0, "1 call of 1 client: nothing wrong was seen\n")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--endpoints", "missing.json"], "the lab is not up yet"),
        (["--endpoints", "other.json"], "it is not an endpoints file"),
        (["--control", "http://127.0.0.1:9"], "no lab answers at http://127.0.0.1:9/__lab/report"),
        (["--control", "nonsense"], "no lab answers at nonsense"),
    ],
)
def test_without_a_lab_it_says_where_it_looked(words, why, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.json").write_text("[]")
    done = CliRunner().invoke(app, ["report", *words])
    assert done.exit_code == 2
    assert why in done.output


def test_what_does_not_hold_is_a_finding_until_restart_and_has_no_calls():
    async def scene(lab, client):
        lab.panel.edit_server(1, {"faulty": "its fan"})
        alice = lab.panel.users.create("alice@example.com", "A-password-1").id
        lab.panel.set_owner(1, alice)
        told = (await client.get("/__lab/report")).json()
        await client.delete("/__lab/report")
        again = (await client.get("/__lab/report")).json()
        lab.panel.set_owner(1, None)
        lab.panel.set_owner(1, alice)
        anew = (await client.get("/__lab/report")).json()
        reset = (await client.post("/__lab/reset")).json()
        return told, again["findings"], len(anew["findings"]), reset, (await client.get("/__lab/report")).json()

    told, again, anew, reset, last = in_lab(scene)
    assert told["findings"] == [
        {
            "rule": "for-sale",
            "severity": "error",
            "where": "srv-1",
            "text": "srv-1 is faulty (its fan), and is given to alice@example.com (since 0 s)",
            "advice": "What the panel calls faulty or in maintenance is not sold.",
            "source": BY_NAME["for-sale"].source,
            "calls": [],
        }
    ]
    assert (again, anew, last["findings"]) == ([], 1, [])
    assert reset == {"faults": 0, "calls": 0}
    assert told["violations_forgotten"] == 0
    assert told["invariants"] == sorted(name for name, each in BY_NAME.items() if each.alone)
    text = report.as_text(told)
    assert "ERROR    for-sale: srv-1" in text
    assert "0 calls of 0 clients: 1 finding\n" in text
