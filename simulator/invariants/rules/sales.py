"""Who has which server: nothing is sold twice, nothing is bought twice, nothing is sold that is not for sale, nobody meddles with
another's server.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.services import Service, State
from simulator.invariants.invariant import Broken, Harm, Invariant
from simulator.invariants.world import LIVING, World, is_his
from simulator.kernel import Record

__all__ = ["SALES"]


class SoldOnce(Invariant):
    """The services that have a server, and those whose order has just taken it."""

    name = "sold-once"
    title = "A server is sold to one service at a time"
    source = "W6-A2, B5-5"
    harm = Harm.MONEY
    breaks = "Two orders read the list of free servers before either has taken one, and both take the first."

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        have = [
            s.name for s in world.services_on(server) if s.state in LIVING or (s.busy == "Create" and world.busy(s))
        ]
        if len(have) > 1:
            yield Broken((server, *have), f"{server} is sold to {' and '.join(have)}")


class BoughtOnce(Invariant):
    """The servers that a client owns in the panel, beside those that his services have."""

    name = "bought-once"
    title = "An order takes one server"
    source = "W6-A2, B5-5"
    harm = Harm.MONEY
    breaks = 'The answer to "make him the owner" is lost, and the order goes on with the next free server.'

    def of_service(self, world: World, service: Service) -> Iterator[Broken]:
        if service.state not in LIVING or world.busy(service):
            return
        email = service.client.email.casefold()
        known = {s.server_name for s in world.billing.services.values() if s.client.email.casefold() == email}
        owned = {name for owner, names in world.owned.items() if is_his(owner, service.client.email) for name in names}
        extra = sorted(owned - known)
        if extra and service.server_name in owned and not world.any_busy():
            both = " and ".join([service.server_name, *extra])
            yield Broken(
                (service.name, *extra), f"{both} belong to {service.client.email}, who ordered {service.name} only"
            )


class ForSale(Invariant):
    """The panel's record of a server, whenever it is given to a client."""

    name = "for-sale"
    title = "What the panel calls faulty or in maintenance is not sold"
    source = "vendor page of the BILLmanager integration: which servers are free"
    harm = Harm.MONEY
    alone = True
    breaks = "Staff call a server faulty after an order has read the list, and the order does not look again."
    records = frozenset({("panel", "owner set")})

    def at(self, world: World, record: Record) -> Iterator[Broken]:
        server = world.record(record.subject)
        if server is None or not world.client(record.subject):
            return
        why = (
            f"faulty ({server.faulty})" if server.faulty is not None else "in maintenance" if server.maintenance else ""
        )
        if why:
            yield Broken(
                (record.subject,), f"{record.subject} is {why}, and is given to {world.client(record.subject)}"
            )


class HandsOff(Invariant):
    """What is begun in the panel on a server of a living service on which nobody works, while another order is worked on."""

    name = "hands-off"
    title = "An order changes nothing about a server that another living service has"
    source = "what every client is owed"
    harm = Harm.DATA
    breaks = (
        "An order keeps the list of free servers for an hour, and installs anew what somebody has bought meanwhile."
    )
    records = frozenset(
        ("panel", what)
        for what in (
            "owner set",
            "operation started",
            "address allocated",
            "address released",
            "power command",
            "state",
        )
    )

    def at(self, world: World, record: Record) -> Iterator[Broken]:
        if not world.is_server(record.subject):
            return
        on_it = world.services_on(record.subject)
        living = [service for service in on_it if service.state in LIVING]
        if not living or any(world.busy(service) for service in on_it) or world.of_an_operation(record):
            return
        others = [
            s
            for s in world.billing.services.values()
            if world.busy(s) and s.server_name in (record.subject, "") and not world.cannot_have_asked(s)
        ]
        if others:
            names = " or ".join(each.name for each in others)
            text = f"{record.what} on {record.subject}, which {living[0].name} has, while {names} is worked on"
            yield Broken((record.subject, living[0].name), text)


class Owned(Invariant):
    """The owner in the panel of each active service's server."""

    name = "owned"
    title = "Who pays for a server owns it in the panel"
    source = "W6-A3, B5-9"
    harm = Harm.MONEY
    breaks = "A module takes a gateway's page for success: the owner was never set."

    def of_service(self, world: World, service: Service) -> Iterator[Broken]:
        if service.state is not State.ACTIVE or world.busy(service) or not world.is_server(service.server_name):
            return
        owner = world.owner(service.server_name)
        if not is_his(owner, service.client.email):
            text = f"{service.name} is active on {service.server_name}, which belongs to {owner or 'nobody'}"
            yield Broken((service.name, service.server_name), text)


SALES = (SoldOnce(), BoughtOnce(), ForSale(), HandsOff(), Owned())
