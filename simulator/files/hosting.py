"""The lab file's ispmanager: its accounts, as written, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Annotated

from pydantic import Field, IPvAnyAddress, StringConstraints

from simulator.files.base import FileModel
from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter
from simulator.ispmanager.hosting import CUSTOM, LIMITS, NAME

__all__ = ["AccountSpec", "AdministratorSpec", "IspmanagerSpec", "PresetSpec", "check_hosting"]


AccountName = Annotated[str, StringConstraints(pattern=rf"^{NAME.pattern}$")]
Limits = dict[str, Annotated[int, Field(ge=0, lt=10**12)]]
"""`{limit_quota: 1024, limit_webdomains: 3}`: sizes in MiB, the others in pieces; what is not there is not limited."""


class PresetSpec(FileModel):
    name: str = Field(min_length=1, max_length=64)
    """The preset's name, as accounts refer to it."""
    limits: Limits = {}
    """`{limit_quota: 1024, limit_webdomains: 3}`: sizes in MiB, the others in pieces; what is not there is not limited."""


class AdministratorSpec(FileModel):
    name: AccountName = "root"
    """The administrator's login."""
    password: str = "rackloop-root"  # noqa: S105 - of an emulated server
    """The administrator's password."""


class AccountSpec(FileModel):
    name: AccountName
    """The user's login, which is also his home directory."""
    password: str = Field(min_length=1)
    """The user's password."""
    full_name: str = ""
    """The person's name."""
    preset: str | None = None
    """Without one the limits are the account's own."""
    limits: Limits = {}
    """Over those of the preset."""
    disabled: bool = False
    """Whether it is switched off when the lab starts."""


class IspmanagerSpec(FileModel):
    """A shared hosting server with ispmanager, and the accounts that are on it."""

    address: IPvAnyAddress = Field(default=IPv4Address("192.0.2.80"))
    """The one that all accounts share, as clients see it in the list of addresses."""
    admin: AdministratorSpec = AdministratorSpec()
    """Who administers it: a processing module logs in as this one."""
    presets: list[PresetSpec] = []
    """Sets of limits that accounts are made with."""
    users: list[AccountSpec] = []
    """Accounts that are there when the lab starts."""


def check_hosting(spec: IspmanagerSpec, report: Reporter) -> None:
    """Names that are there twice, presets and limits that there are not."""
    presets: dict[str, None] = {}
    for index, preset in enumerate(spec.presets):
        if preset.name in presets:
            report.at(("presets", index, "name"), f"there are two presets of the name `{preset.name}`")
        if preset.name.startswith("#"):
            report.at(("presets", index, "name"), "names with # are ispmanager's own")
        presets[preset.name] = None
        _check_limits(preset.limits, report.under("presets", index, "limits"))
    names = {spec.admin.name: None}
    for index, user in enumerate(spec.users):
        if user.name in names:
            report.at(("users", index, "name"), f"there are two accounts of the name `{user.name}`")
        names[user.name] = None
        if user.preset not in (None, CUSTOM, *presets):
            hint = did_you_mean(user.preset or "", list(presets), "presets")
            report.at(("users", index, "preset"), f"there is no preset `{user.preset}`", hint)
        _check_limits(user.limits, report.under("users", index, "limits"))


def _check_limits(limits: Mapping[str, int], report: Reporter) -> None:
    for name in limits:
        if name not in LIMITS:
            hint = did_you_mean(name, list(LIMITS), "limits")
            report.at((name,), f"ispmanager has no limit `{name}` here", hint, key=True)
