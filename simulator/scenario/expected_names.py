"""Names in expectations against the lab and the steps of their scenario."""

from __future__ import annotations

from pydantic import BaseModel

from simulator.scenario.leaks import Leaks, parse_leaks
from simulator.scenario.names import Names
from simulator.scenario.schema.expect import (
    CalledSpec,
    JournalSpec,
    LeaksSpec,
    LedgerSpec,
    MessageSpec,
    MoneySpec,
    NeverCalledSpec,
    OrderSpec,
    ServerExpect,
    ServiceExpect,
    TicketSpec,
)
from simulator.scenario.schema.ispmanager import AccountExpect

__all__ = ["check_expectation"]

Way = tuple[str | int, ...]


def check_expectation(spec: BaseModel, way: Way, names: Names, *, outside: bool) -> Leaks | None:
    """What is not there is told; `leaks` is read to the end here. `outside`: the module is not ours, and its errors are its own."""
    match spec:
        case ServiceExpect():
            names.service(spec.service, (*way, "service"))
            if not outside:
                names.error(spec.error, (*way, "error"))
            if spec.on is not None:
                names.server(spec.on, (*way, "on"))
        case ServerExpect():
            names.server(spec.server, (*way, "server"))
            if spec.has is not None and spec.has.owner is not None:
                names.owner(spec.has.owner, (*way, "has", "owner"))
            for view, os in (("has", spec.has and spec.has.os), ("really", spec.really and spec.really.os)):
                if os not in (None, "none"):
                    names.template(str(os), "os", (*way, view, "os"))
        case CalledSpec():
            names.call(spec.called, (*way, "called"))
        case NeverCalledSpec():
            names.call(spec.never_called, (*way, "never_called"))
        case OrderSpec():
            for index, call in enumerate(spec.order):
                names.call(call, (*way, "order", index))
        case LeaksSpec():
            return parse_leaks(spec.leaks, names.plan.servers, names.report.under(*way, "leaks"))
        case LedgerSpec():
            for index, each in enumerate(spec.ledger if isinstance(spec.ledger, list) else ()):
                if each.of is not None:
                    names.service_or_server(each.of, (*way, "ledger", index, "of"))
        case MoneySpec():
            names.service(spec.money.service, (*way, "money", "service"))
        case TicketSpec():
            if spec.ticket.service is not None:
                names.service(spec.ticket.service, (*way, "ticket", "service"))
        case AccountExpect():
            if names.hosting((*way, "account")) and spec.preset is not None:
                names.preset(spec.preset, (*way, "preset"))
            if spec.of not in (None, "none"):
                names.service(str(spec.of), (*way, "of"))
        case JournalSpec():
            if spec.journal.layer is not None:
                names.layer(spec.journal.layer, (*way, "journal", "layer"))
        case MessageSpec():
            pass
    return None
