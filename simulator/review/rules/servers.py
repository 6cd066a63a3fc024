"""Rules about servers: what a client did to them, and in what state it left them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from simulator.dcim.records import ServerState
from simulator.dcim.work.operation_table import Operation, OperationKind, OperationStatus
from simulator.review.actions import Act, Deed
from simulator.review.findings import Evidence, Severity, client_of, records, rule

Found = Iterator[tuple[str, str, list[Deed]]]

STARTS = (Act.INSTALL, Act.DIAGNOSE, Act.CLEAN, Act.RESCUE)
PATIENCE = 600.0
"""Seconds of lab time after which a client that does not look any more has gone away."""


def _at(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _started(evidence: Evidence, deed: Deed) -> Operation | None:
    """The operation that this call began."""
    call = deed.call
    if deed.act not in STARTS or not deed.done or call.after is None:
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
        given = [deed for deed in evidence.of_server(server.name) if deed.act is Act.OWNER and deed.done]
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
        deeds = [deed for deed in evidence.of_server(server.name) if deed.done]
        given = [deed for deed in deeds if deed.act is Act.ADDRESS]
        # The main address of DCImanager 5 is the server's own and stays (B5-11 deletes additional ones).
        kept = 1 if given and given[-1].call.panel == 5 else 0
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
    for deed in evidence.deeds:
        operation = _started(evidence, deed)
        if operation is None:
            continue
        looks = [each for each in evidence.clients[deed.call.client] if each.act is Act.LOOK and each.done]
        last = max((each.call.at for each in looks), default=deed.call.at)
        end = operation.ended_at
        what = f"{operation.kind.value} {operation.id}"
        if end is not None and last < end:
            why = f" ({operation.message})" if operation.message else ""
            text = f"{what} ended at {_at(end)}: {operation.status.value}{why}, and nobody looked any more"
            yield deed.server, text, [deed]
        elif end is None and now - max(last, deed.call.at) > PATIENCE:
            yield deed.server, f"{what} still runs, and was last looked at at {_at(last)}", [deed]


@rule(
    "refusal-ignored",
    Severity.ERROR,
    advice="A refused step has not happened: repeat it, or undo what was done and give the server back.",
    source="B5-9",
)
def refusal_ignored(evidence: Evidence) -> Found:
    for deeds in evidence.clients.values():
        for name in evidence.servers():
            changing = [deed for deed in deeds if deed.server == name and deed.act.changes]
            for refused, following in pairwise(changing):
                if refused.done or refused.call.status in (401, 503) or refused.unknown:
                    continue
                undone = following.gives_back or (following.act is Act.OWNER and _unsold(evidence, following))
                later = changing[changing.index(following) :]
                repeated = any(each.act is refused.act and each.done for each in later)
                if following.act is not refused.act and not undone and not repeated and following.done:
                    text = f"{refused} was refused ({refused.refused}), and the client went on: {following.act.value}"
                    yield name, text, [refused, following]


def _unsold(evidence: Evidence, deed: Deed) -> bool:
    return deed.call.after is not None and not client_of(evidence, deed.call.after.owner)


@rule(
    "took-a-sold-server",
    Severity.ERROR,
    advice="Look at the owner immediately before taking a server, and again after: two orders may see the same free one.",
    source="W6-A1",
)
def took_sold(evidence: Evidence) -> Found:
    for deed in evidence.deeds:
        call = deed.call
        if deed.act is not Act.OWNER or not deed.done or call.before is None or call.after is None:
            continue
        was, now = (client_of(evidence, each.owner) for each in (call.before, call.after))
        if was and now and was != now and not _taken_back(evidence, deed):
            yield deed.server, f"belonged to {was} when it was given to {now}", [deed]


def _taken_back(evidence: Evidence, given: Deed) -> bool:
    """Whether a client that changes the owner is ending a service: addresses deleted before, disks cleared after."""
    theirs = [deed for deed in evidence.clients[given.call.client] if deed.server == given.server and deed.done]
    place = theirs.index(given)
    before: list[Deed] = []
    for deed in theirs[:place]:
        before = [] if deed.act is Act.OWNER else [*before, deed]
    starts = (deed.act for deed in theirs[place:] if deed.act in STARTS)
    return any(deed.act is Act.NO_ADDRESS for deed in before) or next(starts, None) in (Act.DIAGNOSE, Act.CLEAN)


@rule(
    "took-an-unsettled-server",
    Severity.WARNING,
    advice="A server may be sold when its last operation is ok or canceled; end a running one first.",
    source="W6-A1, W6-A6",
)
def took_unsettled(evidence: Evidence) -> Found:
    for deed in evidence.deeds:
        call = deed.call
        if deed.act is not Act.OWNER or not deed.done or call.before is None or call.after is None:
            continue
        last = call.operation
        if last is None or last.status in (OperationStatus.OK, OperationStatus.CANCELED):
            continue
        if (
            client_of(evidence, call.after.owner)
            and call.before.owner != call.after.owner
            and not client_of(evidence, call.before.owner)
        ):
            yield deed.server, f"was given to a client while its {last.kind.value} was {last.status.value}", [deed]


@rule(
    "asked-for-what-runs",
    Severity.WARNING,
    advice="An operation that has begun goes on when its answer is lost: look before starting it again.",
    source="good practice: every call idempotent or guarded",
)
def asked_again(evidence: Evidence) -> Found:
    for deeds in evidence.clients.values():
        starts = [deed for deed in deeds if deed.act in STARTS and deed.server]
        for deed in starts:
            running = deed.call.operation
            if deed.done or running is None or running.status.ended:
                continue
            first = [each for each in starts if (begun := _started(evidence, each)) and begun.id == running.id]
            if first:
                yield (
                    deed.server,
                    f"{deed} came while the {running.kind.value} that it had begun was running",
                    [*first, deed],
                )


_OFF = (Act.PORTS_OFF, Act.BLOCK)
_SWITCHING = (Act.PORTS_ON, Act.UNBLOCK, *_OFF)


@rule(
    "suspended-but-connected",
    Severity.ERROR,
    advice="A server may have several ports: switch all of them off, and read back what became of it.",
    source="W6-L1, B5-12",
)
def connected(evidence: Evidence) -> Found:
    for server in records(evidence):
        deeds = [deed for deed in evidence.of_server(server.name) if deed.act in _SWITCHING and deed.done]
        machine = evidence.run.plant.servers.get(server.name)
        if not deeds or deeds[-1].act not in _OFF or machine is None or server.state is ServerState.SUSPENDING:
            continue
        up = [nic.name for nic in machine.nics if nic.link_up]
        if up:
            yield server.name, f"was cut off, and still has a link on {', '.join(up)}", deeds[-1:]


@rule(
    "data-left-on-disks",
    Severity.WARNING,
    advice="Have the disks cleared when a server comes back, unless its provider wants it otherwise: the next client can read what the last one wrote.",
    source="W6-D6, W6-S13",
)
def data_left(evidence: Evidence) -> Found:
    for server in records(evidence):
        machine = evidence.run.plant.servers.get(server.name)
        deeds = [deed for deed in evidence.of_server(server.name) if deed.act is Act.OWNER and deed.done]
        freed = [deed for deed in deeds if deed.call.before and client_of(evidence, deed.call.before.owner)]
        if not freed or machine is None or client_of(evidence, server.owner) or machine.disks_clean:
            continue
        if evidence.run.panel.operations.running(server) is None and _used(evidence, freed[-1]):
            yield server.name, "belongs to nobody, and a client's data is on its disks", freed[-1:]


def _used(evidence: Evidence, freed: Deed) -> bool:
    """Whether the client can have written something: not where every installation of the order failed."""
    deeds = [deed for deed in evidence.of_server(freed.server) if deed.act is Act.OWNER and deed.done]
    given = [
        deed
        for deed in deeds[: deeds.index(freed)]
        if deed.call.after is not None and client_of(evidence, deed.call.after.owner)
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
