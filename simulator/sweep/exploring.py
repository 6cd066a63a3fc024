"""Exploring: stories that nobody wrote are played for a while, judged as sweeps are, and what is found is made small.

Which stories they are follows from the seed alone: as many of them, from the same seed, with the same Rackloop and Hypothesis, come to the
same findings, wherever they are played.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir

from simulator.scenario.language import scenario_from_text
from simulator.scenario.plan import Scenario
from simulator.sweep.baseline import NO_BASELINE, Baseline, KnownFinding
from simulator.sweep.emit import emit
from simulator.sweep.playing import PersistentSession, Played
from simulator.sweep.shrinking import NotFailing, Shrunk, shrink_story
from simulator.sweep.stories import Data, Ground, stories
from simulator.sweep.trial import Found, Trial

__all__ = ["Explored", "Find", "explore", "shrunk_of"]

_TICK = time.perf_counter  # for people's patience only; nothing in a story may depend on it
_NUMBERS = re.compile(r"\d+")
_BATCH = 50
"""Stories that one run of Hypothesis draws; the next has another seed."""


@dataclass(slots=True)
class Find:
    """One thing that is wrong, with the first story that came to it."""

    found: Found
    story: Data
    scenario: Scenario
    played: Sequence[Played]
    number: int
    """Of the story, from 1."""
    known: KnownFinding | None
    times: int = 1


@dataclass(slots=True)
class Explored:
    """What came of it. `told`: in how many stories something failed and was made good."""

    seed: int
    stories: int = 0
    told: int = 0
    seconds: float = 0.0
    finds: list[Find] = field(default_factory=list)
    called_off: bool = False

    @property
    def new(self) -> list[Find]:
        """The worst first."""
        return sorted(
            (each for each in self.finds if each.known is None), key=lambda each: (each.found.harm, each.number)
        )

    @property
    def known(self) -> list[Find]:
        return [each for each in self.finds if each.known is not None]


class _Enough(KeyboardInterrupt):
    """Ends Hypothesis's run: it takes anything else for a failure of what it tries."""


def explore(
    ground: Ground,
    *,
    seed: int,
    examples: int | None = None,
    budget: float | None = None,
    baseline: Baseline = NO_BASELINE,
    tell: Callable[[Explored], object] = lambda explored: None,
) -> Explored:
    """Play so many stories, or for so long (real seconds), whichever ends first; `tell` hears of each. Ctrl-C keeps what is known."""
    explored, began = Explored(seed), _TICK()
    alike: dict[tuple[str, str], Find] = {}

    def play(story: Data) -> None:
        if examples is not None and explored.stories >= examples:
            raise _Enough
        if budget is not None and _TICK() - began >= budget:
            raise _Enough
        _play(story, ground, explored, alike, baseline)
        tell(explored)

    try:
        with tempfile.TemporaryDirectory() as folder:
            set_hypothesis_home_dir(folder)  # it would keep notes in the working directory
            batch = 0
            while True:
                _batch(ground, play, seed * 1_000_003 + batch)
                batch += 1
    except _Enough:
        pass
    except KeyboardInterrupt:
        explored.called_off = True
    finally:
        set_hypothesis_home_dir(None)
    explored.seconds = _TICK() - began
    return explored


def _batch(ground: Ground, play: Callable[[Data], None], number: int) -> None:
    @seed(number)
    @settings(
        max_examples=_BATCH,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(stories(ground))
    def one(story: Data) -> None:
        play(story)

    one()


def _play(
    story: Data, ground: Ground, explored: Explored, alike: dict[tuple[str, str], Find], baseline: Baseline
) -> None:
    explored.stories += 1
    scenario = scenario_from_text(emit(story), ground.file)
    session = PersistentSession(scenario, explored.seed, trouble=0)
    session.run()
    outcome = session.outcome(Trial(ground.file, explored.seed, ()))
    explored.told += outcome.verdict == "told"
    for found in outcome.found:
        key = found.name, _NUMBERS.sub("#", found.text)
        if key in alike:
            alike[key].times += 1
            continue
        known = baseline.reason(found, ground.module)
        alike[key] = Find(found, story, scenario, tuple(session.played), explored.stories, known)
        explored.finds.append(alike[key])


def shrunk_of(find: Find, number: int) -> Shrunk | str:
    """The finding as the shortest scenario of its own; `number`: the seed. Where it is none by itself the story as it was played, as text, to
    be run with `--persist`.
    """
    head = f"Found by exploring {find.scenario.file} (seed {number}, story {find.number}), and made small."
    try:
        return shrink_story(find.story, find.scenario, number, find.found.name, find.played, head)
    except NotFailing:
        return emit(
            {**find.story, "seed": number},
            head=[
                f"Found by exploring {find.scenario.file} (seed {number}, story {find.number}).",
                f"With `rackloop run --persist` it comes to {find.found.name}: {find.found.text}",
            ],
        )
