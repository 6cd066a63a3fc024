"""Configurable options of an order in WHMCS with DCImanager 6 (W6-O1 to W6-O4). Only the documented names are read."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from provisioner.errors import BadSettings

__all__ = ["OPTION_NAMES", "Whmcs6Options"]

OPTION_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "os": ("OS", "os", "ostemplate"),
        "ipv4": ("ip", "IP", "ipv4", "IPv4"),
        "ipv6": ("ip6", "IP6", "ipv6", "IPv6"),
        "ipv6_prefix": ("ip6_prefix", "IP6_prefix", "ipv6_prefix", "IPv6_prefix"),
    }
)
"""Accepted names of each option; "Other names are not supported"."""
_BY_NAME = MappingProxyType({name: option for option, names in OPTION_NAMES.items() for name in names})
_LEAST_PREFIX, _GREATEST_PREFIX = 64, 128


@dataclass(frozen=True, slots=True)
class Whmcs6Options:
    """What a client chose; None where the order says nothing."""

    os: str | None = None
    """Operating system: the template's name."""
    ipv4: int | None = None
    """Number of IPv4 addresses, at least 1."""
    ipv6: int | None = None
    """Number of IPv6 addresses, or of subnets when there is a prefix, at least 1."""
    ipv6_prefix: int | None = None
    """64 to 128; without one, single addresses."""

    @classmethod
    def from_mapping(cls, options: Mapping[str, Any]) -> Whmcs6Options:
        """Options by the names in the order form. Raises BadSettings for a name that is not supported, for two names of
        one option, and for a value out of its bounds.
        """
        read: dict[str, Any] = {}
        for name, value in options.items():
            option = _BY_NAME.get(name)
            if option is None:
                nearest = difflib.get_close_matches(str(name), list(_BY_NAME), n=1, cutoff=0.0)
                raise BadSettings(f"the option {name!r} is not supported; the nearest there is: {nearest[0]!r}")
            if option in read:
                raise BadSettings(f"the option {name!r} is there twice, by different names")
            read[option] = _text(name, value) if option == "os" else _quantity(name, value)
        prefix = read.get("ipv6_prefix")
        if prefix is not None and not _LEAST_PREFIX <= prefix <= _GREATEST_PREFIX:
            raise BadSettings(f"an IPv6 prefix is {_LEAST_PREFIX} to {_GREATEST_PREFIX}, not {prefix}")
        return cls(**read)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise BadSettings(f"the option {name} is the name of a template, not {value!r}")
    return value


def _quantity(name: str, value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadSettings(f"the option {name} is a number from 1, not {value!r}")
    return value
