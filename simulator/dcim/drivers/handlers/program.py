"""A handler of one's own: an executable that speaks the XML protocol of DCImanager 5's external handlers.

As the panel runs it: once with `-info` to learn what it is for and what it can do, then once for each call, with a
document on its standard input (function, device, port) and another on its standard output (ports, or an error). Form and
functions are documented and seen in a public handler; the names of the SNMP parameters are inferred from its SSH ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree as ET

from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent, Duplex, OutletView, PortView, SetDuplex, SnmpAccess
from simulator.kernel import Activity, Clock

__all__ = ["PATIENCE", "HandlerProgram", "ProgramPdu", "ProgramSwitch"]

PATIENCE = 30.0
"""Seconds of wire time that one run may take."""

_SPEEDS = {"10mbps": 10**7, "100mbps": 10**8, "1gbps": 10**9, "10gbps": 10**10}
_SPEED_WORDS = {0: "auto"} | {speed: word for word, speed in _SPEEDS.items()}
_DUPLEXES: dict[str, Duplex] = {"half": "half", "full": "full"}
_SWITCHED = {"on": True, "off": False}


@dataclass(frozen=True, slots=True)
class _About:
    """What a program says of itself."""

    kind: str
    requirements: frozenset[str]
    functions: frozenset[str]


class HandlerProgram:
    """One device's handler. Every call raises a DeviceError, nothing else."""

    def __init__(self, access: SnmpAccess, activity: Activity, time: Clock, patience: float = PATIENCE) -> None:
        """`time`: wire time."""
        self.access = access
        self._activity = activity
        self._time = time
        self._patience = patience
        self._about: _About | None = None

    async def call(
        self, kind: Literal["Switch", "PDU"], function: str, port: str = "", **values: str
    ) -> list[ET.Element]:
        """Run one function; the ports of the answer. `kind` is what the device is, `values` what the port is set to."""
        about = self._about
        if about is None:
            about = self._about = _described(await self._run("-info", given=None), self)
        if about.kind.casefold() != kind.casefold():
            raise self.refused(f"is for a {about.kind}, not for a {kind}")
        if function not in about.functions:
            raise self.refused(f"cannot do {function}; it can do {', '.join(sorted(about.functions)) or 'nothing'}")
        return _ports(await self._run(given=self._request(about, function, port, values)), self)

    def refused(self, why: str) -> DeviceRefused:
        return DeviceRefused(self.access.name, f"its handler {Path(self.access.program).name} {why}")

    def silent(self, why: str) -> DeviceSilent:
        return DeviceSilent(self.access.name, f"its handler {Path(self.access.program).name} {why}")

    def _request(self, about: _About, function: str, port: str, settings: Mapping[str, str]) -> bytes:
        """The document that the program reads: function, access by the parameters that it has said it wants, port."""
        access, user = self.access, self.access.user
        doc = ET.Element("doc")
        ET.SubElement(doc, "func").text = function
        params = ET.SubElement(doc, "device_params")
        values = {"ip": access.host}
        if f"snmpv{access.version}" in about.requirements:
            values |= {"snmp_port": str(access.port), "snmp_version": access.version}
            if access.version == "3" and user is not None:
                level = "authPriv" if user.priv else "authNoPriv" if user.auth else "noAuthNoPriv"
                values |= {"snmp_user": user.name, "snmp_level": level}
                values |= {"snmp_auth": user.auth or "", "snmp_auth_pass": user.auth_password}
                values |= {"snmp_priv": user.priv or "", "snmp_priv_pass": user.priv_password}
            else:
                values["snmp_community"] = access.community
        for name, value in values.items():
            ET.SubElement(params, name).text = value
        if port:
            element = ET.SubElement(doc, "port")
            for name, value in {"identity": port, **settings}.items():
                ET.SubElement(element, name).text = value
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(doc)

    async def _run(self, *arguments: str, given: bytes | None) -> ET.Element:
        """One run; the document that it wrote."""
        with self._activity.busy():
            try:
                process = await asyncio.create_subprocess_exec(
                    self.access.program,
                    *arguments,
                    stdin=asyncio.subprocess.DEVNULL if given is None else asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    start_new_session=True,
                )
            except OSError as error:
                raise self.refused(f"cannot be run: {error.strerror}") from None
            try:
                async with self._time.timeout(self._patience):
                    out, said = await process.communicate(given)
            except TimeoutError:
                raise self.silent(f"has not answered in {self._patience:g} s") from None
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)  # with whatever it has started
                    await process.wait()
        if process.returncode:
            last = said.decode(errors="replace").strip().rpartition("\n")[2]
            raise self.refused(f"ended with status {process.returncode}" + (f": {last[:200]}" if last else ""))
        try:
            doc = ET.fromstring(out)  # noqa: S314 - a program that the panel's own administrator has installed
        except ET.ParseError as error:
            raise self.refused(f"has not written XML: {error}") from None
        if doc.tag != "doc":
            raise self.refused(f"has written <{doc.tag}>, not <doc>")
        return doc


def _described(doc: ET.Element, program: HandlerProgram) -> _About:
    kind = (doc.findtext("type") or "").strip()
    if not kind:
        raise program.refused("does not say for which type of device it is")
    return _About(
        kind,
        frozenset(each.tag for each in doc.iterfind("requirements/*")),
        frozenset(each.tag for each in doc.iterfind("supported_funcs/*")),
    )


def _ports(doc: ET.Element, program: HandlerProgram) -> list[ET.Element]:
    error = doc.find("error")
    if error is not None:
        kind, text = (error.findtext("type") or "").strip(), (error.findtext("text") or "").strip()
        said = f"reports: {text or kind or 'an error'}"
        raise program.silent(said) if kind == "connection" else program.refused(said)
    found = doc.findall("port")
    for port in found:
        if not (port.findtext("identity") or "").strip():
            raise program.refused("has written a port without an identity")
    return found


def _word(port: ET.Element, name: str) -> str:
    return (port.findtext(name) or "").strip()


async def _set(program: HandlerProgram, kind: Literal["Switch", "PDU"], identity: str, on: bool) -> None:
    """Raises DeviceRefused when the answer shows that it is not so."""
    for port in await program.call(kind, "port_on" if on else "port_off", identity):
        if _word(port, "identity") == identity and _SWITCHED.get(_word(port, "admin_status")) is not on:
            raise program.refused(f"was told to set {identity} {'on' if on else 'off'}, and shows that it is not")


class ProgramSwitch:
    """A SwitchDriver over a program."""

    def __init__(self, program: HandlerProgram) -> None:
        self._program = program

    async def ports(self) -> Sequence[PortView]:
        return [
            PortView(
                _word(port, "identity"),
                _word(port, "description") or _word(port, "identity"),
                _word(port, "admin_status") == "on",
                _word(port, "oper_status") == "on",
                _SPEEDS.get(_word(port, "speed"), 0),
                duplex=_DUPLEXES.get(_word(port, "duplex"), "unknown"),
            )
            for port in await self._program.call("Switch", "status")
        ]

    async def set_port(self, identity: str, up: bool) -> None:
        await _set(self._program, "Switch", identity, up)

    async def set_link(self, identity: str, speed: int | None, duplex: SetDuplex | None) -> None:
        """The speed first. That the answer shows another one is no error: the other end has its say."""
        if speed is not None:
            word = _SPEED_WORDS.get(speed)
            if word is None:
                raise self._program.refused(f"knows no speed of {speed} bit/s")
            await self._program.call("Switch", "port_speed", identity, speed=word)
        if duplex is not None:
            await self._program.call("Switch", "port_duplex", identity, duplex=duplex)

    async def close(self) -> None:
        """A program ends with its call."""


class ProgramPdu:
    """A PduDriver over a program."""

    def __init__(self, program: HandlerProgram) -> None:
        self._program = program

    async def outlets(self) -> Sequence[OutletView]:
        return [
            OutletView(_word(port, "identity"), _SWITCHED.get(_word(port, "admin_status")))
            for port in await self._program.call("PDU", "status")
        ]

    async def set_outlet(self, identity: str, on: bool) -> None:
        """As the program does it: the PDU may obey in its own time."""
        await self._program.call("PDU", "port_on" if on else "port_off", identity)

    async def close(self) -> None:
        """A program ends with its call."""
