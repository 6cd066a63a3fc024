"""A lab that is up, and Debian's Chromium that looks at its page: no other network than loopback, a profile of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

from simulator.control.endpoints import Standing
from simulator.control.up import stand
from simulator.lab import Lab
from simulator.lab.options import WireOptions
from simulator.plant.disk import InstalledOs
from tests.interop.programs import need

__all__ = ["Eyes", "axe_faults", "browser", "drawn", "install", "looking", "until"]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
SIZES = ((1280, 900), (400, 800))


@dataclass
class Eyes:
    """`errors`: what the browser complained of. `hosts`: whom it asked for anything."""

    page: Page
    standing: Standing
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    @property
    def run(self) -> Any:
        return self.standing.run

    async def lamp(self, name: str, lamp: str) -> None:
        """Wait until a device in its rack has this lamp."""
        await self.page.wait_for_selector(f'[id="u-{name}"][data-lamp={lamp}]')

    async def open(self, name: str) -> None:
        """Click on a device in its rack."""
        await self.page.click(f'[id="u-{name}"]')
        await self.page.wait_for_selector(f'#drawer[data-name="{name}"]:not([hidden])')

    async def says(self, selector: str, text: str) -> None:
        await self.page.locator(selector, has_text=text).first.wait_for()


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    path = need("chromium")
    async with async_playwright() as playwright:
        program = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield program
        finally:
            await program.close()


@asynccontextmanager
async def looking(lab: Any = "small", *, clock: str = "stepped", **context: Any) -> AsyncIterator[Eyes]:
    """The page of a lab that was just started; at the end there must be no error, and nothing from elsewhere."""
    need("chromium")
    options = WireOptions(clock=clock)  # type: ignore[arg-type]
    async with stand(Lab.load(lab).plan, options, control_port=0) as standing, browser() as program:
        page = await (await program.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})).new_page()
        page.set_default_timeout(15_000)
        eyes = Eyes(page, standing)
        page.on("pageerror", lambda error: eyes.errors.append(str(error)))
        page.on("console", lambda said: eyes.errors.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: eyes.hosts.add(urlsplit(request.url).netloc))
        await page.goto(standing.control)
        if context.get("java_script_enabled", True):
            await page.wait_for_selector("[data-live=yes]")
        yield eyes
        assert eyes.errors == []
        assert eyes.hosts <= {urlsplit(standing.control).netloc, ""}


def install(run: Any, name: str) -> None:
    """A system is on its disk."""
    run.plant.servers[name].disks[0].os = InstalledOs("debian-12", ("192.0.2.50",))


async def until(condition: Any, tries: int = 500) -> None:
    """The lab comes to this, while it answers others."""
    for _ in range(tries):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to that")


async def drawn(page: Page) -> None:
    """When what was asked for is on the screen: a timeline is drawn at the next frame."""
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


async def axe_faults(page: Page) -> list[str]:
    """What axe finds of serious and critical faults."""
    await page.evaluate(AXE)
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['impact']} {each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]
