"""What makes one make of BMC differ from another: pages of data in `personalities/`, one a model."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulator.bmc.recorded import Recorded, read_recorded
from simulator.bmc.sensors import KINDS, SensorLine
from simulator.ipmi.channel import Channel
from simulator.ipmi.commands import DeviceId
from simulator.ipmi.crypto import SUITES
from simulator.ipmi.dispatch import key
from simulator.ipmi.lan15 import AuthType
from simulator.ipmi.quirks import Quirk
from simulator.ipmi.sdr import Factors
from simulator.kernel import yaml12
from simulator.kernel.pages import BadPage, beside, is_file

__all__ = [
    "BadPersonality",
    "Personality",
    "UnknownPersonality",
    "load_personality",
    "personality_names",
    "read_personality",
]

_PAGES: Final = Path(__file__).parent / "personalities"

Support = Literal["sensor", "sdr", "sel", "fru", "event_receiver", "event_generator", "bridge", "chassis"]

_SUPPORT_BITS: Final[dict[Support, int]] = {
    "sensor": 0x01,
    "sdr": 0x02,
    "sel": 0x04,
    "fru": 0x08,
    "event_receiver": 0x10,
    "event_generator": 0x20,
    "bridge": 0x40,
    "chassis": 0x80,
}

_BUILT: Final = 0xFF & ~_SUPPORT_BITS["bridge"]
"""A BMC claims only what it answers, whatever its model can do."""

_UNITS: Final = {1: Factors(1), 4: Factors(2, -2), 6: Factors(4), 18: Factors(100)}
"""How a reading becomes an octet where a page does not say: 1 degree, 0.02 V, 4 W, 100 RPM."""


class UnknownPersonality(LookupError):
    """There is no such model."""


class BadPersonality(ValueError):
    """A page cannot be read, or says something that is not understood."""


Octet = Annotated[int, Field(ge=0, le=255)]


Limit = Annotated[float, Field(ge=0)] | None


class _SensorPage(BaseModel):
    """A sensor as written. `low` and `high`: non-critical, critical, non-recoverable, in the sensor's unit."""

    model_config = ConfigDict(defer_build=True, extra="forbid")

    name: str = Field(min_length=1, max_length=16)
    reads: str
    low: list[Limit] = Field(default=[None, None, None], min_length=3, max_length=3)
    high: list[Limit] = Field(default=[None, None, None], min_length=3, max_length=3)
    step: int | None = Field(default=None, ge=1, le=511)
    exponent: int = Field(default=0, ge=-8, le=7)
    hysteresis: int = Field(default=1, ge=0, le=255)

    def line(self) -> SensorLine:
        """Raises KeyError for a kind that there is not."""
        kind = KINDS[self.reads]
        factors = Factors(self.step, self.exponent) if self.step else _UNITS.get(kind.unit, Factors())
        low, high = self.low, self.high
        return SensorLine(
            self.name, self.reads, (low[0], low[1], low[2]), (high[0], high[1], high[2]), factors, self.hysteresis
        )


class _BoardPage(BaseModel):
    """What the inventory says."""

    model_config = ConfigDict(defer_build=True, extra="forbid")

    maker: str
    product: str
    part: str = ""


class _Page(BaseModel):
    """A page as written."""

    model_config = ConfigDict(defer_build=True, extra="forbid")

    source: Literal["observed", "inferred"]
    """Where the device id is from."""
    device: Octet
    revision: int = Field(ge=0, le=15)
    provides_sdrs: bool
    firmware: str = Field(pattern=r"^\d{1,2}\.\d{2}$")
    supports: list[Support]
    auxiliary: list[Octet] = Field(default=[0, 0, 0, 0], min_length=4, max_length=4)
    manufacturer: int = Field(ge=0, lt=1 << 20)
    product: int = Field(ge=0, lt=1 << 16)
    suites: list[int] = Field(min_length=1)
    soft_power: bool
    chassis_delay: float = Field(default=0.0, ge=0, le=60)
    """Seconds of lab time between the answer to Chassis Control and what it does."""
    sessions: int = Field(ge=4, le=63)
    users: int = Field(ge=1, le=63)
    evicts_half_open: bool = True
    authentication: list[Literal["none", "md5", "straight"]] = []
    """Kinds of IPMI 1.5 sessions that it accepts."""
    bad_logins: int = Field(default=0, ge=0, le=255)
    """So many wrong passwords lock a user out for `lock_out` seconds; 0: never."""
    lock_out: float = Field(default=60.0, gt=0)
    quirks: list[Quirk] = []
    oem: Literal["supermicro", "dell", "hpe"] | None = None
    """Whose own commands it knows."""
    null_user: bool = True
    """User 1 is the one without a name, and stays so."""
    refused_when_off: list[Literal["off", "cycle", "reset", "diag", "soft"]] = ["cycle", "reset", "diag", "soft"]
    """What Chassis Control answers with D5h while the machine is off."""
    boot_selectors: dict[Annotated[int, Field(ge=0, le=15)], Literal["pxe", "disk", "cdrom", "bios"]] = {}
    """Boot device selectors (table 28-14) that boot something else here than the specification says."""
    board: _BoardPage = _BoardPage(maker="Rackloop", product="BMC")
    sensors: list[_SensorPage] = []
    log_entries: int = Field(default=512, ge=16, le=4095)
    password_octets: Literal[16, 20] = 20
    consoles: int = Field(default=1, ge=1, le=15)
    """Instances of the Serial over LAN payload: so many may have the console at once."""
    recorded: str = ""
    """A file beside the page with what a real one has answered (`recorded.py`): its answers, records and inventories are then these."""
    lacks: list[Annotated[str, Field(pattern=r"^[0-9A-F]{2}/[0-9A-F]{2}$")]] = []
    """Commands (network function and number) that this model answers with C1h."""


@dataclass(frozen=True, slots=True)
class Personality:
    """One model; shared by all its BMCs."""

    name: str
    device_id: DeviceId
    channel: Channel
    soft_power: bool
    """Chassis Control 5 presses the power button; without it the answer is CCh."""
    user_slots: int
    device_id_octets: bytes
    """`device_id` as on the wire."""
    maker: str = ""
    board_product: str = ""
    board_part: str = ""
    sensors: tuple[SensorLine, ...] = ()
    log_entries: int = 512
    password_octets: int = 20
    consoles: int = 1
    chassis_delay: float = 0.0
    lacks: frozenset[int] = frozenset()
    """Keys of commands that this model does not know."""
    null_user: bool = True
    refused_when_off: frozenset[str] = frozenset()
    boot_selectors: Mapping[int, str] = field(default_factory=dict)
    """What these boot device selectors boot on this model."""
    oem: str | None = None
    recorded: Recorded | None = None


@cache
def personality_names() -> tuple[str, ...]:
    """The models there are, in alphabetical order."""
    return tuple(sorted(page.stem for page in _PAGES.glob("*.yaml")))


@cache
def load_personality(name: str) -> Personality:
    """The model of this name. Raises UnknownPersonality, naming the nearest; BadPersonality."""
    names = personality_names()
    if is_file(name):
        return read_personality(Path(name))
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UnknownPersonality(f"no BMC model {name!r}{hint} There are: {', '.join(names)}")
    return read_personality(_PAGES / f"{name}.yaml")


def read_personality(file: Path) -> Personality:
    """Read one page. Raises BadPersonality with the file's name and what is wrong."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadPersonality(f"{file}: cannot be read: {error.strerror or error}") from None
    try:
        page = _Page.model_validate(yaml12.load(text))
        suites = tuple(SUITES[number] for number in page.suites)
        for sensor in page.sensors:
            if sensor.reads not in KINDS:
                raise BadPersonality(f"{file.name}: no sensor reads {sensor.reads!r}; there are {', '.join(KINDS)}")
    except KeyError as error:
        raise BadPersonality(f"{file.name}: cipher suite {error} is not spoken; there are {list(SUITES)}") from None
    except (ValidationError, yaml12.BadYAML) as error:
        raise BadPersonality(f"{file.name}: {error}") from error
    major, minor = page.firmware.split(".")
    device_id = DeviceId(
        page.device,
        page.revision,
        page.provides_sdrs,
        int(major),
        int(minor),
        sum(_SUPPORT_BITS[support] for support in page.supports) & _BUILT,
        page.manufacturer,
        page.product,
        bytes(page.auxiliary),
    )
    channel = Channel(
        suites,
        session_limit=page.sessions,
        evicts_half_open=page.evicts_half_open,
        authentication=tuple(AuthType[kind.upper()] for kind in page.authentication),
        bad_logins=page.bad_logins,
        lock_out=page.lock_out,
        quirks=frozenset(page.quirks),
    )
    return Personality(
        file.stem,
        device_id,
        channel,
        page.soft_power,
        page.users,
        device_id.encode(),
        page.board.maker,
        page.board.product,
        page.board.part,
        tuple(sensor.line() for sensor in page.sensors),
        page.log_entries,
        page.password_octets,
        page.consoles,
        page.chassis_delay,
        frozenset(key(int(number[:2], 16), int(number[3:], 16)) for number in page.lacks),
        page.null_user,
        frozenset(page.refused_when_off),
        dict(page.boot_selectors),
        page.oem,
        _recorded(file, page.recorded) if page.recorded else None,
    )


def _recorded(file: Path, name: str) -> Recorded:
    try:
        return beside(str(file), name, read_recorded)
    except BadPage as error:
        raise BadPersonality(str(error)) from None
