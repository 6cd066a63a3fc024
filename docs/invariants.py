"""Writes the page on what must hold in every lab: `python docs/invariants.py > docs/invariants.md`."""

from __future__ import annotations

from simulator.invariants.catalogue import INVARIANTS
from simulator.invariants.invariant import Harm, Invariant

HEAD = """# What must hold whatever goes wrong

Invariants watch every scenario from its beginning to its end, a lab that is up, and the pytest fixtures: what nobody asked for
in an `expect:` is seen all the same. They look at the plant, at the panel's records and at what billing believes, whenever a
journal record tells that something has changed, change nothing, and write nothing. What one of them sees for longer than its
*grace* (lab time) is a **violation**; it is told once, with what it is about and the lab time since when.

## In a scenario

A violation fails the scenario: `violates sold-once: expected a server is sold to one service at a time (W6-A2, B5-5), seen srv-10
is sold to web1 and web2`. Two things declare one:

- `known:` in the file, with the reason. A declared violation that does not come about fails the scenario, too, so that no
  declaration outlives what it was for.

  ```yaml
  known:
    - {violates: one-machine, of: srv-12, because: "the panel cleared nothing, and the first system still has its address"}
  ```

  `of` is a pattern (`srv-1*`) that any subject of the violation may match: the server, the service or the address; without it all
  violations of that name are declared.
- The document of the billing module, where it says so or leaves it so. WHMCS's module, say, closes no port of a terminated
  service unless its setting says so (W6-S12). Such a violation is in the results of a run, and no failure.

## On a lab that is up, and in pytest

`rackloop up` has no billing side of its own: services, and what goes with them, are not known there. Whom the panel gives a server
to is; what can be judged by panel and plant alone is marked *without billing* below. Violations are findings of `rackloop report`
(`GET /__lab/report`); `--restart` forgets them. The pytest fixtures judge at the end of each test: see [Rackloop in pytest](pytest.md).

Written from the code by `python docs/invariants.py`.

<!-- run -->
```console
$ rackloop run scenarios/hardware/crossed-bmc-cables.yaml
1/1  passed  scenarios/hardware/crossed-bmc-cables.yaml  ...
1 passed
```
"""
_TITLES = {
    Harm.MONEY: "Money",
    Harm.DATA: "Data",
    Harm.REACHABILITY: "Reachability",
    Harm.MESS: "Mess",
}


def _grace(invariant: Invariant) -> str:
    if invariant.lasting:
        return invariant.lasting
    minutes = round(invariant.grace / 60)
    return f"{minutes} min" if minutes else "none"


def _entry(invariant: Invariant) -> list[str]:
    also = " Asked only while no fault is active." if invariant.calm else ""
    alone = " Judged *without billing* too." if invariant.alone else ""
    return [
        f"### `{invariant.name}`",
        "",
        f"{invariant.title}.",
        "",
        f"- Looks at: {' '.join((type(invariant).__doc__ or '').split())}{also}{alone}",
        f"- Asked for by: {invariant.source}",
        f"- Grace: {_grace(invariant)}",
        f"- Breaks, for example: {invariant.breaks}",
        "",
    ]


def text() -> str:
    """The whole page."""
    parts = [HEAD]
    for harm in Harm:
        parts += [f"## {_TITLES[harm]}", ""]
        for invariant in INVARIANTS:
            if invariant.harm is harm:
                parts += _entry(invariant)
    return "\n".join(parts).rstrip("\n") + "\n"


if __name__ == "__main__":
    print(text(), end="")
