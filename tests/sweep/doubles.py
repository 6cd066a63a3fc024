"""Modules that do one thing wrong, each a bundled one with a method put in another's place. What is wrong with them nobody tells the
sweep.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.clients import session6
from provisioner.clients.dci6 import Dci6Client
from provisioner.clients.records6 import User
from provisioner.clients.session6 import Session6
from provisioner.dci6 import servers
from provisioner.dci6.addresses import Addresses
from provisioner.dci6.operations import Operations
from provisioner.modules.billmanager5 import setup
from provisioner.modules.billmanager5.setup import SetUp
from provisioner.modules.whmcs6 import Whmcs6
from provisioner.progress import Progress

__all__ = ["DOUBLES", "Double"]

LIFE = "scenarios/life/sold-on.yaml"
LIFE5 = "scenarios/billmanager5/sold-again.yaml"


@dataclass(frozen=True)
class Double:
    """What is patched, and by what names what it does wrong may be found. `file`: the scenario that is swept."""

    patches: tuple[tuple[Any, str, Any], ...]
    found: frozenset[str]
    file: str = LIFE
    needs_trouble: bool = True
    """It goes wrong only when something else does."""
    swept: str = "http"
    """Kinds of the sweep."""
    more: Mapping[str, Any] = field(default_factory=dict)


async def one_port_only(self: Dci6Client, server: int) -> None:
    first = (await self._session.get(f"/dci/v3/server/{server}"))["switch_connection"][0]
    await self._session.post(self._path("ports_off", server=server), {"port": [first["id"]]})


async def keeps_addresses(self: Addresses, server: Any) -> str:
    return "there are none"


def blindly(step: Callable[..., Any]) -> Callable[..., Any]:
    """An order whose answer was lost is sent again without a look at what came of it."""

    async def again(self: Progress, number: str, name: str, work: Any, **named: Any) -> Any:
        return await step(self, number, name, work, **{**named, "look": None})

    return again


async def whatever_there_is(self: Addresses, server: Any, there: Any, wanted: Any, progress: Any) -> Any:
    return list(there)


def anything_is_an_answer(self: Session6, response: Any) -> dict[str, Any]:
    try:
        answer = json.loads(response.content)
    except ValueError:
        answer = {}
    return answer if isinstance(answer, dict) else {}


async def first_of_the_list(self: Dci6Client, email: str) -> User | None:
    rows = (await self._session.get("/auth/v4/user", orderby="id asc"))["list"]
    users = [User.read(row) for row in rows]
    return next((user for user in users if not user.administrator), None)


async def does_not_wait(self: Operations, *args: Any) -> None:
    return None


def clearing_nothing(diagnose: Callable[..., Any]) -> Callable[..., Any]:
    async def without(self: Operations, *args: Any, **named: Any) -> Any:
        return await diagnose(self, *args, **{**named, "clear_disks": False})

    return without


async def by_power_only(self: Whmcs6, service: Any) -> None:
    await self._client.power_off(service.server)


def anybody(server: Any, wanted: str, location: int | None, *, unfit: bool) -> str | None:
    return None if server.configuration == wanted else "is another"


def with_a_bmc_user(install: Callable[..., Any]) -> Callable[..., Any]:
    """The client gets an account of the BMC with his server, for the console, and keeps it."""

    async def and_a_user(self: SetUp, server: int, goal: Any, *args: Any) -> Any:
        core = self._client.core
        rows = await core.ask("server.connection", elid=server)
        ipmi = next(row for row in rows.iter("elem") if "ipmi" in (row.findtext("type") or "").lower())
        await core.act(
            "server.connection.ipmiuser.edit",
            plid=ipmi.findtext("id") or "",
            name=f"kvm{goal.user}",
            passwd="console-1A",
            confirm="console-1A",
            level="3",
            sok="ok",
        )
        return await install(self, server, goal, *args)

    return and_a_user


DOUBLES: dict[str, Double] = {
    "forgets to close a second port": Double(
        ((Dci6Client, "ports_off", one_port_only),), frozenset({"ports-closed"}), needs_trouble=False
    ),
    "keeps an address": Double(
        ((Addresses, "remove_all", keeps_addresses),),
        frozenset({"unlike", "given-back", "addresses-accounted"}),
        needs_trouble=False,
    ),
    "repeats a POST blindly": Double(
        ((Progress, "step", blindly(Progress.step)), (Addresses, "settled", whatever_there_is)),
        frozenset({"unlike", "charged", "given-back", "gives-up"}),
    ),
    "takes a gateway's page for success": Double(
        ((Session6, "_decoded", anything_is_an_answer),), frozenset({"ports-closed", "suspended-unreachable"})
    ),
    "counts by a stale list": Double(
        ((setup, "LISTS_SECONDS", 0.0),), frozenset({"never-recovers", "gives-up", "given-back"}), LIFE5
    ),
    "sells what is faulty": Double(
        ((servers, "_why_not", anybody),),
        frozenset({"for-sale"}),
        "scenarios/stock/faulty-mark.yaml",
        needs_trouble=False,
    ),
    "gives up at the first 503": Double(
        ((session6, "RETRY_SECONDS", 0.0), (session6, "LEAST_TRIES", 1)), frozenset({"gives-up"})
    ),
    "takes the first hit of a look-up": Double(
        ((Dci6Client, "find_user", first_of_the_list),), frozenset({"owned"}), needs_trouble=False
    ),
    "does not wait for the operation": Double(
        ((Operations, "wait_for_installation", does_not_wait),), frozenset({"installed"}), needs_trouble=False
    ),
    "leaves a BMC user": Double(
        ((SetUp, "_install", with_a_bmc_user(SetUp._install)),),
        frozenset({"others-access"}),
        LIFE5,
        needs_trouble=False,
    ),
    "clears no disks": Double(
        ((Operations, "diagnose", clearing_nothing(Operations.diagnose)),),
        frozenset({"others-data"}),
        needs_trouble=False,
    ),
    "suspends by power only": Double(
        ((Whmcs6, "suspend", by_power_only),), frozenset({"ports-closed"}), needs_trouble=False
    ),
}
"""By what they do wrong."""
