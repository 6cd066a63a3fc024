"""Switch ports of servers on and off, and blocking a server, which is the same with a state to it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from simulator.dcim.equipment.devices import Devices
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.errors import DeviceFault, Invalid, NoSwitchPorts, NotFound, PortsFailed, WrongState
from simulator.dcim.records import Server, ServerState
from simulator.kernel import Journal, Table
from simulator.kernel.flow import because, flow

__all__ = ["BLOCKING", "BlockingEvent", "Ports"]


class BlockingEvent(Enum):
    SUSPEND = "suspend"
    RESUME = "resume"
    DONE = "done"
    FAIL = "fail"


BLOCKING: Table[ServerState, BlockingEvent] = Table(
    "server",
    [
        (ServerState.ACTIVE, BlockingEvent.SUSPEND, ServerState.SUSPENDING),
        (ServerState.SUSPENDING, BlockingEvent.DONE, ServerState.SUSPENDED),
        (ServerState.SUSPENDING, BlockingEvent.FAIL, ServerState.ACTIVE),
        (ServerState.SUSPENDED, BlockingEvent.RESUME, ServerState.RESUMING),
        (ServerState.RESUMING, BlockingEvent.DONE, ServerState.ACTIVE),
        (ServerState.RESUMING, BlockingEvent.FAIL, ServerState.SUSPENDED),
    ],
)


class Ports:
    """Raises NoSwitchPorts for a server without any, and PortsFailed when some port was not set."""

    def __init__(self, inventory: Inventory, devices: Devices, journal: Journal) -> None:
        self._inventory = inventory
        self._devices = devices
        self._journal = journal

    async def set(self, number: int, up: bool, only: Sequence[int] | None = None) -> None:
        """All data ports of the server, or those of `only` (ids of its ports). Each is tried; failures are told
        together.
        """
        server = self._inventory.servers.get(number)
        ports = self._of(server, only)
        failed: list[tuple[str, str]] = []
        device = ""
        for port in ports:
            try:
                await self._devices.set_port(port, up)
            except DeviceFault as fault:
                record = self._inventory.switch_ports.get(port)
                switch = self._inventory.switches.get(record.switch)
                failed.append((f"{record.description} of {switch.name}", fault.message))
                device = device or fault.device
        if failed:
            raise PortsFailed(device, failed, len(ports))

    async def set_one(self, switch: int, port: int, up: bool) -> None:
        """One port of a switch, whoever is connected to it. Raises NotFound, or a DeviceFault."""
        if self._inventory.switch_ports.get(port).switch != self._inventory.switches.get(switch).id:
            raise NotFound("switch port", port)
        await self._devices.set_port(port, up)

    async def suspend(self, number: int) -> None:
        """Block the server: its ports go off, its power stays."""
        await self._move(number, BlockingEvent.SUSPEND, up=False)

    async def resume(self, number: int) -> None:
        await self._move(number, BlockingEvent.RESUME, up=True)

    def interrupted(self) -> None:
        """The panel is up again after a stop: a blocking or unblocking that was under way has failed."""
        for server in tuple(self._inventory.servers):
            if BLOCKING.allows(server.state, BlockingEvent.FAIL):
                self._fire(server.id, BlockingEvent.FAIL, "interrupted: the panel was restarted")

    async def _move(self, number: int, event: BlockingEvent, *, up: bool) -> None:
        server = self._inventory.servers.get(number)
        self._of(server, None)
        if not BLOCKING.allows(server.state, event):
            raise WrongState(f"server {server.name} cannot {event.value}: it is {server.state.value}")
        self._fire(number, event, "")
        outcome, info = BlockingEvent.FAIL, "interrupted"
        try:
            await self.set(number, up)
            outcome, info = BlockingEvent.DONE, ""
        except DeviceFault as fault:
            info = str(fault)
            raise
        finally:
            work = flow()
            with because(work.inside if work and info else 0):
                self._fire(number, outcome, info)

    def _fire(self, number: int, event: BlockingEvent, info: str) -> None:
        server = self._inventory.servers.get(number)
        state = BLOCKING.next(server.state, event)
        self._inventory.servers.change(number, state=state, state_info=info)
        self._journal.write("panel", server.name, "state", state=state.value, **({"info": info} if info else {}))

    def _of(self, server: Server, only: Sequence[int] | None) -> Sequence[int]:
        if not server.ports:
            raise NoSwitchPorts(f"server {server.name} has no switch ports")
        for port in only or ():
            if port not in server.ports:
                raise Invalid("port", f"{port} is not a port of server {server.name}")
        chosen = server.ports if only is None else [port for port in server.ports if port in only]
        for port in chosen:
            record = self._inventory.switch_ports.get(port)
            switch = self._inventory.switches.get(record.switch)
            if not switch.handled:
                raise WrongState(f"{record.description} of {switch.name} cannot be set: the switch has no handler")
        return chosen
