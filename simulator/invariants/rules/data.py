"""A client's data: nobody else gets it, on a disk or by a way into the BMC."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.services import Service, State
from simulator.dcim.access_log import Call
from simulator.invariants.invariant import Broken, Harm, Invariant
from simulator.invariants.world import World

__all__ = ["DATA"]


class OthersData(Invariant):
    """Whose systems were written to a server's disks since they were last wiped, when the server is a client's."""

    name = "others-data"
    title = "No client gets a disk that holds another one's data"
    source = "what every client is owed"
    harm = Harm.DATA
    alone = True
    breaks = "A module clears no disks, or takes diagnostics that failed for diagnostics that have cleared them."

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        data = world.data_on(server)
        if not data:
            return
        for service in world.living_on(server):
            if service.state is not State.ACTIVE or world.busy(service):
                continue
            for whose in data.values():
                if whose.casefold() != service.client.email.casefold():
                    text = (
                        f"{service.name} of {service.client.email} has {server}, whose disks still hold data of {whose}"
                    )
                    yield Broken((service.name, server), text)


class OthersAccess(Invariant):
    """The users of a server's BMC, and for which client each was made."""

    name = "others-access"
    title = "No client gets a server whose BMC another one can log in to"
    source = "what every client is owed"
    harm = Harm.DATA
    breaks = "A user was made for a client's console, and nobody removed it when the server came back."

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


class OthersServer(Invariant):
    """Calls about a server or what is its own, done for a user whose only role is `@user`, and whose the server was. Lists are not read."""

    name = "others-server"
    title = "A client sees and changes no server but his own in the panel"
    source = "vendor page on roles: users work with their own servers"
    harm = Harm.DATA
    alone = True
    breaks = "A route of the panel looks for the operation by its id, and not for whose server it is on."

    def called(self, world: World, call: Call) -> Iterator[Broken]:
        if call.owner != call.user.id:
            text = f"{call.action} of {call.server} was done for {call.user.email}, whose it is not"
            yield Broken((call.server, call.user.email), text)


DATA = (OthersData(), OthersAccess(), OthersServer())
