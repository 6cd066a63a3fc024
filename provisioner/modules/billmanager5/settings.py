"""What a service package of BILLmanager names (B5-3), with the settings of its panel and of the people behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.accounts import cents
from provisioner.errors import BadSettings
from provisioner.modules.readers import read_settings
from provisioner.periods import check_period

__all__ = ["BillManager5Settings", "username_of"]

USERNAME_LENGTH = 16
_MACRO = re.compile(r"@(USERNAME|TYPE|ID)@")
_SPECIAL = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class BillManager5Settings:
    """One service package. The document's words stand beside each setting."""

    configuration: str = ""
    """Internal name: the server's configuration in the panel."""
    periods: tuple[str, ...] = ("month",)
    """Order periods, such as `month`, `3 months`, `year`; an order names one of them, or takes the first."""
    prices: tuple[str, ...] = ()
    """What each of the order periods costs, in their order, such as `60` or `59.90`; without any, nothing."""
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
        for period in self.periods:
            check_period(period)
        if self.prices and len(self.prices) != len(self.periods):
            raise BadSettings(f"prices has {len(self.prices)} amounts, and there are {len(self.periods)} order periods")
        for price in self.prices:
            cents("prices", price)
        if self.os and self.templates and self.os not in self.templates:
            raise BadSettings(f"os names {self.os!r}, which is not among the activated templates")

    def price_of(self, period: str) -> int:
        """Of one order period, in cents."""
        return cents("prices", self.prices[self.periods.index(period)]) if self.prices else 0

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
        return read_settings(cls, settings)


def username_of(client: str) -> str:
    """The panel's user for a client: no special characters, no more than 16 characters (B5-4).

    Clients may thus share a user: `alice@example.com` and `al.ice@example.com` do. Raises BadSettings when nothing is left.
    """
    name = _SPECIAL.sub("", client.lower())[:USERNAME_LENGTH]
    if not name:
        raise BadSettings(f"no user name is left of the client's name {client!r} without its special characters")
    return name
