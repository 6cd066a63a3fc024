"""A server as metal: supplies, standby power for the BMC, main power, NICs, disks. What runs on it is the firmware's
business, a program that it is built with (`boot`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import NamedTuple

from simulator.kernel import IllegalEvent, Machine
from simulator.kernel.flow import because
from simulator.plant.baseboard import Baseboard
from simulator.plant.console import Login
from simulator.plant.disk import Disk, InstalledOs
from simulator.plant.lifecycle import LIFECYCLE, POWERED, WATTS, BootEvent, BootState
from simulator.plant.network import Network, Nic
from simulator.plant.physics import Physics
from simulator.plant.power import Feed, Psu
from simulator.plant.thermal import INLET_CELSIUS, Thermal

__all__ = ["BootOverride", "Firmware", "Server"]

WATTS_PER_DISK = 6.0
THROTTLED = 0.7
"""The share of its draw that is left when its processors are slowed down as far as they can be."""


Firmware = Callable[["Server"], Coroutine[None, None, None]]
"""What runs from POST on: the program of one start, which ends early when the machine is reset or loses power."""


class BootOverride(NamedTuple):
    """Boot flags, as a BMC leaves them for the firmware."""

    device: str
    persistent: bool
    efi: bool


class Server(Baseboard):
    """One server. Its `Chassis` face is what the BMC's wires reach; the rest is what a technician could see."""

    def __init__(
        self,
        name: str,
        physics: Physics,
        network: Network,
        firmware: Firmware,
        *,
        feeds: Sequence[Feed],
        macs: Sequence[str],
        nic_speed: int,
        disks: Sequence[Disk],
        configuration: str,
        serial: str,
        guid: bytes,
        bond: Sequence[int] = (),
    ) -> None:
        """It stands at once in the state that its feeds give it: off with its BMC up, or without power; nobody has pressed
        the button yet.
        """
        self.psus = tuple(Psu(f"psu{n + 1}", feed) for n, feed in enumerate(feeds))
        super().__init__(name, physics, fed=self._fed)
        self.serial = serial
        self.guid = guid
        self.network = network
        self._firmware = firmware
        self.nominal_configuration = configuration
        self.nics = tuple(
            Nic(name, f"nic{n + 1}", mac, nic_speed, network, lambda: self.powered) for n, mac in enumerate(macs)
        )
        self.bond = tuple(bond)
        """NICs, counted from 0, that an installed system makes one interface of."""
        self.disks = tuple(disks)
        self.boot_order: tuple[str, ...] = ("disk", "pxe")
        self.boot_override: BootOverride | None = None
        self.restore_policy = "previous"
        self.last_power_event = "none"
        # What faults bend.
        self.main_board_failed = False
        """Power-on is taken and nothing comes up."""
        self.power_limit: float | None = None
        """What its BMC holds it to, watts."""
        self.restart_cause = "unknown"
        """Why it last started: `command`, `command reset`, `restore policy`, `watchdog`, or `unknown`."""
        self._seconds_on = 0.0
        self._on_since = 0.0
        self._going = asyncio.Event()
        self._going.set()
        self.hint = ""
        """What its screen shows: why it halted."""
        self.progress = 0
        """Per cent of the running image's work."""
        self.live: InstalledOs | None = None
        """A system that runs from memory."""
        self.reported = True
        """The installed system has told the boot service that it is up."""
        self._machine = Machine(LIFECYCLE, BootState.OFF if self._fed else BootState.NO_AC)
        self._was_on = False
        self._task: asyncio.Task[None] | None = None
        self._pending_on = 0
        self._login: Login | None = None
        self.thermal = Thermal(physics.clock, self._overheated)
        self.thermal.settle(self.state, powered=self.powered)
        for psu in self.psus:
            psu.feed.feeds(self._feed_changed, partial(self._draw, psu))

    # what a technician sees

    @property
    def state(self) -> BootState:
        return self._machine.state

    @property
    def powered(self) -> bool:
        return self._machine.state in POWERED

    @property
    def frozen(self) -> bool:
        """Whatever runs stands still, until a reset or `thaw`."""
        return not self._going.is_set()

    def freeze(self) -> None:
        if self.powered:
            self._going.clear()
            self.physics.mark(self.name, "run", self.note("frozen"))

    def thaw(self) -> None:
        self._going.set()
        self.physics.free(self.name, "run")

    async def thawed(self) -> None:
        """Return at once, or, when frozen, only after `thaw`; a reset ends who waits here."""
        await self._going.wait()

    @property
    def watts(self) -> float:
        """What it draws as a whole. Under a limit its processors are slowed down, which saves so much and no more."""
        base = WATTS[self.state]
        if not self.powered:
            return base
        whole = base + WATTS_PER_DISK * len(self.disks)
        return whole if self.power_limit is None else max(min(whole, self.power_limit), whole * THROTTLED)

    def _draw(self, psu: Psu) -> float:
        """The share of one supply: those that deliver carry the load alike."""
        if not psu.delivers:
            return 0.0
        return self.watts / sum([each.delivers for each in self.psus])

    @property
    def _fed(self) -> bool:
        return any(psu.delivers for psu in self.psus)

    @property
    def os(self) -> InstalledOs | None:
        """The system that a boot from disk would start."""
        return next((disk.os for disk in self.disks if disk.os and not disk.failed), None)

    @property
    def disks_clean(self) -> bool:
        return not any(disk.used for disk in self.disks)

    @property
    def system(self) -> InstalledOs | None:
        """What runs and has a network stack of its own; None while firmware or an image runs, or nothing."""
        if self.frozen:
            return None
        if self.state is BootState.RESCUE:
            return self.live
        return self.os if self.state is BootState.RUNNING else None

    @property
    def interfaces(self) -> tuple[Nic, ...]:
        """The NICs of its system's interface; without a system, the first one that has a cable."""
        system = self.live or self.os
        if system is not None:
            return tuple(self.nics[index] for index in system.nics)
        return tuple(nic for nic in self.nics if nic.cable)[:1] or self.nics[:1]

    def has(self, address: str) -> bool:
        """A system is up, has this address, and frames get through to a NIC of its interface."""
        system = self.system
        if system is None or address not in system.addresses:
            return False
        return any(self.nics[index].reaches_network for index in system.nics)

    def announce(self) -> None:
        """Its system came up: whoever hears frames learns its addresses."""
        system = self.system
        if system is not None:
            self.network.neighbours.announce(self, system.addresses)

    def answers_ping(self, address: str) -> bool:
        """A ping to this address reaches this server, and is answered."""
        return self.network.neighbours.reached(address) is self

    # the chassis, as the BMC's wires reach it

    @property
    def seconds_on(self) -> float:
        """How long main power has been on, over all."""
        return self._seconds_on + (self.lab_time - self._on_since if self.powered else 0.0)

    def interrupt(self) -> None:
        """The diagnostic interrupt: a running system says so and goes on, as Linux does by default."""
        self.note("diagnostic interrupt")
        if self.state is BootState.RUNNING and not self.frozen:
            self.show("Uhhuh. NMI received for unknown reason 20 on CPU 0.\nDazed and confused, but trying to continue")

    def watchdog_reset(self) -> None:
        self.reset()
        self.restart_cause = "watchdog"

    def ask_for_login(self) -> None:
        """The installed system is up and its console waits for somebody."""
        if self._terminals:
            self._getty.prompt()

    @property
    def _getty(self) -> Login:
        if self._login is None:
            self._login = Login(self)
        return self._login

    def typed(self, octets: bytes) -> None:
        """Somebody types on the serial console; a system that stands still, or none, does not hear it."""
        if self.state is BootState.RUNNING and not self.frozen:
            self._getty.typed(octets)

    def serial_break(self) -> None:
        if self.state is BootState.RUNNING and not self.frozen:
            self._getty.serial_break()

    def set_boot_override(self, override: tuple[str, bool, bool] | None) -> None:
        self.boot_override = BootOverride(*override) if override else None
        self.note("boot device set", device=override[0] if override else "none")

    def limit_power(self, watts: float | None) -> None:
        """As its BMC was told; None: no limit."""
        self.power_limit = watts
        for psu in self.psus:
            psu.feed.load_changed()

    def set_restore_policy(self, policy: str) -> None:
        self.restore_policy = policy

    def power_on(self) -> None:
        self._pending_on += 1
        if self.state is not BootState.OFF:
            return
        if self.main_board_failed:
            with because(self.physics.why(self.name, ("board",))):
                self.physics.mark(self.name, "off", self.note("power on without effect"))
            return
        self.last_power_event = "command"
        self.restart_cause = "command"
        self._start(BootEvent.POWER_ON)

    def power_off(self) -> None:
        self._pending_on += 1
        if self.powered:
            self.last_power_event = "command"
            self._stop(BootEvent.POWER_OFF)

    def power_cycle(self) -> None:
        """Off, the pause that supplies need, on again."""
        if not self.powered:
            return
        self.power_off()
        mine = self._pending_on
        pause = self.physics.draw(self.name, "cycle pause", self.physics.timings.cycle_pause)
        self.physics.clock.call_later(pause, lambda: self.power_on() if self._pending_on == mine else None)

    def reset(self) -> None:
        if self.powered:
            self.restart_cause = "command reset"
            self._start(BootEvent.RESET)

    def soft_shutdown(self) -> None:
        """ACPI: a running system shuts down; firmware without one drops power; a frozen machine hears nothing."""
        if self.frozen:
            self.note("power button ignored")
        elif LIFECYCLE.allows(self.state, BootEvent.SHUTDOWN):
            self._begin(BootEvent.SHUTDOWN, self._shut_down())
        elif self.powered and self.state is not BootState.STOPPING:
            self.power_off()

    # power from outside

    def _feed_changed(self) -> None:
        if self._fed and self.state is BootState.NO_AC:
            with because(self._fire(BootEvent.AC_BACK)):
                self._start_bmc()
                self._restore()
        elif not self._fed and self.state is not BootState.NO_AC:
            self._was_on = self.powered
            self.last_power_event = "ac_lost"
            self._pending_on += 1
            self._stop_bmc()
            self._stop(BootEvent.AC_LOST)
        if self.lan_mode != "dedicated":
            self.nics[0].changed()
        if len(self.psus) > 1:
            for psu in self.psus:  # those that are left take over what one carried
                psu.feed.load_changed()
            self._sensed("supplies")

    @property
    def on_or_was(self) -> bool:
        """It is on, or was so when its feeds lost their power."""
        return self._was_on if self.state is BootState.NO_AC else self.powered

    def after_outage(self, *, was_on: bool) -> None:
        """The whole hall had no power for a while, as when the lab was down: what the firmware makes of it now."""
        self._was_on = was_on
        self.last_power_event = "ac_lost"
        if self.state is BootState.OFF:
            self._restore()

    def _restore(self) -> None:
        if self.restore_policy == "on" or (self.restore_policy == "previous" and self._was_on):
            self.power_on()
            self.restart_cause = "restore policy"

    def psu_changed(self) -> None:
        """A supply broke or was mended."""
        self._feed_changed()

    def fans_changed(self, dead: frozenset[int]) -> None:
        """These fans stand still, and no others."""
        self.thermal.dead_fans = dead
        self.thermal.settle(self.state, powered=self.powered)
        self._heated("fans", self.note("fans", dead=sorted(dead)), bad=bool(dead))
        self._sensed("fans")

    def inlet_changed(self, celsius: float) -> None:
        """The air at the front is now so warm."""
        self.thermal.inlet = celsius
        self.thermal.settle(self.state, powered=self.powered)
        self._heated("inlet", self.note("inlet", celsius=celsius), bad=celsius > INLET_CELSIUS)
        self._sensed("heat")

    def _heated(self, what: str, number: int, *, bad: bool) -> None:
        """Say with this record why the machine grows warm, or that this is over."""
        if bad:
            self.physics.mark(self.name, "heat", number, by=what)
        else:
            self.physics.free(self.name, "heat", by=what)

    def drives_changed(self) -> None:
        """A disk broke or was mended."""
        self._sensed("drives")

    def _overheated(self) -> None:
        with because(self.physics.why(self.name, ("heat",))):
            number = self.note("thermal trip")
        with because(number):
            self._sensed("thermal trip")
            self.power_off()

    # the machine that runs

    def allows(self, event: BootEvent) -> bool:
        return self._machine.allows(event)

    def fire(self, event: BootEvent) -> int:
        """Take one step of the lifecycle; used by what runs on the machine. The number of the record of it."""
        return self._fire(event)

    def _fire(self, event: BootEvent) -> int:
        """The number of the record of it."""
        powered = self.powered
        state = self._machine.fire(event)
        number = self.note(state.value, event=event.value)
        self._mark(number, state, event, was_on=powered)
        with because(number):
            self.thermal.settle(state, powered=self.powered)
            if powered != self.powered:
                if powered:
                    self._seconds_on += self.lab_time - self._on_since
                self._on_since = self.lab_time
                for nic in self.nics:
                    nic.changed()
                self._sensed("power")
            elif event is BootEvent.RESET:
                self._sensed("restart")
            for psu in self.psus:
                psu.feed.load_changed()
        return number

    def _mark(self, number: int, state: BootState, event: BootEvent, *, was_on: bool) -> None:
        """Say what this step means for those who wait for the machine."""
        physics, name = self.physics, self.name
        if event is BootEvent.AC_LOST:
            physics.mark(name, "power", number)
        elif event is BootEvent.AC_BACK:
            physics.free(name, "power")
        if was_on != self.powered:
            physics.mark(name, "power state", number)
            if was_on:
                physics.mark(name, "off", number)
        if event in (BootEvent.POWER_ON, BootEvent.RESET):
            physics.free(name, "boot", "off")
        elif state is BootState.HALTED:
            physics.mark(name, "boot", number)

    def _start(self, event: BootEvent) -> None:
        self._begin(event, self._firmware(self))

    def _begin(self, event: BootEvent, what: Coroutine[None, None, None]) -> None:
        if not self._machine.allows(event):
            what.close()
            raise IllegalEvent(LIFECYCLE.name, self.state, event)
        self._end_task()
        self.thaw()
        self.progress = 0
        self.live = None
        self.hint = ""
        self._fire(event)
        self._task = asyncio.get_running_loop().create_task(what, name=f"{self.name} runs")

    def _stop(self, event: BootEvent) -> None:
        self._end_task()
        self.thaw()
        self.progress = 0
        self.live = None
        self._fire(event)

    def _end_task(self) -> None:
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task = None

    async def _shut_down(self) -> None:
        await self.physics.clock.sleep(self.physics.draw(self.name, "shutdown", self.physics.timings.shutdown))
        self.power_off()

    async def restart(self, event: BootEvent) -> None:
        """The machine restarts itself (an image has ended); runs the boot in the same task."""
        self.thaw()
        self.progress = 0
        self.live = None
        self._fire(event)
        await self._firmware(self)

    def close(self) -> None:
        """The lab ends: whatever runs is dropped."""
        self._end_task()
