"""What a switch's agent keeps and reads: its hardware, the lab's clock, and the texts that a manager may set."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from simulator.kernel import Clock
from simulator.snmp import Rows
from simulator.snmp.statistics import Traffic
from simulator.switch.hardware import Mode, SwitchHardware, Vlan

__all__ = ["SwitchState"]


_Texts = tuple[tuple[bytes, bytes, bytes], tuple[tuple[int, bytes], ...], tuple[int, ...], tuple[tuple[int, Mode], ...]]
"""Contact, name and location; aliases, trapless rows and default modes. Tuples: in nearly every switch the last three are empty."""


class SwitchState:
    """Rows count from 0: first the ports as on the front, then the model's virtual interfaces."""

    __slots__ = (
        "_rows",
        "_saved",
        "_views",
        "aliases",
        "clock",
        "contact",
        "copies",
        "default_modes",
        "editing",
        "hardware",
        "location",
        "name",
        "ports",
        "traffic",
        "trapless",
        "vlan",
    )

    def __init__(self, hardware: SwitchHardware, clock: Clock, vlan: int = 1) -> None:
        """`vlan`: the one whose forwarding table the BRIDGE-MIB shows, where a make has one for each."""
        self.hardware = hardware
        self.clock = clock
        self.ports = tuple(hardware.ports)
        self.contact = b""
        self.name = hardware.name.encode()
        self.location = b""
        self.traffic: Traffic
        """Set by the card that this is the state of."""
        self.aliases: dict[int, bytes] = {}
        self.default_modes: dict[int, Mode] = {}
        """By row what counts when negotiation is switched off, while it is on (MAU-MIB)."""
        self.trapless: set[int] = set()
        """Rows whose ifLinkUpDownTrapEnable is disabled."""
        self.vlan = vlan
        self.editing: dict[int, Vlan] | None = None
        """A copy of the VLANs that a manager works on (CISCO-VTP-MIB)."""
        self.copies: dict[int, dict[int, int]] = {}
        """Rows of ccCopyTable (CISCO-CONFIG-COPY-MIB): by index, column -> value."""
        self._saved: _Texts | None = None
        self._views: dict[int, SwitchState] = {}
        self._rows: dict[str, tuple[object, Rows]] = {}

    def context(self, name: bytes) -> SwitchState | None:
        """The state as seen in the context `10`, or `vlan-10`: its VLAN's. None where there is no such VLAN."""
        digits = name.removeprefix(b"vlan-")
        if not digits.isdigit() or len(digits) > 4 or int(digits) not in self.hardware.vlans:
            return None
        number = int(digits)
        view = self._views.get(number)
        if view is None:
            view = self._views[number] = SwitchState(self.hardware, self.clock, number)
            view.aliases, view.trapless, view.name = self.aliases, self.trapless, self.name
            view.default_modes = self.default_modes
            view.traffic = self.traffic
        return view

    def save(self) -> None:
        """The running configuration becomes the one that it starts with: the hardware's, and the texts."""
        self.hardware.save()
        self._save_texts()

    def restored(self) -> None:
        """The texts have been put back as a stop of the lab left them."""
        if self._saved is not None:
            self._save_texts()

    def _save_texts(self) -> None:
        """What is configuration, and not the hardware's."""
        self._saved = (
            (self.contact, self.name, self.location),
            tuple(self.aliases.items()),
            tuple(self.trapless),
            tuple(self.default_modes.items()),
        )

    def restart(self) -> None:
        """The software has started: what was not saved is gone, where it must be saved."""
        self.copies.clear()
        self.editing = None
        if self._saved is None:
            return
        (self.contact, self.name, self.location), aliases, trapless, modes = self._saved
        for held in (self.aliases, self.trapless, self.default_modes):  # views of a VLAN share them
            held.clear()
        self.aliases.update(aliases)
        self.trapless.update(trapless)
        self.default_modes.update(modes)

    def cached(self, table: str, version: object, build: Callable[[], Rows]) -> Rows:
        """The rows of a table, built anew only when `version` is another one."""
        held = self._rows.get(table)
        if held is None or held[0] != version:
            held = self._rows[table] = (version, build())
        return held[1]

    def uptime(self) -> int:
        return int((self.clock.now() - self.hardware.booted_at) * 100)

    def changed(self, row: int) -> int:
        """The up-time, in hundredths of a second, at which the row's link last changed; 0 when before this start."""
        if row >= len(self.ports):
            return 0
        return max(0, int((self.ports[row].last_change - self.hardware.booted_at) * 100))

    @property
    def bridge_address(self) -> bytes:
        """The switch's own MAC."""
        return b"\x02" + hashlib.sha256(self.hardware.name.encode()).digest()[:5]

    def since_last_change(self) -> int:
        """Hundredths of a second since a link last changed, or since the start."""
        return self.uptime() - max(self.changed(row) for row in range(len(self.ports)))

    def any_link(self) -> bool:
        return any(port.link_up for port in self.ports)
