"""Ports and addresses: a suspended service is cut off, a closed one too, and no address answers on two machines."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.services import State
from simulator.dcim.records import LinkStatus
from simulator.invariants.base import Holding
from simulator.invariants.invariant import Broken, Harm, Invariant
from simulator.invariants.world import World

__all__ = ["NETWORK"]


def _open_ports(world: World, server: str) -> list[str]:
    """Its data NICs behind a switch port that is not shut, as `nic1`."""
    return [nic.name for nic, port in world.ports(server) if nic.cable and nic.cable.plugged and port.admin_up]


class PortsClosed(Invariant):
    """The switch ports behind a server's data NICs, when its service is suspended or closed."""

    name = "ports-closed"
    title = "Of a suspended or closed service no data port is open"
    source = "W6-S1, W6-D1, B5-10"
    harm = Harm.REACHABILITY
    breaks = "The server has two ports, and the module shuts the first; the switch restarts with the configuration of before."

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        services = world.services_on(server)
        if not services or world.in_hand(server) or world.living_on(server)[1:]:
            return
        last = services[-1]
        if last.state is State.CLOSED:
            if world.client(server) or last.name not in world.ordered_at:
                return
        elif last.state is not State.SUSPENDED or last.error:  # an action that failed in its midst, and was told
            return
        for nic in _open_ports(world, server):
            yield Broken(
                (server, last.name, nic), f"{nic} of {server} is open though {last.name} is {last.state.value}"
            )


class Unreachable(Invariant):
    """Ping of the addresses of a suspended service."""

    name = "suspended-unreachable"
    title = "A suspended service answers at none of its addresses"
    source = "W6-S1, B5-10"
    harm = Harm.REACHABILITY
    alone = True
    breaks = "The panel shuts a port that had this number once, and the client works on."

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        for service in world.services_on(server):
            machine = world.server(server)
            if service.state is not State.SUSPENDED or service.error or world.busy(service) or machine.system is None:
                continue
            answers = [address for address in machine.system.addresses if machine.answers_ping(address)]
            if answers:
                text = f"{service.name} is suspended, and {server} answers at {answers[0]}"
                yield Broken((server, service.name), text)


class OneMachine(Invariant):
    """The addresses of all systems that run."""

    name = "one-machine"
    title = "An address is live on one machine"
    source = "what every network is owed (RFC 5227)"
    harm = Harm.REACHABILITY
    alone = True
    breaks = "A returned server was neither wiped nor cut off, and its address was given to the next client."

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        system = world.server(server).system
        for address in system.addresses if system else ():
            machines = sorted(world.live.get(address, ()))
            if len(machines) > 1:
                yield Broken((address, *machines), f"{address} is live on {' and '.join(machines)}")


class Accounted(Invariant):
    """The addresses that a server was given, and those that are on the cards of the living services that have it."""

    name = "addresses-accounted"
    title = "Every address of a server is some service's, or goes back to its pool within the hour"
    source = "W6-D4, B5-11"
    harm = Harm.MESS
    breaks = "The answer to an order of an address is lost, the module asks again, and the first one is on no card."
    grace = 3600.0

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        held = world.given(server)
        if not held or world.in_hand(server):
            return
        operation = world.operation(server)
        if operation is not None and not operation.status.ended:
            return
        accounted = {address for service in world.living_on(server) for address in service.addresses}
        if not world.living_on(server):
            record = world.record(server)
            number = record.id if record else 0
            holding = Holding(number, server, world.owner(server), held)
            accounted.update(held[: world.billing.meant_to_stay(holding, world.services_on(server))[1]])
        for address in held:
            if address not in accounted:
                last = [each.name for each in world.services_on(server)[-1:]]
                yield Broken((server, address, *last), f"{address} of {server} is on no living service's card")


class PortBelief(Invariant):
    """Of each switch port with a server behind it, whether the panel shows it as open, against the switch itself."""

    name = "port-belief"
    title = "When nothing is bent, what the panel believes of a switch port is true within two of its polls"
    source = "W6-L1, B5-12: the panel asks its switches at intervals"
    harm = Harm.MESS
    alone = True
    breaks = "A switch starts anew with the configuration that was saved last, and the panel does not ask it any more."
    calm = True
    lasting = "two polls of a switch"

    def patience(self, world: World) -> float:
        return 2 * world.lab.panel.config.switch_poll

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        if self.patience(world) <= 0:  # it does not ask
            return
        for nic, port in world.ports(server):
            known = world.port_record(port) if port.switch in world.lab.stations else None
            if known is None or known[1].error is not None or not known[1].handled:
                continue
            believed, truth = known[0].admin_status, LinkStatus.UP if port.admin_up else LinkStatus.DOWN
            if believed not in (truth, LinkStatus.UNKNOWN):
                text = f"{nic.name} of {server} is {truth.value} at {port.switch}, and the panel believes that it is {believed.value}"
                yield Broken((server, port.switch, nic.name), text)


NETWORK = (PortsClosed(), Unreachable(), OneMachine(), Accounted(), PortBelief())
