"""Commands as a table, and the order in which a request is checked before its handler runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from simulator.ipmi.codes import Completion, Privilege
from simulator.ipmi.errors import CompletionError
from simulator.ipmi.message import Message
from simulator.ipmi.sessions import Call

__all__ = ["Command", "CommandTable", "dispatch", "key"]

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Command(Generic[D]):
    """One command. The handler returns the answer's data, or raises CompletionError."""

    name: str
    privilege: Privilege
    """The least that may run it (IPMI 2.0, appendix G)."""
    shortest: int
    longest: int
    """Lengths of the request's data, octets."""
    handler: Callable[[D, Call, bytes], bytes]


CommandTable = Mapping[int, Command[Any]]
"""By `key(netfn, command)`."""


def key(netfn: int, command: int) -> int:
    return netfn << 8 | command


def dispatch(table: CommandTable, device: object, call: Call, request: Message) -> bytes:
    """Completion code and data. Checked in this order: known, LUN, privilege, length, then the handler's own checks
    of fields and state.
    """
    command = table.get(request.netfn << 8 | request.command)
    if command is None:
        return b"%c" % Completion.INVALID_COMMAND
    if request.target_lun:
        return b"%c" % Completion.INVALID_FOR_LUN
    if call.privilege < command.privilege:
        return b"%c" % Completion.PRIVILEGE
    if not command.shortest <= len(request.data) <= command.longest:
        return b"%c" % Completion.DATA_LENGTH
    try:
        return b"\0" + command.handler(device, call, request.data)
    except CompletionError as error:
        return b"%c" % error.code + error.data
