"""Faults of the data network's messages: DHCP, the image, what an installer says of itself, pings.

A frame that no link carries is the plant's business (`cable.unplugged`, `nic.silent`); here the path is whole, and one message on
it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from simulator.faults.kinds import FaultKind, OnServer, Undo, World
from simulator.faults.messages import OnMessages, strike_rule
from simulator.files.units import Duration
from simulator.kernel.wire import AnsweredBy, Choice, Cut, Fate, Late, Lost, Twice

__all__ = ["DATA_NETWORK"]


class OnMachine(OnMessages, OnServer):
    """Messages of this server."""


class OnPhoneHome(OnMachine):
    stage: (
        Literal["transfer", "configure", "first_boot", "hardware", "clear_disks", "ssh_ready", "done", "error"] | None
    ) = None
    """Only what it says of this stage; `done` ends an operation."""


class LatePhoneHome(OnPhoneHome):
    by: Duration = 600.0
    """How much later, lab time."""


def _machine(world: World, params: OnServer) -> object:
    return world.plant.servers[params.server]


def _from(what: str) -> Callable[[OnMachine], Choice]:
    return lambda params: params.choice("data", sender=params.server, what=what)


def _phone_home(params: OnPhoneHome) -> Choice:
    return params.choice("data", sender=params.server, what=f"phone-home {params.stage or '*'}")


def _ping(params: OnMachine) -> Choice:
    return params.choice("data", receivers=(params.server,), what="ping*")


def _kind(
    name: str, params: type[Any], summary: str, choice: Callable[[Any], Choice], fate: Callable[[Any], Fate]
) -> FaultKind:
    def strike(world: World, given: Any) -> Undo:
        return strike_rule(world, choice(given), fate(given))

    return FaultKind(name, "server", params, summary, strike, _machine)


DATA_NETWORK: tuple[FaultKind, ...] = (
    _kind("dhcp.lost", OnMachine, "the machine's DHCP requests are lost on their way", _from("DHCP"), lambda p: Lost()),
    _kind(
        "dhcp.wrong_server",
        OnMachine,
        "somebody else's DHCP server is quicker: an address, and nothing to boot",
        _from("DHCP"),
        lambda p: AnsweredBy("another DHCP server", 0),
    ),
    _kind("tftp.lost", OnMachine, "the loader's requests are lost", _from("loader"), lambda p: Lost()),
    _kind("image.cut", OnMachine, "the image's transfer ends in its middle", _from("image"), lambda p: Cut()),
    _kind(
        "phonehome.lost",
        OnPhoneHome,
        "what the installer says of itself never reaches the panel",
        _phone_home,
        lambda p: Lost(),
    ),
    _kind("phonehome.late", LatePhoneHome, "what it says arrives late", _phone_home, lambda p: Late(p.by)),
    _kind("phonehome.twice", OnPhoneHome, "what it says arrives twice", _phone_home, lambda p: Twice()),
    _kind("ping.lost", OnMachine, "pings to the machine are lost", _ping, lambda p: Lost()),
)
