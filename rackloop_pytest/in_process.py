"""A lab in virtual time, in the process of the tests: for code that is called with the lab's own transport and clock."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rackloop_pytest.lab_up import WentWrong

if TYPE_CHECKING:
    from simulator.invariants.base import BillingView
    from simulator.kernel import Journal
    from simulator.lab import Run

__all__ = ["Hidden", "InProcess", "Play"]

T = TypeVar("T")
OURS = Path(__file__).resolve().parent.parent
PACKAGES = ("simulator", "provisioner")


class Hidden(Exception):
    """Packages of the project have the names of Rackloop's."""


class Play(Protocol):
    """What the fixture `rackloop` is."""

    def __call__(
        self,
        scene: Callable[[Run], Awaitable[T]],
        *,
        billing: BillingView | Callable[[Run], BillingView] | None = None,
    ) -> T: ...


def check_packages() -> None:
    """Raises Hidden where an import would not find Rackloop's own packages."""
    for name in PACKAGES:
        found = _place(name)
        if found != OURS / name:
            raise Hidden(
                f"`import {name}` finds {found or 'nothing'}, and not Rackloop's own package of that name, so the fixture `rackloop` "
                "cannot run a lab in this process. Take the fixture `rackloop_up`, whose lab has a process of its own, "
                f"or keep that folder from being a top-level package: give it another name, or a parent package (`src/acme/{name}`)."
            )


def _place(name: str) -> Path | None:
    module = sys.modules.get(name)
    if module is not None:
        places = list(getattr(module, "__path__", None) or [getattr(module, "__file__", None) or ""])
    else:
        try:
            spec = find_spec(name)
        except (ImportError, ValueError):
            return None
        if spec is None:
            return None
        places = list(spec.submodule_search_locations or [spec.origin or ""])
    return Path(places[0]).resolve() if places and places[0] else None


class InProcess:
    """`play` runs a scene in a fresh lab; afterwards the journal of the last one can be asked."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        __tracebackhide__ = True
        check_packages()
        from simulator.lab import Lab  # noqa: PLC0415 - pytest loads this plugin for everybody; few ask for a lab
        from simulator.scenario.known import declared  # noqa: PLC0415

        self._options = options
        self._known = declared(options["known"])
        self._lab = Lab.load(options["lab"])
        self._journal: Journal | None = None
        self._now: Callable[[], float] = float

    def play(
        self,
        scene: Callable[[Run], Awaitable[T]],
        *,
        billing: BillingView | Callable[[Run], BillingView] | None = None,
    ) -> T:
        __tracebackhide__ = True
        from simulator.kernel import run  # noqa: PLC0415

        asyncio = sys.modules.get("asyncio")  # where nobody has imported it, no loop runs
        if asyncio is not None and asyncio._get_running_loop() is not None:
            raise RuntimeError(
                "the fixture `rackloop` has a loop of its own, in virtual time: call it from a plain `def test_...`, "
                "or take `rackloop_up` in an `async def`"
            )
        return run(self._played(scene, billing))

    async def _played(
        self, scene: Callable[[Run], Awaitable[T]], billing: BillingView | Callable[[Run], BillingView] | None
    ) -> T:
        from simulator.invariants.watch import Watch  # noqa: PLC0415
        from simulator.scenario.known import judged  # noqa: PLC0415

        async with self._lab.simulated(seed=self._options["seed"]) as here:
            self._journal, self._now = here.journal, here.clock.now
            view = billing(here) if callable(billing) else billing
            watch = Watch.alone(here) if view is None else Watch(here, view)
            result = await scene(here)
            wrong = judged(self._known, watch.finish())
            if not self._options["pending_faults"] and (pending := here.faults.pending()):
                wrong.append("a fault never came about: " + ", ".join(map(str, pending)))
            watch.close()
            if wrong:
                raise WentWrong(wrong, self.explain(" ".join(wrong)))
            return result

    def explain(self, text: str) -> list[str]:
        """What the journal knows of a failure with this text; nothing before anything was played."""
        from simulator.scenario.explaining import explanation  # noqa: PLC0415

        return [] if self._journal is None else explanation(self._journal, self._now(), text)
