"""What a BMC is asked when it is recorded or compared: commands that read, and no others (IPMI 2.0; the numbers are its clauses)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from simulator.bmc.recorded import Recorded
from simulator.dcim.drivers.base import DeviceRefused
from simulator.ipmi.codes import Completion, NetFn
from simulator.ipmi.dispatch import key
from simulator.recording.bmc_session import BmcSession

__all__ = ["QUESTIONS", "BmcAnswers", "Question", "ask_all", "sensors_of"]


class Question(NamedTuple):
    netfn: int
    command: int
    data: bytes
    name: str
    clause: str
    lives: bool = False
    """The answer is the machine's, the lab's or the moment's, not the model's."""

    @property
    def key(self) -> tuple[int, bytes]:
        return key(self.netfn, self.command), self.data


_LAN = (
    (0, "Set In Progress"), (1, "Authentication Type Support"), (2, "Authentication Type Enables"), (4, "IP Address Source"),
    (6, "Subnet Mask"), (10, "BMC-generated ARP Control"), (20, "VLAN ID"), (22, "Cipher Suite Entry Support"),
)  # fmt: skip

QUESTIONS: tuple[Question, ...] = (
    Question(NetFn.APP, 0x01, b"", "Get Device ID", "20.1"),
    Question(NetFn.APP, 0x04, b"", "Get Self Test Results", "20.4"),
    Question(NetFn.APP, 0x42, b"\x0e", "Get Channel Info", "22.24"),
    Question(NetFn.APP, 0x2F, b"", "Get BMC Global Enables", "22.2", True),
    Question(NetFn.APP, 0x25, b"", "Get Watchdog Timer", "27.7", True),
    Question(NetFn.CHASSIS, 0x00, b"", "Get Chassis Capabilities", "28.1"),
    Question(NetFn.CHASSIS, 0x01, b"", "Get Chassis Status", "28.2", True),
    Question(NetFn.CHASSIS, 0x07, b"", "Get System Restart Cause", "28.11", True),
    Question(NetFn.CHASSIS, 0x0F, b"", "Get POH Counter", "28.14", True),
    Question(NetFn.CHASSIS, 0x09, b"\x05\0\0", "Get System Boot Options, boot flags", "28.13", True),
    Question(NetFn.STORAGE, 0x20, b"", "Get SDR Repository Info", "33.9"),
    Question(NetFn.STORAGE, 0x40, b"", "Get SEL Info", "31.2", True),
    Question(NetFn.STORAGE, 0x41, b"", "Get SEL Allocation Info", "31.3", True),
    *(
        Question(NetFn.TRANSPORT, 0x02, bytes((0x0E, number, 0, 0)), f"Get LAN Configuration, {name}", "23.2", True)
        for number, name in _LAN
    ),
    *(
        Question(0x2C, 0x01, bytes((0xDC, number)), f"Get DCMI Capabilities, {number}", "DCMI 6.1.1")
        for number in range(1, 6)
    ),
)
_SENSOR = (
    (0x2D, "Get Sensor Reading", "35.14", True),
    (0x27, "Get Sensor Thresholds", "35.9", False),
    (0x25, "Get Sensor Hysteresis", "35.7", False),
    (0x29, "Get Sensor Event Enable", "35.11", False),
    (0x2F, "Get Sensor Type", "35.16", False),
)
_CHUNK = 16
"""Octets of a record or an inventory that are asked for at once; every BMC gives so many."""
_MOST_RECORDS = 2000
_MOST_DEVICES = 16
_FULL, _COMPACT, _LOCATOR = 0x01, 0x02, 0x11


@dataclass(slots=True)
class BmcAnswers:
    recorded: Recorded
    questions: Sequence[Question]
    """All that was asked, sensors too; what was answered is in `recorded.answers`."""
    seconds: Sequence[float]
    suites: Sequence[int] = ()
    authentication: int = 0
    """The kinds of IPMI 1.5 sessions, as bits (22.13)."""
    users: tuple[int, int] = (0, 0)
    """How many there can be, and how many are enabled."""
    events: int = 0
    """In its log."""
    not_learned: list[str] = field(default_factory=list)


async def ask_all(session: BmcSession) -> BmcAnswers:
    """Everything, in one session. Raises DeviceError."""
    told: list[str] = []
    records = await _records(session, told)
    questions = [*QUESTIONS, *sensors_of(records)]
    answers: dict[tuple[int, bytes], bytes] = {}
    for question in questions:
        code, data = await session.ask(question.netfn, question.command, question.data)
        answers[question.key] = bytes((code,)) + data
    inventories = await _inventories(session, records, told)
    code, access = await session.ask(NetFn.APP, 0x44, b"\x0e\x01")
    users = (access[0] & 0x3F, access[1] & 0x3F) if code == Completion.OK and len(access) > 1 else (0, 0)
    if not users[0]:
        told.append("how many users it can have: it does not tell this user")
    log = answers[key(NetFn.STORAGE, 0x40), b""]
    events = int.from_bytes(log[2:4], "little") if log[0] == Completion.OK else 0
    code, kinds = await session.ask(NetFn.APP, 0x38, b"\x0e\x04")
    authentication = kinds[1] & 0x3F if code == Completion.OK and len(kinds) > 1 else 0
    return BmcAnswers(
        Recorded(answers, records, inventories),
        questions,
        session.seconds,
        await _suites(session),
        authentication,
        users,
        events,
        told,
    )


def sensors_of(records: Sequence[bytes]) -> list[Question]:
    """What is asked of each sensor that has a record."""
    numbers: dict[int, bool] = {}
    for record in records:
        if len(record) > 13 and record[3] in (_FULL, _COMPACT) and record[5] == 0x20 and not record[6] & 0x03:
            numbers.setdefault(record[7], record[13] == 0x01)
    return [
        Question(NetFn.SENSOR, command, bytes((number,)), f"{name}, sensor {number:02X}h", clause, lives)
        for number, analogue in numbers.items()
        for command, name, clause, lives in _SENSOR
        if analogue or command not in (0x27, 0x25)
    ]


async def _records(session: BmcSession, told: list[str]) -> tuple[bytes, ...]:
    """33.12, each in parts, with a reservation."""
    found: list[bytes] = []
    reservation, number = await _reserve(session), 0
    while number != 0xFFFF and len(found) < _MOST_RECORDS:
        code, header = await _part(session, reservation, number, 0, 5)
        if code != Completion.OK or len(header) < 7:
            if found or code not in (Completion.NOT_PRESENT, Completion.INVALID_COMMAND):
                told.append(f"records after the {len(found)}th: completion code {code:02X}h")
            break
        following, record = int.from_bytes(header[:2], "little"), header[2:]
        whole = 5 + record[4]
        while len(record) < whole:
            code, part = await _part(session, reservation, number, len(record), min(_CHUNK, whole - len(record)))
            if code == Completion.RESERVATION:
                reservation = await _reserve(session)
                continue
            if code != Completion.OK or len(part) < 3:
                raise DeviceRefused("the BMC", f"record {number:04X}h: completion code {code:02X}h")
            record += part[2:]
        found.append(record[:whole])
        number = following
    return tuple(found)


async def _reserve(session: BmcSession) -> bytes:
    code, data = await session.ask(NetFn.STORAGE, 0x22)
    return data[:2] if code == Completion.OK and len(data) >= 2 else b"\0\0"


async def _part(session: BmcSession, reservation: bytes, number: int, offset: int, count: int) -> tuple[int, bytes]:
    data = reservation + number.to_bytes(2, "little") + bytes((offset, count))
    return await session.ask(NetFn.STORAGE, 0x23, data)


async def _inventories(session: BmcSession, records: Sequence[bytes], told: list[str]) -> dict[int, bytes]:
    """34.1 and 34.2: of the board, and of those that records point to."""
    devices = {0}
    for record in records:
        if len(record) > 7 and record[3] == _LOCATOR and record[7] & 0x80:
            devices.add(record[6])
    found = {}
    for device in sorted(devices)[:_MOST_DEVICES]:
        code, area = await session.ask(NetFn.STORAGE, 0x10, bytes((device,)))
        if code != Completion.OK or len(area) < 3:
            continue
        size = int.from_bytes(area[:2], "little")
        by_words = 2 if area[2] & 1 else 1
        content = b""
        while len(content) < size:
            place = (len(content) // by_words).to_bytes(2, "little")
            count = min(_CHUNK, size - len(content)) // by_words
            code, part = await session.ask(NetFn.STORAGE, 0x11, bytes((device, *place, count)))
            if code != Completion.OK or len(part) < 2:
                told.append(f"the inventory of FRU {device} from octet {len(content)} on: completion code {code:02X}h")
                break
            content += part[1:]
        found[device] = content
    return found


async def _suites(session: BmcSession) -> list[int]:
    """22.15: the standard ones, from their records."""
    octets = b""
    for index in range(0x40):
        code, data = await session.ask(NetFn.APP, 0x54, bytes((0x0E, 0x00, 0x80 | index)))
        if code != Completion.OK or len(data) < 2:
            break
        octets += data[1:]
        if len(data) < 17:
            break
    found, place = [], 0
    while place < len(octets):
        start = octets[place]
        if start == 0xC0 and place + 1 < len(octets):
            found.append(octets[place + 1])
        place += 2 if start == 0xC0 else 5 if start == 0xC1 else 1
    return found
