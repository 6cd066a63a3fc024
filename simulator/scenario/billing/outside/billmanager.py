"""A processing module in BILLmanager's protocol: behind a BILLmanager of ours (`simulator.billmanager`), whose queue calls it.

A verb is an operation of the queue, tried once; whether it was done says BILLmanager's own record of the service, which the module
changes by `mgrctl`. The processes are ours to start and watch, since the lab that they speak with is in this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from simulator.billmanager.manager import BillManager
from simulator.billmanager.queue import Call
from simulator.billmanager.schema import ACTIVE, DELETED, SUSPENDED
from simulator.scenario.billing.outside.callers import in_time
from simulator.scenario.billing.outside.contract import Answer, ModuleBroke, ModuleFailed
from simulator.scenario.billing.outside.functions import program_of
from simulator.scenario.billing.outside.program import Ended, Programs

if TYPE_CHECKING:
    from simulator.scenario.billing.outside.plan import ModulePlan

__all__ = ["BillmanagerCaller"]

_COMMANDS: Final[Mapping[str, tuple[str, int]]] = {
    "create": ("open", ACTIVE),
    "suspend": ("suspend", SUSPENDED),
    "unsuspend": ("resume", ACTIVE),
    "terminate": ("close", DELETED),
}
"""By verb: the command, and the service's status when it is done."""
_ADDRESSES = ("ip", "ips", "ipv6")
"""Parameters of an item in which modules keep addresses."""


class BillmanagerCaller:
    """One BILLmanager a run, in the run's folder."""

    def __init__(self, plan: ModulePlan, programs: Programs, env: Mapping[str, str], folder: Path) -> None:
        self._plan = plan
        self._programs = programs
        self._here = BillManager(folder / "mgr5")
        self._env = env
        self._module: int | None = None
        self._items: dict[str, int] = {}
        self._making = asyncio.Lock()

    async def ask(self, question: Mapping[str, Any]) -> Answer:
        verb, service = str(question["verb"]), str(question["service"])
        async with self._making:
            if self._module is None:
                self._module = await self._connected(question)
        if verb == "test_connection":
            return Answer(True)
        if verb not in _COMMANDS:
            raise ModuleFailed(f"BILLmanager's queue has no {verb}")
        command, wanted = _COMMANDS[verb]
        item = self._items.get(service)
        if item is None:
            item = self._items[service] = self._bought(question, self._module)
        else:
            self._here.ask(item, command)
        operation = self._operation(item)
        words = ["--command", command, "--item", str(item), "--runningoperation", str(operation)]
        ended = await self._run(question, words)
        return self._answer(Call(command, item, ended.status, ended.out, ended.err), item, operation, wanted, ended)

    def _answer(self, call: Call, item: int, operation: int, wanted: int, ended: Ended) -> Answer:
        params, done = self._here.params(item), self._here.status(item) == wanted
        self._to_staff(operation)
        addresses = [each for name in _ADDRESSES for each in params.get(name, "").replace(",", " ").split()]
        server = params.get("panelid") or None
        told = {
            "server": server,
            "addresses": tuple(dict.fromkeys(addresses)) if addresses and wanted != DELETED else None,
        }
        if done and not call.error:
            return Answer(True, **told)  # type: ignore[arg-type]
        if call.error:
            if not call.out.strip():
                raise ModuleBroke(f"the module gave no answer\n{ended}")
            return Answer(False, call.error, **told)  # type: ignore[arg-type]
        raise ModuleBroke(f"the module ended its {call.command} well, and has not told BILLmanager so\n{ended}")

    async def _connected(self, question: Mapping[str, Any]) -> int:
        """BILLmanager made, the module put into it, and its features and its connection asked for."""
        program = program_of(self._plan.spec.billmanager or "", self._plan.folder)
        if program is None:
            raise ModuleBroke(f"the module cannot be started: {self._plan.spec.billmanager}: no such executable")
        await asyncio.to_thread(self._here.install)
        (self._here.home / "processing" / program.name).symlink_to(program)
        features = (await self._run(question, ["--command", "features"])).out
        panel = question["panel"]
        connection = {name: str(panel[name]) for name in ("url", "username", "password")}
        if "check_connection" in _features(features):
            form, inside = ET.Element("doc"), None
            inside = ET.SubElement(form, "processingmodule")
            for name, value in connection.items():
                ET.SubElement(inside, name).text = value
            ended = await self._run(question, ["--command", "check_connection"], ET.tostring(form))
            call = Call("check_connection", None, ended.status, ended.out, ended.err)
            if call.error:
                raise ModuleFailed(f"check_connection: {call.error}")
        return self._here.add_module(program.name, connection)

    def _bought(self, question: Mapping[str, Any], module: int) -> int:
        order, settings = question["order"], question["settings"]
        words = {
            "{configuration}": order["configuration"],
            "{os}": order["os"],
            "{pool}": str(settings.get("pool") or ""),
            "{server}": str(order["server"] or ""),
            "{server_id}": str(order["server_id"] or ""),
        }
        params = {}
        for name, text in self._plan.spec.tariff.items():
            for word, value in words.items():
                text = text.replace(word, value)
            params[name] = text
        tariff = self._here.add_tariff("dedic", [module], **{name: value for name, value in params.items() if value})
        return self._here.buy(tariff, question["client"]["email"])

    def _operation(self, item: int) -> int:
        """The newest of the item, counted as tried once more."""
        with self._here.opened() as db:
            row = db.execute("SELECT MAX(id) AS id FROM runningoperation WHERE item = ?", [item]).fetchone()
            db.execute("UPDATE runningoperation SET trycount = trycount + 1 WHERE id = ?", [row["id"]])
        return int(row["id"])

    def _to_staff(self, operation: int) -> None:
        """One try is all that a verb has: what is left of it is nobody's but staff's."""
        with self._here.opened() as db:
            db.execute("UPDATE runningoperation SET manual = 'on' WHERE id = ?", [operation])

    async def _run(self, question: Mapping[str, Any], words: list[str], form: bytes = b"") -> Ended:
        program = program_of(self._plan.spec.billmanager or "", self._plan.folder)
        assert program is not None
        home = self._here.home
        env = {
            **self._env,
            "PROVISIONER_MGRCTL": str(self._here.program),
            "PROVISIONER_BILLMANAGER_DATABASE": self._here.url,
            "RACKLOOP_VERB": str(question["verb"]),
            "RACKLOOP_SERVICE": str(question["service"]),
        }
        command = [str(home / "processing" / program.name), *words]
        return await self._programs.run(
            in_time(self._plan, command, str(question["time"]["calendar"])), form, env, home
        )

    async def close(self) -> None:
        self._programs.close()


def _features(text: str) -> frozenset[str]:
    """Raises ModuleBroke for what is no document."""
    try:
        return frozenset(each.get("name", "") for each in ET.fromstring(text).iter("feature"))  # noqa: S314 - a module's own
    except ET.ParseError as error:
        raise ModuleBroke(f"the module's features are no document: {error}\n{text}") from None
