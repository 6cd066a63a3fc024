"""BILLmanager with DCImanager 5, as a scenario's billing side, with the department that does what is done by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.accounts import Money
from provisioner.billing import Billing
from provisioner.billmanager.office import Office
from provisioner.billmanager.rows import MessageRow, TaskRow
from provisioner.clients.coremanager import CoreClient
from provisioner.clients.dci5 import Dci5Client
from provisioner.clients.dci5_records import FREE_DOMAIN, NO_OWNER
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5 import BillManager5, BillManager5Settings, Properties
from provisioner.modules.billmanager5.desk import Desk
from provisioner.modules.billmanager5.settings import username_of
from provisioner.services import Service, State, generate_password
from simulator.invariants.base import Holding
from simulator.plant import Plant
from simulator.scenario.billing.calendar import Calendar
from simulator.scenario.billing.side import Side
from simulator.scenario.labs import LabRun
from simulator.scenario.observers.dcimanager5 import panel5, panel5_by_hand
from simulator.scenario.plan import Action
from simulator.scenario.schema.steps import AddPanelArgs, AddressArgs, ColocationArgs

__all__ = ["BillManager5Side"]


class _HallPing:
    """An echo request sent into the hall's own network."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    async def alive(self, address: str) -> bool:
        return self._plant.ping(address)


class BillManager5Side(Side):
    """See `Side`."""

    def __init__(self, run: LabRun, settings: Mapping[str, Any], log: ModuleLog) -> None:
        self._run = run
        self._log = log
        self._settings = BillManager5Settings.from_mapping(settings)
        self._panel = panel5(run, log)
        self._office = Office(run.clock)
        self._chance = run.streams.secret("billing")
        module = self._module(self._panel)
        self._billing = Billing(module, run.clock, log, source=self._chance)
        self.desk = Desk(self._billing, module, self._office, log)
        self._calendar = Calendar(run.clock, self.desk.accounts)

    def _module(self, panel: Dci5Client) -> BillManager5:
        run, ping = self._run, _HallPing(self._run.plant)
        return BillManager5(panel, self._settings, run.clock, self._log, ping, self._office, source=self._chance)

    @property
    def billing(self) -> Billing:
        return self._billing

    async def do(self, action: Action, server: int | None) -> None:
        try:
            await self._do(action, server)
        finally:
            self._calendar.look()

    async def _do(self, action: Action, server: int | None) -> None:
        """Verbs with parameters of their own first; the others are the desk's methods of the same name."""
        desk, name, args = self.desk, action.service, action.args
        if action.create is not None:
            create = action.create
            self.billing.register(create.client, verified=create.verified)
            await desk.order(
                name,
                create.client,
                configuration=create.configuration or "",
                server=server,
                os=create.os or "",
                period=create.period or "",
            )
        elif isinstance(args, AddPanelArgs):
            await self._add_panel(args)
        elif action.verb == "add_address" and isinstance(args, AddressArgs):
            await desk.add_address(name, family=args.family)
        elif action.verb == "delete_address" and isinstance(args, AddressArgs):
            await desk.delete_address(name, args.address or "")
        elif isinstance(args, ColocationArgs):
            desk.order_colocation(name, args.client)
        elif action.verb == "server_added":
            assert server is not None
            await self._rack_up(name, server)
        elif action.verb == "server_removed":
            await self._take_out(name)
        else:
            await getattr(desk, action.verb)(name)

    async def _add_panel(self, args: AddPanelArgs) -> None:
        """With the panel's own administrator, or with what somebody typed instead."""
        if args.username is None and args.password is None:
            await self.desk.add_panel()
            return
        run, (name, password) = self._run, self._run.admin
        core = CoreClient(
            run.dci5_url,
            args.username or name,
            args.password or password,
            clock=run.clock,
            log=self._log,
            transport=run.billing_transport(),
        )
        try:
            await Desk(self._billing, self._module(Dci5Client(core)), self._office, self._log).add_panel()
        finally:
            await core.close()

    # what the department does in the panel

    async def _rack_up(self, name: str, server: int) -> None:
        """Make the client's user the owner, if it is nobody's, and enter the id."""
        staff = panel5_by_hand(self._run)
        try:
            if not (await staff.server(server)).owner:
                user = username_of(self.billing.service(name).client.email)
                known = {each.name: each.id for each in await staff.users()}
                owner = known.get(user) or await staff.create_user(user, generate_password(self._chance))
                await staff.set_owner(server, owner)
                await staff.set_hostname(server, f"{user}.example.com")
        finally:
            await staff.close()
        await self.desk.server_added(name, server)

    async def _take_out(self, name: str) -> None:
        server = self.billing.service(name).server
        self.desk.server_removed(name)
        staff = panel5_by_hand(self._run)
        try:
            if server is not None:
                await staff.set_hostname(server, FREE_DOMAIN)
                await staff.set_owner(server, NO_OWNER)
        finally:
            await staff.close()

    # for expectations

    def meant_to_stay(self, held: Holding, services: Sequence[Service]) -> tuple[bool, int]:
        """A free server keeps its main address (B5-11 deletes the additional ones)."""
        return False, 0 if held.owner else 1

    def permits(self, invariant: str, service: Service) -> str:
        """What its document does not have the module do."""
        if invariant == "others-data":
            return "B5-11: deletion frees addresses, domain and owner, and clears no disk"
        if invariant == "addresses-accounted" and service.state is State.FAILED:
            return "B5-9: a server that is set aside keeps its address"
        if invariant == "idle-power":
            return "B5-11: deletion switches nothing off (the panel's own setting servers_autoshutdown does)"
        return ""

    def money(self) -> Mapping[str, Money]:
        return self.desk.accounts.money()

    def messages(self) -> Sequence[MessageRow]:
        return self._office.messages

    def tickets(self) -> Sequence[TaskRow]:
        return self._office.tasks

    def saved(self, service: str) -> Properties | None:
        return self.desk.module.properties.get(service)

    async def close(self) -> None:
        await self._calendar.close()
        await self._panel.close()
