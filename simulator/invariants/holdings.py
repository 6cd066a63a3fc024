"""What the panel holds for nobody: owners and addresses that no living service accounts for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from provisioner.services import State
from simulator.invariants.base import BillingView, Holding

__all__ = ["Leak", "held_for_nobody"]


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing held by nobody's living service. `kind`: `owner`, `address`, or `account` with its name for a server; `value`:
    the e-mail, the address, or the name.
    """

    kind: str
    server: str
    value: str
    service: str = ""
    """The service that last had the server, when there is one."""

    def __str__(self) -> str:
        if self.kind == "account":
            return f"account {self.value} of ispmanager"
        what = (
            f"owner {self.value} of {self.server}" if self.kind == "owner" else f"address {self.value} of {self.server}"
        )
        return f"{what} (service {self.service})" if self.service else what


def held_for_nobody(holdings: Iterable[Holding], billing: BillingView) -> list[Leak]:
    """Owners and addresses that no active or suspended service accounts for.

    What the module means to stay (the owner after termination of W6-S14, a free server's main address in DCImanager 5)
    is no leak.
    """
    leaks: list[Leak] = []
    for held in holdings:
        services = [service for service in billing.services.values() if service.server == held.id]
        if any(service.state in (State.ACTIVE, State.SUSPENDED) for service in services):
            continue
        last = services[-1].name if services else ""
        owner_stays, addresses_stay = billing.meant_to_stay(held, services)
        if held.owner and not owner_stays:
            leaks.append(Leak("owner", held.server, held.owner, last))
        left = [address for address in held.addresses[addresses_stay:] if address not in held.stock]
        leaks.extend(Leak("address", held.server, address, last) for address in left)
    return leaks
