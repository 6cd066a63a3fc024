"""Plays a scenario through both versions, looks at everything after each step, and puts the differences side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from provisioner.services import State as ServiceState
from simulator.scenario import labs
from simulator.scenario.actors import Actors
from simulator.scenario.labs import LabRun, OpenLab
from simulator.scenario.plan import Action, Clear, Scenario, Step, Strike, Together
from simulator.scenario.result import Failure
from simulator.scenario.runner import Session
from simulator.scenario.versions.states import PLACES, State, looked_at, state_of
from simulator.scenario.versions.translation import MODULES, Translated, translate

__all__ = ["Comparison", "Difference", "NotComparable", "Played", "Side", "StepCompared", "compare"]


class NotComparable(Exception):
    """There is nothing in it that both versions could play."""


@dataclass(frozen=True, slots=True)
class Played:
    """A step as one version played it. `ends`: how, by action; `seconds`: lab time; `calls`: to the panel."""

    ends: Mapping[str, str]
    seconds: float
    calls: int
    states: Mapping[str, State]
    """After it, by server."""
    servers: Mapping[str, str]
    """Of services; a closed one keeps its last until it is another's."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one version made of the scenario."""

    translated: Translated
    steps: Sequence[Played]
    unmet: Sequence[str]
    """Faults that bent nothing."""
    broken: Sequence[Failure]
    """What ended the run before its time."""
    journal_hash: str


@dataclass(frozen=True, slots=True)
class Difference:
    """`subject`: a service or server; `values`: as version 5 and as version 6 leave it."""

    place: str
    subject: str
    aspect: str
    values: tuple[str, str]


@dataclass(frozen=True, slots=True)
class StepCompared:
    step: str
    played: tuple[Played | None, Played | None]
    """By version 5 and 6; None where the run ended before."""
    differences: Sequence[Difference]
    """All that is different after it."""
    new: Sequence[Difference]
    """Those that were not, or not so, before it."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides of one scenario."""

    scenario: Scenario
    seed: int
    sides: tuple[Side, Side]
    steps: Sequence[StepCompared] = field(default=())

    @property
    def differs(self) -> bool:
        return any(step.differences or _ended(step) for step in self.steps)

    @property
    def broken(self) -> bool:
        return any(side.broken for side in self.sides)


class _Looking(Session):
    """A run that is not judged: each step is played whatever became of the one before, and looked at."""

    def __init__(self, scenario: Scenario, seed: int, open_lab: OpenLab) -> None:
        super().__init__(scenario, seed, "simulated", open_lab)
        self.seen: list[Played] = []
        self.unmet: list[str] = []
        self._servers: dict[str, str] = {}

    async def _whole(self, run: LabRun, actors: Actors) -> None:
        self._strike_all(run)
        for step in self.scenario.steps:
            began, calls = run.clock.now(), len(actors.log.calls)
            ends = await self._played(step, run, actors)
            seconds, calls = run.clock.now() - began, len(actors.log.calls) - calls
            self._sell(actors)
            servers = await looked_at(run, actors, self._servers)
            states = {server: await state_of(run, actors, server) for server in servers}
            self.seen.append(Played(ends, seconds, calls, states, dict(self._servers)))
        self.unmet = [str(fault) for fault, injected in self._injected if not injected.came_about]

    def _sell(self, actors: Actors) -> None:
        """Note which service has which server now."""
        for service in actors.billing.services.values():
            if service.server_name and service.state is not ServiceState.CLOSED:
                self._servers = {name: it for name, it in self._servers.items() if it != service.server_name}
                self._servers[service.name] = service.server_name

    async def _played(self, step: Step, run: LabRun, actors: Actors) -> Mapping[str, str]:
        match step:
            case Action():
                misses = {str(step): await self._act(step, run, actors)}
            case Together():
                found = await self._act_together(step.actions, run, actors)
                misses = {str(action): miss for action, miss in zip(step.actions, found, strict=True)}
            case Clear():
                run.faults.clear(step.kind, step.target)
                return {}
            case _:
                await super()._step(step, run, actors)
                return {}
        return {action: "done" if miss is None else miss.seen for action, miss in misses.items()}

    def _judge_violations(self, actors: Actors) -> None:
        """What must always hold is what `run` and `sweep` are for."""


def compare(scenario: Scenario, *, seed: int | None = None, open_lab: OpenLab | None = None) -> Comparison:
    """Play it through both versions. Raises NotComparable, BadSettings."""
    number = (scenario.seed or 0) if seed is None else seed
    five, six = (_side(translate(scenario, version), number, open_lab or labs.OPEN) for version in MODULES)
    steps, before = [], set[Difference]()
    for index, step in enumerate(five.translated.scenario.steps):
        played = tuple(side.steps[index] if index < len(side.steps) else None for side in (five, six))
        there = _differences(*played)
        new = [each for each in there if each not in before]
        steps.append(StepCompared(_named(step), (played[0], played[1]), there, new))
        before = set(there)
    return Comparison(scenario, number, (five, six), tuple(steps))


def _side(translated: Translated, seed: int, open_lab: OpenLab) -> Side:
    if not any(isinstance(step, Action | Together) for step in translated.scenario.steps):
        raise NotComparable("there is no step in it that both versions have: create, suspend, unsuspend or terminate")
    session = _Looking(translated.scenario, seed, open_lab)
    session.run()
    return Side(translated, session.seen, session.unmet, session.failures, session.journal_hash)


def _differences(five: Played | None, six: Played | None) -> list[Difference]:
    """By place, then by service and server. A service's server is compared with its server in the other version, or with what became of
    the same one there.
    """
    if five is None or six is None:
        return []
    found = []
    for subject, mine, other in _pairs(five, six):
        servers = five.servers.get(subject, "none"), six.servers.get(subject, "none")
        if servers[0] != servers[1]:
            found.append(Difference("panel", subject, "server", servers))
        states = five.states.get(mine, {}), six.states.get(other, {})
        for place, aspect in dict.fromkeys((*states[0], *states[1])):
            values = states[0].get((place, aspect), "-"), states[1].get((place, aspect), "-")
            if values[0] != values[1]:
                found.append(Difference(place, subject, aspect, values))
    return sorted(found, key=lambda each: PLACES.index(each.place))


def _pairs(five: Played, six: Played) -> Iterator[tuple[str, str, str]]:
    """What is compared: a service with its server in each version, then the servers that are no service's in either."""
    sold = set[str]()
    for service in dict.fromkeys((*five.servers, *six.servers)):
        mine, other = five.servers.get(service, ""), six.servers.get(service, "")
        sold |= {mine, other}
        yield service, mine or other, other or mine
    for server in five.states:
        if server not in sold and server in six.states:
            yield server, server, server


def _ended(step: StepCompared) -> bool:
    five, six = step.played
    return (five is None) != (six is None) or (five is not None and six is not None and five.ends != six.ends)


def _named(step: Step) -> str:
    match step:
        case Together():
            return f"together: {', '.join(map(str, step.actions))}"
        case Strike():
            return f"fault {step.fault}"
        case Clear():
            return f"clear {step.kind or step.target or 'all'}"
        case Action():
            return str(step)
    return f"wait {getattr(step, 'seconds', 0):g} s"
