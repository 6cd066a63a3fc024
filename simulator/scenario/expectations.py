"""Expectations against what there is: each shape has one function that gives what was expected and what was seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from pydantic import BaseModel

from simulator.invariants.holdings import Leak, held_for_nobody
from simulator.invariants.ledger import Difference
from simulator.scenario.actors import Actors
from simulator.scenario.leaks import Leaks, compare
from simulator.scenario.observers.ispmanager import account_differences, accounts_of_nobody
from simulator.scenario.plan import Expected
from simulator.scenario.schema.expect import (
    CalledSpec,
    HasSpec,
    JournalSpec,
    LeaksSpec,
    LedgerArgs,
    LedgerSpec,
    MessageSpec,
    MoneyArgs,
    MoneySpec,
    NeverCalledSpec,
    OrderSpec,
    ServerExpect,
    ServiceExpect,
    TicketSpec,
)
from simulator.scenario.schema.ispmanager import AccountExpect

__all__ = ["Miss", "check_expected", "check_ledger", "check_no_leaks"]


@dataclass(frozen=True, slots=True)
class Miss:
    """An expectation that does not hold. `about`: the servers, services and devices whose journal records matter."""

    what: str
    expected: str
    seen: str
    about: Sequence[str]


async def check_expected(expected: Expected, actors: Actors) -> list[Miss]:
    """What of this expectation does not hold; empty when all of it does."""
    spec = expected.spec
    match spec:
        case ServiceExpect():
            return list(_service(spec, actors))
        case ServerExpect():
            misses: list[Miss] = []
            if spec.has is not None:
                shown = await _shown(spec.server, spec.has, actors)
                misses += _compare(f"{spec.server} has", spec.has, shown, [spec.server])
            if spec.really is not None:
                truth = actors.truth(spec.server)
                seen = {name: getattr(truth, name) for name in type(spec.really).model_fields}
                misses += _compare(f"{spec.server} is really", spec.really, seen, [spec.server])
            return misses
        case AccountExpect():
            about = [spec.of] if spec.of not in (None, "none") else []
            return [
                Miss(*each, [spec.account, *about]) for each in await account_differences(spec, actors.run, actors.side)
            ]
        case CalledSpec():
            return list(_called(spec, actors))
        case NeverCalledSpec():
            calls = [call for call in actors.calls() if _like(call, spec.never_called)]
            return [Miss("calls", f"never {spec.never_called}", _times(calls), ())] if calls else []
        case OrderSpec():
            return list(_order(spec, actors))
        case LeaksSpec():
            return _leaks(expected.leaks or Leaks(), await _leaks_now(actors))
        case LedgerSpec():
            return check_ledger(spec.ledger if isinstance(spec.ledger, list) else (), actors)
        case MoneySpec():
            return list(_money(spec.money, actors))
        case JournalSpec():
            return list(_journal(spec, actors))
        case MessageSpec():
            return list(_sent("message", spec.message, spec.times, actors.side.messages()))
        case TicketSpec():
            return list(_sent("ticket", spec.ticket, spec.times, actors.side.tickets()))
    raise TypeError(f"no such expectation: {spec!r}")  # pragma: no cover - the schema knows all shapes


async def check_no_leaks(actors: Actors) -> list[Miss]:
    """What holds when a scenario says nothing of leaks: there are none."""
    return _leaks(Leaks(), await _leaks_now(actors))


def check_ledger(expected: Sequence[LedgerArgs], actors: Actors) -> list[Miss]:
    """Differences between charged and delivered, against those that are expected; without any, there are none.

    What is still held for nobody is the business of `leaks`.
    """
    account = actors.ledger.account()
    if account is None:
        return []
    found: set[int] = set()
    misses: list[Miss] = []
    for each in account.differences:
        fitting = [number for number, args in enumerate(expected) if _fits(args, each)]
        found.update(fitting)
        if not fitting and not (each.open and not each.charged and each.thing != "port"):
            misses.append(Miss("ledger", "no such difference", str(each), [each.server, each.service]))
    for number, args in enumerate(expected):
        if number not in found:
            wanted = ", ".join(f"{name} {value}" for name, value in args if value is not None)
            seen = "; ".join(map(str, account.differences)) or "no difference"
            misses.append(Miss("ledger", wanted, seen, [args.of or ""]))
    return misses


def _money(args: MoneyArgs, actors: Actors) -> Iterator[Miss]:
    found = actors.side.money().get(args.service)
    about = f"money of service {args.service}"
    if found is None:
        yield Miss(about, "an account", "none: it is sold without a period", [args.service])
        return
    if args.period not in (None, found.period):
        yield Miss(f"{about}: period", str(args.period), found.period, [args.service])
    for name in ("price", "charged", "paid", "owed", "refunded"):
        wanted, seen = getattr(args, name), getattr(found, name)
        if wanted is not None and round(wanted * 100) != seen:
            yield Miss(f"{about}: {name}", f"{wanted:.2f}", f"{seen / 100:.2f}", [args.service])


def _fits(args: LedgerArgs, seen: Difference) -> bool:
    return (
        (args.undelivered if seen.charged else args.uncharged) == seen.thing
        and args.of in (None, seen.service, seen.server)
        and (args.reason is None or _like(seen.reason, args.reason))
        and (args.least is None or seen.seconds >= args.least)
        and (args.most is None or seen.seconds <= args.most)
    )


async def _leaks_now(actors: Actors) -> list[Leak]:
    """What the panel holds for nobody, and accounts that billing made and forgot."""
    leaks = held_for_nobody(await actors.holdings(), actors.side)
    return [*leaks, *(Leak("account", name, name) for name in await accounts_of_nobody(actors.run, actors.side))]


def _like(text: str, pattern: str) -> bool:
    return fnmatchcase(text, pattern)


def _word(value: Any) -> str:
    return (
        {True: "yes", False: "no", None: "nothing"}[value] if value is None or isinstance(value, bool) else str(value)
    )


def _compare(what: str, spec: Any, seen: dict[str, Any], about: Sequence[str]) -> Iterator[Miss]:
    """Field by field of what the file says, against `seen` by the same names. A field is equal, but for: a count of addresses, an
    address that is among them, texts with asterisks, and e-mails, in which case means nothing.
    """
    for name in type(spec).model_fields:
        wanted = getattr(spec, name)
        if wanted is None:
            continue
        there = seen[name]
        shown = there
        if name == "addresses":
            shown = f"{len(there)} ({', '.join(there)})" if there else "0"
            there = len(there)
        elif name == "operation" and seen.get("operation_message"):
            shown = f"{there} ({seen['operation_message']})"
        if name == "address":
            alike = any(_like(str(each), str(wanted)) for each in there)
            shown = ", ".join(there) or "none"
        elif name in _GLOBS:
            alike = _like(str(there), str(wanted))
        elif name == "owner":
            alike = str(there).lower() == str(wanted).lower()
        else:
            alike = there == wanted
        if not alike:
            yield Miss(f"{what} {name.replace('_', ' ')}", _word(wanted), _word(shown), about)


_GLOBS = ("hostname", "notes")
_OF_VERSION_5 = ("hostname", "notes", "disabled")


async def _shown(server: str, spec: HasSpec, actors: Actors) -> dict[str, Any]:
    view = await actors.panel_view(server)
    names = ("operation", "operation_message", "owner", "addresses", "power", "os", "ports")
    shown = {name: getattr(view, name) for name in names}
    shown["address"] = view.addresses
    if any(getattr(spec, name) is not None for name in _OF_VERSION_5):
        record = await actors.record5(server)
        shown |= {name: getattr(record, name) for name in _OF_VERSION_5}
    return shown


def _service(spec: ServiceExpect, actors: Actors) -> Iterator[Miss]:
    """Each thing that the billing side holds otherwise; one that was never ordered is all that there is to say."""
    service = actors.service(spec.service)
    if service is None:
        yield Miss(f"service {spec.service}", "an order", "was never ordered", ())
        return
    about = [spec.service, service.server_name] if service.server_name else [spec.service]
    state, error = service.state.value, service.error
    if spec.is_ is not None and spec.is_ != state:
        seen = f"{state} (error: {error})" if error else state
        yield Miss(f"service {spec.service} is", spec.is_, seen, about)
    if spec.error is not None and not _like(error, spec.error):
        yield Miss(f"error of service {spec.service}", spec.error, error or "no error", about)
    if spec.on is not None and spec.on != service.server_name:
        yield Miss(f"service {spec.service} is on", spec.on, service.server_name or "no server", [*about, spec.on])
    card = service.dedicated_ip, service.assigned_ips
    if spec.dedicated_ip is not None and not fnmatchcase(card[0], spec.dedicated_ip):
        yield Miss(f"dedicated IP of service {spec.service}", spec.dedicated_ip, card[0] or "empty", about)
    wanted = spec.assigned_ips
    if wanted is not None and not (
        len(wanted) == len(card[1]) and all(fnmatchcase(each, like) for like, each in zip(wanted, card[1], strict=True))
    ):
        yield Miss(f"assigned IPs of service {spec.service}", ", ".join(wanted), ", ".join(card[1]), about)
    connection = actors.side.connection(spec.service) or "none"
    if spec.connection is not None and spec.connection != connection:
        yield Miss(f"connection of service {spec.service}", spec.connection, connection, about)
    if spec.addresses is not None and spec.addresses != len(service.addresses):
        shown = f"{len(service.addresses)} ({', '.join(service.addresses)})" if service.addresses else "0"
        yield Miss(f"addresses of service {spec.service}", str(spec.addresses), shown, about)
    if spec.saved is not None:
        saved = actors.side.saved(spec.service)
        for name in type(spec.saved).model_fields:
            wanted = getattr(spec.saved, name)
            seen = "nothing" if saved is None else str(getattr(saved, name))
            if wanted is not None and (saved is None or not _like(seen, wanted)):
                yield Miss(f"saved {name} of service {spec.service}", wanted, seen, about)


def _times(calls: Sequence[str]) -> str:
    first = f", first {calls[0]}" if calls else ""
    return f"{len(calls)} {'time' if len(calls) == 1 else 'times'}{first}"


def _called(spec: CalledSpec, actors: Actors) -> Iterator[Miss]:
    calls = [call for call in actors.calls() if _like(call, spec.called)]
    if spec.times is None and not calls:
        yield Miss("calls", spec.called, f"never, among {len(actors.calls())} calls", ())
    elif spec.times is not None and spec.times != len(calls):
        yield Miss("calls", f"{spec.called}, {spec.times} times", _times(calls), ())


def _order(spec: OrderSpec, actors: Actors) -> Iterator[Miss]:
    calls = iter(actors.calls())
    for index, wanted in enumerate(spec.order):
        if not any(_like(call, wanted) for call in calls):
            before = f"after {spec.order[index - 1]}" if index else "at all"
            yield Miss("order of calls", " → ".join(spec.order), f"no {wanted} {before}", ())
            return


def _leaks(expected: Leaks, seen: Sequence[Leak]) -> list[Miss]:
    extra, missing = compare(expected, seen)
    misses = [Miss("leak", str(expected), str(leak), _about(leak)) for leak in extra]
    if missing:
        shown = ", ".join(str(leak) for leak in seen) or "no leak"
        misses.append(Miss("leaks", ", ".join(missing), shown, [leak.server for leak in seen]))
    return misses


def _about(leak: Leak) -> list[str]:
    return [leak.server, leak.service] if leak.service else [leak.server]


def _journal(spec: JournalSpec, actors: Actors) -> Iterator[Miss]:
    wanted = spec.journal
    globs = [(name, glob) for name in ("layer", "subject", "what") if (glob := getattr(wanted, name)) is not None]
    count = sum(all(_like(getattr(record, name), glob) for name, glob in globs) for record in actors.run.journal)
    shown = ", ".join(f"{name} {glob}" for name, glob in globs)
    if spec.times is None and not count:
        yield Miss("journal", f"a record with {shown}", "no such record", [wanted.subject] if wanted.subject else [])
    elif spec.times is not None and spec.times != count:
        about = [wanted.subject] if wanted.subject else []
        yield Miss("journal", f"{spec.times} records with {shown}", str(count), about)


def _sent(what: str, wanted: BaseModel, times: int | None, sent: Sequence[Any]) -> Iterator[Miss]:
    """Messages or tickets like this one: texts are patterns, the rest is equal."""
    asked = {name: value for name in type(wanted).model_fields if (value := getattr(wanted, name)) is not None}
    found = [
        each
        for each in sent
        if all(
            _like(getattr(each, name), value) if isinstance(value, str) else getattr(each, name) == value
            for name, value in asked.items()
        )
    ]
    if not found if times is None else len(found) != times:
        shown = ", ".join(f"{name} {_word(value)}" for name, value in asked.items()) or "any"
        count = f"{times} with {shown}" if times is not None else f"one with {shown}"
        there = "; ".join(each.subject for each in sent) or f"no {what}"
        yield Miss(what, count, f"{len(found)} of: {there}", [getattr(wanted, "service", None) or ""])
