"""The billing side of a module that we did not write: the billing system in front of it is ours, what is done is its."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
import urllib.parse
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from provisioner.billing import Billing
from provisioner.errors import BadSettings, EmailNotVerified
from provisioner.log import Call, ModuleLog
from provisioner.modules.billmanager5.settings import username_of
from provisioner.services import Service, State
from simulator.invariants.base import Holding
from simulator.lab import Run
from simulator.scenario.billing.outside.callers import Caller, ExecCaller, HttpCaller
from simulator.scenario.billing.outside.contract import Answer, ModuleBroke, ModuleFailed
from simulator.scenario.billing.outside.environment import environment, panel_words
from simulator.scenario.billing.outside.known import meant_to_stay, permits
from simulator.scenario.billing.outside.program import Programs
from simulator.scenario.billing.outside.python_class import LabForModule, PythonCaller
from simulator.scenario.billing.outside.time import LabTime, Patient, control_door
from simulator.scenario.billing.side import Side
from simulator.scenario.labs import LabRun
from simulator.scenario.observers.dcimanager6 import Observer6
from simulator.scenario.plan import Action
from simulator.scenario.schema.steps import CallArgs

if TYPE_CHECKING:
    from simulator.scenario.billing.outside.plan import ModulePlan

__all__ = ["OutsideSide"]

_OF_SERVER = re.compile(r"/server/(\d+)(?:/|$)")


@dataclass(slots=True)
class _Order:
    """What was ordered, as the module is told each time."""

    configuration: str
    os: str
    options: Mapping[str, Any]
    server: str | None
    server_id: int | None


class OutsideSide(Side):
    """See `Side`."""

    def __init__(self, run: LabRun, settings: Mapping[str, Any], log: ModuleLog, plan: ModulePlan) -> None:
        if not isinstance(run, Run):
            raise BadSettings("a module that is not ours needs a lab of ours")
        self._run = run
        self._plan = plan
        self._settings = settings
        self._log = log
        self._time = LabTime(run, plan.rate)
        self._module = _Module(self)
        self._billing = Billing(self._module, run.clock, log, source=run.streams["billing"])
        self._observer = Observer6(run)
        self._orders: dict[str, _Order] = {}
        self._kept: dict[str, Mapping[str, Any]] = {}
        self._touched: list[int] = []
        self._stack = AsyncExitStack()
        self._folder = Path(tempfile.mkdtemp(prefix="rackloop-module-"))
        self._caller: Caller | None = None
        self._making = asyncio.Lock()
        self._control: str | None = None
        for gateway in (run.gateway6, run.gateway5):
            gateway.taps.append(_Calls(self, run, log))
            if plan.on_wire and plan.time == "told":
                gateway.taps.insert(0, Patient(run, self._time, plan.spec.http_timeout))

    @property
    def billing(self) -> Billing:
        return self._billing

    def call(self, call: Call) -> str:
        return f"{call.method} {call.path}"

    async def do(self, action: Action, server: int | None) -> None:
        name, by_client = action.service, action.by_client
        if action.verb not in self._plan.verbs:
            raise ModuleFailed(f"the module does not offer {action.verb}")
        if action.create is not None:
            await self._create(action, server)
        elif action.verb in ("suspend", "unsuspend", "terminate"):
            await getattr(self.billing, action.verb)(name, by_client=by_client)
        elif action.verb == "test_connection":
            await self.ask("test_connection", None)
        else:
            await self.billing.act(
                name, "Module command", {"verb": action.verb, "args": _args(action)}, by_client=by_client
            )

    async def _create(self, action: Action, server: int | None) -> None:
        args = action.create
        assert args is not None
        self.billing.register(args.client, verified=args.verified)
        if args.service not in self.billing.services:
            configuration = args.configuration or str(self._settings.get("configuration") or "")
            os = args.os or str(self._settings.get("os") or "")
            options = dict(args.options or {})
            self._orders[args.service] = _Order(configuration, os, options, args.server, server)
            self.billing.place(args.service, args.client, configuration=configuration, server=server, options=options)
        await self.billing.create(args.service, by_client=args.by_client)

    # the question and the answer

    async def ask(self, verb: str, service: Service | None, args: Mapping[str, Any] | None = None) -> Answer:
        """Raises ModuleFailed when the module says that it could not, ModuleBroke when it says nothing."""
        caller = await self._ready()
        question = self._question(verb, service, args or {})
        if self._plan.on_wire:
            with self._time.call():
                answer = await caller.ask(question)
        else:
            answer = await caller.ask(question)
        if answer.note:
            self._log.note(f"the module printed: {answer.note}")
        if service is not None:
            if answer.keep is not None:
                self._kept[service.name] = answer.keep
            await self._bind(verb, service, answer)
        if not answer.ok:
            raise ModuleFailed(answer.error)
        return answer

    async def _ready(self) -> Caller:
        """Everything that a module needs around it, made when it is called first."""
        async with self._making:
            if self._caller is None:
                self._caller = await self._made()
            return self._caller

    async def _made(self) -> Caller:
        plan, run = self._plan, self._run
        own, calls = self._folder / "own", self._folder / "calls"
        own.mkdir()
        calls.mkdir()
        if plan.on_wire:
            self._control = await self._stack.enter_async_context(control_door(run, self._time))
        env = environment(plan, run, self._control, own)
        if plan.on_wire and plan.time == "told":
            self._time.publish(calls / "clock.json")
            env = {**env, "RACKLOOP_CLOCK_FILE": str(calls / "clock.json")}
        programs = Programs(calls, self._time, plan.spec.patience)
        spec = plan.spec
        if spec.exec is not None:
            return ExecCaller(plan, programs, env, own)
        if spec.http is not None:
            return HttpCaller(plan, self._time)
        if spec.python is not None:
            lab = LabForModule(run, self._time, panel_words(plan, run), self._settings)
            return PythonCaller(plan, lab, self._time)
        if spec.billmanager is not None:
            from simulator.scenario.billing.outside.billmanager import BillmanagerCaller  # noqa: PLC0415

            return BillmanagerCaller(plan, programs, env, own)
        from simulator.scenario.billing.outside.whmcs import WhmcsCaller  # noqa: PLC0415

        return WhmcsCaller(plan, programs, env, own)

    def _question(self, verb: str, service: Service | None, args: Mapping[str, Any]) -> dict[str, Any]:
        """What a module is given, as `rackloop schema module` prints it; what is of a service is left out where there is none."""
        run = self._run
        question: dict[str, Any] = {
            "verb": verb,
            "service": service.name if service else "",
            "panel": panel_words(self._plan, run),
            "control": self._control,
            "settings": dict(self._settings),
            "time": {
                "now": round(run.clock.now(), 3),
                "calendar": f"{run.clock.calendar():%Y-%m-%d %H:%M:%S}",
                "clock": self._plan.time if self._plan.on_wire else "told",
            },
            "folder": str(self._folder / "own"),
            "args": dict(args),
        }
        if service is None:
            return question
        client, order = service.client, self._orders[service.name]
        return question | {
            "client": {
                "email": client.email,
                "name": client.full_name or client.email.partition("@")[0].title(),
                "verified": client.verified,
            },
            "order": {
                "configuration": order.configuration,
                "os": order.os,
                "options": dict(order.options),
                "server": order.server,
                "server_id": order.server_id,
            },
            "password": service.password,
            "state": service.state.value,
            "server": service.server_name or None,
            "server_id": service.server,
            "addresses": list(service.addresses),
            "kept": dict(self._kept.get(service.name, {})),
        }

    # which server it is

    async def _bind(self, verb: str, service: Service, answer: Answer) -> None:
        """The server and the addresses that the service has by now: those that the answer names, else those that the panel
        shows. Many modules keep a server's id for themselves.
        """
        if answer.server is not None:
            service.server, service.server_name = self._named(answer.server)
        held = {each.id: each for each in await self._observer.holdings()}
        if verb == "create" and service.server is None:
            found = self._his(service, list(held.values()))
            if found is not None:
                service.server, service.server_name = found.id, found.server
            elif answer.ok:
                raise ModuleBroke(
                    "the module says that the service is created; it names no server, and in the panel none has become the client's"
                )
        if answer.addresses is not None:
            service.addresses = answer.addresses
        elif verb in ("create", "add_address", "delete_address", "change_package") and service.server in held:
            service.addresses = held[service.server].addresses
        elif verb == "terminate" and answer.ok:
            service.addresses = ()

    def _named(self, server: str | int) -> tuple[int, str]:
        for each in self._run.panel.inventory.servers:
            if server in (each.name, each.id, str(each.id)):
                return each.id, each.name
        raise ModuleBroke(f"the module names the server {server!r}, and the panel has none such")

    def _his(self, service: Service, held: Sequence[Holding]) -> Holding | None:
        taken = {
            each.server
            for each in self.billing.services.values()
            if each is not service and each.state is not State.CLOSED
        }
        email = service.client.email
        his = {email.casefold(), username_of(email)}
        free = [each for each in held if each.id not in taken and each.owner]
        mine = [each for each in free if each.owner.casefold() in his] or [
            each for each in free if each.id in self._touched
        ]
        order = {number: place for place, number in enumerate(self._touched)}
        return max(mine, key=lambda each: order.get(each.id, -1), default=None)

    def heard(self) -> None:
        self._time.heard()

    def touched(self, scope: Scope, body: bytes) -> None:
        """An order of the module's about a server."""
        number = None
        if match := _OF_SERVER.search(scope["path"]):
            number = match[1]
        else:
            query = urllib.parse.parse_qs(scope["query_string"].decode("latin-1")) | urllib.parse.parse_qs(
                body.decode("utf-8", "replace")
            )
            if query.get("func", [""])[-1].startswith("server"):
                number = query.get("elid", query.get("plid", [""]))[-1]
        if number and number.isdigit():
            self._touched = [each for each in self._touched if each != int(number)] + [int(number)]

    # for expectations

    def meant_to_stay(self, held: Holding, services: Sequence[Service]) -> tuple[bool, int]:
        """What the module's vendor knows of; in DCImanager 5 a free server keeps its main address."""
        return meant_to_stay(self._plan.known, held, services, main_stays=self._plan.spec.panel == "dci5")

    def permits(self, invariant: str, service: Service) -> str:
        """What the module's vendor declares with its reason."""
        return permits(self._plan.known, invariant, service)

    async def close(self) -> None:
        try:
            if self._caller is not None:
                await self._caller.close()
            await self._stack.aclose()
            await self._observer.close()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)


def _args(action: Action) -> dict[str, Any]:
    """What a step says beside the service."""
    if isinstance(action.args, CallArgs):
        return dict(action.args.args)
    given = action.args.model_dump(exclude_none=True) if action.args is not None else {}
    return {key: value for key, value in given.items() if key not in ("service", "by_client")}


class _Module:
    """As `Billing` drives it."""

    def __init__(self, side: OutsideSide) -> None:
        self._side = side

    def check_client(self, service: Service) -> None:
        """The billing system in front is ours: whoever is not verified manages nothing in the client area."""
        if not service.client.verified:
            raise EmailNotVerified(service.client.email)

    async def create(self, service: Service) -> None:
        await self._side.ask("create", service)

    async def suspend(self, service: Service) -> None:
        await self._side.ask("suspend", service)

    async def unsuspend(self, service: Service) -> None:
        await self._side.ask("unsuspend", service)

    async def terminate(self, service: Service) -> None:
        await self._side.ask("terminate", service)

    async def module_command(self, service: Service, verb: str, args: Mapping[str, Any]) -> None:
        await self._side.ask(verb, service, args)


class _Calls:
    """A tap that tells the module's calls to the log, as the clients of our own modules do."""

    def __init__(self, side: OutsideSide, run: Run, log: ModuleLog) -> None:
        self._side = side
        self._run = run
        self._log = log

    async def __call__(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        self._side.heard()
        began, body, status = self._run.clock.now(), bytearray(), None

        async def hear() -> Message:
            message = await receive()
            if len(body) < 1 << 16:
                body.extend(message.get("body", b""))
            return message

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, hear, tell)
        finally:
            path = scope["path"].removeprefix("/api")
            func = _func(scope, bytes(body))
            if scope["method"] != "GET" or func:
                self._side.touched(scope, bytes(body))
            self._log.call(began, scope["method"], f"{path}?func={func}" if func else path, None, status, None)


def _func(scope: Scope, body: bytes) -> str:
    """The function of a call to DCImanager 5."""
    for text in (scope["query_string"].decode("latin-1"), body.decode("utf-8", "replace")):
        if "func=" in text and (found := urllib.parse.parse_qs(text).get("func")):
            return str(found[-1])
    return ""
