"""A failure explains itself: from the fault, across devices, to what failed, in a few links."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from simulator.kernel import Journal, Record
from simulator.kernel.causes import explain
from simulator.scenario import labs
from simulator.scenario.labs import Mode
from simulator.scenario.language import load_scenario
from simulator.scenario.result import Result
from simulator.scenario.runner import run_scenario

WHMCS = "settings: {os: debian-12, pool: public, install_timeout: 40m}"
BILLMANAGER5 = """module: billmanager5
settings: {configuration: E3-1230-16Gb-2x1000SSD, os: debian-12, ping_timeout: 5m}"""
ORDER = "create: {service: web1, client: alice@example.com, configuration: E3-1230-16Gb-2x1000SSD, server: srv-01}"
ORDER5 = "create: {service: web1, client: alice@example.com}"


def play(
    folder: Path, fault: str, *steps: str, head: str = WHMCS, expect: str = '{error: "*"}', mode: Mode = "simulated"
) -> tuple[Result, Journal]:
    """The last step ends as `expect` says; the journal of the run."""
    file = folder / "scenario.yaml"
    faults = "".join(f"  - {each}\n" for each in fault.split("; "))
    played = "".join(f"  - {step}\n" for step in steps)
    wanted = f"    expect: {expect}\n" if expect else ""
    file.write_text(
        f"scenario: A trial\nlab: small\n{head}\nfaults:\n{faults}steps:\n{played}{wanted}",
        encoding="utf-8",
    )
    kept: list[Journal] = []

    @asynccontextmanager
    async def opened(plan: Any, how: Mode, seed: int) -> AsyncIterator[Any]:
        async with labs.OPEN(plan, how, seed) as run:
            kept.append(run.journal)
            yield run

    return run_scenario(load_scenario(file), open_lab=opened, mode=mode), kept[0]


def failing(journal: Journal) -> list[Record]:
    """The chain to the step that ended with an error."""
    ends = [record for record in journal if record.layer == "scenario" and "error" in record.detail]
    assert len(ends) == 1
    return journal.chain(ends[0])


class Trial(NamedTuple):
    fault: str
    crosses: str
    """Layers and subjects of the chain between the fault and the billing side, in order."""
    steps: tuple[str, ...] = (ORDER,)
    head: str = WHMCS


TRIALS = {
    "a bank trips": Trial(
        "bank.tripped: {pdu: pdu-a1, bank: 1, at: 8m}", "fault pdu-a1, plant pdu-a1, plant srv-01, panel srv-01"
    ),
    "an outlet is off": Trial(
        "outlet.off: {pdu: pdu-a1, outlet: 1, at: 8m}", "fault pdu-a1, plant pdu-a1, plant srv-01, panel srv-01"
    ),
    "a BMC is dead": Trial("bmc.dead: {server: srv-01}", "fault srv-01, panel srv-01"),
    "a BMC refuses": Trial("ipmi.slots_full: {server: srv-01}", "fault srv-01, panel srv-01"),
    "a port is down": Trial(
        "port.broken: {switch: sw-a1, port: 1, at: 3m}", "fault sw-a1, plant sw-a1, plant srv-01"
    ),
    "no link from the start": Trial(
        "port.broken: {switch: sw-a1, port: 1}", "fault sw-a1, plant srv-01, plant srv-01, panel srv-01"
    ),
    "a cable is out": Trial("cable.unplugged: {server: srv-01}", "fault srv-01, plant srv-01, plant srv-01, panel srv-01"),
    "a SET is lost": Trial(
        "snmp.set_lost: {switch: sw-a1, object: ifAdminStatus}",
        "fault sw-a1, panel sw-a1, api6 POST /dci/v3/server/1/port_on",
    ),
    "DHCP is lost": Trial(
        "dhcp.lost: {server: srv-01}", "fault srv-01, wire DHCP, plant srv-01, plant srv-01, panel srv-01"
    ),
    "a phone-home is lost": Trial(
        "phonehome.lost: {server: srv-01, stage: done}", "fault srv-01, wire phone-home done, plant srv-01"
    ),
    "a gateway's 504 after the effect": Trial(
        'http.gateway: {call: "POST */ip", status: 504, when: after}; http.refused: {call: "GET */ip"}',
        "fault panel, wire GET /dci/v3/server/1/ip",
    ),
    "a gateway's page": Trial(
        'http.gateway: {call: "POST */owner", status: 200, when: before, page: nginx}',
        "fault panel, wire POST /dci/v3/server/1/owner",
    ),
    "a disk fails": Trial("disk.fails: {server: srv-01, at: 40%}", "fault srv-01, plant srv-01, panel srv-01"),
    "the installer stalls": Trial("installer.stall: {server: srv-01, at: 40%}", "fault srv-01, plant srv-01"),
    "lists are stale": Trial("panel.stale: {age: 2h}", "fault panel, wire /dcimgr", (ORDER5,), BILLMANAGER5),
    "the panel is down": Trial(
        "panel.restart: {at: 4m}", "fault panel, api6 GET /dci/v3/operation/1"
    ),
}  # fmt: skip


LIKE_OTHERS = ("an outlet is off", "a BMC refuses", "no link from the start", "the panel is down")
"""Trials that differ little from others: for `make slow`."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in LIKE_OTHERS else name for name in TRIALS]
)
def test_the_chain_of_what_failed_begins_with_the_fault_and_crosses_the_devices(name: str, tmp_path: Path) -> None:
    trial = TRIALS[name]
    _, journal = play(tmp_path, trial.fault, *trial.steps, head=trial.head)
    chain = failing(journal)
    assert len(chain) <= 8
    before = [f"{record.layer} {record.subject}" for record in chain if record.layer not in ("billing", "scenario")]
    assert ", ".join(before) == trial.crosses
    assert [record.layer for record in chain[len(before) :]][-2:] == ["billing", "scenario"]
    assert [record.time for record in chain] == sorted(record.time for record in chain)
    assert explain(journal, "web1") == chain


@pytest.mark.parametrize(
    ("faults", "first"),
    [
        # An answer that was late in coming, and came; a step that was not heard of, and the next one was.
        ('http.gateway: {call: "POST */owner", status: 504, when: after, times: 1}; dhcp.lost: {server: srv-01}', "dhcp.lost"),
        ("phonehome.lost: {server: srv-01, stage: transfer}; installer.stall: {server: srv-01, at: 60%}", "installer.stall"),
        # A BMC that was silent for a while after the machine had stopped; a sensor, and a disk that is only slow.
        ("installer.stall: {server: srv-01, at: 40%}; ipmi.lost: {server: srv-01, at: 29m, for: 3m}", "installer.stall"),
        ("disk.slow: {server: srv-01, factor: 1.1}; bmc.sensor_frozen: {server: srv-01}; tftp.lost: {server: srv-01}", "tftp.lost"),
        ("bmc.dead: {server: srv-01, at: 3m}; disk.fails: {server: srv-01, at: 60%}", "disk.fails"),
        # Somebody else's trouble.
        ("bmc.dead: {server: srv-02}; port.broken: {switch: sw-a1, port: 2}; nic.silent: {server: srv-01}", "nic.silent"),
    ],
)  # fmt: skip
def test_of_several_faults_the_one_that_did_it_is_named(faults: str, first: str, tmp_path: Path) -> None:
    _, journal = play(tmp_path, faults, ORDER)
    assert failing(journal)[0].what == first


def test_what_a_poll_finds_came_from_what_changed_and_not_from_the_poll_before(tmp_path: Path) -> None:
    _, journal = play(tmp_path, "outlet.off: {pdu: pdu-a1, outlet: 1, at: 8m, for: 40m}", "wait: 3h", ORDER)
    found = [record for record in journal if record.what in ("power changed", "outlet changed")]
    chains = [[f"{each.layer} {each.subject} {each.what}" for each in journal.chain(record)] for record in found]
    fault = "fault pdu-a1 outlet.off"
    lost = [fault, "plant pdu-a1 outlet off", "plant srv-01 no_ac"]
    assert [*lost, "panel srv-01 device error", "panel srv-01 power changed"] in chains
    assert [fault, f"{fault} ends", "plant pdu-a1 outlet on", "panel pdu-a1 outlet changed"] in chains
    for record in journal:
        assert "poll" not in record.what
        assert record.cause < record.number


def test_a_life_without_faults_has_causes_and_no_long_chains(tmp_path: Path) -> None:
    result, journal = play(tmp_path, "fan.dead: {server: srv-12, fan: 1}", ORDER, expect="{within: 1h}")
    assert result.verdict == "passed"
    assert result.why == ()
    chains = [journal.chain(record) for record in journal]
    assert max(map(len, chains)) <= 6
    up = next(chain for chain in chains if chain[-1].what == "running")
    assert [record.what for record in up][:2] == ["create begins", "operation started"]
    assert {chain[0].what for chain in chains if chain[0].layer == "scenario"} == {"create begins"}


def test_any_subject_is_explained_and_at_any_time(tmp_path: Path) -> None:
    _, journal = play(tmp_path, "port.broken: {switch: sw-a1, port: 1, at: 3m}", ORDER)

    def ends(subject: str, at: float | None = None) -> str:
        chain = explain(journal, subject, at)
        return f"{chain[0].what} -> {chain[-1].layer} {chain[-1].what}" if chain else ""

    assert ends("sw-a1 port 1") == "port.broken -> plant link down"
    assert ends("sw-a1 port 2") == ""
    assert ends("srv-01", 181) == "port.broken -> plant link down"
    assert ends("srv-01", 179).startswith("create begins -> ")
    assert ends("srv-01") == "port.broken -> billing Create ended"
    assert ends("192.0.2.10").startswith("create begins -> ")
    assert ends("nobody") == ""


def test_a_scenario_that_fails_says_why_once(tmp_path: Path) -> None:
    result, journal = play(tmp_path, "disk.fails: {server: srv-01, at: 40%}", ORDER, expect="{within: 1h}")
    assert result.verdict == "failed"
    assert [record.what for record in result.why] == [record.what for record in failing(journal)]
    assert result.records == len(journal)
    assert result.journal == ()


def test_what_goes_on_again_does_not_hide_what_failed(tmp_path: Path) -> None:
    # The outlet comes back an hour after the order has failed: the machine starts, the panel sees it, and none of that is why.
    fault = "outlet.off: {pdu: pdu-a1, outlet: 1, at: 8m, for: 2h}"
    _, journal = play(tmp_path, fault, ORDER + "\n    expect: {error: '*'}", "wait: 5h", expect="")
    assert journal[-1].time > 8000
    for subject in ("web1", "srv-01"):
        chain = explain(journal, subject)
        assert [chain[0].what, chain[-1].layer] == ["outlet.off", "billing" if subject == "srv-01" else "scenario"]


def test_a_machine_that_overheats_names_its_fan(tmp_path: Path) -> None:
    faults = "fan.dead: {server: srv-01, fan: 1, at: 3m}; inlet.hot: {server: srv-01, celsius: 70, at: 4m}"
    _, journal = play(tmp_path, faults, ORDER)
    chain = failing(journal)
    assert [record.what for record in chain][:4] == ["inlet.hot", "inlet", "thermal trip", "off"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a BMC is dead", "a SET is lost", "DHCP is lost", "a gateway's page", "a disk fails"])
def test_on_the_wire_the_chain_is_the_same(name: str, tmp_path: Path) -> None:
    fault, crosses, steps, head = TRIALS[name]
    _, journal = play(tmp_path, fault, *steps, head=head, mode="wire")
    chain = failing(journal)
    before = [f"{record.layer} {record.subject}" for record in chain if record.layer not in ("billing", "scenario")]
    assert ", ".join(before) == crosses
