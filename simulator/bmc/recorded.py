"""What a real BMC has answered, in a file beside its page: answers as they were, its sensor data records and its inventories.

A line each: `answer|06/01||002081...` (network function and command, request data, completion code and data), `record|...` a sensor
data record whole, `inventory|0|...` a FRU's. All in hexadecimal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.ipmi.dispatch import key

__all__ = ["Recorded", "read_recorded", "written"]


@dataclass(frozen=True, slots=True)
class Recorded:
    answers: Mapping[tuple[int, bytes], bytes] = field(default_factory=dict)
    """By command (`dispatch.key`) and request data: completion code and data."""
    records: tuple[bytes, ...] = ()
    """In order; each begins with its own id."""
    inventories: Mapping[int, bytes] = field(default_factory=dict)
    """By FRU device id."""

    @property
    def record_ids(self) -> tuple[int, ...]:
        return tuple(int.from_bytes(record[:2], "little") for record in self.records)


def read_recorded(text: str) -> Recorded:
    """Raises ValueError with the line that is not understood."""
    answers: dict[tuple[int, bytes], bytes] = {}
    records: list[bytes] = []
    inventories: dict[int, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        what = _LINE.fullmatch(line)
        parts = [bytes.fromhex(what[name] or "") for name in ("asked", "said", "record", "content")] if what else []
        if what is None or (what["record"] and len(parts[2]) < _HEADER):
            raise ValueError(f"line {number}: {line[:40]!r} is no answer, record or inventory")
        if what["command"]:
            netfn, _, command = what["command"].partition("/")
            answers[key(int(netfn, 16), int(command, 16)), parts[0]] = parts[1]
        elif what["record"]:
            records.append(parts[2])
        else:
            inventories[int(what["device"])] = parts[3]
    return Recorded(answers, tuple(records), inventories)


_HEX = "(?:[0-9a-f]{2})"
_LINE = re.compile(
    rf"answer\|(?P<command>[0-9A-F]{{2}}/[0-9A-F]{{2}})\|(?P<asked>{_HEX}*)\|(?P<said>{_HEX}+)"
    rf"|record\|(?P<record>{_HEX}+)|inventory\|(?P<device>\d{{1,3}})\|(?P<content>{_HEX}*)"
)
_HEADER = 5
"""Octets of a record's header: its id, version, type and length."""


def written(recorded: Recorded) -> str:
    lines = [
        f"answer|{number >> 8:02X}/{number & 0xFF:02X}|{asked.hex()}|{said.hex()}"
        for (number, asked), said in recorded.answers.items()
    ]
    lines += [f"record|{record.hex()}" for record in recorded.records]
    lines += [f"inventory|{device}|{octets.hex()}" for device, octets in recorded.inventories.items()]
    return "\n".join(lines) + "\n"
