"""What a client gets: a service that billing calls active runs the system of its order, and answers."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.services import Service
from simulator.invariants.invariant import Broken, Harm, Invariant
from simulator.invariants.world import World
from simulator.plant import BootState

__all__ = ["DELIVERY"]


def _ordered(service: Service, world: World) -> bool:
    """It came from an order that was worked on here, on a server of this hall."""
    return world.is_server(service.server_name) and service.name in world.ordered_at


class Installed(Invariant):
    """The machine, in the moment in which billing calls a service delivered: power, system, and since when it is on the disk."""

    name = "installed"
    title = "An active service runs the system of its own order"
    source = "W6-A8, B5-7"
    harm = Harm.MONEY
    breaks = "A module does not wait for the installation, or takes an old operation's end for that of its own."

    def claimed(self, world: World, service: Service) -> Iterator[Broken]:
        if not _ordered(service, world):
            return
        name, server = service.server_name, world.server(service.server_name)
        subjects = (service.name, name)
        if not server.powered:
            if not world.just_broken(name):
                yield Broken(subjects, f"{service.name} is called active, and {name} is off")
            return
        written = max(world.installations(name), default=None)
        if server.os is None or written is None:
            if not world.just_broken(name):
                yield Broken(subjects, f"{service.name} is called active, and {name} has no system")
        elif written < world.ordered_at[service.name]:
            yield Broken(subjects, f"{service.name} is called active, and {name} has the system of before its order")
        elif server.state is not BootState.RUNNING and not world.just_broken(name):
            yield Broken(subjects, f"{service.name} is called active, and {name} is still busy ({server.state.value})")


class Reachable(Invariant):
    """Ping, in the moment in which billing calls a service delivered."""

    name = "reachable"
    title = "An active service answers at one of its addresses"
    source = "W6-A5, B5-8"
    harm = Harm.REACHABILITY
    breaks = "The port was not switched on, or the server has come up with the addresses of its last client."

    def claimed(self, world: World, service: Service) -> Iterator[Broken]:
        if not _ordered(service, world):
            return
        server = world.server(service.server_name)
        system = server.system
        if system is None or not system.addresses:  # `installed` says it
            return
        if not any(server.answers_ping(address) for address in system.addresses) and not world.just_broken(server.name):
            text = f"{service.name} is called active, and {service.server_name} answers at none of its addresses"
            yield Broken((service.name, service.server_name), text)


DELIVERY = (Installed(), Reachable())
