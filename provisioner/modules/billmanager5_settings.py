"""What a service package of BILLmanager names (B5-3), with the settings of its panel and of the people behind it."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from provisioner.errors import BadSettings

__all__ = ["BillManager5Settings", "username_of"]

USERNAME_LENGTH = 16
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h|d)?\s*", re.ASCII)
_UNITS = {"s": 1.0, None: 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_MACRO = re.compile(r"@(USERNAME|TYPE|ID)@")
_SPECIAL = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class BillManager5Settings:
    """One service package. The document's words stand beside each setting."""

    configuration: str = ""
    """Internal name: the server's configuration in the panel."""
    periods: tuple[str, ...] = ("month",)
    """Order periods; an order names one of them, or takes the first."""
    os: str = ""
    """Operating system: a template of the panel."""
    templates: tuple[str, ...] = ()
    """Activated OS templates, of which an order may choose; without any, only `os`."""
    alias_addresses: int = 0
    """Package detail: IP addresses beyond the server's main one."""
    iptype: str = "public"
    """The kind of addresses to take."""
    domain: str = "@USERNAME@-@ID@.example.com"
    """Template of the server's domain name; `@USERNAME@`, `@TYPE@` and `@ID@` are filled in."""
    power_timeout: float = 600.0
    """How long the power-on is waited for. Ours, as all three limits here are: the document says "a long time"."""
    install_timeout: float = 7200.0
    """How long the installation is waited for, seconds."""
    ping_timeout: float = 600.0
    """How long the installed server may take to answer a ping, seconds."""
    department: str = "Technical support"
    """The department that tickets go to (colocation)."""
    administrators: tuple[str, ...] = ()
    """E-mails of those who get the errors of this panel."""

    def __post_init__(self) -> None:
        for name in ("power_timeout", "install_timeout", "ping_timeout"):
            if getattr(self, name) <= 0:
                raise BadSettings(f"{name} is a time above zero, such as 90m")
        if not self.periods:
            raise BadSettings("periods (order periods) is empty")
        if self.os and self.templates and self.os not in self.templates:
            raise BadSettings(f"os names {self.os!r}, which is not among the activated templates")

    @property
    def offered(self) -> tuple[str, ...]:
        """The operating systems that an order may choose."""
        return self.templates or ((self.os,) if self.os else ())

    def domain_of(self, username: str, configuration: str, service_id: int) -> str:
        """The domain name of one service; what may not stand in one (the blanks of a type) becomes a hyphen."""
        values = {"USERNAME": username, "TYPE": configuration, "ID": str(service_id)}
        filled = _MACRO.sub(lambda match: values[match[1]], self.domain).lower()
        return re.sub(r"[^a-z0-9.-]+", "-", filled).strip("-.")

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> BillManager5Settings:
        """Settings from plain data (a YAML mapping); times are seconds, or text such as `90m`.

        Raises BadSettings that names every unknown key with the nearest known one, or the value that does not fit.
        """
        if unknown := [str(key) for key in settings if key not in _READERS]:
            raise BadSettings("; ".join(_unknown(key) for key in unknown))
        return cls(**{key: _READERS[key](key, value) for key, value in settings.items()})


def username_of(client: str) -> str:
    """The panel's user for a client: no special characters, no more than 16 characters (B5-4).

    Clients may thus share a user: `alice@example.com` and `al.ice@example.com` do. Raises BadSettings when nothing is left.
    """
    name = _SPECIAL.sub("", client.lower())[:USERNAME_LENGTH]
    if not name:
        raise BadSettings(f"no user name is left of the client's name {client!r} without its special characters")
    return name


def _unknown(key: str) -> str:
    nearest = difflib.get_close_matches(key.lower().replace("-", "_"), list(_READERS), n=1, cutoff=0.0)
    return f"unknown setting {key!r}; the nearest there is: {nearest[0]!r}"


def _text(key: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadSettings(f"{key} is text, not {value!r}")
    return value


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) and each for each in value):
        raise BadSettings(f"{key} is a list of texts, not {value!r}")
    return tuple(value)


def _count(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadSettings(f"{key} is a number, 0 or more, not {value!r}")
    return value


def _seconds(key: str, value: Any) -> float:
    text = value if isinstance(value, str) else "" if isinstance(value, bool) else str(value)
    match = _DURATION.fullmatch(text)
    if match is None:
        raise BadSettings(f"{key} is a time such as 90m or 5400 (seconds), not {value!r}")
    return float(match[1]) * _UNITS[match[2]]


_BY_TYPE: Mapping[str, Callable[[str, Any], Any]] = MappingProxyType(
    {"str": _text, "tuple[str, ...]": _texts, "float": _seconds, "int": _count}
)
_READERS = MappingProxyType(
    {field.name: _BY_TYPE[str(field.type)] for field in dataclasses.fields(BillManager5Settings)}
)
