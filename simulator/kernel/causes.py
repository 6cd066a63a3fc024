"""Why something happened, or did not: the chain of records from a fault to what it led to.

Each journal record names the record that it came from (`Record.cause`). That is what changed or withheld something, and never merely
what was before: a poll is not caused by the poll before it, so that a chain over an hour of waiting has a handful of links. The parts
of a lab say it in two ways: `because(number)` around what follows from a record (`kernel/flow.py`), and *marks* of what stands in
somebody's way (`kernel/marks.py`), which whoever waits in vain takes as his cause.

Stable for others: `Journal.chain(record)` and `explain(journal, subject, at)`.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.kernel.flow import because, flow
from simulator.kernel.journal import Journal, Record

__all__ = ["ANSWER", "RUN", "answered", "explain", "hindrance", "no_answer", "told"]

ANSWER = ("answer", "message", "bmc", "power", "equipment")
"""Aspects of a device that keep it from answering."""
RUN = ("boot", "run", "off", "power", "phone-home")
"""Aspects of a server that keep work on it from coming to its end, as something that happened to the machine."""
_UNSEEN = ("net", "speed", "disk", "bmc", "board", "supply", "message")
"""Aspects that do so too, and show only by what does not come."""
_BENT = ("fault", "wire")
"""Layers of what does not happen by itself."""


def explain(journal: Journal, subject: str, at: float | None = None) -> list[Record]:
    """The chain of the latest record that concerns `subject` (a server, a service, a port, an address, ...), fault first.

    A record concerns a subject when it is about it, names it in its details, or stood in its way; a part of something is said as
    journals do: `sw-a1 port 7`, `pdu-a1 outlet 3`. Of those that were written up to lab time `at` (None: to the end), the latest is
    explained that came from a fault, or from the fate of a message, and tells of more than that the fault has ended and things go
    on; where there is none, the latest of all. Empty where nothing concerns the subject.
    """
    marked = frozenset(journal.marks.past(subject))
    whole, _, rest = subject.partition(" ")
    kind, _, part = rest.partition(" ")
    others: list[list[Record]] = [[], []]
    for record in reversed(journal):
        if at is not None and record.time > at:
            continue
        if not (
            record.subject == subject
            or record.number in marked
            or subject in record.detail.values()
            or (part and record.subject == whole and str(record.detail.get(kind)) == part)
        ):
            continue
        chain = journal.chain(record)
        bent = chain[0].layer in _BENT
        if bent and not _recovers(chain):
            return chain
        place = 0 if bent else 1
        others[place] = others[place] or chain
    return others[0] or others[1]


def _recovers(chain: Sequence[Record]) -> bool:
    """It tells of nothing but a fault, or of what goes on again since one has ended."""
    last = chain[-1]
    ended = any(record.layer == "fault" for record in chain[1:])
    return last.layer == "fault" or (ended and not any(name in last.detail for name in _TEXTS))


def hindrance(journal: Journal, server: str) -> int:
    """The number of the record of what keeps work on this server from coming to its end; 0 where nothing is known.

    That is its operation, which has failed already, or what happened to the machine. That its BMC does not answer is no more than what
    the panel sees of that, or is beside it.
    """
    marks = journal.marks
    failed = marks.latest(server, ("operation",))
    if failed:
        return failed
    machine, silent = marks.latest(server, RUN), marks.latest(server, ("answer",))
    seen = journal.numbered(silent)
    if seen is not None and (not machine or any(each.number == machine for each in journal.chain(seen))):
        return silent
    return machine or marks.latest(server, _UNSEEN)


def no_answer(journal: Journal, device: str) -> int:
    """The number of the record of what keeps this device from answering as it should; 0 where nothing is known."""
    return journal.marks.latest(device, ("power",), ("bmc", "equipment", "message"), ("net", "off"))


def answered(journal: Journal, layer: str, subject: str, *, status: int, **error: str) -> None:
    """Write a request with its status, and the error if there is one. A refusal came from what the panel met when it carried it out, from
    its services that are down, or from what its client was told wrongly before; whoever asked has met that refusal.
    """
    if status < 400 and not error:
        journal.write(layer, subject, "request", status=status)
        return
    work = flow()
    cause = (work and work.inside) or journal.marks.latest("panel", ("services",)) or (work and work.kept) or 0
    with because(cause):
        number = journal.write(layer, subject, "request", status=status, **error).number
    journal.marks.set("billing", "http", number)
    if work is not None:
        work.met = number


def told(chain: Sequence[Record], most: int = 8) -> list[str]:
    """A chain in so many lines at most, for people; records of the same words are one line, and what is left out is in the middle."""
    folded: list[tuple[Record, int]] = []
    for record in chain:
        if folded and _words(folded[-1][0]) == _words(record):
            folded[-1] = folded[-1][0], folded[-1][1] + 1
        else:
            folded.append((record, 1))
    lines: list[str] = []
    said = ""
    for record, times in folded:
        text = _text(record)
        repeated = bool(text) and text in said  # whoever is told of a failure says it again in the same words
        said = text or said
        more = f"  ... and so {times} times" if times > 1 else ""
        words = f"{record.what}{f': {_short(text)}' if text and not repeated else ''}{more}"
        lines.append(f"{_time(record.time):>8}  {record.layer:<9} {record.subject:<12} {words}")
    if len(lines) > most:
        head = most // 2
        left = len(lines) - most + 1
        lines = [*lines[:head], f"{'':>8}  ... {left} more", *lines[head + left :]]
    return lines


_TEXTS = ("error", "message", "detail")
"""Details that are sentences: where there is one, it says enough."""
_LENGTH = 110


def _words(record: Record) -> tuple[str, str, str]:
    return record.layer, record.subject, record.what


def _text(record: Record) -> str:
    found = next((str(record.detail[name]) for name in _TEXTS if name in record.detail), "")
    return found or ", ".join(f"{key} {value}" for key, value in record.detail.items())


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LENGTH else f"{line[: _LENGTH - 4]} ..."


def _time(seconds: float) -> str:
    """`8:00`, `1:00:09`."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
