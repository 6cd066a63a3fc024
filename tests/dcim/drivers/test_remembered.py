"""Polls that cannot find anything new are passed over, and nothing but the processor can tell."""

from __future__ import annotations

import pytest

from simulator.dcim.records import PowerStatus
from simulator.fabric import Conditions, MemoryFabric
from simulator.faults.physical import LossyLink
from simulator.files.lab_file import data_directory
from simulator.kernel import run
from simulator.kernel.wire import Choice, Lost, Rule
from simulator.lab import Lab
from simulator.scenario.batch import find_scenarios
from simulator.scenario.labs import open_exact
from simulator.scenario.runner import run_scenario

SMALL = Lab.load("small")
SCENARIOS = data_directory("scenarios")
QUICK = ("life/whole-life", "power/outlet-off", "ports/slow-port", "messages/snmp-late", "panel/restarts")


def _played(monkeypatch) -> list[int]:
    """The datagrams that are really carried."""
    carried: list[int] = []
    carry = MemoryFabric._carry

    def count(self, data, source, to):
        carried.append(len(data))
        carry(self, data, source, to)

    monkeypatch.setattr(MemoryFabric, "_carry", count)
    return carried


def _hour(monkeypatch, *, exact, meanwhile=None):
    """An hour of the small hall: datagrams carried in its second half, those counted in all, and what the panel knows."""
    carried = _played(monkeypatch)

    async def main():
        async with SMALL.simulated(exact=exact) as lab:
            await lab.clock.sleep(1800)
            before = len(carried)
            if meanwhile is not None:
                meanwhile(lab)
            await lab.clock.sleep(1800)
            fabric, inventory = lab.fabric, lab.panel.inventory
            counters = [(each.traffic.received, each.traffic.sent) for each in lab.stations.values()]
            known = [
                *(str(each) for each in inventory.servers),
                *(str(each) for each in inventory.switches),
                *(str(each) for each in inventory.switch_ports),
                *(str(each) for each in inventory.pdus),
            ]
            return len(carried) - before, (fabric.sent, fabric.delivered, counters, known, lab.journal.hash())

    return run(main())


def test_an_hour_in_which_nothing_happens_is_counted_and_not_played(monkeypatch):
    played, told = _hour(monkeypatch, exact=True)
    passed, same = _hour(monkeypatch, exact=False)
    assert same == told
    assert passed < played / 5


@pytest.mark.parametrize(
    "bend",
    [
        lambda lab: lab.fabric.set_conditions("10.0.10.1", Conditions(delay=0.01)),
        lambda lab: lab.wire.watch(lambda point: None),
        lambda lab: lab.wire.add(Rule(Choice("ipmi", times=1), Lost())),
        lambda lab: lab.faults.inject("link.lossy", LossyLink(server="srv-02", loss=0.2)),
    ],
    ids=["slow link", "watcher", "rule", "lossy link"],
)
def test_with_a_bad_link_or_somebody_who_looks_every_datagram_is_played(monkeypatch, bend):
    played, told = _hour(monkeypatch, exact=True, meanwhile=bend)
    passed, same = _hour(monkeypatch, exact=False, meanwhile=bend)
    assert same == told
    assert passed > played / 3


def test_what_changed_between_two_polls_is_found_by_the_second():
    async def main():
        async with SMALL.simulated() as lab:
            await lab.clock.sleep(2000)
            server = next(iter(lab.panel.inventory.servers))
            assert server.bmc_power is PowerStatus.OFF
            lab.plant.servers[server.name].power_on()
            await lab.clock.sleep(1900)
            assert lab.panel.inventory.servers.get(server.id).bmc_power is PowerStatus.ON

    run(main())


@pytest.mark.parametrize("name", QUICK)
def test_some_scenarios_have_the_same_journal_with_every_datagram_played(name):
    file = SCENARIOS / f"{name}.yaml"
    assert run_scenario(file).journal_hash == run_scenario(file, open_lab=open_exact).journal_hash


@pytest.mark.slow
@pytest.mark.parametrize("file", find_scenarios([SCENARIOS]), ids=lambda file: file.stem)
def test_every_scenario_has_the_same_journal_with_every_datagram_played(file):
    for seed in range(3):
        quick, exact = run_scenario(file, seed=seed), run_scenario(file, seed=seed, open_lab=open_exact)
        assert (quick.verdict, quick.journal_hash) == (exact.verdict, exact.journal_hash)
