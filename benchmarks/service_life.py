"""How long the whole life of a service takes in virtual time: order, installation, suspension, resumption, deletion with
disk clearing, in the lab `small` with all its polling.

    python benchmarks/service_life.py [RUNS]

Prints medians of several runs in one process, after one that warms it up, and the same life without a customer (what
polling alone costs) beside it, so that the ratio holds on a noisy machine.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass

from provisioner.billing import Billing
from provisioner.clients.dci6 import Dci6Client
from provisioner.log import Call, ModuleLog
from provisioner.modules.whmcs6 import Whmcs6, Whmcs6Settings
from simulator.kernel import run
from simulator.lab import Lab

SETTINGS = {
    "configuration": "E3-1230-16Gb-2x1000SSD",
    "os": "debian-12",
    "pool": "public",
    "diagnostic_pool": "diag",
}


@dataclass(frozen=True, slots=True)
class Figures:
    wall: float
    cpu: float
    lab: float
    calls: int
    datagrams: int
    records: int


def life(lab: Lab, *, customer: bool, until: float = 0.0) -> Figures:
    """One life, or the same stretch of lab time with nobody there. The clock starts when the lab stands."""

    async def main() -> Figures:
        async with lab.simulated(seed=1) as here:
            wall, cpu = time.perf_counter(), time.process_time()
            log = ModuleLog(here.clock)
            client = Dci6Client(
                here.dci6_url, *here.admin, clock=here.clock, log=log, transport=here.billing_transport()
            )
            if customer:
                module = Whmcs6(
                    client, Whmcs6Settings.from_mapping(SETTINGS), here.clock, log, source=here.streams["users"]
                )
                billing = Billing(module, here.clock, log, source=here.streams["services"])
                await billing.order("web1", "alice@example.com")
                await billing.suspend("web1")
                await billing.unsuspend("web1")
                await billing.terminate("web1")
            else:
                await here.clock.sleep(until)
            calls = sum(isinstance(entry, Call) for entry in log)
            done = Figures(
                time.perf_counter() - wall,
                time.process_time() - cpu,
                here.clock.now(),
                calls,
                here.fabric.sent,
                len(here.journal),
            )
            await client.close()
            return done

    return run(main())


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    start = time.perf_counter()
    lab = Lab.load("small")
    warm = life(lab, customer=True)
    print(f"start-up and first life     {(time.perf_counter() - start) * 1000:8.0f} ms")
    lives, idle = [], []
    for _ in range(runs):
        lives.append(life(lab, customer=True))
        idle.append(life(lab, customer=False, until=warm.lab))
    wall, cpu = (statistics.median(getattr(each, name) for each in lives) for name in ("wall", "cpu"))
    quiet = statistics.median(each.wall for each in idle)
    print(f"whole life of a service     {wall * 1000:8.0f} ms wall, {cpu * 1000:.0f} ms CPU (median of {runs})")
    print(f"the same time, no customer  {quiet * 1000:8.0f} ms wall (ratio {wall / quiet:.2f})")
    print(f"HTTP calls                  {warm.calls:8}")
    print(f"datagrams                   {warm.datagrams:8}")
    print(f"journal records             {warm.records:8}")
    print(f"lab time                    {warm.lab:8.0f} s")
    print(f"lab seconds per wall second {warm.lab / wall:8.0f}")


if __name__ == "__main__":
    main()
