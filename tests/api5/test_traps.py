"""The traps of version 5 (issue 4, point 5): for each a scenario, which fails where the module falls into the trap. That
they pass otherwise is seen where all scenarios run.

What a careless module does not look at is taken from it at its client: a flag that it does not see, an error that it
does not hear, something that it gives back unasked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from provisioner.clients.dci5 import Dci5Client
from provisioner.clients.dci5_records import NO_OWNER, Server5, Template5
from provisioner.errors import PanelError
from provisioner.modules.billmanager5 import setup
from simulator.files.lab_file import data_directory
from simulator.scenario.billing import billmanager5 as side_billmanager5
from simulator.scenario.runner import run_scenario

SCENARIOS = data_directory("scenarios") / "billmanager5"


async def always_alive(self: object, address: str) -> bool:
    return True


def seeing(change: Callable[[Server5], Server5]) -> Callable[..., Any]:
    """Each server's row as a careless module takes it."""

    async def server(self: Dci5Client, number: int, look: Callable[..., Any] = Dci5Client.server) -> Server5:
        return change(await look(self, number))

    return server


def failed_is_running(server: Server5) -> Server5:
    """As a recorded client has it: `operation_failed` is waited on like progress."""
    failed = "operation_failed" in server.flags
    return replace(server, flags=server.flags | {"install_in_progress"}) if failed else server


def not_waiting() -> dict[str, Any]:
    """Once `server.enable` has answered the server is taken to be enabled."""
    enabled: set[int] = set()

    async def enable(self: Dci5Client, server: int, ask: Any = Dci5Client.enable) -> None:
        await ask(self, server)
        enabled.add(server)

    def change(server: Server5) -> Server5:
        return replace(server, flags=server.flags - {"disabled", "blocked"}) if server.id in enabled else server

    return {"enable": enable, "server": seeing(change)}


def giving_back(what: str) -> Callable[..., Any]:
    """With the reason in the notes the module gives back what the document leaves with the server."""

    async def note(self: Dci5Client, server: int, notes: str, write: Any = Dci5Client.set_notes) -> None:
        await write(self, server, notes)
        if what == "owner":
            await self.set_owner(server, NO_OWNER)
        else:
            for address in await self.addresses(server):
                await self.delete_address(server, address.id)

    return note


def deaf(method: Callable[..., Any], answer: Any = None) -> Callable[..., Any]:
    """What the panel says against it is not heard."""

    async def call(*args: Any, **named: Any) -> Any:
        try:
            return await method(*args, **named)
        except PanelError:
            return answer

    return call


async def any_template(self: Dci5Client) -> list[Template5]:
    """As if the panel had whatever billing has activated."""
    return [Template5("debian-10", "debian-10", "", True)]


TRAPS: dict[str, tuple[str, dict[str, Any]]] = {
    "operation_failed while the client waits": ("next-server", {"server": seeing(failed_is_running)}),
    "owner left behind": ("next-server", {"set_notes": giving_back("owner")}),
    "addresses left behind": ("next-server", {"set_notes": giving_back("addresses")}),
    "template not asked for": ("template-refused", {"templates": any_template}),
    "pool empty": ("empty-pool", {"add_address": deaf(Dci5Client.add_address, "")}),
    "port error": ("dead-switch", {"ports_on": deaf(Dci5Client.ports_on)}),
    "slow enable": ("slow-enable", not_waiting()),
    "group action that half fails": ("half-suspended", {"ports_off": deaf(Dci5Client.ports_off)}),
}


def verdict(scenario: str) -> str:
    return run_scenario(SCENARIOS / f"{scenario}.yaml").verdict


@pytest.mark.requirement("B5-9")
@pytest.mark.parametrize("trap", TRAPS)
def test_a_module_that_falls_into_the_trap_fails_its_scenario(trap, monkeypatch):
    scenario, careless = TRAPS[trap]
    for method, instead in careless.items():
        monkeypatch.setattr(Dci5Client, method, instead)
    assert verdict(scenario) == "failed"


@pytest.mark.requirement("B5-7")
def test_a_module_that_takes_a_flag_that_is_not_there_yet_for_an_end_sells_a_machine_without_a_system(monkeypatch):
    monkeypatch.setattr(side_billmanager5._HallPing, "alive", always_alive)
    assert verdict("flag-not-visible") == "passed"  # the module waits until no list can be from before its order
    monkeypatch.setattr(setup, "LISTS_SECONDS", 0.0)
    assert verdict("flag-not-visible") == "failed"
