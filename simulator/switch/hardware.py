"""What a switch's software sees and touches of its own hardware. The plant's switch is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from simulator.plant.ethernet import AUTO, LinkSetting, Mode, modes
from simulator.plant.network import Vlan

__all__ = ["AUTO", "LinkSetting", "Mode", "Port", "SwitchHardware", "Vlan", "modes"]


class Port(Protocol):
    """One front port."""

    @property
    def number(self) -> int:
        """From 1, as printed on the front."""

    @property
    def admin_up(self) -> bool: ...

    @property
    def link_up(self) -> bool:
        """Admin up, a cable with a live NIC at its other end, and the switch powered."""

    @property
    def stp_state(self) -> Literal["disabled", "listening", "learning", "forwarding"]:
        """What spanning tree lets the port do: without a link, nothing."""

    @property
    def stp_edge(self) -> bool:
        """Spanning tree lets frames through as soon as there is a link: nothing but a station is expected here."""

    @property
    def speed(self) -> int:
        """Bits per second of the link; without one, what is set, or what the port can do."""

    @property
    def nominal_speed(self) -> int:
        """The most that it can do."""

    @property
    def full_duplex(self) -> bool | None:
        """None without a link."""

    @property
    def remote_negotiates(self) -> bool:
        """Whether the other end's half of a negotiation is heard."""

    @property
    def setting(self) -> LinkSetting:
        """Speed and duplex as they were set."""

    def can_be(self, setting: LinkSetting) -> bool:
        """Whether the hardware can do this."""

    def set_link(self, setting: LinkSetting) -> None:
        """Raises ValueError for what the hardware cannot do."""

    @property
    def late_collisions(self) -> int:
        """Frames sent that were cut off late, since the switch started."""

    @property
    def fcs_errors(self) -> int:
        """Frames received damaged, since the switch started."""

    @property
    def last_change(self) -> float:
        """Lab time, seconds, at which `link_up` last changed."""

    @property
    def mac(self) -> bytes: ...

    @property
    def octets_in(self) -> int: ...

    @property
    def octets_out(self) -> int: ...

    @property
    def stations(self) -> Sequence[bytes]:
        """The MACs that are heard here."""

    @property
    def pvid(self) -> int:
        """The VLAN of frames that come in without a tag."""

    def set_pvid(self, vlan: int) -> None:
        """Raises KeyError where there is no such VLAN."""

    def set_access(self, vlan: int) -> None:
        """The PVID, and a bare member of that VLAN and no other. Raises KeyError."""

    def set_admin(self, up: bool) -> None: ...


class SwitchHardware(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def alive(self) -> bool:
        """Powered and past its start."""

    @property
    def booted_at(self) -> float:
        """Lab time, seconds, of its last start."""

    @property
    def generation(self) -> int:
        """Another one whenever stations or VLANs may have changed, on this switch or another."""

    @property
    def revision(self) -> int:
        """Another one whenever a port's link, counters or VLANs may have changed."""

    @property
    def vlans(self) -> Mapping[int, Vlan]:
        """By number, in order."""

    def watch(self, link_changed: Callable[[Port], None], started: Callable[[], None]) -> None:
        """Call these when a port's link has changed, and when the switch has started."""

    def save(self) -> None:
        """From now on it starts as it is set up now; before the first call, whatever is set is saved at once."""

    def define_vlan(self, vlan: Vlan) -> None: ...

    def remove_vlan(self, number: int) -> None: ...

    @property
    def ports(self) -> Sequence[Port]: ...
