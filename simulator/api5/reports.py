"""What the dashboard shows: counts, and what is wrong with devices and operations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from simulator.api5.calls import Call, function
from simulator.coremanager.document import Document
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import PowerStatus, ServerState
from simulator.dcim.work.operation_table import OperationKind, OperationStatus

__all__: list[str] = []


@function("dashboard.info", Level.USER)
async def dashboard(call: Call) -> Document:
    """Administrators see the whole hall, users their own servers."""
    panel = call.panel
    servers = list(call.servers())
    running = [panel.operations.running(server) for server in servers]
    kinds = [one.kind for one in running if one is not None]
    counts = {
        "servercnt": len(servers),
        "blockedservercnt": sum(1 for one in servers if one.state is not ServerState.ACTIVE),
        "osinstall": kinds.count(OperationKind.OS_INSTALL),
        "serverdiag": kinds.count(OperationKind.DIAGNOSTIC),
    }
    if call.staff:
        free = [one for one in servers if panel.is_free(one)]
        on = sum(1 for one in free if panel.inventory.power_status(one) is PowerStatus.ON)
        new = len(panel.search.found)
        counts |= {"freeservercnt": len(free), "poweronfreeservercnt": on, "newservercnt": new}
    rows = ({"type": call.label(name), "value": count} for name, count in counts.items())
    return call.list(rows, ("type", "value"), key="type")


@function("problems", Level.OPERATOR, source="META-5.21.4 (dashboard)")
async def problems(call: Call) -> Document:
    """What the panel's records hold against devices, and operations that failed last."""
    return call.list(_problems(call), ("id", "dateinit", "type", "name", "description"))


def _problems(call: Call) -> Iterator[dict[str, Any]]:
    """Devices whose last reading failed, and servers whose last operation did."""
    panel = call.panel
    inventory = panel.inventory

    def trouble(device: str, name: str, error: str) -> dict[str, Any]:
        word = "unexpected_data" if panel.devices.refused(device) else "connection_fail"
        return {"id": device, "type": call.label(f"problem_device_{word}"), "name": name, "description": error}

    for each in (*inventory.switches, *inventory.pdus):
        if each.error is not None:
            yield trouble(each.access.name, each.name, each.error)
    for server in inventory.servers:
        if server.bmc_error is not None:
            yield trouble(server.bmc.name, server.name, server.bmc_error)
        last = panel.operations.last(server)
        if last is not None and last.status is OperationStatus.FAILED and last.ended_at is not None:
            yield {
                "id": f"operation {last.id}",
                "dateinit": panel.local(last.ended_at).strftime("%Y-%m-%d %H:%M:%S"),
                "type": call.label("problem_server_operation_failed"),
                "name": server.name,
                "description": last.message,
            }
