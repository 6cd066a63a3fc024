"""What may go wrong in a scenario: it is run once, and every message that concerns its services is noted with the step it is of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.kernel import Journal
from simulator.kernel.wire import Network, Point
from simulator.scenario import labs
from simulator.scenario.actors import Actors
from simulator.scenario.labs import LabRun, Mode, OpenLab
from simulator.scenario.plan import Scenario
from simulator.scenario.result import Result
from simulator.scenario.runner import Session

__all__ = ["NETWORKS", "Choose", "Learned", "Noted", "chosen", "learn", "stage_of"]

NETWORKS: tuple[Network, ...] = ("http", "data", "ipmi", "snmp")
Choose = Literal["kinds", "steps", "every"]
"""Which messages are tried: the first of each kind, the first of each kind in each step, or every one."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A message of the run, and the step of the billing side in which it was sent."""

    point: Point
    step: str


@dataclass(frozen=True, slots=True)
class Learned:
    """What one undisturbed run showed: its result, and its messages in order."""

    result: Result
    points: Sequence[Noted]
    servers: Mapping[str, str]
    """Which server each service got."""


class _Listening(Session):
    """A run that notes every message with the number of the journal record before it."""

    heard: list[tuple[Point, int]]
    steps: list[tuple[int, str]]
    own: set[str]
    servers: Mapping[str, str]

    async def _play(self, run: LabRun, actors: Actors) -> None:
        self.heard, journal = [], run.journal
        unwatch = run.wire.watch(lambda point: self.heard.append((point, len(journal))))
        try:
            await super()._play(run, actors)
        finally:
            unwatch()
            self.steps = list(_steps(journal))
            self.own = set(_own(run, actors))
            self.servers = {each.name: each.server_name for each in actors.billing.services.values()}


def _steps(journal: Journal) -> Iterator[tuple[int, str]]:
    """Where steps end, by the number of the record that says so; after the module's last step the action itself."""
    for record in journal:
        if record.layer == "billing":
            yield record.number, record.what
        elif record.layer == "scenario" and record.what.endswith(" ends"):
            yield record.number, f"{record.what.removesuffix(' ends')} {record.subject}".rstrip()


def _own(run: LabRun, actors: Actors) -> Iterator[str]:
    """The machines of the services, and what they are connected to."""
    for service in actors.billing.services.values():
        server = run.plant.servers.get(service.server_name)
        if server is None:
            continue
        yield server.name
        for nic in server.nics:
            for switch in run.plant.switches.values():
                if nic.cable is not None and nic.cable.port in switch.ports:
                    yield switch.name


def stage_of(scenario: Scenario) -> tuple[Mode, OpenLab]:
    """How it is played: in virtual time, but where its module needs real sockets."""
    return ("simulated", labs.OPEN) if scenario.outside is None else scenario.outside.stage("simulated", None)


def learn(scenario: Scenario, seed: int) -> Learned:
    """Run it once, undisturbed."""
    session = _Listening(scenario, seed, *stage_of(scenario))
    session.run()
    result = session.result()
    if not hasattr(session, "steps"):  # it never came to be played
        return Learned(result, (), {})
    return Learned(result, tuple(_noted(session.heard, session.steps, session.own)), session.servers)


def _noted(heard: Iterable[tuple[Point, int]], steps: Sequence[tuple[int, str]], own: set[str]) -> Iterator[Noted]:
    """Those that concern the services, each with the step that ends next."""
    at = 0
    for point, before in heard:
        while at < len(steps) and steps[at][0] <= before:
            at += 1
        if point.network == "http" or point.sender in own or point.receiver in own:
            yield Noted(point, steps[at][1] if at < len(steps) else "after the last step")


def chosen(points: Iterable[Noted], choose: Choose, networks: Sequence[Network] = NETWORKS) -> list[Noted]:
    """Which of them are tried."""
    seen: set[tuple[str, ...]] = set()
    found = []
    for noted in points:
        point = noted.point
        if point.network not in networks:
            continue
        step = {"kinds": (), "steps": (noted.step,), "every": (str(point.n), point.sender, point.receiver)}[choose]
        # Machines are all alike: what one of them answers stands for the others.
        receiver = point.receiver if point.network == "http" else ""
        key = (point.network, receiver, point.what, *step)
        if key not in seen:
            seen.add(key)
            found.append(noted)
    return found
