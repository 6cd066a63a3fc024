"""Long work on a server: OS installation, diagnostics and rescue systems, from the boot flags to the last phone-home."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from simulator.dcim.background import Background
from simulator.dcim.equipment.devices import Devices
from simulator.dcim.equipment.inventory import Inventory
from simulator.dcim.equipment.power import Power
from simulator.dcim.errors import Busy, DeviceFault, NoAddress, NoPowerDevice, Protected, WrongState
from simulator.dcim.ip.addresses import Address, Addresses, Pool
from simulator.dcim.records import PowerStatus, Register, Server, Template
from simulator.dcim.work.boot import Boot, BootEntry, Lease, NetBoot
from simulator.dcim.work.operation_table import (
    OPERATION,
    Operation,
    OperationEvent,
    OperationKind,
    OperationStatus,
    Progress,
)
from simulator.dcim.work.recipes import Recipe
from simulator.kernel import Clock, Journal
from simulator.kernel.causes import ANSWER, hindrance
from simulator.kernel.flow import because, own_flow

__all__ = ["Operations"]

KEPT = 500
"""Operations of one server; the oldest go first."""

_IMAGES = {OperationKind.OS_INSTALL: "install", OperationKind.DIAGNOSTIC: "diagnostic", OperationKind.RESCUE: "rescue"}
"""What the loader is told to run."""


class _Failed(Exception):
    """The operation cannot go on; the message is the operation's."""


@dataclass(slots=True)
class _Run:
    """An operation under way."""

    entry: BootEntry
    outcome: asyncio.Future[str | None]
    """None: done; a text: what the image said went wrong."""
    task: asyncio.Task[None] | None = None
    flagged: bool = False
    """The BMC was, or was being, told to boot from the network."""


class Operations:
    """One operation at a time for each server. Each is visible in the records in the instant in which it is asked for."""

    def __init__(
        self,
        *,
        dhcp_timeout: float,
        diagnostic_timeout: float,
        inventory: Inventory,
        devices: Devices,
        power: Power,
        addresses: Addresses,
        boot: Boot,
        background: Background,
        clock: Clock,
        journal: Journal,
    ) -> None:
        """Time-outs in seconds of lab time."""
        self.all: Register[Operation] = Register("operation")
        self._dhcp_timeout = dhcp_timeout
        self._diagnostic_timeout = diagnostic_timeout
        self._inventory = inventory
        self._devices = devices
        self._power = power
        self._addresses = addresses
        self._boot = boot
        self._background = background
        self._clock = clock
        self._journal = journal
        self._runs: dict[int, _Run] = {}
        self._of_server: dict[int, list[int]] = {}

    # asking

    def of_server(self, server: int) -> list[Operation]:
        """Newest first."""
        return [self.all.get(number) for number in reversed(self._of_server.get(server, ()))]

    def last(self, server: Server) -> Operation | None:
        return self.all.find(server.operation)

    def running(self, server: Server) -> Operation | None:
        """The operation that has not ended yet."""
        operation = self.last(server)
        return None if operation is None or operation.status.ended else operation

    def install(
        self,
        number: int,
        template: int | str,
        *,
        address: int | None = None,
        temporary_ipv4: bool = False,
        ssh_keys: Sequence[str] = (),
        recipe: Recipe | None = None,
    ) -> Operation:
        """Install an OS by PXE. The server keeps the addresses that it has; the boot itself, and the system as its first
        one, has the IPv4 `address` (an id of the server's own), or else the first IPv4 one. With `temporary_ipv4` the installed system configures only its IPv6 ones, though the others stay allocated. The keys
        and the recipe go to the image.

        Raises NotFound (template), Busy, Protected, or NoAddress when the server has no IPv4 address, or would be left
        with none.
        """
        server = self._ready(number)
        image = self._inventory.template(template, "os")
        addresses = sorted(self._addresses.of_server(number), key=lambda each: each.id != address)
        first = next((each for each in addresses if each.family == 4), None)
        if first is None:
            raise NoAddress(f"server {server.name} has no IPv4 address to install with")
        hosts = tuple(each.host for each in addresses if each.family == 6 or not temporary_ipv4)
        if not hosts:
            raise NoAddress(f"server {server.name} has no IPv6 address to be left with after a temporary IPv4 one")
        return self._begin(
            server, OperationKind.OS_INSTALL, image, first, hosts, ssh_keys=tuple(ssh_keys), recipe=recipe
        )

    def diagnose(
        self, number: int, template: int | str, *, clear_disks: bool = False, pool: Pool | None = None
    ) -> Operation:
        """Run diagnostics, and with `clear_disks` wipe the disks. An address comes from `pool`, or from the pool that
        is marked for deallocation, and goes back at the end.

        Raises NotFound (template), Busy, Protected, or NoAddress.
        """
        server = self._ready(number)
        image = self._inventory.template(template, "diagnostic")
        pool = pool or self._addresses.deallocation_pool()
        if not self._addresses.has_gateway(pool, 4):
            raise NoAddress(f"pool {pool.name} has no IPv4 network and gateway, which diagnostics need")
        (address,) = self._addresses.allocate(pool, number, family=4, subject=server.name)
        return self._begin(server, OperationKind.DIAGNOSTIC, image, address, (address.host,), clear_disks=clear_disks)

    def rescue(self, number: int, template: int | str) -> Operation:
        """Boot a system that runs from memory, with the server's first IPv4 address; the disks stay as they are.

        Raises NotFound (template), Busy, Protected, or NoAddress when the server has no IPv4 address.
        """
        server = self._ready(number)
        image = self._inventory.template(template, "rescue")
        first = next((address for address in self._addresses.of_server(number) if address.family == 4), None)
        if first is None:
            raise NoAddress(f"server {server.name} has no IPv4 address to boot with")
        return self._begin(server, OperationKind.RESCUE, image, first, (first.host,))

    def in_rescue(self, server: Server) -> bool:
        """A rescue system runs on it, as far as the panel knows: it has given no power command since."""
        last = self.last(server)
        return (
            last is not None
            and last.kind is OperationKind.RESCUE
            and last.status is OperationStatus.OK
            and self._devices.commanded_at(server.id) <= (last.ended_at or 0.0)
        )

    async def cancel(self, number: int) -> Operation:
        """End an operation by force: nothing answers its boots any more, and the BMC's boot flags are taken back if it
        lets us. What runs on the machine runs on. Raises WrongState when the operation has ended.
        """
        operation = self.all.get(number)
        server = self._inventory.servers.get(operation.server)
        if not OPERATION.allows(operation.status, OperationEvent.CANCEL):
            raise WrongState(f"operation {number} on {server.name} cannot be cancelled: it is {operation.status.value}")
        self._fire(number, OperationEvent.CANCEL)
        run = self._close(number)
        if run.task is not None:
            run.task.cancel()
        try:
            await self._unflag(run)
        finally:
            self._fire(number, OperationEvent.STOP)
        return self.all.get(number)

    def interrupted(self) -> None:
        """The panel is up again after a stop: what was under way has nobody who carries it out (no document says what
        the real panel makes of it; that it fails and says why is ours).
        """
        for operation in tuple(self.all):
            if not operation.status.ended:
                canceling = operation.status is OperationStatus.CANCELING
                self._fire(
                    operation.id,
                    OperationEvent.STOP if canceling else OperationEvent.FAIL,
                    message="" if canceling else "interrupted: the panel was restarted",
                )
                if operation.id in self._runs:
                    self._close(operation.id)
                else:
                    self._release_address(operation.id)

    # what the boot service hears

    def stage(self, operation: int, stage: str, percent: int, detail: Mapping[str, Any]) -> None:
        if stage == "hardware" and "configuration" in detail:
            self._learn(self.all.get(operation).server, detail)
        self._reach(operation, stage, percent)

    def finished(self, operation: int, error: str | None) -> None:
        run = self._runs.get(operation)
        if run is not None and not run.outcome.done():
            run.outcome.set_result(error)

    # the work

    def _ready(self, number: int) -> Server:
        server = self._inventory.servers.get(number)
        if server.protected:
            raise Protected(f"server {server.name} is protected; take the protection off first")
        running = self.running(server)
        if running is not None:
            raise Busy(f"server {server.name} is busy: {running.kind.value} {running.id} is {running.status.value}")
        if not server.bmc.host:
            raise NoPowerDevice(f"server {server.name} has no IPMI connection to be restarted by")
        return server

    def _begin(
        self,
        server: Server,
        kind: OperationKind,
        template: Template,
        address: Address,
        hosts: tuple[str, ...],
        *,
        clear_disks: bool = False,
        ssh_keys: tuple[str, ...] = (),
        recipe: Recipe | None = None,
    ) -> Operation:
        """Start an operation: everything was checked before, and from here on nothing may refuse it.

        First the records (operation, server); then what the server will find when it boots from the network, an entry that
        the boot service serves only once it is armed; last the work itself, which runs in the background and ends the operation
        by events of its table. `address` is what the boot service leases meanwhile; diagnostics give theirs back at the end.
        """
        diagnostic = kind is OperationKind.DIAGNOSTIC
        operation = self.all.add(
            lambda number: Operation(
                id=number,
                server=server.id,
                kind=kind,
                template=template.id,
                created_at=self._clock.now(),
                clear_disks=clear_disks,
                recipe=recipe.id if recipe else None,
                address=address.id if diagnostic else None,
            )
        )
        self._inventory.servers.change(server.id, operation=operation.id)
        mine = self._of_server.setdefault(server.id, [])
        mine.append(operation.id)
        if len(mine) > KEPT + KEPT // 10:  # all but the last have ended
            gone = self.all.forget(mine, KEPT)
            self._journal.write("panel", server.name, "operations forgotten", oldest=len(gone), kept=KEPT)
        image = NetBoot(
            kind=_IMAGES[kind],
            image=template.name,
            image_octets=template.image_octets,
            work_seconds=template.work_seconds,
            clear_disks=clear_disks,
            addresses=hosts,
            ssh_keys=ssh_keys,
            recipe=recipe.script if recipe else "",
        )
        entry = BootEntry(operation.id, server.id, Lease(address.host), image, self)
        run = self._runs[operation.id] = _Run(entry, asyncio.get_running_loop().create_future())
        begun = self._journal.write(
            "panel", server.name, "operation started", operation=operation.id, kind=kind.value, template=template.name
        )
        self._journal.marks.free(server.name, "operation", "phone-home")
        with because(begun.number):
            work = self._carry_out(run, begun.number)
            run.task = self._background.spawn(f"operation {operation.id} on {server.name}", work)
        return operation

    async def _carry_out(self, run: _Run, begun: int) -> None:
        with own_flow(begun):
            await self._to_its_end(run)

    async def _to_its_end(self, run: _Run) -> None:
        number = run.entry.operation
        cause = 0
        self._fire(number, OperationEvent.START)
        try:
            async with self._limit(number):
                error = await self._work(run)
        except DeviceFault as fault:
            error = str(fault)
            cause = self._journal.marks.latest(self._name(run), ANSWER)
        except _Failed as failure:
            error = str(failure)
        if error is None:
            self._succeed(number)
            return
        with because(cause or hindrance(self._journal, self._name(run))):
            self._fire(number, OperationEvent.FAIL, message=error)
        self._close(number)
        if not run.entry.loaded:
            await self._unflag(run)

    def _name(self, run: _Run) -> str:
        return self._inventory.servers.get(run.entry.server).name

    async def _work(self, run: _Run) -> str | None:
        """Up to the image's own end; None when that was a good one."""
        number, server = run.entry.operation, run.entry.server
        self._reach(number, "prepare", 0)
        self._boot.expect(run.entry)
        await self._power.settled(server)
        self._reach(number, "set_boot_device", 0)
        run.flagged = True
        await self._devices.set_boot_device(server, "pxe")
        self._reach(number, "power_cycle", 0)
        on = await self._devices.read_power(server) is PowerStatus.ON
        run.entry.armed = True
        await self._devices.power(server, "reset" if on else "on")
        self._reach(number, "wait_dhcp", 0)
        with suppress(DeviceFault):  # it is in the record; the machine may come all the same
            await self._devices.read_power(server)
        try:
            async with self._clock.timeout(self._dhcp_timeout):
                await run.entry.dhcp.wait()
        except TimeoutError:
            record = self._inventory.servers.get(server)
            macs = ", ".join(record.macs) or "no MAC on record"
            wait = _minutes(self._dhcp_timeout)
            raise _Failed(f"no DHCP request from {record.name} ({macs}) within {wait}") from None
        self._reach(number, "wait_dhcp", 100)
        return await run.outcome

    @asynccontextmanager
    async def _limit(self, number: int) -> AsyncIterator[None]:
        """Diagnostics have a hard limit (vendor page "Diagnostics logic"); an installation has none of the panel's."""
        operation = self.all.get(number)
        if operation.kind is not OperationKind.DIAGNOSTIC:
            yield
            return
        try:
            async with self._clock.timeout(self._diagnostic_timeout):
                yield
        except TimeoutError:
            raise _Failed(f"diagnostics did not end within {_minutes(self._diagnostic_timeout)}") from None

    def _succeed(self, number: int) -> None:
        operation = self.all.get(number)
        self._reach(number, "done", 100)
        if operation.kind is OperationKind.OS_INSTALL:
            self._inventory.servers.change(operation.server, os_template=operation.template)
        elif operation.clear_disks:
            self._inventory.servers.change(operation.server, os_template=None)
        self._fire(number, OperationEvent.SUCCEED)
        self._close(number)

    def _close(self, number: int) -> _Run:
        """No boot is answered for the operation any more, and its own address goes back."""
        run = self._runs.pop(number)
        self._boot.forget(run.entry)
        self._release_address(number)
        return run

    def _release_address(self, number: int) -> None:
        operation = self.all.get(number)
        if operation.address is not None and self._addresses.used.find(operation.address) is not None:
            name = self._inventory.servers.get(operation.server).name
            self._addresses.release(operation.address, subject=name, even_locked=True)

    async def _unflag(self, run: _Run) -> None:
        """Take the boot flags back, if the BMC lets us."""
        if not run.flagged:
            return
        try:
            await self._devices.set_boot_device(run.entry.server, "none")
        except DeviceFault as fault:
            name = self._name(run)
            with because(self._journal.marks.latest(name, ("answer",))):
                self._journal.write("panel", name, "boot device not taken back", message=str(fault))

    def _fire(self, number: int, event: OperationEvent, *, message: str = "") -> None:
        operation = self.all.get(number)
        status = OPERATION.next(operation.status, event)
        ended = self._clock.now() if status.ended else None
        self.all.change(number, status=status, ended_at=ended, message=message)
        if status is OperationStatus.RUNNING:
            return
        name = self._inventory.servers.get(operation.server).name
        record = self._journal.write(
            "panel",
            name,
            f"operation {status.value}",
            operation=number,
            kind=operation.kind.value,
            **({"message": message} if message else {}),
        )
        if event is OperationEvent.FAIL:
            self._journal.marks.set(name, "operation", record.number)

    def _reach(self, number: int, stage: str, percent: int) -> None:
        """Note a stage's progress; a new stage means that the one before is over."""
        operation = self.all.get(number)
        progress = operation.progress
        now = self._clock.now()
        if progress and progress[-1].stage == stage:
            if progress[-1].percent != percent:
                self.all.change(number, progress=(*progress[:-1], replace(progress[-1], percent=percent, time=now)))
            return
        if progress:
            progress = (*progress[:-1], replace(progress[-1], percent=100))
        self.all.change(number, progress=(*progress, Progress(stage, percent, "", now)))
        name = self._inventory.servers.get(operation.server).name
        self._journal.write("panel", name, "operation stage", operation=number, stage=stage)

    def _learn(self, number: int, detail: Mapping[str, Any]) -> None:
        server = self._inventory.servers.get(number)
        configuration = str(detail["configuration"])
        found = {key: value for key, value in detail.items() if key not in ("configuration", "message")}
        self._inventory.servers.change(
            number, configuration=configuration, hardware={**server.hardware, **found, "configuration": configuration}
        )
        if configuration != server.configuration:
            self._journal.write(
                "panel", server.name, "configuration learned", was=server.configuration, now=configuration
            )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} min"
