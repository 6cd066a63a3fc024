"""Makes a failure small: the shortest scenario that still fails in the same way, of fewer faults and steps, in a smaller lab.

A greedy search over the file as data. What is tried are *cuts*, each of which leaves the file a scenario: a step less, a fault less,
a setting less, a rounder time, a server less. A cut stays when the scenario still fails in the same way, and, where it takes a fault
to fail, does not fail so without its faults: else what was cut off would be the failure. It ends when no cut stays.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from simulator.files.problems import FileProblems
from simulator.files.reader import read
from simulator.scenario.billing.outside.plan import load_module
from simulator.scenario.language import scenario_from_text
from simulator.scenario.plan import Action, Scenario, Wait
from simulator.scenario.result import Failure, Result
from simulator.scenario.runner import run_scenario
from simulator.sweep.cuts import Data, seconds, smaller_fault, smaller_labs, smaller_step, without
from simulator.sweep.emit import emit
from simulator.sweep.fates import FaultSpec
from simulator.sweep.playing import PAUSE, PersistentSession, Played, load, with_faults
from simulator.sweep.trial import Trial

__all__ = ["NotFailing", "Shrunk", "shrink_scenario", "shrink_story", "shrink_trial", "ways_of"]

BEGINNING: Final = 30
"""Signs of an error's text: further on it may name what a smaller lab has not."""
_NUMBERS: Final = re.compile(r"\d+")
TRIES: Final = 400
"""Cuts that are tried at most."""
_TOLD_WHOLE: Final = ("fails", "unlike", "given-back")
Run = Callable[[Scenario, int], Result]


class NotFailing(Exception):
    """There is nothing to make small: it does not fail, or not as a file that is run by itself."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The scenario, and how it came to be."""

    text: str
    fails_with: str
    way: str
    """How it fails: an invariant's name, or one of `given-back`, `charged`, `unlike`, `fails`, `crashes`, `hangs`."""
    tries: int
    before: tuple[int, int, int]
    """Steps, faults and servers."""
    after: tuple[int, int, int]


def ways_of(result: Result) -> dict[str, Failure]:
    """In what ways a run failed, each with its first failure."""
    ways: dict[str, Failure] = {}
    for failure in result.failures:
        ways.setdefault(_way(result, failure), failure)
    return ways


def _way(result: Result, failure: Failure) -> str:
    what = failure.what
    if what.startswith("violates "):
        return what.removeprefix("violates ")
    if result.verdict == "error":
        return "crashes"
    if what in ("leak", "leaks"):
        return "given-back"
    if what == "ledger":
        return "charged"
    if what == "the run":
        return "hangs"
    return "fails" if failure.expected == "success" or failure.expected.startswith("an ") else "unlike"


def run(scenario: Scenario, seed: int) -> Result:
    """As `rackloop run` does, in virtual time."""
    return run_scenario(scenario, seed=seed)


def shrink_trial(trial: Trial, name: str, play: Run = run) -> Shrunk:
    """From a sweep's trial that came to a finding of this name. Raises NotFailing, FileProblems."""
    scenario = with_faults(load(trial.file, trial.module), trial)
    session = PersistentSession(scenario, trial.seed, trouble=len(trial.faults))
    session.run()
    session.outcome(trial)
    document = _as_played(dict(read(Path(trial.file)).data), trial.faults, session.played, scenario)
    head = f"Found by a sweep of {trial.file} (trial {trial.id}, seed {trial.seed}), and made small."
    return _Shrinking(document, trial.file, trial.seed, name, play, head, trial.module).shrunk()


def shrink_story(
    document: Data, scenario: Scenario, seed: int, name: str, played: Sequence[Played], head: str, play: Run = run
) -> Shrunk:
    """From a scenario as data that came to a finding of this name when it was `played`. Raises NotFailing."""
    whole = _as_played(document, (), played, scenario)
    return _Shrinking(whole, scenario.file, seed, name, play, head).shrunk()


def _way_of(name: str) -> str:
    """How a scenario of its own fails by this finding."""
    return {"never-recovers": "fails", "gives-up": "fails"}.get(name, name)


def shrink_scenario(file: Path, seed: int | None, play: Run = run, way: str = "", module: str = "") -> Shrunk:
    """From a scenario that fails; `way` chooses of several, the worst or first unless given; `module` plays it instead of its own.
    Raises NotFailing, FileProblems.
    """
    scenario = load(str(file), module)
    number = (scenario.seed or 0) if seed is None else seed
    result = play(scenario, number)
    ways = ways_of(result)
    if not ways:
        raise NotFailing(f"{file} does not fail")
    if way and way not in ways:
        raise NotFailing(f"{file} does not fail by {way}: {', '.join(ways)}")
    return _Shrinking(
        dict(read(file).data),
        str(file),
        number,
        way or next(iter(ways)),
        play,
        f"Made small from {file}, seed {number}.",
        module,
    ).shrunk()


def _as_played(document: Data, faults: Sequence[FaultSpec], played: Sequence[Played], scenario: Scenario) -> Data:
    """The file as it came to be played: with the trial's faults, what failed expected to fail, what was tried again written out."""
    document = copy.deepcopy(document)
    raw: list[Data] = document["steps"]
    at = {id(step): index for index, step in enumerate(scenario.steps)}
    by_line = {
        action.line: each
        for step, each in zip(scenario.steps, raw, strict=True)
        for action, each in _actions(step, each)
    }
    steps: list[Data] = []
    for each in played:
        if each.again:
            assert isinstance(each.step, Action)
            if not each.at_once:
                steps.append({"wait": f"{PAUSE / 60:g}m"})
            one = by_line.get(each.step.line) or {each.step.verb: {"service": each.step.service}}
            steps.append(_ended(one, failed=bool(each.failed)))
        elif isinstance(each.step, Action):
            steps.append(_ended(raw[at[id(each.step)]], failed=bool(each.failed)))
        elif each.failed:  # together: a step that fails there cannot say so of one of them only
            whole = copy.deepcopy(raw[at[id(each.step)]])
            for action, one in _actions(each.step, whole):
                if action.line in each.failed:
                    one["expect"] = {"error": "*"}
            steps.append(whole)
        else:
            steps.append(copy.deepcopy(raw[at[id(each.step)]]))
    document["steps"] = steps
    document["faults"] = [*document.get("faults", []), *({kind: dict(params)} for kind, params in faults)]
    return document


def _actions(step: object, raw: Data) -> Iterator[tuple[Action, Data]]:
    if isinstance(step, Action):
        yield step, raw
    elif hasattr(step, "actions"):
        yield from zip(step.actions, raw["together"], strict=True)


def _ended(raw: Data, *, failed: bool) -> Data:
    """A step that must end as it did, however long it takes."""
    step = copy.deepcopy(raw)
    expect = {key: value for key, value in step.pop("expect", {}).items() if key == "error"}
    if failed:
        expect = {"error": "*"}
    return {**step, "expect": expect} if expect else step


class _Shrinking:
    def __init__(self, document: Data, file: str, seed: int, name: str, play: Run, head: str, module: str = "") -> None:
        self._module = load_module(module) if module else None
        self._file = file
        self._seed = seed
        self._way = _way_of(name)
        self._passed = name == "never-recovers"
        """It fails after the trouble has passed: its last try is made a quarter of an hour after the one before."""
        self._play = play
        self._head = head
        self._tries = 0
        self._document = document
        self._last = ""
        self._faulty = bool(document.get("faults"))
        self._said = ""
        self._others: set[str] | None = None
        """In what other ways the whole failed too; a smaller one may in those, and in no further ones."""

    def shrunk(self) -> Shrunk:
        document = self._document
        before = _size(document, self._file)
        if self._way == "fails":
            document = _ending_in_failure(document)
        if self._way != "unlike":
            document = _unasked(document)
        self._passed = self._passed and _after_a_pause(document)
        if not self._fails(document, guard=False):
            raise NotFailing(f"it does not fail by {self._way} as a scenario of its own: a sweep alone sees it")
        whole = document
        while True:
            smaller = next((each for each in self._cuts(whole) if self._fails(each)), None)
            if smaller is None or self._tries >= TRIES:
                break
            whole = smaller
        whole["scenario"] = _sentence(self._last)
        text = self._text(whole)
        return Shrunk(text, self._last, self._way, self._tries, before, _size(whole, self._file))

    def _text(self, document: Data) -> str:
        comments = {
            ("steps", index): "fails, and says so"
            for index, step in enumerate(document["steps"])
            if "error" in step.get("expect", {})
        }
        heads = [self._head, f"Fails with: {self._last}"]
        return emit(document, comments, heads)

    # whether it fails as before

    def _fails(self, document: Data, *, guard: bool = True) -> bool:
        if self._passed and not _after_a_pause(document):
            return False
        self._tries += 1
        failure = self._failure(document)
        if failure is None:
            return False
        if guard and self._faulty and document.get("faults"):
            calm = {key: value for key, value in document.items() if key != "faults"}
            calm["steps"] = [step for step in document["steps"] if step.get("expect", {}).get("error") != "*"]
            if self._failure(calm) is not None:
                return False
        elif guard and self._faulty:
            return False
        self._last = f"{failure.what}: {failure.seen}" if self._way in _TOLD_WHOLE else failure.seen
        return True

    def _result(self, document: Data) -> Result:
        scenario = scenario_from_text(emit(document), self._file, self._module)
        return self._play(replace(scenario, file=self._file), self._seed)

    def _failure(self, document: Data) -> Failure | None:
        try:
            result = self._result(document)
        except FileProblems:
            return None
        ways = ways_of(result)
        if result.verdict == "error" and self._way != "crashes":
            return None
        if self._others is None and self._way in ways:
            self._others, self._said = set(ways), self._words(ways[self._way])
        if self._others is None or not set(ways) <= self._others:
            return None
        alike = [
            each for each in result.failures if _way(result, each) == self._way and self._words(each) == self._said
        ]
        return alike[0] if alike else None

    def _words(self, failure: Failure) -> str:
        """What a smaller one must say too, but for numbers: what is unlike, word for word; how what fails begins to say so."""
        if self._way == "unlike":
            return _NUMBERS.sub("#", f"{failure.what} {failure.expected} {failure.seen}")
        return _NUMBERS.sub("#", f"{failure.what} {failure.seen[:BEGINNING]}") if self._way == "fails" else ""

    # cuts

    def _cuts(self, document: Data) -> Iterator[Data]:
        """Smaller files, the much smaller ones first."""
        for key in ("expect", "known", "source", "limit", "seed"):
            if document.get(key):
                yield without(document, key)
        for key in ("faults", "steps", "expect"):
            items = document.get(key) or []
            half = len(items) // 2
            if half > 1:
                yield {**document, key: items[:half]}
                yield {**document, key: items[half:]}
            for index in range(len(items)):
                if key != "steps" or len(items) > 1:
                    rest = items[:index] + items[index + 1 :]
                    yield {**document, key: rest} if rest else without(document, key)
        for key in document.get("settings") or {}:
            rest = without(document["settings"], key)
            yield {**document, "settings": rest} if rest else without(document, "settings")
        yield from self._in_steps(document)
        yield from self._in_faults(document)
        yield from smaller_labs(document, self._file)

    def _in_steps(self, document: Data) -> Iterator[Data]:
        steps = document["steps"]
        for index, step in enumerate(steps):
            for smaller in smaller_step(step):
                yield {**document, "steps": [*steps[:index], smaller, *steps[index + 1 :]]}

    def _in_faults(self, document: Data) -> Iterator[Data]:
        faults = document.get("faults") or []
        for index, fault in enumerate(faults):
            for smaller in smaller_fault(fault):
                yield {**document, "faults": [*faults[:index], smaller, *faults[index + 1 :]]}


def _ending_in_failure(document: Data) -> Data:
    """The last step that failed is what fails: it must succeed, and does not."""
    failed = [index for index, step in enumerate(document["steps"]) if step.get("expect", {}).get("error") == "*"]
    if not failed:
        return document
    steps = document["steps"][: failed[-1] + 1]
    return {**document, "steps": [*steps[:-1], without(steps[-1], "expect")]}


def _after_a_pause(document: Data) -> bool:
    """Its last step is a try long after the one before."""
    before = document["steps"][-2:-1]
    return bool(before) and seconds(before[0].get("wait", "")) >= PAUSE


def _unasked(document: Data) -> Data:
    """Without what is expected of a life in which nothing more goes wrong: it is not what fails here."""
    steps = [step for step in document["steps"] if "check" not in step]
    return {**without(document, "expect"), "steps": steps}


def _size(document: Data, file: str) -> tuple[int, int, int]:
    try:
        servers = len(scenario_from_text(emit(document), file).plan.servers)
    except FileProblems:
        servers = 0
    steps = [step for step in document["steps"] if not isinstance(step, Wait)]
    return len(steps), len(document.get("faults") or []), servers


def _sentence(text: str) -> str:
    first = text.split("\n", maxsplit=1)[0]
    return first[:1].upper() + first[1:180]
