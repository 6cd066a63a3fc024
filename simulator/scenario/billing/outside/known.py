"""What a module's vendor says that it leaves, against what is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provisioner.services import Service, State
from simulator.invariants.base import Holding

__all__ = ["Known", "meant_to_stay", "permits"]


@dataclass(frozen=True, slots=True)
class Known:
    """See `KnownSpec`. `what`: `owner-left`, `address-left`, `scenario`, or the name of an invariant."""

    what: str
    when: str | None
    because: str
    name: str = ""


def meant_to_stay(
    known: Sequence[Known], held: Holding, services: Sequence[Service], *, main_stays: bool
) -> tuple[bool, int]:
    """See `BillingView.meant_to_stay`. `main_stays`: whether a server that nobody owns keeps its main address."""
    states = {service.state for service in services}

    def said(what: str) -> bool:
        return any(each.what == what and (each.when is None or State(each.when) in states) for each in known)

    addresses = len(held.addresses) if said("address-left") else 1 if main_stays and not held.owner else 0
    return said("owner-left"), addresses


def permits(known: Sequence[Known], invariant: str, service: Service) -> str:
    """See `Side.permits`: the reason that is declared for this invariant, of services in this state."""
    fitting = (
        each for each in known if each.what == invariant and (each.when is None or State(each.when) is service.state)
    )
    return next((each.because for each in fitting), "")
