"""Rules about servers: what a client did to them, and in what state it left them."""

from __future__ import annotations

from itertools import pairwise

from simulator.dcim.records import ServerState
from simulator.dcim.work.operation_table import Operation, OperationKind, OperationStatus
from simulator.review.actions import Action, ActionKind
from simulator.review.findings import Evidence, Found, Severity, client_of, records, rule

STARTS = (ActionKind.INSTALL, ActionKind.DIAGNOSE, ActionKind.CLEAN, ActionKind.RESCUE)
PATIENCE = 600.0
"""Seconds of lab time after which a client that does not look any more has gone away."""


def _at(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _started(evidence: Evidence, action: Action) -> Operation | None:
    """The operation that this call began."""
    call = action.call
    if action.kind not in STARTS or not action.done or call.after is None:
        return None
    operations = evidence.run.panel.operations.all
    found = (each for each in operations if each.server == call.after.id and call.at <= each.created_at <= call.ended)
    return next(found, None)


@rule(
    "owner-left-behind",
    Severity.ERROR,
    advice="When an installation fails or has to be ended, take the owner off (or give the server back to the administrator), or the client is charged for a machine that does not run.",
    source="B5-9, W6-A10",
)
def owner_left(evidence: Evidence) -> Found:
    for server in records(evidence):
        owner = client_of(evidence, server.owner)
        last = evidence.run.panel.operations.last(server)
        if not owner or last is None or last.kind is not OperationKind.OS_INSTALL:
            continue
        given = [
            action for action in evidence.of_server(server.name) if action.kind is ActionKind.OWNER and action.done
        ]
        if given and last.status in (OperationStatus.FAILED, OperationStatus.CANCELED):
            end = f"failed: {last.message}" if last.status is OperationStatus.FAILED else "was canceled"
            yield server.name, f"belongs to {owner}, although its installation {end}", given[-1:]


@rule(
    "address-left-behind",
    Severity.ERROR,
    advice="Give addresses back before, or with, the server: the pool runs empty otherwise.",
    source="W6-D4, B5-11",
)
def address_left(evidence: Evidence) -> Found:
    addresses = evidence.run.panel.addresses
    for server in records(evidence):
        held = [each.name for each in addresses.of_server(server.id)]
        actions = [action for action in evidence.of_server(server.name) if action.done]
        given = [action for action in actions if action.kind is ActionKind.ADDRESS]
        # The main address of DCImanager 5 is the server's own and stays (B5-11 deletes additional ones), as does the one that it
        # had in stock.
        kept = 1 if given and (given[-1].call.panel == 5 or addresses.in_stock(server.id)) else 0
        if given and len(held) > kept and not client_of(evidence, server.owner):
            yield server.name, f"belongs to no client and holds {', '.join(held[:4])}", given[-1:]


@rule(
    "operation-not-watched",
    Severity.ERROR,
    advice="Ask for the operation until it has ended, and act on its end: the call that starts it says only that it was accepted.",
    source="W6-A10, B5-7",
)
def not_watched(evidence: Evidence) -> Found:
    now = evidence.run.clock.now()
    for action in evidence.actions:
        operation = _started(evidence, action)
        if operation is None:
            continue
        looks = [each for each in evidence.clients[action.call.client] if each.kind is ActionKind.LOOK and each.done]
        last = max((each.call.at for each in looks), default=action.call.at)
        end = operation.ended_at
        what = f"{operation.kind.value} {operation.id}"
        if end is not None and last < end:
            why = f" ({operation.message})" if operation.message else ""
            text = f"{what} ended at {_at(end)}: {operation.status.value}{why}, and nobody looked any more"
            yield action.server, text, [action]
        elif end is None and now - max(last, action.call.at) > PATIENCE:
            yield action.server, f"{what} still runs, and was last looked at at {_at(last)}", [action]


@rule(
    "refusal-ignored",
    Severity.ERROR,
    advice="A refused step has not happened: repeat it, or undo what was done and give the server back.",
    source="B5-9",
)
def refusal_ignored(evidence: Evidence) -> Found:
    for actions in evidence.clients.values():
        for name in evidence.servers():
            changing = [action for action in actions if action.server == name and action.kind.changes]
            for refused, following in pairwise(changing):
                if refused.done or refused.call.status in (401, 503) or refused.unknown or refused.absent:
                    continue
                undone = following.gives_back or (following.kind is ActionKind.OWNER and _unsold(evidence, following))
                later = changing[changing.index(following) :]
                repeated = any(each.kind is refused.kind and each.done for each in later)
                if following.kind is not refused.kind and not undone and not repeated and following.done:
                    text = f"{refused} was refused ({refused.refused}), and the client went on: {following.kind.value}"
                    yield name, text, [refused, following]


def _unsold(evidence: Evidence, action: Action) -> bool:
    return action.call.after is not None and not client_of(evidence, action.call.after.owner)


@rule(
    "took-a-sold-server",
    Severity.ERROR,
    advice="Look at the owner immediately before taking a server, and again after: two orders may see the same free one.",
    source="W6-A1",
)
def took_sold(evidence: Evidence) -> Found:
    for action in evidence.actions:
        call = action.call
        if action.kind is not ActionKind.OWNER or not action.done or call.before is None or call.after is None:
            continue
        was, now = (client_of(evidence, each.owner) for each in (call.before, call.after))
        if was and now and was != now and not _taken_back(evidence, action):
            yield action.server, f"belonged to {was} when it was given to {now}", [action]


def _taken_back(evidence: Evidence, given: Action) -> bool:
    """Whether a client that changes the owner is ending a service: addresses deleted before, disks cleared after."""
    theirs = [action for action in evidence.clients[given.call.client] if action.server == given.server and action.done]
    place = theirs.index(given)
    before: list[Action] = []
    for action in theirs[:place]:
        before = [] if action.kind is ActionKind.OWNER else [*before, action]
    starts = (action.kind for action in theirs[place:] if action.kind in STARTS)
    return any(action.kind is ActionKind.NO_ADDRESS for action in before) or next(starts, None) in (
        ActionKind.DIAGNOSE,
        ActionKind.CLEAN,
    )


@rule(
    "took-an-unsettled-server",
    Severity.WARNING,
    advice="A server may be sold when its last operation is ok or canceled; end a running one first.",
    source="W6-A1, W6-A6",
)
def took_unsettled(evidence: Evidence) -> Found:
    for action in evidence.actions:
        call = action.call
        if action.kind is not ActionKind.OWNER or not action.done or call.before is None or call.after is None:
            continue
        last = call.operation
        if last is None or last.status in (OperationStatus.OK, OperationStatus.CANCELED):
            continue
        if not last.status.ended and _of_this_order(evidence, action, last):
            continue
        if (
            client_of(evidence, call.after.owner)
            and call.before.owner != call.after.owner
            and not client_of(evidence, call.before.owner)
        ):
            yield action.server, f"was given to a client while its {last.kind.value} was {last.status.value}", [action]


def _of_this_order(evidence: Evidence, given: Action, running: Operation) -> bool:
    """Whether the client that gives the server had begun what runs on it, and goes on with that, not with something else."""
    theirs = [each for each in evidence.clients[given.call.client] if each.server == given.server]
    before, after = theirs[: theirs.index(given)], theirs[theirs.index(given) + 1 :]
    begun = any((each := _started(evidence, action)) is not None and each.id == running.id for action in before)
    return begun and not any(action.kind in STARTS for action in after)


@rule(
    "asked-for-what-runs",
    Severity.WARNING,
    advice="An operation that has begun goes on when its answer is lost: look before starting it again.",
    source="good practice: every call idempotent or guarded",
)
def asked_again(evidence: Evidence) -> Found:
    for actions in evidence.clients.values():
        starts = [action for action in actions if action.kind in STARTS and action.server]
        for action in starts:
            running = action.call.operation
            if action.done or running is None or running.status.ended:
                continue
            first = [each for each in starts if (begun := _started(evidence, each)) and begun.id == running.id]
            if first:
                yield (
                    action.server,
                    f"{action} came while the {running.kind.value} that it had begun was running",
                    [*first, action],
                )


_OFF = (ActionKind.PORTS_OFF, ActionKind.BLOCK)
_SWITCHING = (ActionKind.PORTS_ON, ActionKind.UNBLOCK, *_OFF)


@rule(
    "suspended-but-connected",
    Severity.ERROR,
    advice="A server may have several ports: switch all of them off, and read back what became of it.",
    source="W6-L1, B5-12",
)
def connected(evidence: Evidence) -> Found:
    for server in records(evidence):
        actions = [action for action in evidence.of_server(server.name) if action.kind in _SWITCHING and action.done]
        machine = evidence.run.plant.servers.get(server.name)
        if not actions or actions[-1].kind not in _OFF or machine is None or server.state is ServerState.SUSPENDING:
            continue
        up = [nic.name for nic in machine.nics if nic.link_up]
        if up:
            yield server.name, f"was cut off, and still has a link on {', '.join(up)}", actions[-1:]


@rule(
    "data-left-on-disks",
    Severity.WARNING,
    advice="Have the disks cleared when a server comes back, unless its provider wants it otherwise: the next client can read what the last one wrote.",
    source="W6-D6, W6-S13",
)
def data_left(evidence: Evidence) -> Found:
    for server in records(evidence):
        machine = evidence.run.plant.servers.get(server.name)
        actions = [
            action for action in evidence.of_server(server.name) if action.kind is ActionKind.OWNER and action.done
        ]
        freed = [action for action in actions if action.call.before and client_of(evidence, action.call.before.owner)]
        if not freed or machine is None or client_of(evidence, server.owner) or machine.disks_clean:
            continue
        if evidence.run.panel.operations.running(server) is None and _used(evidence, freed[-1]):
            yield server.name, "belongs to nobody, and a client's data is on its disks", freed[-1:]


def _used(evidence: Evidence, freed: Action) -> bool:
    """Whether the client can have written something: not where every installation of the order failed."""
    actions = [action for action in evidence.of_server(freed.server) if action.kind is ActionKind.OWNER and action.done]
    given = [
        action
        for action in actions[: actions.index(freed)]
        if action.call.after is not None and client_of(evidence, action.call.after.owner)
    ]
    if not given or freed.call.before is None:
        return True
    since, server = given[-1].call.at, freed.call.before.id
    installed = [
        each.status is OperationStatus.OK
        for each in evidence.run.panel.operations.all
        if each.server == server and each.kind is OperationKind.OS_INSTALL and each.created_at >= since
    ]
    return not installed or any(installed)
