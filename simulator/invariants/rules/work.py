"""What was begun ends and is looked at; nothing runs for nobody; what the panel believes is true when nothing is bent."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.services import State
from simulator.dcim.records import PowerStatus
from simulator.invariants.invariant import Broken, Harm, Invariant
from simulator.invariants.world import World

__all__ = ["WORK"]


class Watched(Invariant):
    """The last operation on a server whose order has failed or whose service is closed."""

    name = "operations-watched"
    title = "An operation that an order began is waited for, or ended"
    source = "W6-A10, B5-7"
    harm = Harm.MESS
    breaks = "A module gives up at the first 503, and the installation runs on for nobody."
    grace = 1800.0

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        services = world.services_on(server)
        operation = world.operation(server)
        if not services or operation is None or operation.status.ended or world.in_hand(server):
            return
        last = services[-1]
        # Of an order that went well nobody had to wait for the operation; its later end may have failed all the same.
        delivered = last.state is State.FAILED and operation.created_at <= world.delivered_at.get(last.name, -1.0)
        if last.state in (State.FAILED, State.CLOSED) and not delivered:
            text = f"{operation.kind.value} on {server} runs on, and {last.name} is {last.state.value}"
            yield Broken((server, last.name, str(operation.id)), text)


class IdlePower(Invariant):
    """Power of a server that had a service, has neither a living one nor an owner, and is not worked on."""

    name = "idle-power"
    title = "No machine runs for nobody"
    source = "what every hall is owed: an hour of an idle server is 0.1 kWh"
    harm = Harm.MESS
    alone = True
    breaks = "A module does not switch off what it has taken back."
    grace = 3600.0

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        services = world.services_on(server)
        if not services or not world.server(server).powered or world.owner(server):
            return
        operation = world.operation(server)
        if world.in_hand(server) or world.living_on(server):
            return
        if operation is None or operation.status.ended:
            text = f"{server} runs, belongs to nobody, and nothing is done with it"
            yield Broken((server, services[-1].name), text)


class Belief(Invariant):
    """Power as the panel shows it, against the machine."""

    name = "belief"
    title = "When nothing is bent, what the panel believes of a server's power is true within two of its polls"
    source = "W6-O2: the panel asks its devices at intervals"
    harm = Harm.MESS
    alone = True
    calm = True
    lasting = "two polls of a BMC"
    breaks = "A panel goes on showing what it was told last, and does not ask any more."

    def patience(self, world: World) -> float:
        return 2 * world.lab.panel.config.bmc_poll

    def of_server(self, world: World, server: str) -> Iterator[Broken]:
        if self.patience(world) <= 0:  # it does not ask
            return
        record = world.record(server)
        if record is None or record.bmc_error is not None or server not in world.lab.bmc_devices:
            return
        believed = world.lab.panel.inventory.power_status(record)
        truth = PowerStatus.ON if world.server(server).powered else PowerStatus.OFF
        if believed is not truth:
            yield Broken((server,), f"{server} is {truth.value}, and the panel believes that it is {believed.value}")


WORK = (Watched(), IdlePower(), Belief())
