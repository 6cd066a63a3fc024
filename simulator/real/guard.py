"""The panel's drivers of real devices, with a guard before every write and the emulated rest behind every reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from simulator.dcim.drivers.base import (
    BmcAccess,
    BmcDriver,
    BmcUser,
    BmcUsersDriver,
    BootDevice,
    DeviceRefused,
    DeviceUnable,
    DriverFactory,
    OutletView,
    PduDriver,
    PortView,
    PowerAction,
    SetDuplex,
    SnmpAccess,
    SpeedDriver,
    SwitchDriver,
    VlanDriver,
)
from simulator.fabric import Address
from simulator.kernel.flow import because
from simulator.kernel.hosts import is_loopback
from simulator.real.equipment import Kind, RealDevice, RealEquipment
from simulator.real.following import PduFollows, ServerFollows, SwitchFollows

__all__ = ["Followers", "GuardedBmc", "GuardedDrivers", "GuardedPdu", "GuardedSwitch"]

Followers = Mapping[str, ServerFollows | SwitchFollows | PduFollows]
"""By what a device is called: `PDU pdu-a1`."""

_AFTER: dict[PowerAction, str] = {"on": "on", "off": "off", "soft": "off", "cycle": "on", "reset": "on"}


class GuardedDrivers:
    """A DriverFactory: emulated devices as they are, real ones guarded. What a panel is told of later, and neither the lab
    file names nor this machine has, is real too, and without leave.
    """

    def __init__(
        self,
        rest: DriverFactory,
        equipment: RealEquipment,
        followers: Followers,
        ours: frozenset[Address] = frozenset(),
    ) -> None:
        """`ours`: where emulated devices answer, which may be an address of this machine that others reach."""
        self._rest = rest
        self._ours = ours
        self._equipment = equipment
        self._followers = followers

    def bmc(self, access: BmcAccess) -> BmcDriver:
        driver = self._rest.bmc(access)
        device = self._device("BMC", (access.host, access.port), access.name)
        if device is None:
            return driver
        follows = self._followers.get(str(device))
        return GuardedBmc(driver, device, self._equipment, follows if isinstance(follows, ServerFollows) else None)

    def switch(self, access: SnmpAccess) -> SwitchDriver:
        driver = self._rest.switch(access)
        device = self._device("switch", (access.host, access.port), access.name)
        if device is None:
            return driver
        follows = self._followers.get(str(device))
        return GuardedSwitch(driver, device, self._equipment, follows if isinstance(follows, SwitchFollows) else None)

    def pdu(self, access: SnmpAccess) -> PduDriver:
        driver = self._rest.pdu(access)
        device = self._device("PDU", (access.host, access.port), access.name)
        if device is None:
            return driver
        follows = self._followers.get(str(device))
        return GuardedPdu(driver, device, self._equipment, follows if isinstance(follows, PduFollows) else None)

    def _device(self, kind: Kind, address: Address, name: str) -> RealDevice | None:
        found = self._equipment.devices.get(address)
        if found is not None:
            return found if found.kind == kind else replace(found, allow=frozenset())
        if address in self._ours or is_loopback(address[0]) or not address[0]:
            return None
        return RealDevice(name, kind, address, known=False)

    async def close(self) -> None:
        await self._rest.close()


class GuardedBmc:
    """A BmcDriver and BmcUsersDriver."""

    def __init__(
        self, driver: BmcDriver, device: RealDevice, equipment: RealEquipment, follows: ServerFollows | None
    ) -> None:
        self._driver = driver
        self._device = device
        self._equipment = equipment
        self._follows = follows
        self._pretended: bool | None = None
        """What a dry run has made of it."""

    async def power_status(self) -> bool:
        on = await self._driver.power_status()
        if self._pretended is not None:
            return self._pretended
        if self._follows is not None:
            self._follows.seen(on)
        return on

    async def power(self, action: PowerAction) -> None:
        self._equipment.check(self._device, "power")

        async def was() -> str:
            return "on" if await self.power_status() else "off"

        async def back(state: str) -> None:
            if state != ("on" if await self._driver.power_status() else "off"):
                await self._driver.power("on" if state == "on" else "off")

        after = _AFTER[action]
        number = await self._equipment.write(
            self._device, "power", action, lambda: self._driver.power(action), was=was, back=back, then=after
        )
        if self._equipment.dry:
            self._pretended = after == "on"
        if self._follows is not None:
            with because(number):
                self._follows.commanded(action)

    async def set_boot_device(self, device: BootDevice, *, persistent: bool = False) -> None:
        self._equipment.check(self._device, "boot")

        async def was() -> str:
            return "none"

        async def back(state: str) -> None:
            await self._driver.set_boot_device("none")

        number = await self._equipment.write(
            self._device,
            "boot device",
            f"{device}, from now on" if persistent else device,
            lambda: self._driver.set_boot_device(device, persistent=persistent),
            was=was,
            back=back,
        )
        if self._follows is not None:
            with because(number):
                self._follows.boots(device, persistent=persistent)

    async def users(self) -> Sequence[BmcUser]:
        return await self._with_users().users()

    async def set_user(self, slot: int | None, name: str, password: str | None, level: int) -> int:
        self._equipment.check(self._device, "users")
        driver = self._with_users()
        there = {user.name: user.id for user in await driver.users()}
        made = [slot or 0]

        async def send() -> None:
            made[0] = await driver.set_user(slot, name, password, level)

        async def was() -> str:
            return "unknown" if slot is not None or name in there else "absent"

        async def back(state: str) -> None:
            await driver.remove_user(made[0])

        await self._equipment.write(self._device, f"user {name}", f"level {level}", send, was=was, back=back)
        return made[0]

    async def remove_user(self, slot: int) -> None:
        self._equipment.check(self._device, "users")
        driver = self._with_users()
        name = next((user.name for user in await driver.users() if user.id == slot), f"in slot {slot}")

        async def was() -> str:
            return "unknown"  # his password cannot be read

        await self._equipment.write(
            self._device, f"user {name}", "absent", lambda: driver.remove_user(slot), was=was, back=None
        )

    def _with_users(self) -> BmcUsersDriver:
        if not isinstance(self._driver, BmcUsersDriver):
            raise DeviceRefused(str(self._device), "its driver knows nothing of users")
        return self._driver

    async def close(self) -> None:
        await self._driver.close()


class GuardedSwitch:
    """A SwitchDriver, VlanDriver and SpeedDriver. Ports are known by their place in the list, as on the front."""

    def __init__(
        self, driver: SwitchDriver, device: RealDevice, equipment: RealEquipment, follows: SwitchFollows | None
    ) -> None:
        self._driver = driver
        self._device = device
        self._equipment = equipment
        self._follows = follows
        self._views: dict[str, tuple[int, PortView]] = {}
        """By identity, as last read."""
        self._pretended: dict[str, dict[str, bool | int]] = {}

    async def ports(self) -> Sequence[PortView]:
        views = await self._driver.ports()
        views = [view._replace(**self._pretended.get(view.identity, {})) for view in views]  # type: ignore[arg-type]
        self._views = {view.identity: (number, view) for number, view in enumerate(views, 1)}
        if self._follows is not None:
            for number, view in self._views.values():
                if number in self._device.cabled and view.identity not in self._pretended:
                    self._follows.seen(number, view.admin_up, view.vlan)
        return views

    async def _known(self, identity: str, word: str) -> tuple[int, PortView]:
        """Number and last view of a port that may be written. Raises DeviceRefused."""
        self._equipment.check(self._device, word)
        if identity not in self._views:
            await self.ports()
        if identity not in self._views:
            raise DeviceRefused(str(self._device), f"it lists no port {identity}")
        number, view = self._views[identity]
        self._equipment.check(self._device, word, number)
        return number, view

    async def _read(self, identity: str) -> PortView:
        """A port as it is now."""
        await self.ports()
        if identity not in self._views:
            raise DeviceRefused(str(self._device), f"it lists no port {identity}")
        return self._views[identity][1]

    async def set_port(self, identity: str, up: bool) -> None:
        number, view = await self._known(identity, "ports")

        async def was() -> str:
            return "up" if (await self._read(identity)).admin_up else "down"

        async def back(state: str) -> None:
            await self._driver.set_port(identity, state == "up")

        record = await self._equipment.write(
            self._device,
            f"port {view.description}",
            "up" if up else "down",
            lambda: self._driver.set_port(identity, up),
            was=was,
            back=back,
        )
        if self._equipment.dry:
            self._pretended.setdefault(identity, {})["admin_up"] = up
        if self._follows is not None:
            with because(record):
                self._follows.commanded(number, up)

    async def set_vlan(self, identity: str, vlan: int, name: str) -> None:
        driver = self._driver
        if not isinstance(driver, VlanDriver):
            raise DeviceRefused(str(self._device), "its handler does not set VLANs")
        number, view = await self._known(identity, "vlans")

        async def was() -> str:
            return str((await self._read(identity)).vlan or "unknown")

        async def back(state: str) -> None:
            await driver.set_vlan(identity, int(state), f"VLAN{int(state):04}")

        record = await self._equipment.write(
            self._device,
            f"VLAN of {view.description}",
            str(vlan),
            lambda: driver.set_vlan(identity, vlan, name),
            was=was,
            back=back,
        )
        if self._equipment.dry:
            self._pretended.setdefault(identity, {})["vlan"] = vlan
        if self._follows is not None:
            with because(record):
                self._follows.moved(number, vlan)

    async def remove_vlan(self, vlan: int) -> None:
        driver = self._driver
        if isinstance(driver, VlanDriver):
            self._equipment.check(self._device, "vlans")
            await self._equipment.write(
                self._device, f"VLAN {vlan}", "absent", lambda: driver.remove_vlan(vlan), was=_unknown, back=None
            )

    async def set_link(self, identity: str, speed: int | None, duplex: SetDuplex | None) -> None:
        driver = self._driver
        if not isinstance(driver, SpeedDriver):
            raise DeviceUnable(str(self._device), "its handler cannot set speed and duplex")
        _, view = await self._known(identity, "speeds")
        said = " ".join(str(each) for each in ("auto" if speed == 0 else speed, duplex) if each is not None)
        await self._equipment.write(
            self._device,
            f"speed of {view.description}",
            said,
            lambda: driver.set_link(identity, speed, duplex),
            was=_unknown,
            back=None,
        )

    async def close(self) -> None:
        await self._driver.close()


class GuardedPdu:
    """A PduDriver. Outlets are known by their place in the list."""

    def __init__(
        self, driver: PduDriver, device: RealDevice, equipment: RealEquipment, follows: PduFollows | None
    ) -> None:
        self._driver = driver
        self._device = device
        self._equipment = equipment
        self._follows = follows
        self._views: dict[str, tuple[int, OutletView]] = {}
        self._pretended: dict[str, bool] = {}

    async def outlets(self) -> Sequence[OutletView]:
        views = await self._driver.outlets()
        views = [replace(view, on=self._pretended.get(view.identity, view.on)) for view in views]
        self._views = {view.identity: (number, view) for number, view in enumerate(views, 1)}
        if self._follows is not None:
            for number, view in self._views.values():
                if number in self._device.cabled and view.identity not in self._pretended:
                    self._follows.seen(number, view.on)
        return views

    async def set_outlet(self, identity: str, on: bool) -> None:
        self._equipment.check(self._device, "power")
        if identity not in self._views:
            await self.outlets()
        if identity not in self._views:
            raise DeviceRefused(str(self._device), f"it lists no outlet {identity}")
        number = self._views[identity][0]
        self._equipment.check(self._device, "power", number, "outlet")

        async def was() -> str:
            await self.outlets()
            held = self._views.get(identity)
            # One that does not tell is switched on again at the end: nobody is to be left in the dark.
            return "off" if held is not None and held[1].on is False else "on"

        async def back(state: str) -> None:
            await self._driver.set_outlet(identity, state == "on")

        record = await self._equipment.write(
            self._device,
            f"outlet {number}",
            "on" if on else "off",
            lambda: self._driver.set_outlet(identity, on),
            was=was,
            back=back,
        )
        if self._equipment.dry:
            self._pretended[identity] = on
        if self._follows is not None:
            with because(record):
                self._follows.commanded(number, on)

    async def close(self) -> None:
        await self._driver.close()


async def _unknown() -> str:
    return "unknown"
