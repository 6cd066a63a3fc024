"""What happens between the power button and a running system: POST, boot device, PXE, installer, first boot.

Every wait is physics: the link's speed and state, the disk's speed and health. A machine that is frozen stands still
until somebody resets it. Every NIC is a boot device of its own, in turn, as option ROMs and UEFI have them: one without a link
fails its media test at once, one that is not answered when DHCP's retries are over (4, 8, 16, 32 s: PXE 2.1 specification). What
runs then speaks over the NIC that it was loaded over, and an installed system has its addresses there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import Enum

from simulator.kernel.flow import because
from simulator.kernel.wire import AnsweredBy, Cut, Fate, Late, Lost, Twice
from simulator.plant.datanet import BootService, NetBoot
from simulator.plant.disk import TRACES, InstalledOs
from simulator.plant.lifecycle import BootEvent
from simulator.plant.network import Nic
from simulator.plant.server import Server

__all__ = ["boot", "configuration_of"]

DHCP_TRIES = (4.0, 8.0, 16.0, 32.0)
STEPS = 20
"""An image works in this many steps; between two of them faults and resets find their moment."""


class _Outcome(Enum):
    """What came of a network boot over one NIC."""

    RAN = "an image was loaded"
    LOCAL = "the loader was sent to the disk"
    NOTHING = "nothing came"


class _WrongServer(Exception):
    """Somebody else's DHCP server was quicker: an address, and nothing to boot."""


class _ImageFailed(Exception):
    """The running image gave up; the message is what its screen shows."""

    def __init__(self, message: str, cause: int) -> None:
        """`cause`: the number of the record of what made it give up; 0 where nothing is known."""
        super().__init__(message)
        self.cause = cause


async def boot(server: Server) -> None:
    """From POST to a running system, or to a halt. Ends early when the machine is reset or loses power."""
    physics = server.physics
    server.show(f"{server.name}: serial number {server.serial}\nTesting memory ...")
    await physics.clock.sleep(physics.draw(server.name, "post", physics.timings.post))
    server.fire(BootEvent.POST_DONE)
    for device in _boot_devices(server):
        if device == "pxe":
            if await _boot_from_network(server):
                return
        elif device == "disk" and server.os is not None:
            server.fire(BootEvent.TRY_DISK)
            server.show(f"Booting {server.os.name} from disk")
            await physics.clock.sleep(physics.draw(server.name, "os boot", physics.timings.os_boot))
            await server.thawed()
            server.fire(BootEvent.OS_UP)
            server.announce()
            server.ask_for_login()
            await _first_boot(server)
            return
    server.hint = "No bootable device"
    server.show(server.hint)
    with because(_obstacle(server)):
        server.fire(BootEvent.NO_DEVICE)


def _obstacle(server: Server) -> int:
    """What has kept this start from a system so far; 0 where nothing has."""
    return server.physics.why(server.name, ("boot",), ("net", "disk"))


def _hindered(server: Server, number: int) -> None:
    """Say with this record why the machine does not get on."""
    server.physics.mark(server.name, "boot", number)


def _boot_devices(server: Server) -> tuple[str, ...]:
    """The firmware's order, led by the BMC's boot flags; one-time flags are used up. A device that there is not (a floppy, a
    diagnostic partition, media that nobody lends) leaves the order as it is.
    """
    override = server.boot_override
    if override is None:
        return server.boot_order
    if not override.persistent:
        server.boot_override = None
    if override.device not in ("pxe", "disk"):
        return server.boot_order
    return (override.device, *(device for device in server.boot_order if device != override.device))


async def _boot_from_network(server: Server) -> bool:
    """Whether something came over a NIC and ran; False sends the firmware to the next boot device."""
    for nic in server.nics:
        server.fire(BootEvent.TRY_NETWORK)
        server.show(f"Booting from network: {nic.name} {nic.mac}")
        outcome = await _boot_over(server, nic)
        if outcome is _Outcome.RAN:
            return True
        server.show(server.hint)
        with because(_obstacle(server) if outcome is _Outcome.NOTHING else 0):
            server.fire(BootEvent.NO_NETWORK_BOOT)
        if outcome is _Outcome.LOCAL:
            break
    return False


async def _boot_over(server: Server, nic: Nic) -> _Outcome:
    """Media test, DHCP, loader, image, over one NIC."""
    physics, network = server.physics, server.network
    if not nic.link_up:
        with because(nic.obstacle):
            _hindered(server, server.note("media test failed", nic=nic.name))
        server.hint = "PXE-E61: Media test failure, check cable"
        return _Outcome.NOTHING
    nic.initialise()
    try:
        service = await _leased(server, nic)
    except _WrongServer:
        _hindered(server, physics.wire.hit)
        server.hint = "PXE-E53: No boot filename received"
        return _Outcome.NOTHING
    if service is None:
        server.hint = "PXE-E51: No DHCP or proxyDHCP offers were received"
        return _Outcome.NOTHING
    server.fire(BootEvent.LEASE)
    physics.free(server.name, "boot")
    nic.initialise()
    await physics.clock.sleep(physics.draw(server.name, "loader", physics.timings.loader))
    there = await network.path([nic], physics.timings.transfer_timeout)
    if not there or isinstance(_message(server, "loader"), Lost):
        _hindered(server, physics.wire.hit if there else nic.obstacle)
        server.hint = "PXE-E32: TFTP open timeout"
        return _Outcome.NOTHING
    netboot = service.loader(nic.mac)
    if netboot is None:
        server.hint = "Booting from local disk"
        return _Outcome.LOCAL
    event, work = _IMAGES[netboot.kind]
    server.show(f"Loading {netboot.image}")
    server.fire(event)
    try:
        await work(server, nic, netboot)
    except _ImageFailed as failure:
        server.hint = str(failure)
        server.show(server.hint)
        _hindered(server, failure.cause)
        with because(failure.cause):
            await _phone_home(server, [nic], "error", server.progress, message=str(failure))
            server.fire(BootEvent.IMAGE_FAILED)
        return _Outcome.RAN
    if event is not BootEvent.START_RESCUE:
        await server.restart(BootEvent.IMAGE_DONE)
    return _Outcome.RAN


async def _leased(server: Server, nic: Nic) -> BootService | None:
    """Ask for a lease as often as the specification says; who gave one. Raises _WrongServer."""
    for patience in DHCP_TRIES:
        service = server.network.boot_service
        cause = nic.obstacle
        if nic.reaches_network:
            fate = _message(server, "DHCP")
            if isinstance(fate, AnsweredBy):
                raise _WrongServer
            cause = server.physics.wire.hit or server.physics.why("panel", ("services",))
            heard = service is not None and not isinstance(fate, Lost)
            if heard and service is not None and service.discover(nic.mac) is not None:
                return service
        with because(cause):
            _hindered(server, server.note("DHCP without answer", nic=nic.name))
        server.show("DHCP...", end="")
        await server.physics.clock.sleep(patience)
    return None


async def _install(server: Server, nic: Nic, image: NetBoot) -> None:
    """Read the image over the link, write it to the first disk, configure the system. What the disk held before is gone with
    the first octets that are written, partition table first, and not before: an installer that never gets that far leaves
    the old system to boot. Other disks are left alone.
    """
    disk = server.disks[0]
    cut = _request(server, nic, image)
    rate = min(nic.rate / 8, disk.write_speed)
    whole = image.image_octets / rate + image.work_seconds
    done = 0.0
    stages = (
        ("transfer", image.image_octets / rate, image.image_octets / STEPS),
        ("configure", image.work_seconds, 0.0),
    )
    for stage, seconds, octets in stages:
        await _phone_home(server, [nic], stage, server.progress)
        for step in range(STEPS):
            _check_whole(cut, stage, step)
            share = seconds / STEPS
            slow = disk.slowdown if stage == "configure" else rate / min(nic.rate / 8, disk.write_speed)
            await _work(server, nic, share * slow, [0])
            disk.os, disk.used = None, True
            nic.count(round(octets))
            done += share
            await _reached(server, nic, stage, done / whole if whole else 1.0)
    index = server.nics.index(nic)
    nics = server.bond if index in server.bond else (index,)
    disk.os = InstalledOs(image.image, tuple(image.addresses), tuple(image.ssh_keys), image.recipe, nics)
    disk.holds = (*disk.holds, server.lab_time)[-TRACES:]
    server.reported = False
    await _phone_home(server, [nic], "first_boot", 100)


async def _diagnose(server: Server, nic: Nic, image: NetBoot) -> None:
    """Run from memory: look at the hardware, test it, write zeros over every disk when asked to. Their systems are gone with
    the first zeros, their data when the last are written.
    """
    cut = _request(server, nic, image)
    rate = nic.rate
    fetch = image.image_octets / (rate / 8)
    clearing = max((disk.octets / disk.write_speed for disk in server.disks if not disk.failed), default=0.0)
    stages = [("transfer", fetch), ("hardware", image.work_seconds)]
    if image.clear_disks:
        stages.append(("clear_disks", clearing))
    whole = sum(seconds for _, seconds in stages)
    done = 0.0
    for stage, seconds in stages:
        detail = {"configuration": configuration_of(server)} if stage == "hardware" else {}
        await _phone_home(server, [nic], stage, server.progress, **detail)
        for step in range(STEPS):
            _check_whole(cut, stage, step)
            disks = range(len(server.disks)) if stage == "clear_disks" else range(0)
            await _work(server, nic, seconds / STEPS * (rate / nic.rate if stage == "transfer" else 1.0), disks)
            for index in disks:
                server.disks[index].os = None
            if stage == "transfer":
                nic.count(round(image.image_octets / STEPS))
            done += seconds / STEPS
            await _reached(server, nic, stage, done / whole if whole else 1.0)
    if image.clear_disks:
        for disk in server.disks:
            disk.used, disk.holds = False, ()
    await _phone_home(server, [nic], "done", 100)


async def _rescue(server: Server, nic: Nic, image: NetBoot) -> None:
    """Read a system into memory and let people in: with the lease's address, the disks untouched."""
    cut = _request(server, nic, image)
    rate = nic.rate
    stages = (("transfer", image.image_octets / (rate / 8)), ("configure", image.work_seconds))
    whole = sum(seconds for _, seconds in stages)
    done = 0.0
    for stage, seconds in stages:
        await _phone_home(server, [nic], stage, server.progress)
        for step in range(STEPS):
            _check_whole(cut, stage, step)
            await _work(server, nic, seconds / STEPS * (rate / nic.rate if stage == "transfer" else 1.0), ())
            if stage == "transfer":
                nic.count(round(image.image_octets / STEPS))
            done += seconds / STEPS
            await _reached(server, nic, stage, done / whole if whole else 1.0)
    server.live = InstalledOs(image.image, tuple(image.addresses), nics=(server.nics.index(nic),))
    server.announce()
    server.show(f"{image.image} runs from memory")
    await _phone_home(server, [nic], "ssh_ready", 100)
    await _phone_home(server, [nic], "done", 100)


_Image = Callable[[Server, Nic, NetBoot], Awaitable[None]]
_IMAGES: dict[str, tuple[BootEvent, _Image]] = {
    "install": (BootEvent.START_INSTALLER, _install),
    "diagnostic": (BootEvent.START_DIAGNOSTIC, _diagnose),
    "rescue": (BootEvent.START_RESCUE, _rescue),
}
"""By the kind that the loader is told."""


async def _first_boot(server: Server) -> None:
    """The freshly installed system reports that it is up, once."""
    if not server.reported and await _phone_home(server, server.interfaces, "done", 100):
        server.reported = True


def _message(server: Server, what: str) -> Fate | None:
    """A message of this machine to the boot service passes; what becomes of it."""
    return server.physics.wire.meet("data", server.name, "panel", what)


def _request(server: Server, nic: Nic, image: NetBoot) -> int | None:
    """Ask for the image. When its transfer will end in its middle: the number of the record that says so."""
    service = server.network.boot_service
    if service is not None:
        service.image_requested(nic.mac, image.image)
    return server.physics.wire.hit if isinstance(_message(server, "image"), Cut) else None


def _check_whole(cut: int | None, stage: str, step: int) -> None:
    if cut is not None and stage == "transfer" and step == STEPS // 2:
        raise _ImageFailed("the image's transfer ended in its middle: its checksum does not hold", cut)


async def _work(server: Server, nic: Nic, seconds: float, disks: Iterable[int]) -> None:
    """One step of an image: it needs the network, a machine that is not frozen, and the disks it writes to."""
    await server.physics.clock.sleep(server.physics.draw(server.name, "work", seconds))
    await server.thawed()
    if not await server.network.path([nic], server.physics.timings.transfer_timeout):
        cause = nic.obstacle or server.physics.why("panel", ("services",))
        raise _ImageFailed("network is unreachable: the image server does not answer", cause)
    for index in disks:
        if server.disks[index].failed:
            number, broken = server.disks[index].number, server.physics.why(server.name, ("disk",))
            raise _ImageFailed(f"I/O error: disk {number} does not take the data", broken)


async def _reached(server: Server, nic: Nic, stage: str, share: float) -> None:
    percent = min(100, int(share * 100 + 1e-6))
    if percent // 5 > server.progress // 5:
        server.progress = percent
        server.show(f"{stage} {percent}%")
        server.note("progress", stage=stage, percent=percent)
        await _phone_home(server, [nic], stage, percent)
    server.progress = percent


async def _phone_home(server: Server, nics: Sequence[Nic], stage: str, percent: int, **detail: str) -> bool:
    """Tell the boot service over any of these NICs; steps are told once, ends until heard or patience runs out."""
    network = server.network
    if stage in ("done", "first_boot", "ssh_ready", "error", "hardware"):
        await network.path(nics, server.physics.timings.transfer_timeout)
    nic = next((nic for nic in nics if nic.reaches_network), None)
    service = network.boot_service
    if service is None or nic is None:
        cause = nics[0].obstacle if nic is None else server.physics.why("panel", ("services",))
        with because(cause):
            _not_heard(server, server.note("phone-home lost", stage=stage))
        return False
    fate = _message(server, f"phone-home {stage}")
    hit = server.physics.wire.hit
    if hit:
        _not_heard(server, hit)
    else:
        server.physics.free(server.name, "phone-home")
    match fate:
        case Lost():  # on its way: the sender does not know
            with because(hit):
                _not_heard(server, server.note("phone-home lost", stage=stage))
        case Twice():
            service.phone_home(nic.mac, stage, percent, detail)
            service.phone_home(nic.mac, stage, percent, detail)
        case Late(seconds):
            server.physics.clock.call_later(seconds, service.phone_home, nic.mac, stage, percent, detail)
        case _:
            service.phone_home(nic.mac, stage, percent, detail)
    return True


def _not_heard(server: Server, number: int) -> None:
    """Say with this record why the panel does not know how far the machine is."""
    server.physics.mark(server.name, "phone-home", number)


def configuration_of(server: Server) -> str:
    """What diagnostics would call this hardware: a failed disk is not counted. E.g. `E3-1230-16Gb-2x1000SSD`."""
    head, _, _ = server.nominal_configuration.partition("Gb-")
    groups: list[tuple[str, int]] = []
    for disk in server.disks:
        if disk.failed:
            continue
        size = f"{disk.size_gb}{disk.type}"
        if groups and groups[-1][0] == size:
            groups[-1] = (size, groups[-1][1] + 1)
        else:
            groups.append((size, 1))
    return "-".join([f"{head}Gb", *(size if count == 1 else f"{count}x{size}" for size, count in groups)])
