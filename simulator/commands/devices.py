"""`rackloop record` and `rackloop compare`: real devices made into pages, and held against what is made of them. Both only read."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn, TypeVar

import typer

from simulator.commands.common import UNUSABLE, console

if TYPE_CHECKING:
    from simulator.dcim.drivers.base import BmcAccess, SnmpAccess
    from simulator.recording.comparing import Comparison
    from simulator.recording.pages import Recorded
    from simulator.recording.replacing import Replaced

__all__ = ["compare", "record"]

T = TypeVar("T")
SHOWN = 40
SNMP_PORT, BMC_PORT = 161, 623


class Kind(StrEnum):
    bmc = "bmc"
    switch = "switch"
    pdu = "pdu"


class SnmpVersion(StrEnum):
    v1 = "1"
    v2c = "2c"
    v3 = "3"


Community = Annotated[str, typer.Option("-c", "--community", help="SNMP v1 and v2c: one that may read.")]
Version = Annotated[SnmpVersion, typer.Option("--snmp", help="What it speaks; 3 with --user.")]
User = Annotated[str, typer.Option("-U", "--user", help="Of the BMC, or of SNMPv3.")]
Password = Annotated[
    str, typer.Option("-P", "--password", envvar="RACKLOOP_DEVICE_PASSWORD", help="Of the BMC's user.")
]
Key = Annotated[str, typer.Option("-k", "--kg", envvar="RACKLOOP_DEVICE_KG", help="The BMC's own key K_g.")]
Auth = Annotated[str, typer.Option(help="SNMPv3: md5, sha, sha224, sha256, sha384 or sha512.")]
AuthKey = Annotated[str, typer.Option(envvar="RACKLOOP_DEVICE_AUTH_KEY", help="SNMPv3: its password.")]
Priv = Annotated[str, typer.Option(help="SNMPv3: des, aes, aes192 or aes256.")]
PrivKey = Annotated[str, typer.Option(envvar="RACKLOOP_DEVICE_PRIV_KEY", help="SNMPv3: its password.")]


def record(
    kind: Annotated[Kind, typer.Argument(help="What it is.")],
    address: Annotated[str, typer.Argument(help="Its address, with `:port` where that is not 161 or 623.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the page and what stands beside it.")],
    community: Community = "public",
    snmp: Version = SnmpVersion.v2c,
    user: User = "",
    password: Password = "",
    kg: Key = "",
    auth: Auth = "",
    auth_key: AuthKey = "",
    priv: Priv = "",
    priv_key: PrivKey = "",
    name: Annotated[str, typer.Option(help="Of the files; by default what the device calls itself.")] = "",
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep names, serial numbers, MACs and addresses as they are.")
    ] = False,
) -> None:
    """Read a device and make a page of it, which a lab names as `model: FOLDER/NAME.yaml`. Nothing is written to it."""
    from simulator.fabric import UdpFabric  # noqa: PLC0415
    from simulator.recording import bmc_devices, snmp_devices  # noqa: PLC0415

    async def work() -> tuple[Recorded, Replaced]:
        fabric = UdpFabric()
        try:
            if kind is Kind.bmc:
                return await bmc_devices.record(_bmc(address, user, password, kg), fabric, keep=keep, name=name)
            access = _snmp(address, community, snmp, user, auth, auth_key, priv, priv_key)
            which: Literal["pdu", "switch"] = "pdu" if kind is Kind.pdu else "switch"
            return await snmp_devices.record(which, access, fabric, keep=keep, name=name)
        finally:
            fabric.close()

    made, replaced = _run("record", work())
    try:
        output.mkdir(parents=True, exist_ok=True)
        for file, text in {f"{made.name}.yaml": made.page, **made.beside}.items():
            (output / file).write_text(text, encoding="utf-8")
    except OSError as error:
        _refuse("record", f"{output}: cannot be written: {error.strerror or error}")
    typer.echo(made.title)
    files = ", ".join(str(output / file) for file in (f"{made.name}.yaml", *made.beside))
    kept = (
        "as it was, with names, serial numbers and addresses" if keep else f"replaced: {replaced}; --keep to keep them"
    )
    typer.echo(f"wrote {files} ({kept})")
    for line in made.not_learned:
        typer.echo(f"not learned: {line}")


def compare(
    real: Annotated[str, typer.Argument(metavar="REAL", help="A device's address, with or without `:port`.")],
    emulated: Annotated[
        str, typer.Argument(metavar="EMULATED", help="A page's file, a model's name, or another device's address.")
    ],
    community: Community = "public",
    snmp: Version = SnmpVersion.v2c,
    user: User = "",
    password: Password = "",
    kg: Key = "",
    auth: Auth = "",
    auth_key: AuthKey = "",
    priv: Priv = "",
    priv_key: PrivKey = "",
    every: Annotated[bool, typer.Option("--all", help=f"All differences, not {SHOWN} of them.")] = False,
) -> None:
    """Ask a device and what a page makes of it the same, and show where they differ. Exit status 1 where they do in kind.

    Values that move by themselves (up-time, counters, loads) are no difference. Nothing is written to the device.
    """
    from simulator.fabric import UdpFabric  # noqa: PLC0415
    from simulator.kernel import LoopClock  # noqa: PLC0415
    from simulator.recording import bmc_devices, snmp_devices  # noqa: PLC0415

    kind = _kind_of(emulated)

    async def work() -> Comparison:
        fabric = UdpFabric()
        try:
            if kind == "bmc":
                return await bmc_devices.compare_with_page(_bmc(real, user, password, kg), emulated, fabric)
            access = _snmp(real, community, snmp, user, auth, auth_key, priv, priv_key)
            if kind == "device":
                other = _snmp(emulated, community, snmp, user, auth, auth_key, priv, priv_key)
                return await snmp_devices.compare_devices(access, other, fabric)
            return await snmp_devices.compare_with_page(kind, access, emulated, fabric, LoopClock())
        finally:
            fabric.close()

    found = _run("compare", work())
    typer.echo(found.summary())
    shown = sorted(found.differences, key=lambda each: each.kind == "moves")
    out = console()
    for each in shown if every else shown[:SHOWN]:
        out.print(f"  {each}", soft_wrap=True, markup=False, highlight=False)
    if len(shown) > SHOWN and not every:
        typer.echo(f"  ... and {len(shown) - SHOWN} more: --all")
    raise typer.Exit(1 if found.findings else 0)


def _kind_of(emulated: str) -> Literal["bmc", "switch", "pdu", "device"]:
    """What a page is of, by its folder or by what stands in it."""
    from simulator.bmc.personality import personality_names as bmcs  # noqa: PLC0415
    from simulator.files.problems import did_you_mean  # noqa: PLC0415
    from simulator.kernel import yaml12  # noqa: PLC0415
    from simulator.kernel.pages import is_file  # noqa: PLC0415
    from simulator.pdu.personality import personality_names as pdus  # noqa: PLC0415
    from simulator.switch.personality import personality_names as switches  # noqa: PLC0415

    if is_file(emulated):
        try:
            page = yaml12.load(Path(emulated).read_text(encoding="utf-8"))
        except (OSError, yaml12.BadYAML) as error:
            _refuse("compare", f"{emulated}: cannot be read: {getattr(error, 'strerror', None) or error}")
        fields = page if isinstance(page, dict) else {}
        return "bmc" if "manufacturer" in fields else "pdu" if "outlets" in fields else "switch"
    if emulated[:1].isdigit() or emulated.startswith("["):
        return "device"
    kinds: tuple[tuple[Literal["bmc", "switch", "pdu"], Any], ...] = (
        ("bmc", bmcs),
        ("switch", switches),
        ("pdu", pdus),
    )
    for kind, names in kinds:
        if emulated in names():
            return kind
    known = [name for _, names in kinds for name in names()]
    return _refuse("compare", f"there is no model `{emulated}`; {did_you_mean(emulated, known, 'there are')}")


def _place(address: str, port: int) -> tuple[str, int]:
    """Numeric host and port. Ends the program for an address that there is not."""
    import socket  # noqa: PLC0415

    host, _, digits = address.rpartition(":") if address.count(":") == 1 or "]:" in address else (address, "", "")
    number = int(digits) if digits.isdigit() else 0 if digits else port
    if not 0 < number < 1 << 16:
        raise typer.BadParameter(f"{address!r}: a port is a number up to 65535")
    try:
        found = socket.getaddrinfo(host.strip("[]"), number, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise typer.BadParameter(f"{address!r} is no address: {error.strerror or error}") from None
    return str(found[0][4][0]), number


def _bmc(address: str, user: str, password: str, kg: str) -> BmcAccess:
    from simulator.dcim.drivers.base import BmcAccess  # noqa: PLC0415

    if not user:
        raise typer.BadParameter("a BMC is asked by somebody: -U USER -P PASSWORD", param_hint="--user")
    return BmcAccess(f"BMC {address}", *_place(address, BMC_PORT), user, password, kg)


def _snmp(
    address: str, community: str, version: SnmpVersion, user: str, auth: str, auth_key: str, priv: str, priv_key: str
) -> SnmpAccess:
    from pydantic import ValidationError  # noqa: PLC0415

    from simulator.dcim.drivers.base import SnmpAccess  # noqa: PLC0415
    from simulator.files.lab_schema import SnmpSpec  # noqa: PLC0415
    from simulator.lab.build import snmp_user  # noqa: PLC0415

    given = {"user": user, "auth": auth, "auth_key": auth_key, "priv": priv, "priv_key": priv_key}
    try:
        spec = SnmpSpec.model_validate({"version": version.value, **{key: word for key, word in given.items() if word}})
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
    return SnmpAccess(address, *_place(address, SNMP_PORT), community, "", version.value, snmp_user(spec))


def _run(command: str, work: Coroutine[Any, Any, T]) -> T:
    from simulator.bmc.personality import BadPersonality, UnknownPersonality  # noqa: PLC0415
    from simulator.dcim.drivers.base import DeviceError  # noqa: PLC0415
    from simulator.kernel.pages import UnknownPage  # noqa: PLC0415
    from simulator.recording.pages import NotLearned  # noqa: PLC0415

    try:
        return asyncio.run(work)
    except (DeviceError, NotLearned, UnknownPage, BadPersonality, UnknownPersonality, OSError) as error:
        _refuse(command, str(error))


def _refuse(command: str, message: str) -> NoReturn:
    typer.echo(f"rackloop {command}: {message}", err=True)
    raise typer.Exit(UNUSABLE)
