"""The administrator of DCImanager 6, who looks, and marks servers as faulty where a step says so, with a session and a log of his own.

What he asks is no call of the billing side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.clients.session6 import Session6
from provisioner.log import ModuleLog
from simulator.invariants.base import Holding
from simulator.invariants.ledger import USERS_OF_5
from simulator.scenario.labs import LabRun

__all__ = ["Observer6", "PanelView"]


@dataclass(frozen=True, slots=True)
class PanelView:
    """A server as the panel shows it; the words are those of `has:` in a scenario."""

    operation: str
    operation_message: str
    owner: str
    addresses: tuple[str, ...]
    power: str
    os: str
    ports: str


class Observer6:
    def __init__(self, run: LabRun) -> None:
        email, password = run.admin
        self._session = Session6(
            run.dci6_url,
            email,
            password,
            clock=run.clock,
            log=ModuleLog(run.clock, keep=1),
            transport=run.observer_transport(),
        )

    async def _rows(self, **query: str | int) -> list[dict[str, Any]]:
        answer = await self._session.get("/dci/v3/server", **query)
        rows = answer["list"]
        assert isinstance(rows, list)
        return rows

    async def id_of(self, server: str) -> int:
        return int((await self._rows(where=f"name EQ '{server}'"))[0]["id"])

    async def mark_faulty(self, server: str, reason: str | None) -> None:
        """What he does by hand, and all that he does: mark a server as faulty, or (None) take the mark off."""
        mark = None if reason is None else {"reason": reason}
        await self._session.post(f"/dci/v3/server/{await self.id_of(server)}", {"faulty": mark})

    async def view(self, server: str) -> PanelView:
        """The server as the panel shows it now."""
        row = await self._session.get(f"/dci/v3/server/{await self.id_of(server)}")
        operation = row.get("operation") or {}
        ports = [port for port in row.get("switch_connection") or [] if not port.get("is_ipmi_connection")]
        statuses = sorted({str(port["admin_status"]) for port in ports})
        return PanelView(
            operation=str(operation.get("status") or "none"),
            operation_message=str((operation.get("status_info") or {}).get("message") or ""),
            owner=_owner(row) or "none",
            addresses=tuple(str(address["name"]) for address in row.get("ip") or []),
            power=str(row.get("power_status") or "unknown"),
            os=str((row.get("os_template") or {}).get("name") or "none"),
            ports="none" if not statuses else statuses[0] if len(statuses) == 1 else "mixed",
        )

    async def holdings(self) -> list[Holding]:
        """Every server that has an owner or an address, in the panel's order."""
        rows = await self._rows(orderby="id asc")
        held = [_holding(row) for row in rows]
        return [holding for holding in held if holding.owner or holding.addresses]

    async def close(self) -> None:
        await self._session.close()


def _holding(row: Mapping[str, Any]) -> Holding:
    owner, addresses = _owner(row), row.get("ip") or []
    # One of the domain `free.ds` is a free server's main address; more are what a client has left.
    main = [str(each["name"]) for each in addresses if each.get("domain") == "free.ds"][:1]
    names = tuple(str(each["name"]) for each in addresses)
    return Holding(int(row["id"]), str(row["name"]), owner, names, () if owner else tuple(main))


def _owner(row: Mapping[str, Any]) -> str:
    owner = row.get("owner")
    email = str(row.get("owner_email") or (owner.get("email") if isinstance(owner, dict) else "") or "")
    return email.removesuffix(USERS_OF_5)
