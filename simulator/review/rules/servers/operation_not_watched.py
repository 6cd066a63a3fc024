"""An operation that its client does not look at to its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simulator.dcim.work.operation_table import Operation
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule
from simulator.review.recorder import HttpCall
from simulator.review.rules.servers.conduct import PATIENCE
from simulator.review.rules.servers.shared import started


@rule(
    "operation-not-watched",
    Severity.ERROR,
    advice="Ask for the operation until it has ended, and act on its end: the call that starts it says only that it was accepted.",
    source="W6-A10, B5-7",
)
def not_watched(evidence: Evidence) -> Found:
    now = evidence.run.clock.now()
    looks: dict[str, _Looks] = {}
    for action in evidence.actions:
        operation = started(evidence, action)
        if operation is None:
            continue
        client = action.call.client
        if client not in looks:
            looks[client] = _Looks(evidence.clients[client])
        last = max(looks[client].at(operation), default=action.call.at)
        end = operation.ended_at
        what = f"{operation.kind.value} {operation.id}"
        if end is not None and last < end:
            why = f" ({operation.message})" if operation.message else ""
            text = f"{what} ended at {_at(end)}: {operation.status.value}{why}, and nobody looked any more"
            yield action.server, text, [action]
        elif end is None and now - max(last, action.call.at) > PATIENCE:
            yield action.server, f"{what} still runs, and was last looked at at {_at(last)}", [action]


class _Looks:
    """When one client looked, last: at an operation by its number, at a server, at any list, which tells of all operations."""

    def __init__(self, actions: Sequence[Action]) -> None:
        self._operations: dict[int, float] = {}
        self._servers: dict[int, list[HttpCall]] = {}
        self._lists: list[float] = []
        for action in actions:
            call = action.call
            if action.kind is not ActionKind.LOOK or not action.done:
                continue
            if call.parsed.kind == "operation" and call.parsed.number is not None:
                self._operations[call.parsed.number] = call.at
            elif call.before is None:
                self._lists = [max([*self._lists, call.at])]
            else:
                self._servers.setdefault(call.before.id, []).append(call)

    def at(self, operation: Operation) -> Iterator[float]:
        """When it could be seen how this one stands. What is about a server tells of its last operation only."""
        yield from self._lists
        if operation.id in self._operations:
            yield self._operations[operation.id]
        for call in reversed(self._servers.get(operation.server, ())):
            if call.operation is None or call.operation.id == operation.id:
                yield call.at
                break


def _at(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
