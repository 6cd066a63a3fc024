"""Two years of a small lab in virtual time, with an order and its return a day: whether anything grows for ever.

    python benchmarks/soak.py [MONTHS]

The panel polls, servers are installed, cleaned and given back, events fill logs. Prints for each month the objects that Python holds and
the resident memory; exit status 1 when an order failed, or when there is more after the last month than after the first but for a tenth. Run
it from the repository's root.
"""

from __future__ import annotations

import copy
import gc
import random
import re
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from provisioner.billing import Billing
from provisioner.clients import exchange
from provisioner.clients.dci6 import Dci6Client
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6 import Whmcs6, Whmcs6Settings
from provisioner.services import State
from simulator.api6 import routes
from simulator.api6.dci.server_views import OPERATIONS
from simulator.files.lab_file import data_directory
from simulator.kernel import run
from simulator.lab import Lab, Run
from simulator.web import in_process, interference, transports

MONTHS = 24
DAYS = 30
DAY = 86_400.0
GROWTH = 1.1
SETTLED = 3
"""Months after which the bounds of what is kept are reached, as they are set here."""
CACHED = 64
"""Entries of each cache of what was asked lately."""
TARIFF = {
    "configuration": "E3-1230-16Gb-480SSD",
    "os": "debian-12",
    "pool": "public",
    "shutdown_after_termination": True,
    "suspend_on_termination": True,
}
EMAIL = "alice@example.com"


def lab() -> Lab:
    """The smallest lab, which polls each quarter of an hour."""
    data: dict[str, Any] = YAML(typ="safe").load(data_directory("fixtures") / "one.yaml")
    data = copy.deepcopy(data)
    data["panel"] |= {"bmc_poll": "1h", "switch_poll": "15m", "pdu_poll": "15m"}
    return Lab.load(data)


def memory() -> float:
    """Resident, MB."""
    match = re.search(r"VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(match[1]) / 1000 if match else 0.0


async def order(here: Run, day: int) -> None:
    """A server is sold, used for some hours and given back, by a billing process of its own. Raises what fails."""
    log, chance = ModuleLog(here.clock), random.Random(day)
    client = Dci6Client(here.dci6_url, *here.admin, clock=here.clock, log=log, transport=here.billing_transport())
    module = Whmcs6(client, Whmcs6Settings.from_mapping(TARIFF), here.clock, log, source=chance)
    billing = Billing(module, here.clock, log, source=chance)
    service = await billing.order(f"web{day}", EMAIL)
    assert service.state is State.ACTIVE
    await here.clock.sleep(chance.uniform(1, 6) * 3600)
    await billing.terminate(service.name)
    assert service.state is State.CLOSED
    await client.close()


def bound_caches() -> None:
    """What is remembered to save time, for a thousand services at once, fills in years: with less of it, what grows beside it is seen."""
    routes.PATHS = CACHED
    object.__setattr__(OPERATIONS, "most", CACHED)
    parts = (in_process, "parts_of"), (transports, "parts_of")
    for module, name in (
        (exchange, "_url"),
        (exchange, "_target"),
        (exchange, "_header"),
        (interference, "_named"),
        *parts,
    ):
        setattr(module, name, lru_cache(maxsize=CACHED)(getattr(module, name).__wrapped__))


async def months(count: int) -> list[tuple[int, float]]:
    """Objects and memory at the end of each month."""
    seen: list[tuple[int, float]] = []
    async with lab().simulated() as here:
        here.journal.bound(5_000, 4 << 20)
        began = time.monotonic()
        for month in range(count):
            for day in range(month * DAYS, (month + 1) * DAYS):
                await order(here, day)
                await here.clock.sleep((day + 1) * DAY - here.clock.now())
            gc.collect()
            seen.append((len(gc.get_objects()), memory()))
            written = len(here.journal)
            print(
                f"month {month + 1:2}: {seen[-1][0]:7} objects, {seen[-1][1]:6.1f} MB, {written} journal records,"
                f" {time.monotonic() - began:.0f} s",
                flush=True,
            )
    return seen


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MONTHS
    bound_caches()
    seen = run(months(count))
    first, last = seen[min(SETTLED, count) - 1], seen[-1]
    flat = all(after <= before * GROWTH for before, after in zip(first, last, strict=True))
    print(f"{count} months, {count * DAYS} orders: {'flat' if flat else 'it grows'}")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
