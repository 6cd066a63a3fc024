"""Somebody who looks at the users of the lab's ispmanager and changes nothing, with a log of his own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from provisioner.clients.coremanager import CoreClient
from provisioner.clients.ispmanager import IspmanagerClient
from provisioner.log import ModuleLog
from provisioner.services import State
from simulator.invariants.base import BillingView
from simulator.scenario.labs import LabRun
from simulator.scenario.schema.ispmanager import AccountExpect

__all__ = ["Difference", "account_differences", "accounts_of_nobody"]


class Difference(NamedTuple):
    what: str
    expected: str
    seen: str


async def account_differences(spec: AccountExpect, run: LabRun, billing: BillingView) -> list[Difference]:
    """What is not as expected of an account."""
    name = spec.account
    panel = _panel(run)
    if panel is None:
        return [Difference(f"account {name}", "an ispmanager", "the lab has none")]
    try:
        account = await panel.account(name)
        entered = spec.password is None or await panel.knows(name, spec.password)
    finally:
        await panel.close()
    seen = "absent" if account is None else "active" if account.active else "disabled"
    found: list[Difference] = []
    if spec.is_ is not None and spec.is_ != seen:
        found.append(Difference(f"account {name} is", spec.is_, seen))
    elif spec.is_ is None and account is None:
        found.append(Difference(f"account {name}", "a user of this name", seen))
    if account is not None and spec.preset is not None and spec.preset != account.preset:
        found.append(Difference(f"account {name} has the template", spec.preset, account.preset))
    if not entered:
        found.append(Difference(f"account {name}", "a log-in with this password", "refused"))
    if spec.of is not None and spec.of not in (bound := list(_bound(name, billing)) or ["none"]):
        found.append(Difference(f"account {name} is of", spec.of, ", ".join(bound)))
    return found


async def accounts_of_nobody(run: LabRun, billing: BillingView) -> list[str]:
    """Users of the ispmanager whom nobody had before the lab began, and no service that has not been closed has now."""
    panel, spec = _panel(run), run.plan.ispmanager
    if panel is None or spec is None:
        return []
    try:
        there = await panel.accounts()
    finally:
        await panel.close()
    known = {user.name for user in spec.users}
    return [each.name for each in there if each.name not in known and not list(_bound(each.name, billing))]


def _bound(name: str, billing: BillingView) -> Iterator[str]:
    for service in billing.services.values():
        if service.server_name == name and service.state is not State.CLOSED:
            yield service.name


def _panel(run: LabRun) -> IspmanagerClient | None:
    if run.ispmanager_url is None or run.plan.ispmanager is None:
        return None
    admin, log = run.plan.ispmanager.admin, ModuleLog(run.clock, keep=1)
    core = CoreClient(
        run.ispmanager_url,
        admin.name,
        admin.password,
        clock=run.clock,
        log=log,
        transport=run.observer_transport(),
        manager="ispmgr",
        title="ispmanager",
    )
    return IspmanagerClient(core)
