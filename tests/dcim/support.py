"""A hall in a few lines of memory: devices that answer drivers, and machines that boot when told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.dcim import (
    OutletRef,
    Panel,
    PanelConfig,
    PduSetup,
    PoolSetup,
    PortRef,
    ServerSetup,
    SwitchSetup,
    TemplateSetup,
    UserSetup,
)
from simulator.dcim.drivers.base import (
    BmcAccess,
    BootDevice,
    DeviceRefused,
    DeviceSilent,
    OutletView,
    PortView,
    PowerAction,
    SnmpAccess,
)
from simulator.dcim.ip.addresses import Address
from simulator.dcim.records import Server
from simulator.dcim.work.operation_table import Operation
from simulator.kernel import Journal, LoopClock, Record, Streams, run

ADMIN = ("admin@example.com", "rackloop-admin")
ALICE = ("alice@example.com", "alice-secret")
CONFIGURATION = "E3-1230-16Gb-2x1000SSD"


@dataclass
class FakeBmc:
    """`silent`: does not answer; `says_no`: what it answers to every command."""

    name: str
    on: bool = False
    boot: str = "none"
    silent: bool = False
    says_no: str = ""
    heard: list[str] = field(default_factory=list)
    wire: Callable[[], Awaitable[None]] | None = None

    async def _exchange(self, what: str) -> None:
        self.heard.append(what)
        if self.wire is not None:
            await self.wire()
        if self.silent:
            raise DeviceSilent(self.name, "no answer in 10 s")
        if self.says_no:
            raise DeviceRefused(self.name, self.says_no)

    async def power_status(self) -> bool:
        await self._exchange("status")
        return self.on

    async def power(self, action: PowerAction) -> None:
        await self._exchange(action)
        if action == "reset" and not self.on:
            raise DeviceRefused(self.name, "completion code 0xD5: not in this state")
        self.on = action != "off"

    async def set_boot_device(self, device: BootDevice, *, persistent: bool = False) -> None:
        await self._exchange(f"boot {device}")
        self.boot = device

    async def close(self) -> None:
        self.heard.append("closed")


@dataclass
class FakeSwitch:
    name: str
    admin: list[bool]
    silent: bool = False
    stuck: set[int] = field(default_factory=set)
    reads: int = 0
    vlans: dict[int, int] = field(default_factory=dict)

    async def ports(self) -> list[PortView]:
        self.reads += 1
        if self.silent:
            raise DeviceSilent(self.name, "no answer in 3 s")
        return [
            PortView(str(10100 + number), f"GigabitEthernet0/{number}", up, up, 10**9, vlan=self.vlans.get(number, 1))
            for number, up in enumerate(self.admin, 1)
        ]

    async def set_port(self, identity: str, up: bool) -> None:
        number = int(identity) - 10100
        if self.silent:
            raise DeviceSilent(self.name, "no answer in 3 s")
        if number in self.stuck:
            raise DeviceRefused(self.name, "SNMP error genErr")
        self.admin[number - 1] = up

    async def set_vlan(self, identity: str, vlan: int, name: str) -> None:
        if self.silent:
            raise DeviceSilent(self.name, "no answer in 3 s")
        self.vlans[int(identity) - 10100] = vlan

    async def remove_vlan(self, vlan: int) -> None:
        pass

    async def close(self) -> None:
        pass


@dataclass
class FakePdu:
    name: str
    on: list[bool]
    silent: bool = False

    async def outlets(self) -> list[OutletView]:
        if self.silent:
            raise DeviceSilent(self.name, "no answer in 3 s")
        return [OutletView(str(number), on) for number, on in enumerate(self.on, 1)]

    async def set_outlet(self, identity: str, on: bool) -> None:
        if self.silent:
            raise DeviceSilent(self.name, "no answer in 3 s")
        self.on[int(identity) - 1] = on

    async def close(self) -> None:
        pass


class Drivers:
    """The driver factory over a world's devices."""

    def __init__(self, world: World) -> None:
        self._world = world

    def bmc(self, access: BmcAccess) -> FakeBmc:
        return self._world.bmcs[access.name.removeprefix("BMC of ")]

    def switch(self, access: SnmpAccess) -> FakeSwitch:
        return self._world.switch

    def pdu(self, access: SnmpAccess) -> FakePdu:
        return self._world.pdu

    async def close(self) -> None:
        pass


class World:
    """Four servers: srv-01 with two ports, srv-02 and srv-03 with one, srv-04 with none. Outlet n feeds srv-n."""

    def __init__(self, **changes: Any) -> None:
        self.clock = LoopClock()
        self.journal = Journal(self.clock)
        self.bmcs = {f"srv-0{n}": FakeBmc(f"BMC of srv-0{n}") for n in range(1, 5)}
        self.switch = FakeSwitch("sw-a1", [False] * 8)
        self.pdu = FakePdu("pdu-a1", [True] * 8)
        self.panel = Panel(config(**changes), Drivers(self), self.clock, Streams(7), self.journal)

    def server(self, number: int) -> Server:
        return self.panel.inventory.servers.get(number)

    def power(self, number: int) -> str:
        return self.panel.inventory.power_status(self.server(number)).value

    def operation(self, number: int) -> Operation:
        return self.panel.operations.all.get(number)

    def wrote(self, what: str) -> list[Record]:
        return [record for record in self.journal if record.what == what]

    def give_ip(self, number: int, pool: str = "public") -> Address:
        (address,) = self.panel.addresses.allocate(self.panel.addresses.pool(pool), number)
        return address

    async def boot(self, number: int) -> Any:
        """What a machine does after its reset, up to the loader's answer."""
        mac = self.server(number).macs[0].upper()
        await self.clock.sleep(100)
        if self.panel.boot.discover(mac) is None:
            return None
        return self.panel.boot.loader(mac)

    async def install(self, number: int, *, until: str = "done") -> None:
        """Boot, and run the installer up to the given stage."""
        image = await self.boot(number)
        assert image is not None
        mac = self.server(number).macs[0]
        self.panel.boot.image_requested(mac, image.image)
        for stage in ("transfer", "configure", "first_boot", "done"):
            await self.clock.sleep(300)
            self.panel.boot.phone_home(mac, stage, 100 if stage == "done" else 50, {})
            if stage == until:
                break
        await self.clock.sleep(0)


def config(**changes: Any) -> PanelConfig:
    def server(number: int) -> ServerSetup:
        name = f"srv-0{number}"
        ports = {1: [PortRef("sw-a1", 1), PortRef("sw-a1", 5)], 4: []}.get(number, [PortRef("sw-a1", number)])
        return ServerSetup(
            name=name,
            rack="A1",
            unit=number,
            configuration=CONFIGURATION if number < 4 else "E5-2620-32Gb-1920SSD",
            macs=[f"00:25:90:00:00:0{number}"],
            serial=f"S{number}",
            model="X10SLM",
            bmc=BmcAccess(f"BMC of {name}", f"127.16.0.{number}", 6230, "ADMIN", "ADMIN"),
            ports=ports,
            outlets=[OutletRef("pdu-a1", number)],
        )

    whole = PanelConfig(
        location_id=3,
        location_name="Main hall",
        admin=UserSetup(*ADMIN, "", ["@admin"]),
        users=[UserSetup(*ALICE, "Alice", ["@user"])],
        racks=["A1"],
        servers=[server(number) for number in range(1, 5)],
        switches=[SwitchSetup("sw-a1", "A1", SnmpAccess("sw-a1", "127.32.0.1", 1161, "private", "cisco"))],
        pdus=[PduSetup("pdu-a1", "A1", SnmpAccess("pdu-a1", "127.48.0.1", 1161, "private", "apc"))],
        pools=[
            PoolSetup("public", "192.0.2.0-192.0.2.7", "192.0.2.0/24", "192.0.2.1", False),
            PoolSetup("release", "198.51.100.10-198.51.100.11", "198.51.100.0/24", "198.51.100.1", True),
            PoolSetup("six", "2001:db8:0:10::/60", "2001:db8::/48", "2001:db8::1", False),
        ],
        templates=[
            TemplateSetup("debian-12", "os", 900_000_000, 600.0, ["linux"]),
            TemplateSetup("Diag6", "diagnostic", 500_000_000, 600.0, []),
            TemplateSetup("Sysrescd", "rescue", 400_000_000, 60.0, []),
        ],
        token_ttl=3600.0,
        bmc_poll=900.0,
        switch_poll=300.0,
        pdu_poll=300.0,
        dhcp_timeout=900.0,
        diagnostic_timeout=3600.0,
    )
    return replace(whole, **changes)


def in_world(scene: Callable[[World], Awaitable[None]], *, started: bool = False, **changes: Any) -> World:
    """Play a scene in virtual time; `started`: with the first polls done."""

    async def main() -> World:
        world = World(**changes)
        if started:
            await world.panel.start()
            await world.clock.sleep(1)
        await scene(world)
        await world.panel.stop()
        return world

    return run(main())
