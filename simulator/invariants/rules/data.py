"""A client's data: nobody else gets it, on a disk or by a way into the BMC."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.services import Service, State
from simulator.invariants.invariant import Broken, Harm, Invariant
from simulator.invariants.world import World

__all__ = ["DATA"]


class OthersData(Invariant):
    name = "others-data"
    title = "No client gets a disk that holds another one's data"
    source = "what every client is owed"
    harm = Harm.DATA

    def of_service(self, world: World, service: Service) -> Iterator[Broken]:
        if service.state is not State.ACTIVE or world.busy(service) or not world.is_server(service.server_name):
            return
        name, email = service.server_name, service.client.email
        for installed in world.installations(name):
            whose = world.data_of.get((name, installed), email)
            if whose.casefold() != email.casefold():
                text = f"{service.name} of {email} has {name}, whose disks still hold data of {whose}"
                yield Broken((service.name, name), text)


class OthersAccess(Invariant):
    name = "others-access"
    title = "No client gets a server whose BMC another one can log in to"
    source = "what every client is owed"
    harm = Harm.DATA

    def of_service(self, world: World, service: Service) -> Iterator[Broken]:
        if service.state is not State.ACTIVE or world.busy(service) or not world.is_server(service.server_name):
            return
        name, email = service.server_name, service.client.email
        for user, whose in world.bmc_users(name).items():
            if whose and whose.casefold() != email.casefold():
                text = (
                    f"{service.name} of {email} has {name}, and the BMC user {user!r} made for {whose} is still there"
                )
                yield Broken((service.name, name, user), text)


DATA = (OthersData(), OthersAccess())
