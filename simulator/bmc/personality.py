"""What makes one make of BMC differ from another: pages of data in `personalities/`, one a model."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from simulator.ipmi.channel import Channel
from simulator.ipmi.commands import DeviceId
from simulator.ipmi.crypto import SUITES

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

_BUILT: Final = _SUPPORT_BITS["chassis"]
"""A BMC claims only what it answers, whatever its model can do."""


class UnknownPersonality(LookupError):
    """There is no such model."""


class BadPersonality(ValueError):
    """A page cannot be read, or says something that is not understood."""


Octet = Annotated[int, Field(ge=0, le=255)]


class _Page(BaseModel):
    """A page as written."""

    model_config = ConfigDict(extra="forbid")

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
    sessions: int = Field(ge=4, le=63)
    users: int = Field(ge=1, le=63)
    evicts_half_open: bool = True


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


@cache
def personality_names() -> tuple[str, ...]:
    """The models there are, in alphabetical order."""
    return tuple(sorted(page.stem for page in _PAGES.glob("*.yaml")))


@cache
def load_personality(name: str) -> Personality:
    """The model of this name. Raises UnknownPersonality, naming the nearest; BadPersonality."""
    names = personality_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UnknownPersonality(f"no BMC model {name!r}{hint} There are: {', '.join(names)}")
    return read_personality(_PAGES / f"{name}.yaml")


def read_personality(file: Path) -> Personality:
    """Read one page. Raises BadPersonality with the file's name and what is wrong."""
    try:
        page = _Page.model_validate(YAML(typ="safe").load(file.read_text(encoding="utf-8")))
        suites = tuple(SUITES[number] for number in page.suites)
    except KeyError as error:
        raise BadPersonality(f"{file.name}: cipher suite {error} is not spoken; there are {list(SUITES)}") from None
    except (ValidationError, YAMLError) as error:
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
    channel = Channel(suites, session_limit=page.sessions, evicts_half_open=page.evicts_half_open)
    return Personality(file.stem, device_id, channel, page.soft_power, page.users, device_id.encode())
