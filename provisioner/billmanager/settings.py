"""Settings of a BILLmanager as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.billmanager.operations import RETRY_SECONDS, TRIES
from provisioner.errors import BadSettings
from provisioner.modules.readers import read_settings

__all__ = ["BillManagerSettings"]


@dataclass(frozen=True, slots=True)
class BillManagerSettings:
    """Of the provider."""

    confirm_by_email: bool = False
    """Confirmation by email, after registration (B6-2)."""
    tries: int = TRIES
    """How often an operation is tried before it is staff's."""
    retry_interval: float = RETRY_SECONDS
    """Between two tries, seconds."""

    def __post_init__(self) -> None:
        if self.tries < 1:
            raise BadSettings("tries is a number from 1")

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> BillManagerSettings:
        """From plain data. Raises BadSettings."""
        return read_settings(cls, settings)
