"""The lab file's twins: real devices beside emulated ones, which are asked the same."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from simulator.files.base import FileModel
from simulator.files.snmp_schema import SnmpSpec

__all__ = ["TwinSpec", "Twins"]


class TwinSpec(FileModel):
    """A real device that is asked whatever an emulated one of the lab is asked to read; on the wire only. Nothing is written to it."""

    of: str
    """The emulated one: a switch, a PDU, or a server, whose BMC is meant."""
    address: str
    """Numeric."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """By default 161, and 623 of a BMC."""
    community: str = "public"
    """Of a switch or PDU: one that may read."""
    snmp: SnmpSpec | None = None
    """How a switch or PDU is spoken to; by default version 2c."""
    username: str = "ADMIN"
    """Of a BMC: a user that may read."""
    password: str = "ADMIN"  # noqa: S105 - as of an emulated one
    """That user's password."""
    kg: str = Field(default="", pattern=r"^[ -~]{0,20}$")
    """The BMC's own key K_g; without, it has none."""


Twins = Annotated[
    list[TwinSpec],
    BeforeValidator(lambda value: [value] if isinstance(value, dict) else value),
]
