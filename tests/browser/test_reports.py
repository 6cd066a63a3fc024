"""Reports opened from disk, in a browser that has no network: what failed, why, the timeline, and the matrix of a sweep."""

from __future__ import annotations

from asyncio import to_thread
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from simulator.files.lab_file import data_directory
from simulator.scenario.language import load_scenario
from simulator.scenario.reports import page as as_page_of_runs
from simulator.scenario.runner import run_scenario
from simulator.sweep.baseline import NO_BASELINE
from simulator.sweep.findings import findings, matrix
from simulator.sweep.points import learn
from simulator.sweep.reports import Report, as_page
from simulator.sweep.sweeping import here, parse_kinds, plan, sweep
from tests.browser.support import SIZES, axe_faults, browser, drawn
from tests.sweep.doubles import DOUBLES

ROOT = data_directory("scenarios").parent
TRIPS = """
scenario: The bank of a PDU trips while a server is being installed
lab: small
settings: {os: debian-12, pool: public, install_timeout: 90m}
faults:
  - bank.tripped: {pdu: pdu-a1, bank: 1, at: 8m}
steps:
  - create: {service: web1, client: alice@example.com, configuration: E3-1230-16Gb-2x1000SSD, server: srv-03}
"""


@asynccontextmanager
async def opened(text: str, folder: Path, **context):
    """A page that is opened from disk; no error, and nothing asked of anybody."""
    file = folder / "report.html"
    file.write_text(text, encoding="utf-8")
    async with browser() as program:
        where = await program.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        await where.set_offline(True)
        page = await where.new_page()
        page.set_default_timeout(15_000)
        said: list[str] = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda line: said.append(line.text) if line.type in ("error", "warning") else None)
        page.on("request", lambda request: said.append(request.url) if request.url != file.as_uri() else None)
        await page.goto(file.as_uri())
        yield page
        assert said == []


def failed_run(folder: Path):
    file = folder / "trips.yaml"
    file.write_text(TRIPS, encoding="utf-8")
    return run_scenario(file, timelines="failed")


@pytest.mark.slow
async def test_a_failed_run_is_understood_from_its_page(tmp_path):
    result = await to_thread(failed_run, tmp_path)
    passed = await to_thread(run_scenario, ROOT / "scenarios/life/whole-life.yaml", timelines="all")
    assert (result.verdict, passed.verdict) == ("failed", "passed")
    async with opened(as_page_of_runs([passed, result]), tmp_path) as page:
        first = page.locator(".scenario").first
        assert await first.locator(".verdict").text_content() == "failed"
        await first.locator(".why button", has_text="bank.tripped").click()
        detail = first.locator(".tl-detail")
        await detail.locator(".tl-json", has_text='"bank.tripped"').wait_for()
        await first.locator(".why button", has_text="device error").click()
        chain = detail.locator(".tl-chain li")
        await chain.nth(3).wait_for()
        assert "pdu-a1  bank.tripped" in (await chain.nth(0).text_content() or "")
        assert "no answer from" in (await chain.last.text_content() or "")
        await first.locator('.tl-tools input[type="search"]').fill("Chassis Control")
        await drawn(page)
        await first.locator(".tl-mark.tl-ipmi").first.click()
        await detail.locator(".tl-json", has_text='"action": "power on"').wait_for()
        await first.locator('.tl-tools input[type="search"]').fill("SET ifAdminStatus")
        await drawn(page)
        await first.locator(".tl-mark.tl-snmp").first.click()
        json = await detail.locator(".tl-json", has_text="ifAdminStatus.").text_content() or ""
        assert '"error-status": "noError"' in json
        assert '"community": "********"' in json
        await first.locator('.tl-tools input[type="search"]').fill("os_install")
        await drawn(page)
        await first.locator(".tl-mark.tl-billing").first.click()
        await detail.locator(".tl-json", has_text='"answer"').wait_for()
        before = await first.locator(".tl-range").text_content() or ""
        await first.locator('button[aria-label="Zoom in"]').click()
        await expect(first.locator(".tl-range")).not_to_have_text(before)
        assert await page.locator("h2", has_text="Ledger").count() == 1


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_serious_fault_in_a_report(scheme, tmp_path):
    result = await to_thread(failed_run, tmp_path)
    async with opened(as_page_of_runs([result]), tmp_path, color_scheme=scheme) as page:
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            await page.locator(".why button").first.click()
            await page.locator(".tl-chain, .tl-json").first.wait_for()
            assert await axe_faults(page) == []


def swept() -> Report:
    """A sweep of a module that gives up too soon; trials are played until something is found."""
    double = DOUBLES["gives up at the first 503"]
    scenario = load_scenario(Path(double.file))
    learned = learn(scenario, 0)
    what = plan(scenario, 0, learned, kinds=parse_kinds("http,gateway"), choose="kinds")
    outcomes, untried = sweep(what, here)
    found = findings(outcomes, NO_BASELINE, scenario.module)
    return Report(what, outcomes, found, matrix(outcomes, found), untried, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_matrix_of_a_sweep_opens_what_came_of_a_cell_and_its_chain(scheme, tmp_path, monkeypatch):
    for owner, name, instead in DOUBLES["gives up at the first 503"].patches:
        monkeypatch.setattr(owner, name, instead)
    monkeypatch.chdir(ROOT)
    report = await to_thread(swept)
    assert report.new
    async with opened(as_page([report]), tmp_path, color_scheme=scheme) as page:
        assert await axe_faults(page) == []
        await page.locator("td.cell button.bad").first.click()
        dialog = page.locator("dialog[open]")
        await dialog.locator("pre", has_text="answers 50").first.wait_for()
        await dialog.locator("pre", has_text="rackloop run").first.wait_for()
        assert await axe_faults(page) == []
        await dialog.locator("button").click()
        await dialog.wait_for(state="hidden")
        await page.set_viewport_size({"width": 400, "height": 800})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 400
