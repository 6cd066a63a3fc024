"""The processing module pmdci6 for a BILLmanager that is not ours, in front of the small DCImanager 6: what the panel and
BILLmanager have in the end, also when the module is killed at any point.
"""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from provisioner.billmanager.bridge import Bridge
from provisioner.billmanager.bridge.database import Database, Secrets
from provisioner.billmanager.bridge.mgrctl import Ended, Mgrctl
from provisioner.clients.dci6 import Dci6Client
from provisioner.errors import ProvisioningError, Refused, ServiceBusy
from provisioner.log import ModuleLog
from provisioner.modules.billmanager6 import pmdci6
from provisioner.store import MemoryStore
from simulator.kernel import LoopClock, run
from tests.provisioner.support.billmanager6 import CONNECTION, EMAIL, TARIFF
from tests.provisioner.support.dcimanager6 import Panel
from tests.provisioner.support.interruption import Fate, Killed, MortalStore, mortal_transport
from tests.provisioner.support.little_billmanager import ACTIVE, DELETED, PROCESSING, SUSPENDED, LittleBillManager

ORDER = {"configuration": TARIFF["configuration"], "pool": TARIFF["pool"], "ipv4": "2", "os": "of the tariff"}


class Desk:
    """A BILLmanager, a panel, and the module's processes between them."""

    def __init__(self, home: Path, fate: Fate | None = None) -> None:
        self.clock = LoopClock()
        self.panel = Panel(self.clock)
        self.here = LittleBillManager(home).install()
        self.store = MemoryStore()
        self.fate = fate or Fate()

    def sell(self, *connections: Mapping[str, str], **params: str) -> int:
        """A tariff with a module for each connection, and one order by it. The number of the item."""
        modules = [
            self.here.add_module("pmdci6", each, name=f"dci{index}", priority=index)
            for index, each in enumerate(connections or [CONNECTION])
        ]
        return self.here.buy(self.here.add_tariff("dedic", modules, **ORDER), ostempl="debian-12", **params)

    def _mgrctl(self, words: Sequence[str], environment: Mapping[str, str]) -> Ended:
        self.fate.point()
        out = self.here.answer(words[1:], environment)
        self.fate.point()
        return Ended(0, out, "")

    async def call(self, command: str, item: int, operation: int | None = None) -> None:
        """One process of the module."""
        log = ModuleLog(self.clock)
        wire = mortal_transport(self.panel, self.fate, lambda request: request.method != "GET")

        def connect(to: Any) -> Dci6Client:
            return Dci6Client(to["url"], to["username"], to["password"], clock=self.clock, log=log, transport=wire)

        kind = pmdci6(connect, self.clock, log, source=random.Random(1), poll=300)
        database = Database(self.here.url, Secrets(self.here.home / "etc/billmgr.pem"))
        mgrctl = Mgrctl(self.here.program, run=self._mgrctl)
        store = MortalStore(self.store, self.fate)
        try:
            await Bridge(kind, mgrctl, database, store, self.clock, log).work(command, item, operation)
        finally:
            database.close()

    async def drain(self, tries: int = 1) -> str:
        """BILLmanager's queue: each operation until it is done, or `tries` of all of them. The last error."""
        last = ""
        for _ in range(tries):
            row = self.here.begin_try()
            if row is None:
                break
            last = ""
            try:
                await self.call(row["intname"], row["item"], row["id"])
            except ProvisioningError as exc:
                last = str(exc)
        return last

    async def do(self, item: int, command: str, tries: int = 1) -> str:
        self.here.ask(item, command)
        return await self.drain(tries)

    @property
    def owners(self) -> list[int]:
        return [box.id for box in self.panel.boxes.values() if box.owner is not None]


def at_desk(tmp_path: Path, work: Any, fate: Fate | None = None) -> Any:
    async def whole() -> Any:
        return await work(Desk(tmp_path, fate))

    return run(whole())


def test_a_service_is_opened_suspended_resumed_and_closed(tmp_path: Path):
    async def scene(desk: Desk) -> None:
        item = desk.sell()
        assert await desk.drain() == ""
        assert desk.here.status(item) == ACTIVE
        box, params = desk.panel.boxes[1], desk.here.params(item)
        assert params["ip"] == box.ips[0][1]
        assert (params["panelid"], params["label"]) == ("1", "srv-01")
        assert params["password"] == box.password
        assert len(box.ips) == 2
        assert desk.here.functions[-1] == "dedic.open"
        assert await desk.do(item, "suspend") == ""
        assert (desk.here.status(item), box.ports) == (SUSPENDED, ["down"])
        assert await desk.do(item, "resume") == ""
        assert (desk.here.status(item), box.ports) == (ACTIVE, ["up"])
        assert await desk.do(item, "close") == ""
        assert (desk.here.status(item), box.owner, box.ips) == (DELETED, None, [])
        assert desk.here.rows("SELECT * FROM runningoperation") == []

    at_desk(tmp_path, scene)


def test_the_password_of_an_order_is_the_servers(tmp_path: Path):
    async def scene(desk: Desk) -> None:
        item = desk.sell(password="Chosen-by-Alice1")
        assert await desk.drain() == ""
        assert desk.panel.boxes[1].password == "Chosen-by-Alice1"
        assert desk.here.params(item)["password"] == "Chosen-by-Alice1"

    at_desk(tmp_path, scene)


def test_no_free_server_is_an_error_of_the_operation_and_a_task_after_ten_tries(tmp_path: Path):
    async def scene(desk: Desk) -> None:
        for box in desk.panel.boxes.values():
            box.owner = 1
        item = desk.sell()
        assert "no free server" in await desk.drain()
        error = desk.here.error(item)
        assert error is not None
        assert "no free server" in (error.findtext("msg") or "")
        assert desk.here.rows("SELECT * FROM task") == []
        assert await desk.drain(9)
        assert [row["type"] for row in desk.here.rows("SELECT * FROM task")] == ["service_open"]
        assert [row["manual"] for row in desk.here.rows("SELECT manual FROM runningoperation")] == ["on"]
        assert desk.here.status(item) == PROCESSING
        assert desk.here.begin_try() is None
        with pytest.raises(Refused):  # staff press the button once more: the error is new, the task is the same
            await desk.call("open", item, 1)
        assert len(desk.here.rows("SELECT * FROM task")) == 1

    at_desk(tmp_path, scene)


def test_a_panel_that_lets_nobody_in_is_a_problem_and_the_next_module_opens_the_service(tmp_path: Path):
    async def scene(desk: Desk) -> None:
        item = desk.sell(CONNECTION | {"password": "wrong"}, CONNECTION)
        assert await desk.drain() == ""
        assert desk.here.status(item) == ACTIVE
        assert [row["processingmodule"] for row in desk.here.rows("SELECT processingmodule FROM item")] == [2]
        problems = [(row["name"], row["id"]) for row in desk.here.rows("SELECT * FROM problem")]
        assert problems == [("processingmodule_connect", 1), ("processingmodule_getnextmodule", 1)]

    at_desk(tmp_path, scene)


def test_a_server_that_could_not_be_given_back_keeps_the_service_with_its_module(tmp_path: Path):
    async def scene(desk: Desk) -> None:
        item = desk.sell(CONNECTION, CONNECTION)
        desk.panel.outcome = "failed"

        def stuck(request: httpx.Request) -> httpx.Response | float:
            taken = json.loads(request.content)["owner"] is not None
            return 0.0 if taken else httpx.Response(400, json={"error": {"code": 4, "msg": "no"}})

        desk.panel.bend("POST .*/owner", stuck, times=9)
        assert await desk.drain()
        assert desk.owners == [1]
        assert "service.getnextmodule" not in desk.here.functions
        desk.panel.bends.clear()
        desk.panel.outcome = "ok"
        assert await desk.drain() == ""
        assert (desk.owners, desk.here.status(item)) == ([1], ACTIVE)

    at_desk(tmp_path, scene)


def test_another_number_of_addresses_and_a_change_that_cannot_be_made(tmp_path: Path):
    async def scene(desk: Desk) -> None:
        item = desk.sell()
        await desk.drain()
        desk.here.param(item, "ipv4", "3")
        assert await desk.do(item, "setparam") == ""
        assert len(desk.panel.boxes[1].ips) == 3
        assert await desk.do(item, "setparam") == ""  # nothing is different: only the end is told
        assert len(desk.panel.boxes[1].ips) == 3
        desk.here.param(item, "ipv4", "1")
        desk.panel.boxes[1].owner = 1  # somebody took the server meanwhile
        with desk.here.opened() as db:
            db.execute("UPDATE item SET lastpricelist = pricelist")
        assert "belongs to" in await desk.do(item, "setparam")
        assert "service.changepricelist.rollback" in desk.here.functions
        assert len(desk.panel.boxes[1].ips) == 3

    at_desk(tmp_path, scene)


def test_a_server_that_staff_prepared_by_hand_is_known_by_what_they_wrote_into_the_item(tmp_path: Path):
    async def scene(desk: Desk) -> None:
        item = desk.sell()
        with desk.here.opened() as db:  # the operation is staff's, and they end it
            db.execute("DELETE FROM runningoperation")
            db.execute("UPDATE item SET status = 2")
        box = desk.panel.boxes[2]
        desk.panel.users[5] = {"id": 5, "email": EMAIL, "roles": ["@user"]}
        box.owner, box.ports = 5, ["up"]
        desk.here.param(item, "panelid", "2")
        assert await desk.do(item, "suspend") == ""
        assert (desk.here.status(item), box.ports) == (SUSPENDED, ["down"])
        assert await desk.do(item, "close") == ""
        assert (desk.here.status(item), box.owner) == (DELETED, None)

    at_desk(tmp_path, scene)


def test_a_billmanager_that_cannot_be_told_costs_nobody_the_server(tmp_path: Path):
    async def scene(desk: Desk) -> None:
        item = desk.sell()
        desk.here.program = tmp_path / "nowhere"
        mgrctl, desk._mgrctl = desk._mgrctl, lambda words, environment: Ended(1, "", "Connection refused")  # type: ignore[method-assign]
        assert "no document" in await desk.drain()
        assert (desk.owners, desk.here.status(item)) == ([1], PROCESSING)
        desk._mgrctl = mgrctl  # type: ignore[method-assign]
        installed = desk.panel.boxes[1].op
        assert await desk.drain() == ""
        assert (desk.owners, desk.here.status(item)) == ([1], ACTIVE)
        assert desk.panel.boxes[1].op is installed

    at_desk(tmp_path, scene)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("UPDATE processingmodule SET module = 'pmother'", "is not with a pmdci6"),
        ("UPDATE itemtype SET intname = 'vds'", "does not process services of type vds"),
        ("DELETE FROM user", "no user with an e-mail"),
        ("DELETE FROM processingcryptedparam", "has no password"),
        ("DELETE FROM item", "there is no item 1"),
    ],
)
def test_an_item_that_is_not_the_modules_is_refused_before_anything_is_done(tmp_path: Path, change: str, text: str):
    async def scene(desk: Desk) -> None:
        item = desk.sell()
        with desk.here.opened() as db:
            db.execute(change)
        with pytest.raises(ProvisioningError, match=text):
            await desk.call("open", item, 1)
        assert desk.owners == []

    at_desk(tmp_path, scene)


def test_what_another_process_works_on_is_left_alone_and_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def scene(desk: Desk) -> None:
        def busy(service: str) -> None:
            raise ServiceBusy(f"service {service} is busy: another process works on it")

        item = desk.sell()
        monkeypatch.setattr(desk.store, "hold", busy)
        with pytest.raises(ServiceBusy):
            await desk.call("open", item, 1)
        assert (desk.owners, desk.here.functions, desk.here.error(item)) == ([], [], None)

    at_desk(tmp_path, scene)


# killed anywhere

LIFE = ("open", "suspend", "resume", "setparam", "close")


async def _life(desk: Desk, command: str) -> tuple[Any, int]:
    """The life of a service up to `command`, in which the module is killed where the fate says; what there is after it."""
    fate, desk.fate = desk.fate, Fate()
    item = desk.sell()
    for each in LIFE:
        if each == "setparam":
            desk.here.param(item, "ipv4", "3")
        if each != "open":
            desk.here.ask(item, each)
        if each == command:
            break
        assert await desk.drain() == ""
    desk.fate = fate
    with contextlib.suppress(Killed):
        await desk.drain()
    desk.fate = Fate()
    assert await desk.drain(3) == ""
    boxes = [
        (box.owner, box.power, box.ports, len(box.ips), box.op and (box.op.type, box.op.status(desk.clock.now())))
        for box in desk.panel.boxes.values()
    ]
    params = {name: value for name, value in desk.here.params(item).items() if name not in ("password", "ip")}
    left = desk.here.rows("SELECT * FROM runningoperation") + desk.here.rows("SELECT * FROM task")
    installs = sum("os_install" in act for act in desk.panel.acts)
    password = desk.here.params(item)["password"] == desk.panel.boxes[1].password
    return (boxes, desk.here.status(item), params, left, password, installs, len(desk.panel.users)), fate.points


@pytest.mark.slow
@pytest.mark.parametrize("command", LIFE)
def test_a_module_that_is_killed_anywhere_and_called_again_buys_nothing_twice(tmp_path: Path, command: str):
    whole, points = at_desk(tmp_path / "whole", lambda desk: _life(desk, command))
    assert points > 5
    for at in range(points):
        seen, _ = at_desk(tmp_path / str(at), lambda desk: _life(desk, command), Fate(at))
        assert seen == whole, f"{command}, killed at point {at} of {points}"


async def _given_up(desk: Desk) -> int:
    """An order whose processing is killed where the fate says, and which the administrator deletes then."""
    item = desk.sell()
    with contextlib.suppress(Killed):
        await desk.drain()
    points, desk.fate = desk.fate.points, Fate()
    with desk.here.opened() as db:
        db.execute("DELETE FROM runningoperation")
    assert await desk.do(item, "close", 3) == ""
    assert desk.here.status(item) == DELETED
    assert desk.owners == []
    assert not any(box.ips for box in desk.panel.boxes.values())
    assert {box.op.status(desk.clock.now()) for box in desk.panel.boxes.values() if box.op} <= {"ok", "canceled"}
    assert desk.here.rows("SELECT * FROM runningoperation") == []
    return points


@pytest.mark.slow
def test_an_order_that_is_deleted_after_its_module_was_killed_leaves_nothing_in_the_panel(tmp_path: Path):
    points = at_desk(tmp_path / "whole", _given_up)
    assert points > 20
    for at in range(points):
        at_desk(tmp_path / str(at), _given_up, Fate(at))


def test_the_domain_of_an_order_is_left_alone_and_each_process_ends_its_session(tmp_path: Path):
    async def scene(desk: Desk) -> None:
        item = desk.sell(domain="alice.example.com")
        assert await desk.drain() == ""
        assert desk.here.params(item)["domain"] == "alice.example.com"
        assert desk.panel.logins >= 1
        assert desk.panel.tokens == []

    at_desk(tmp_path, scene)
