"""The page of a lab that is up, in a real browser: what people see there, and what they can do."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import expect

from simulator.review.masking import HIDDEN
from tests.browser.support import SIZES, axe_faults, install, looking, until
from tests.interop.programs import execute, need

AGENT = "acme-billing/1.4"


async def client(run):
    """A client of the panel's API that has logged in."""
    email, password = run.admin
    made = httpx.AsyncClient(base_url=run.dci6_url, headers={"user-agent": AGENT}, trust_env=False)
    token = (await made.post("/auth/v4/public/token", json={"email": email, "password": password})).json()["token"]
    made.headers["x-xsrf-token"] = token
    return made


async def test_a_server_that_ipmitool_switches_on_turns_green_without_reload():
    program = need("ipmitool")
    async with looking() as eyes:
        run, page = eyes.run, eyes.page
        install(run, "srv-01")
        await eyes.lamp("srv-01", "off")
        await page.evaluate("window.kept = true")
        host, port = run.bmcs["srv-01"]
        words = (program, "-I", "lanplus", "-H", host, "-p", str(port), "-U", "ADMIN", "-P", "ADMIN", "power", "on")
        assert (await execute(*words)).status == 0
        await eyes.lamp("srv-01", "busy")
        await page.fill("#by", "5m")
        await page.click("#advance")
        await eyes.lamp("srv-01", "on")
        await eyes.says("#now", "0:05:00")
        await expect(page.locator("#u-srv-01")).to_have_attribute("aria-label", re.compile("runs debian-12"))
        assert await page.evaluate("window.kept")
        await page.wait_for_selector(".tl-mark.tl-ipmi")
        await eyes.says("[data-count=on]", "1")


@pytest.mark.slow
async def test_a_cable_pulled_by_mouse_drops_the_link_and_plugged_in_again_brings_it_back():
    async with looking() as eyes:
        run, page = eyes.run, eyes.page
        install(run, "srv-02")
        run.plant.servers["srv-02"].power_on()
        port = run.plant.switches["sw-a1"].ports[1]
        assert port.link_up
        await page.wait_for_selector("#u-sw-a1[data-units^=nu]")
        await eyes.open("sw-a1")
        await page.click('button[aria-label="Pull the cable of port 2"]')
        await page.wait_for_selector("#u-sw-a1[data-units^=nn]")
        assert not port.link_up
        await page.wait_for_selector("#u-srv-02[data-struck]")
        await page.wait_for_selector("#u-srv-02 .nics .x")
        await page.click('button[aria-label="Plug in the cable of port 2"]')
        await page.wait_for_selector("#u-sw-a1[data-units^=nu]")
        assert port.link_up
        assert run.faults.active() == []


@pytest.mark.slow
async def test_ports_and_outlets_are_switched_at_their_faceplates_and_the_journal_says_by_whom():
    async with looking() as eyes:
        run, page = eyes.run, eyes.page
        await eyes.open("pdu-a1")
        await page.click('button[aria-label="Switch off outlet 3"]')
        await eyes.lamp("srv-03", "dead")
        assert not run.plant.pdus["pdu-a1"].outlets[2].on
        await eyes.says("#drawer [data-part=journal] pre", "outlet switched off by hand")
        focused = await page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert focused == "Switch on outlet 3"
        await page.keyboard.press("Enter")
        await eyes.lamp("srv-03", "off")
        await page.click("#drawer a[data-open=srv-03]")
        await page.click("#drawer a[data-open=sw-a1]")
        await page.click('button[aria-label="Switch off port 3"]')
        await page.wait_for_selector('button[aria-label="Switch on port 3"]')
        assert not run.plant.switches["sw-a1"].ports[2].admin_up


@pytest.mark.slow
async def test_a_fault_is_set_with_its_parameters_seen_and_cleared():
    async with looking() as eyes:
        run, page = eyes.run, eyes.page
        await page.select_option("#fault select[name=kind]", "disk.slow")
        await page.fill("#fault-fields input[name=server]", "srv-4")
        await page.fill("#fault-fields input[name=factor]", "8")
        await page.click("#fault button[type=submit]")
        await eyes.says("#fault-said", "did you mean `srv-04`?")
        assert ["404" in each for each in eyes.errors] == [True], "the browser tells of the refusal"
        eyes.errors.clear()
        await page.fill("#fault-fields input[name=server]", "srv-04")
        await page.fill("#fault-fields input[name=for]", "30m")
        await page.click("#fault button[type=submit]")
        await page.wait_for_selector("#u-srv-04[data-struck]")
        (fault,) = run.faults.active()
        assert (fault.kind, fault.params.factor, fault.params.lasts) == ("disk.slow", 8.0, 1800.0)
        await eyes.says("[data-number=faults]", "1")
        await page.click('#faults-now button[aria-label="Mend disk.slow on srv-04"]')
        await page.wait_for_selector("#u-srv-04:not([data-struck])")
        assert run.faults.active() == []


@pytest.mark.slow
async def test_the_clock_is_advanced_until_an_installation_ends_and_the_drawer_shows_its_console():
    async with looking() as eyes:
        run, page = eyes.run, eyes.page
        panel = run.panel
        panel.set_owner(1, 2)
        panel.addresses.allocate(panel.addresses.plan.pool("public"), 1, family=4, subject="test")
        panel.operations.install(1, "debian-12")
        await until(lambda: run.plant.servers["srv-01"].powered)
        await eyes.open("srv-01")
        await eyes.says("#drawer .console", "Testing memory")
        await eyes.says("#drawer [data-part=belief]", "carol@example.com")
        await page.click("#step")
        await page.fill("#by", "10m")
        await page.click("#advance")
        await eyes.says("#drawer .state", "installs")
        await page.wait_for_selector("#drawer progress")
        await eyes.says("#drawer .console", "Loading debian-12")
        await page.click("#advance")
        await page.click("#advance")
        await eyes.lamp("srv-01", "on")
        await eyes.says("#drawer .state", "runs debian-12")
        await eyes.says("#drawer [data-part=belief]", "os_install ok")
        await eyes.says("#drawer .console", "Booting debian-12 from disk")


@pytest.mark.slow
async def test_a_stepped_clock_runs_by_itself_at_a_rate_and_is_paused():
    async with looking() as eyes:
        run, page = eyes.run, eyes.page
        await page.select_option("#rate", "600")
        await page.click("#pause")
        await eyes.says("#pause", "Pause")
        await until(lambda: run.clock.now() > 60)
        await page.click("#pause")
        await eyes.says("#pause", "Run")
        stands = run.clock.now()
        await page.click("#step")
        await until(lambda: run.clock.now() > stands)


@pytest.mark.slow
async def test_a_client_s_call_is_shown_with_its_bodies_and_without_its_secrets():
    async with looking() as eyes:
        page = eyes.page
        await page.click("#tab-calls")
        await eyes.says("#calls-list", "No client has called yet")
        billing = await client(eyes.run)
        assert (await billing.post("/dci/v3/server/1/owner", json={"owner": 2})).status_code == 200
        assert (await billing.get("/dci/v3/server/99")).status_code == 404
        await billing.aclose()
        await eyes.says("#calls-list summary", "GET /dci/v3/server/99")
        await page.click("#calls-list summary:has-text('owner')")
        await eyes.says("#calls-list pre", '"owner": 2')
        await page.click("#calls-list summary:has-text('public/token')")
        shown = page.locator("#calls-list details:has-text('public/token')")
        await expect(shown).to_contain_text(AGENT)
        await expect(shown).to_contain_text(HIDDEN)
        login = await shown.text_content() or ""
        assert eyes.run.admin[1] not in login
        await page.click("#tab-services")
        await eyes.says("#services-list", "carol@example.com")


@pytest.mark.slow
async def test_a_finding_is_shown_with_the_calls_that_show_it_and_what_to_do():
    async with looking() as eyes:
        run, page = eyes.run, eyes.page
        billing = await client(run)
        await billing.post("/dci/v3/server/1/owner", json={"owner": 2})
        run.panel.addresses.allocate(run.panel.addresses.plan.pool("public"), 1, family=4, subject="test")
        begun = await billing.post(
            "/dci/v3/server/1/os_install", json={"os_template": "debian-12", "password": "Secret-1"}
        )
        assert begun.status_code == 200, begun.text
        await billing.aclose()
        await run.clock.advance(7200)
        await page.click("#tab-findings")
        await eyes.says("#findings-list summary", "operation-not-watched")
        await eyes.says("#findings-list", "Ask for the operation until it has ended")
        await eyes.says("#findings-list pre", "POST /dci/v3/server/1/os_install -> 200")
        await page.click("#forget")
        await eyes.says("#findings-list", "no finding")


@pytest.mark.slow
async def test_a_mark_of_the_timeline_opens_its_datagram_and_how_it_came_to_it():
    async with looking() as eyes:
        run, page = eyes.run, eyes.page
        billing = await client(run)
        await billing.post("/dci/v3/server/1/owner", json={"owner": 2})
        assert (await billing.post("/dci/v3/server/1/power_on")).status_code == 200
        await billing.aclose()
        await page.wait_for_selector(".tl-mark.tl-ipmi")
        await page.click(".tl-mark.tl-ipmi")
        await page.click(".tl-list button:has-text('Chassis Control')") if await page.locator(
            ".tl-list"
        ).count() else None
        await eyes.says(".tl-json", '"action": "power on"')
        await page.click(".tl-mark.tl-billing")
        await page.click(".tl-list button:has-text('server/1/owner')")
        await eyes.says(".tl-json", '"owner": 2')
        run.plant.pdus["pdu-b1"].mains.set_live(False)
        await page.wait_for_selector(".tl-mark.tl-plant.tl-bad")
        await page.click(".tl-mark.tl-plant.tl-bad")
        await page.click(".tl-list button:has-text('srv-12')")
        await eyes.says(".tl-json", '"no_ac"')
        before = await page.text_content(".tl-range") or ""
        await page.click('button[aria-label="Zoom in"]')
        await expect(page.locator(".tl-range")).not_to_have_text(before)


@pytest.mark.slow
async def test_all_of_it_can_be_reached_by_keyboard():
    async with looking() as eyes:
        page = eyes.page
        await page.focus("#u-sw-a1")
        await page.keyboard.press("ArrowDown")
        focused = "document.activeElement.dataset.name"
        assert await page.evaluate(focused) == "srv-08"
        await page.keyboard.press("ArrowRight")
        assert await page.evaluate(focused) == "srv-12"
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#drawer[data-name=srv-12]:not([hidden])")
        await page.wait_for_function("document.activeElement.id === 'drawer'")
        await page.keyboard.press("Escape")
        await page.wait_for_selector("#drawer", state="hidden")
        await page.wait_for_function(f"{focused} === 'srv-12'")
        await page.focus("#tab-faults")
        await page.keyboard.press("ArrowRight")
        await page.wait_for_selector("#pane-calls:not([hidden])")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_no_serious_fault_at_any_width(scheme):
    async with looking(color_scheme=scheme, reduced_motion="reduce") as eyes:
        run, page = eyes.run, eyes.page
        install(run, "srv-01")
        billing = await client(run)
        await billing.get("/dci/v3/server")
        await billing.aclose()
        run.plant.servers["srv-01"].power_on()
        run.plant.servers["srv-02"].power_on()
        await run.clock.advance(600)
        await page.request.post(f"{eyes.standing.control}/__lab/faults", data={"bmc.dead": {"server": "srv-05"}})
        await page.wait_for_selector("#u-srv-05[data-struck]")
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            for tab in ("faults", "calls", "findings", "services", "events"):
                await page.click(f"#tab-{tab}")
                assert await axe_faults(page) == []
            await page.locator(".tl-mark").first.click()
            for name in ("srv-05", "sw-a1", "pdu-a1"):
                await eyes.open(name)
                assert await axe_faults(page) == []
                await page.keyboard.press("Escape")


@pytest.mark.slow
async def test_without_scripts_the_racks_and_drawers_are_there():
    async with looking(java_script_enabled=False) as eyes:
        await eyes.page.click("#u-srv-03")
        await eyes.says("#drawer h2", "srv-03")
        await eyes.says("#drawer [data-part=belief]", "Power")


@pytest.mark.slow
async def test_racks_of_a_wide_hall_are_drawn_when_they_are_near_and_a_device_in_any_is_found():
    racks = [
        {
            "name": f"R{n}",
            "servers": [
                {
                    "name": f"srv-{n}",
                    "model": "supermicro-x10",
                    "configuration": "E3-1230-16Gb-2x1000SSD",
                    "cables": {"nic1": "unmanaged"},
                }
            ],
        }
        for n in range(40)
    ]
    async with looking({"lab": "wide", "racks": racks}) as eyes:
        page = eyes.page
        assert await page.locator(".rack").count() == 40
        assert await page.locator("#u-srv-39").count() == 0
        await page.fill("#search input", "srv-39")
        await page.click("#found a[data-open=srv-39]")
        await page.wait_for_selector("#drawer[data-name=srv-39]:not([hidden])")
        await page.wait_for_selector("#u-srv-39.here")
        eyes.run.plant.servers["srv-39"].power_on()
        await eyes.lamp("srv-39", "busy")
