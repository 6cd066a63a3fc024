"""A reality check: exchanges of a real client, or of a look at a live panel, played on a lab."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import httpx

from simulator.fidelity.live import ask_panel
from simulator.fidelity.recording import Exchange
from simulator.fidelity.replay import Mock, Unlike, played
from simulator.kernel import run
from simulator.lab import Lab

__all__ = ["asked_live", "played_on"]

TIMEOUT = 30.0
SETTLED = 60.0
"""Lab seconds until the panel has polled its hall for the first time."""


async def asked_live(
    url: str, version: Literal[5, 6], username: str, password: str, *, verify: bool = True
) -> list[Exchange]:
    """Raises NotAsked."""
    async with httpx.AsyncClient(timeout=TIMEOUT, verify=verify, trust_env=False) as http:
        return await ask_panel(url, version, username, password, http)


def played_on(lab: Lab, exchanges: Sequence[Exchange]) -> list[Unlike]:
    """What of them the lab answers otherwise."""

    async def main() -> list[Unlike]:
        async with lab.simulated() as live:
            await live.clock.sleep(SETTLED)
            async with httpx.AsyncClient(transport=live.billing_transport()) as http:
                mock = Mock(http, live.dci6_url, live.dci5_url, live.admin, live.clock.sleep)
                return await played(exchanges, mock)

    return run(main())
