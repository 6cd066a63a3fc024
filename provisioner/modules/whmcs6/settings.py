"""The tariff's Module Settings of WHMCS with DCImanager 6 (W6-S2 to W6-S17), and how they are read from plain data."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.errors import BadSettings
from provisioner.modules.readers import read_settings

__all__ = ["EDITIONS", "Whmcs6Settings"]

EDITIONS = ("current", "old")

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True, slots=True)
class Whmcs6Settings:
    """Settings of one tariff. The label of each in WHMCS stands beside it."""

    configuration: str = ""
    """Server configuration type: the configuration's name in DCImanager 6."""
    os: str = ""
    """Operation system: the template's name."""
    dont_wait: bool = False
    """Don't wait the OS install."""
    pool: str = ""
    """IP address group: the pool for IPv4 addresses, by name."""
    install_timeout: float = 7200.0
    """OS Installation timeout, seconds (WHMCS shows minutes). The document gives no default; two hours is what the
    vendor's module for DCImanager 5 waits. The document also says that it "is used only if you have enabled Don't wait
    the OS install", and in step 10 of the activation the contrary; ours is step 10, since without waiting there is
    nothing to time (W6-S4)."""
    location_id: int | None = None
    """Location ID; None for any."""
    check_email_verified: bool = False
    """User email verifying option check: such a client cannot manage services before the e-mail is verified."""
    diagnostic_template: str = "Diag6"
    """The name of the diagnostic template using during account termination."""
    diagnostic_pool: str = ""
    """IP address group for the diagnostic operation, by name; empty leaves the choice to the panel."""
    do_not_manage_ips: bool = False
    """Do not manage IP addresses."""
    shutdown_after_termination: bool = False
    """Shutdown server after service termination."""
    suspend_on_termination: bool = False
    """Suspend the server when service is terminated."""
    disable_disk_clearing: bool = False
    """Disable disk clearing for server after terminate service operation."""
    owner_after_termination: str = ""
    """Owner username for server after terminate service operation, user@domain.com; empty for no owner."""
    ipv6_pool: str = ""
    """IPv6 address group: the pool for IPv6 addresses, by name. With them an IPv4 address from `pool` comes too."""
    temporary_ipv4: bool = False
    """Use temporary IPv4: the address that comes with IPv6 serves the installation only. The installed system does not
    have it; in the panel it stays allocated to the server."""
    remove_temporary_ips: bool = False
    """Remove temporary IP after operation done: in the panel as well, after a successful installation."""
    sell_unfit: bool = False
    """Whether servers are sold that DCImanager 6 has in maintenance or protected, or marks as faulty. Ours: the document is silent, and
    a hosting company would rather not."""
    edition: str = "current"
    """Which generation of the module: `current` (WHMCS 8) or `old` (the older document, W6-old)."""

    def __post_init__(self) -> None:
        if self.edition not in EDITIONS:
            raise BadSettings(f"edition is one of {', '.join(EDITIONS)}, not {self.edition!r}")
        if self.edition == "old" and (given := [name for name in _CURRENT if getattr(self, name) != _default(name)]):
            raise BadSettings(f"the old edition of the module has no setting {', '.join(given)}")
        if self.temporary_ipv4 and not self.ipv6_pool:
            raise BadSettings(
                "temporary_ipv4 needs an ipv6_pool: without IPv6 the server would be left with no address"
            )
        if self.remove_temporary_ips and not self.temporary_ipv4:
            raise BadSettings("remove_temporary_ips needs temporary_ipv4: there are no other temporary addresses")
        if self.install_timeout <= 0:
            raise BadSettings("install_timeout is a time above zero, such as 90m")
        if self.owner_after_termination and not _EMAIL.fullmatch(self.owner_after_termination):
            raise BadSettings(
                f"owner_after_termination has the format user@domain.com, not {self.owner_after_termination!r}"
            )

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> Whmcs6Settings:
        """Settings from plain data (a YAML mapping); times are seconds, or text such as `90m`.

        Raises BadSettings that names every unknown key with the nearest known one, or the value that does not fit.
        """
        return read_settings(cls, settings)


# Settings that the older document does not know (W6-S8 to W6-S17).
_CURRENT = (
    "diagnostic_template",
    "diagnostic_pool",
    "do_not_manage_ips",
    "shutdown_after_termination",
    "suspend_on_termination",
    "disable_disk_clearing",
    "owner_after_termination",
    "ipv6_pool",
    "temporary_ipv4",
    "remove_temporary_ips",
)


def _default(name: str) -> Any:
    return next(field.default for field in dataclasses.fields(Whmcs6Settings) if field.name == name)
