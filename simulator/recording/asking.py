"""An SNMP agent asked for everything that it tells: GETNEXT, or GETBULK, from the first name to the last. It is only read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.dcim.drivers.base import DeviceRefused, SnmpAccess
from simulator.dcim.drivers.own_snmp import SnmpSession
from simulator.fabric import Fabric
from simulator.snmp import Response, Status, dotted, oid
from simulator.snmp.message import EXCEPTIONS, GET, GET_NEXT
from simulator.snmp.oid import subids, suffix
from simulator.snmp.snmprec import Instance

__all__ = ["SECRET", "Answers", "Walker"]

SECRET = tuple(
    oid(name)
    for name in (
        "1.3.6.1.6.3.12",  # SNMP-TARGET-MIB
        "1.3.6.1.6.3.13",  # SNMP-NOTIFICATION-MIB
        "1.3.6.1.6.3.15.1.2",  # users
        "1.3.6.1.6.3.16",  # who may see what
        "1.3.6.1.6.3.18",  # communities
        "1.3.6.1.4.1.318.2.1",  # PowerNet-MIB: communities and trap receivers
        "1.3.6.1.4.1.9.9.96",  # copies of configurations
    )
)
"""Who may log in, and where the device reports to: never asked for."""
REPETITIONS = 20
MOST = 1_000_000
"""Instances; a walk of more has no end."""
GET_ROUND = 20
"""Names in one GET."""


@dataclass(slots=True)
class Answers:
    """What was told."""

    instances: list[Instance]
    seconds: list[float]
    """How long each answer took, wire time."""
    disordered: int = 0
    """Names that came after one that they do not follow, and ended a part of the walk."""


class Walker(SnmpSession):
    """A session that asks for whole trees. Raises DeviceError."""

    def __init__(self, access: SnmpAccess, fabric: Fabric, octets: object = None) -> None:
        super().__init__(access, fabric, octets if callable(octets) else bytes)
        self._bulk = access.version != "1"

    async def everything(self, start: str = "1.3.6.1") -> Answers:
        """All instances in order, without those of SECRET."""
        answers = Answers([], [])
        cursor, last = oid(start), subids(oid(start))
        while len(answers.instances) < MOST:
            began = self.now()
            response = await self._following(cursor)
            answers.seconds.append(self.now() - began)
            if response.status == Status.NO_SUCH_NAME:
                return answers
            self._check(response, "its objects")
            for name, tag, content in response.varbinds:
                if tag in EXCEPTIONS:
                    return answers
                numbers = subids(name)
                if numbers <= last:
                    answers.disordered += 1
                    return answers
                cursor, last = name, numbers
                if secret := next((each for each in SECRET if name.startswith(each)), None):
                    # The rest of it is stepped over unasked.
                    cursor = secret + suffix(0xFFFFFFFF)
                    last = subids(cursor)
                    break
                answers.instances.append(Instance(name, tag, content))
            if not response.varbinds:
                raise DeviceRefused(self._access.name, "its answer makes no sense: a walk was answered with nothing")
        raise DeviceRefused(self._access.name, f"its walk has no end: {MOST} instances, the last {dotted(cursor)}")

    async def _following(self, cursor: bytes) -> Response:
        if not self._bulk:
            return await self._ask(self._manager.get_next((cursor,)))
        response = await self._ask(self._manager.get_bulk((cursor,), max_repetitions=REPETITIONS))
        if response.status == Status.TOO_BIG:  # one of those that do not cut an answer short
            self._bulk = False
            return await self._following(cursor)
        return response

    async def same(self, pdu: int, names: Sequence[bytes], first: int, second: int) -> Response:
        """The question that somebody else was asked: GET, GETNEXT or GETBULK (`first` non-repeaters, `second` repetitions)."""
        if pdu == GET:
            return await self._ask(self._manager.get(names))
        if pdu == GET_NEXT or not self._bulk:
            return await self._ask(self._manager.get_next(names))
        return await self._ask(self._manager.get_bulk(names, max_repetitions=second, non_repeaters=first))

    async def these(self, names: list[bytes]) -> dict[bytes, Instance | None]:
        """A GET for each of these names; None for one that there is not."""
        found: dict[bytes, Instance | None] = {}
        for first in range(0, len(names), GET_ROUND):
            part = names[first : first + GET_ROUND]
            response = await self._ask(self._manager.get(part))
            if response.status:
                found |= await self._one_by_one(part)
                continue
            for name, tag, content in response.varbinds:
                found[name] = None if tag in EXCEPTIONS else Instance(name, tag, content)
        return found

    async def _one_by_one(self, names: list[bytes]) -> dict[bytes, Instance | None]:
        """As v1 must, which refuses a whole request for one name; and where the answer would be too big."""
        found: dict[bytes, Instance | None] = {}
        for name in names:
            response = await self._ask(self._manager.get((name,)))
            if response.status or not response.varbinds:
                found[name] = None
            else:
                _, tag, content = response.varbinds[0]
                found[name] = None if tag in EXCEPTIONS else Instance(name, tag, content)
        return found
