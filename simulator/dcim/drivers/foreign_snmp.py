"""The panel's switch and PDU drivers with pysnmp, somebody else's SNMP stack, over real UDP: the same pages, v1 to v3.

pysnmp is an optional weight (its import and its engine cost a good part of a second), so only what asks for foreign
drivers imports this module.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Awaitable, Sequence
from typing import Any

from simulator.dcim.drivers.base import DeviceRefused, DeviceSilent, SnmpAccess
from simulator.dcim.drivers.handlers import PagedPdu, PagedSwitch, pdu_handler, switch_handler
from simulator.dcim.drivers.handlers.equipment import Value
from simulator.dcim.drivers.handlers.vlans import Setting
from simulator.kernel import Activity
from simulator.snmp import User

with warnings.catch_warnings():
    # Where pysmi is installed too, pysnmp calls it by a name that pysmi warns of.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pysnmp.error import PySnmpError
    from pysnmp.hlapi.v3arch import asyncio as hlapi
    from pysnmp.proto.errind import RequestTimedOut
    from pysnmp.proto.rfc1902 import Gauge32, Integer32, ObjectIdentifier, OctetString, univ

__all__ = ["ForeignPduDriver", "ForeignSwitchDriver", "PysnmpStack"]

TIMEOUT = 1.0
"""Seconds until a request is sent again."""
RETRIES = 2
REPETITIONS = 16
_NO_SUCH_NAME = 2

_AUTH = {
    None: hlapi.USM_AUTH_NONE,
    "MD5": hlapi.USM_AUTH_HMAC96_MD5,
    "SHA": hlapi.USM_AUTH_HMAC96_SHA,
    "SHA-224": hlapi.USM_AUTH_HMAC128_SHA224,
    "SHA-256": hlapi.USM_AUTH_HMAC192_SHA256,
    "SHA-384": hlapi.USM_AUTH_HMAC256_SHA384,
    "SHA-512": hlapi.USM_AUTH_HMAC384_SHA512,
}
_PRIV = {
    None: hlapi.USM_PRIV_NONE,
    "DES": hlapi.USM_PRIV_CBC56_DES,
    "AES": hlapi.USM_PRIV_CFB128_AES,
    "AES-192": hlapi.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": hlapi.USM_PRIV_CFB256_AES_BLUMENTHAL,
}


class PysnmpStack:
    """One pysnmp engine for all devices; it is made when first used. Close it when the drivers are done with."""

    def __init__(self, activity: Activity) -> None:
        self.activity = activity
        self._engine: Any = None

    @property
    def engine(self) -> Any:
        if self._engine is None:
            self._engine = hlapi.SnmpEngine()
        return self._engine

    async def close(self) -> None:
        """Close its socket and wait until its timer task has ended."""
        if self._engine is None:
            return
        engine, self._engine = self._engine, None
        dispatcher = engine.transport_dispatcher
        timer = dispatcher.loopingcall if dispatcher is not None else None
        engine.close_dispatcher()
        if timer is not None:
            await asyncio.gather(timer, return_exceptions=True)


class _Session:
    """pysnmp's end to one device."""

    def __init__(self, access: SnmpAccess, stack: PysnmpStack) -> None:
        self._access = access
        self._stack = stack
        self._auth = _credentials(access)
        self._target: Any = None

    async def walk(self, columns: Sequence[str]) -> Sequence[dict[int, Value]]:
        """All columns side by side, each by GETNEXT or GETBULK from its own cursor until a name lies outside its column.

        In v1 the end of the MIB is an error about one name of several: that column is done, the rest is asked again.
        """
        rows: list[dict[int, Value]] = [{} for _ in columns]
        roots = [tuple(map(int, column.split("."))) for column in columns]
        cursors = list(roots)
        going = list(range(len(columns)))
        while going:
            ended, found = await self._following([cursors[place] for place in going])
            if ended:
                del going[ended - 1]
                continue
            if not found:
                raise DeviceRefused(self._access.name, "its answer makes no sense: a walk was answered with nothing")
            still = []
            for offset, place in enumerate(going):
                root = roots[place]
                for name, value in found[offset :: len(going)]:
                    numbers = tuple(name)
                    if value is None or numbers[: len(root)] != root:
                        break
                    index = numbers[len(root) :]
                    if index[1:] not in ((), (0,)) or numbers <= cursors[place]:
                        raise DeviceRefused(self._access.name, "its answer makes no sense: names that do not increase")
                    cursors[place] = numbers
                    rows[place][index[0]] = value
                else:
                    still.append(place)
            going = still
        return rows

    async def _following(self, names: Sequence[tuple[int, ...]]) -> tuple[int, list[tuple[Any, Value]]]:
        """What comes after the names; or, as v1 tells it, which of them (from 1) nothing comes after."""
        asked = [_asked(name) for name in names]
        if self._access.version != "1":
            return 0, await self._ask(hlapi.bulk_cmd, 0, REPETITIONS, *asked, what="its tables")
        status, index, found = await self._exchange(hlapi.next_cmd, *asked, what="its tables")
        if int(status) == _NO_SUCH_NAME and 0 < index <= len(names):
            return index, []
        return 0, self._checked(status, found, "its tables")

    async def get(self, name: str) -> Value:
        found = await self._ask(hlapi.get_cmd, hlapi.ObjectType(hlapi.ObjectIdentity(name)), what=name)
        return found[0][1] if found else None

    async def set(self, name: str, value: int, what: str) -> None:
        await self._ask(hlapi.set_cmd, hlapi.ObjectType(hlapi.ObjectIdentity(name), Integer32(value)), what=what)

    async def set_all(self, settings: Sequence[Setting], what: str) -> None:
        values = [hlapi.ObjectType(hlapi.ObjectIdentity(one.name), _encoded(one)) for one in settings]
        await self._ask(hlapi.set_cmd, *values, what=what)

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def close(self) -> None:
        """The stack is shared; nothing here is this device's alone."""

    async def _ask(self, command: Any, *arguments: Any, what: str) -> list[tuple[Any, Value]]:
        """Names and values of the answer. Raises DeviceSilent, DeviceRefused."""
        status, _, found = await self._exchange(command, *arguments, what=what)
        return self._checked(status, found, what)

    def _checked(self, status: Any, found: list[tuple[Any, Value]], what: str) -> list[tuple[Any, Value]]:
        if status:
            raise DeviceRefused(self._access.name, f"{what}: SNMP error {status.prettyPrint()}")
        return found

    async def _exchange(self, command: Any, *arguments: Any, what: str) -> tuple[Any, int, list[tuple[Any, Value]]]:
        """Error status and index, names and values. Raises DeviceSilent, and DeviceRefused for no SNMP error."""
        device = self._access.name
        with self._stack.activity.busy():
            try:
                if self._target is None:
                    place = (self._access.host, self._access.port)
                    self._target = await hlapi.UdpTransportTarget.create(place, timeout=TIMEOUT, retries=RETRIES)
                answer: Awaitable[Any] = command(
                    self._stack.engine, self._auth, self._target, hlapi.ContextData(), *arguments, lookupMib=False
                )
                trouble, status, index, varbinds = await answer
            except PySnmpError as error:
                raise DeviceSilent(device, f"cannot be asked by SNMP: {error}") from error
        if isinstance(trouble, RequestTimedOut):
            place_text = f"{self._access.host}:{self._access.port}"
            raise DeviceSilent(device, f"no answer to SNMP at {place_text} in {RETRIES + 1} tries")
        if trouble:
            raise DeviceRefused(device, f"{what}: {trouble}")
        return status, int(index), [(name, _value(value)) for name, value in varbinds]


def _credentials(access: SnmpAccess) -> Any:
    user: User | None = access.user
    if access.version == "3" and user is not None:
        return hlapi.UsmUserData(
            user.name,
            user.auth_password or None,
            user.priv_password or None,
            authProtocol=_AUTH[user.auth],
            privProtocol=_PRIV[user.priv],
        )
    return hlapi.CommunityData(access.community, mpModel=0 if access.version == "1" else 1)


def _encoded(one: Setting) -> Any:
    if isinstance(one.value, bytes):
        return OctetString(one.value)
    if isinstance(one.value, str):
        return ObjectIdentifier(one.value)
    return Gauge32(one.value) if one.unsigned else Integer32(one.value)


def _asked(numbers: tuple[int, ...]) -> Any:
    return hlapi.ObjectType(hlapi.ObjectIdentity(".".join(map(str, numbers))))


def _value(value: Any) -> Value:
    """A Python value; None for pysnmp's NULL and its three exceptions."""
    if isinstance(value, univ.Null):  # which is an OctetString too
        return None
    if isinstance(value, univ.Integer):
        return int(value)
    if isinstance(value, univ.OctetString):
        return bytes(value)
    if isinstance(value, univ.ObjectIdentifier):
        return str(value)
    return None


class ForeignSwitchDriver(PagedSwitch):
    """A SwitchDriver. Raises UnknownPage for an unknown handler."""

    def __init__(self, access: SnmpAccess, stack: PysnmpStack) -> None:
        super().__init__(access, switch_handler(access.handler), _Session(access, stack))


class ForeignPduDriver(PagedPdu):
    """A PduDriver. Raises UnknownPage for an unknown handler."""

    def __init__(self, access: SnmpAccess, stack: PysnmpStack) -> None:
        super().__init__(access, pdu_handler(access.handler), _Session(access, stack))
