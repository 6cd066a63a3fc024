"""Ports and addresses: a suspended service is cut off, a closed one too, and no address answers on two machines."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.services import State
from simulator.invariants.invariant import Broken, Harm, Invariant
from simulator.invariants.world import World

__all__ = ["NETWORK"]


def _open_ports(world: World, server: str) -> list[str]:
    """Its data NICs behind a switch port that is not shut, as `nic1`."""
    cables = [(nic.name, nic.cable) for nic in world.server(server).nics if nic.cable is not None]
    return [name for name, cable in cables if cable.port is not None and cable.plugged and cable.port.admin_up]


class PortsClosed(Invariant):
    name = "ports-closed"
    title = "Of a suspended or closed service no data port is open"
    source = "W6-S1, W6-D1, B5-10"
    harm = Harm.REACHABILITY

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        services = world.services_on(server)
        if not services or world.in_hand(server) or world.living_on(server)[1:]:
            return
        last = services[-1]
        if last.state is State.CLOSED:
            if world.client(server) or last.name not in world.ordered_at:
                return
        elif last.state is not State.SUSPENDED:
            return
        for nic in _open_ports(world, server):
            yield Broken(
                (server, last.name, nic), f"{nic} of {server} is open though {last.name} is {last.state.value}"
            )


class Unreachable(Invariant):
    name = "suspended-unreachable"
    title = "A suspended service answers at none of its addresses"
    source = "W6-S1, B5-10"
    harm = Harm.REACHABILITY

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        for service in world.services_on(server):
            machine = world.server(server)
            if service.state is not State.SUSPENDED or world.busy(service) or machine.system is None:
                continue
            answers = [address for address in machine.system.addresses if machine.answers_ping(address)]
            if answers:
                text = f"{service.name} is suspended, and {server} answers at {answers[0]}"
                yield Broken((server, service.name), text)


class OneMachine(Invariant):
    name = "one-machine"
    title = "An address is live on one machine"
    source = "what every network is owed (RFC 5227)"
    harm = Harm.REACHABILITY

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        system = world.server(server).system
        for address in system.addresses if system else ():
            machines = sorted(world.live.get(address, ()))
            if len(machines) > 1:
                yield Broken((address, *machines), f"{address} is live on {' and '.join(machines)}")


NETWORK = (PortsClosed(), Unreachable(), OneMachine())
