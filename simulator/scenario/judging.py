"""What of a scenario's expectations means something after a step that did not end as it must."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.scenario.actors import Actors
from simulator.scenario.plan import Action, Clear, Expected, Mark, Step, Strike, Together, Wait
from simulator.scenario.schema.expect import ServerExpect, ServiceExpect

__all__ = ["judgeable"]


def judgeable(expected: Sequence[Expected], left_out: Sequence[Step], actors: Actors) -> Sequence[Expected]:
    """Those that no step bears on that was left out: all, after the last step; else those of services and servers that such a step does not
    name, and none where time was to pass. A service that was never ordered says nothing that the failed step has not said.
    """
    asked = [each for each in expected if not isinstance(each.spec, ServiceExpect) or actors.service(each.spec.service)]
    if not left_out:
        return asked
    if any(isinstance(step, Wait) for step in left_out):
        return ()
    named = set(_named(left_out))
    if None in named:  # everything is mended
        return ()
    for name in tuple(named):
        service = actors.service(name) if name is not None else None
        if service is not None and service.server_name:
            named.add(service.server_name)
    return [each for each in asked if _about(each) - named and not _about(each) & named]


def _about(expected: Expected) -> set[str | None]:
    """The service or server that it is about; nothing for what is about all of the run."""
    match expected.spec:
        case ServiceExpect() as spec:
            return {spec.service}
        case ServerExpect() as spec:
            return {spec.server}
    return set()


def _named(steps: Sequence[Step]) -> Iterator[str | None]:
    """Services, servers and devices that steps bear on; None for all of them."""
    for step in steps:
        match step:
            case Action():
                yield step.service
                yield step.server or step.service
            case Together():
                yield from _named(step.actions)
            case Mark():
                yield step.args.server
            case Strike():
                yield step.fault.params.target
            case Clear():
                yield step.target
