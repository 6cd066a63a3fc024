"""The page of DCImanager 6's calls in a real browser: a person logs in there, tries a call, and sees its answer, on a phone too."""

from __future__ import annotations

import pytest

from simulator.control.up import stand
from simulator.lab import Lab
from simulator.lab.options import WireOptions
from tests.browser.support import axe_faults, browser


@pytest.mark.slow
async def test_a_call_is_tried_on_a_phone():
    async with stand(Lab.load("one").plan, WireOptions(), control_port=0) as standing, browser() as program:
        run, errors = standing.run, []
        page = await (await program.new_context(viewport={"width": 400, "height": 800})).new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(f"{run.dci6_url}/swagger")
        await page.wait_for_selector("details")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 400
        email, password = run.admin
        await page.fill("#login [name=email]", email)
        await page.fill("#login [name=password]", password)
        await page.click("#login button")
        await page.locator("#who", has_text=f"logged in as {email}").wait_for()
        await page.fill("#find", "/dci/v3/server/{sid} post")
        route = page.locator("details:visible").first
        await route.locator("summary").click()
        await route.locator("textarea").fill('{"notes": "tried by hand"}')
        await route.locator("button").click()
        await route.locator("h4", has_text="200 OK").wait_for()
        assert run.panel.inventory.servers.get(1).notes == "tried by hand"
        assert "curl -X POST" in await route.locator("pre").first.text_content()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 400
        assert await axe_faults(page) == []
        assert errors == []
