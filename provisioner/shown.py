"""What a store knows of its services, to be looked at: as plain data for programs, as tables for people."""

from __future__ import annotations

import json
import ssl
from typing import Any

from rich.table import Table

from provisioner.billing import Billing
from provisioner.clients.dci6 import Dci6Client
from provisioner.clock import SystemClock
from provisioner.log import ModuleLog
from provisioner.modules.whmcs6 import Whmcs6, Whmcs6Settings
from provisioner.services import Service
from provisioner.sql_store import SqlStore

__all__ = ["as_text", "interrupted", "journal", "journal_table", "service_summary", "services_table", "summaries"]


def interrupted(store: SqlStore) -> list[str]:
    """Services with an action that a process began and did not end."""
    return _billing(store).interrupted()


def summaries(store: SqlStore) -> list[dict[str, Any]]:
    """Of all services, in the order in which they were placed."""
    billing = _billing(store)
    waiting = set(billing.interrupted())
    return [_summary(each, each.name in waiting) for each in billing.services.values()]


def service_summary(store: SqlStore, name: str) -> dict[str, Any]:
    """Raises UnknownService."""
    billing = _billing(store)
    return _summary(billing.service(name), name in billing.interrupted())


def journal(store: SqlStore, name: str) -> list[dict[str, Any]]:
    """Every step that was done for a service, with its orders to the panel and their answers; times in seconds."""
    return [
        {
            "action": record.action.name,
            "step": step.step,
            "name": step.name,
            "phase": step.phase,
            "began": step.began,
            "ended": step.ended,
            "error": step.error,
            "calls": [
                {
                    "call": f"{call.method} {call.path}",
                    "request": call.request,
                    "sent": call.sent,
                    "status": call.status,
                    "answer": call.answer,
                    "answered": call.answered,
                }
                for call in calls
            ],
        }
        for record in _billing(store).journal(name)
        for step, calls in record.steps
    ]


def services_table(store: SqlStore) -> Table:
    table = Table("Service", "Client", "State", "Server", "Addresses", "Error", box=None)
    billing = _billing(store)
    waiting = set(billing.interrupted())
    for each in billing.services.values():
        state = each.state.value + (" (interrupted)" if each.name in waiting else "")
        table.add_row(each.name, each.client.email, state, each.server_name, ", ".join(each.addresses), each.error)
    return table


def journal_table(store: SqlStore, name: str) -> Table:
    table = Table("Action", "Step", "", "Seconds", "Orders and answers", box=None)
    for step in journal(store, name):
        took = "" if step["ended"] is None else f"{step['ended'] - step['began']:.1f}"
        orders = "\n".join(
            f"{call['call']} {json.dumps(call['request'])} -> {call['status'] or call['answer'] or '?'}"
            for call in step["calls"]
        )
        table.add_row(step["action"], f"{step['step']} {step['name']}", step["phase"], took, orders or step["error"])
    return table


def as_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _summary(service: Service, waits: bool) -> dict[str, Any]:
    return {
        "service": service.name,
        "client": service.client.email,
        "state": service.state.value,
        "interrupted": waits,
        "server": service.server_name,
        "server_id": service.server,
        "dedicated_ip": service.dedicated_ip,
        "assigned_ips": list(service.assigned_ips),
        "error": service.error,
    }


def _billing(store: SqlStore) -> Billing:
    """To be looked at only: no panel is there."""
    clock = SystemClock()
    log = ModuleLog(clock, keep=1)
    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # to read those of the host takes its time
    client = Dci6Client("http://nowhere.invalid", "", "", clock=clock, log=log, verify=no_certificates)
    return Billing(Whmcs6(client, Whmcs6Settings(), clock, log), clock, log, store=store)
