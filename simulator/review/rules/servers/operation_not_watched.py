"""An operation that its client does not look at to its end."""

from __future__ import annotations

from simulator.dcim.work.operation_table import Operation
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, rule
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
    for action in evidence.actions:
        operation = started(evidence, action)
        if operation is None:
            continue
        looks = [each for each in evidence.clients[action.call.client] if _shows(each, operation)]
        last = max((each.call.at for each in looks), default=action.call.at)
        end = operation.ended_at
        what = f"{operation.kind.value} {operation.id}"
        if end is not None and last < end:
            why = f" ({operation.message})" if operation.message else ""
            text = f"{what} ended at {_at(end)}: {operation.status.value}{why}, and nobody looked any more"
            yield action.server, text, [action]
        elif end is None and now - max(last, action.call.at) > PATIENCE:
            yield action.server, f"{what} still runs, and was last looked at at {_at(last)}", [action]


def _shows(action: Action, operation: Operation) -> bool:
    """Whether a call tells how this operation stands: a list does, and so does what is about the server while it is the last there."""
    call = action.call
    if action.kind is not ActionKind.LOOK or not action.done:
        return False
    if call.parsed.kind == "operation" and call.parsed.number is not None:
        return call.parsed.number == operation.id
    return call.before is None or (
        call.before.id == operation.server and (call.operation is None or call.operation.id == operation.id)
    )


def _at(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
