"""What a fault is: its parameters, the world that it may lay hands on, and how it is described in the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema

from simulator.bmc import Bmc
from simulator.fabric import Address, Fabric
from simulator.files.base import FileModel
from simulator.files.units import Duration, need_unit, parse_duration, parse_share
from simulator.kernel import Streams
from simulator.kernel.wire import Wire
from simulator.plant import Plant
from simulator.snmp.station import Station

__all__ = [
    "FaultKind",
    "FaultParams",
    "Moment",
    "NotPossible",
    "OnPanel",
    "OnPdu",
    "OnServer",
    "OnSwitch",
    "Progress",
    "Restartable",
    "RestartableService",
    "RuleUndo",
    "Undo",
    "World",
]

Undo = Callable[[], None]


class RuleUndo:
    """Mends a fault that is a rule about messages: its own, whatever else bends in the same way."""

    def __init__(self, remove: Callable[[], None], hits: Callable[[], int]) -> None:
        """`hits`: how many messages it has come to."""
        self._remove = remove
        self.hits = hits

    def __call__(self) -> None:
        self._remove()


class Restartable(Protocol):
    """Services behind a gateway that answers in their place while they start."""

    def take_down(self) -> None: ...

    def bring_up(self) -> None: ...


class RestartableService(Restartable, Protocol):
    """Those of the panel."""

    def lose_host(self) -> None:
        """The machine on which all of it runs, the boot service too, loses its power."""

    def host_back(self) -> None:
        """That machine is up again, with the data that it had."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A share of the running image's work."""

    share: float


def _moment(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, Progress):
        return value
    if isinstance(value, str) and value.strip().endswith("%"):
        return Progress(parse_share(value))
    if info.context and info.context.get("units"):
        need_unit(value, "s")
    return parse_duration(value)


Moment = Annotated[
    float | Progress,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|min|h|d|%)\s*$"}, {"const": 0}],
            "examples": ["40%", "10m"],
        }
    ),
]


class World(Protocol):
    """What faults may lay hands on."""

    @property
    def plant(self) -> Plant: ...

    @property
    def management(self) -> Fabric:
        """The management network."""

    @property
    def wire(self) -> Wire:
        """The messages of the run, and what becomes of them."""

    @property
    def http_panels(self) -> Collection[str]:
        """The panels that answer over HTTP: `dci6`, `dci5`, and `ispmanager` where there is one."""

    @property
    def panel_services(self) -> RestartableService: ...

    @property
    def hosting_services(self) -> Restartable | None:
        """The ispmanager's; None where there is none."""

    def may_bend(self, kind: str, params: FaultParams) -> None:
        """Raises NotPossible for a fault that would bend what is real."""

    def switch_outlet(self, pdu: str, outlet: int, on: bool) -> None:
        """Somebody switches an outlet, from 1."""

    def bmc_address(self, server: str) -> Address:
        """What the BMC is bound to on the management network."""

    def bmc(self, server: str) -> Bmc:
        """The BMC of a server, for faults of its protocol."""

    def station(self, name: str) -> Station[Any]:
        """The SNMP agent of a switch or a PDU."""

    @property
    def streams(self) -> Streams:
        """Where the chance of faults comes from."""


class FaultParams(FileModel):
    """Common to all faults. Without `at` a fault strikes at once (before the first step, or at its step)."""

    model_config = ConfigDict(arbitrary_types_allowed=True, populate_by_name=True)

    at: Moment | None = None
    """When it strikes: lab time since the lab's start (`10m`), or, on a server, a share of the running image's work
    (`40%`). Without, at once."""
    lasts: Duration | None = Field(default=None, alias="for")
    """How long it holds, lab time (`5m`); then it is mended. Without, until it is cleared."""

    @property
    def target(self) -> str:
        """The name of what it hits."""
        return next((str(getattr(self, key)) for key in ("server", "switch", "pdu") if hasattr(self, key)), "panel")


class OnServer(FaultParams):
    server: str
    """The server's name, as the lab file has it."""


class OnSwitch(FaultParams):
    switch: str
    """The switch's name, as the lab file has it."""


class OnPdu(FaultParams):
    pdu: str
    """The PDU's name, as the lab file has it."""


class OnPanel(FaultParams):
    pass


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault. `strike` bends the world and returns what mends it; it raises NotPossible when the world has
    no such thing to bend.
    """

    name: str
    target: str
    """`server`, `switch`, `pdu` or `panel`."""
    params: type[FaultParams]
    summary: str
    strike: Callable[[World, Any], Undo]
    find: Callable[[World, Any], object]
    values: frozenset[str] = frozenset()
    """Parameters that say how it bends, and not what: of two faults that differ in these only, the one that came last counts."""
    once: bool = False
    """What it bends comes back when it is bent twice: it is not, while it is bent."""

    def bends_the_same(self, one: FaultParams, other: FaultParams) -> bool:
        """The same part of the world, whenever and however."""
        beside = {"at", "lasts", *self.values}
        return one.model_dump(exclude=beside) == other.model_dump(exclude=beside)


class NotPossible(ValueError):
    """The lab has no such part: no second disk, no cable on that NIC."""
