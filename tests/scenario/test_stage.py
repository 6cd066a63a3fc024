"""The stage: a scenario stops at any moment of lab time, and goes on from there as if nothing had been."""

from __future__ import annotations

import asyncio
from pathlib import Path

from simulator.kernel import run
from simulator.scenario.labs import OPEN
from simulator.scenario.language import scenario_from_text
from simulator.scenario.runner import run_scenario
from simulator.scenario.stage import Stage

TEXT = """
scenario: One life
lab: one
settings: {os: debian-12, pool: public}
steps:
  - create: {service: web1, client: alice@example.com, configuration: E3-1230-16Gb-480SSD}
  - suspend: {service: web1}
"""


def raised(error: BaseException) -> None:
    raise error


def test_a_stage_stops_at_a_moment_and_what_goes_on_then_is_the_whole_run():
    scenario = scenario_from_text(TEXT, "s.yaml")
    seen: list[tuple[float, str, int]] = []

    async def main() -> None:
        stage = Stage(scenario, 3, "simulated", OPEN)
        async with stage.opened(raised):

            async def play() -> None:
                for step in scenario.steps:
                    await stage.actors.do(step)  # type: ignore[arg-type]

            playing = asyncio.ensure_future(play())
            for moment in (83.0, 600.0):
                assert await stage.until(moment, playing)
                truth = stage.actors.truth("srv-1")
                seen.append((stage.run.clock.now(), truth.power, len(stage.run.journal)))
            await playing
            assert not await stage.until(stage.run.clock.now() + 5, playing)
            seen.append((stage.run.clock.now(), stage.actors.service("web1").state.value, 0))  # type: ignore[arg-type, union-attr]

    run(main())
    assert [moment for moment, _, _ in seen[:2]] == [83.0, 600.0]
    assert seen[0][1] == "on"
    assert seen[2][1] == "suspended"
    assert seen[2][0] < run_scenario(scenario, seed=3).simulated_s + 10


def test_a_failed_scenario_shows_one_excerpt_of_the_journal_for_all_that_failed(tmp_path: Path):
    file = tmp_path / "s.yaml"
    file.write_text(
        TEXT
        + "expect:\n  - {service: web1, is: closed, addresses: 7}\n  - {server: srv-1, has: {owner: bob@example.com}}\n"
    )
    result = run_scenario(file)
    assert len(result.failures) == 3
    excerpts = [failure.records for failure in result.failures if failure.records]
    assert len(excerpts) == 1
    assert any("srv-1" in record for record in excerpts[0])
    assert any("web1" in record for record in excerpts[0])
