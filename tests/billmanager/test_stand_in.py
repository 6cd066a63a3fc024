"""The stand-in for BILLmanager: it calls any module as documented, and refuses what does not fit."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from simulator.billmanager.functions import FUNCTIONS
from simulator.billmanager.manager import BillManager
from simulator.billmanager.page import page
from simulator.billmanager.queue import NotConnected, features
from simulator.billmanager.schema import ACTIVE, DELETED, PROCESSING, SUSPENDED
from simulator.cli import app
from simulator.files.lab_file import data_directory
from tests.billmanager.support import put_module, stand_in

RIGHT = {"url": "http://127.0.0.1:8006", "username": "admin", "password": "right"}


def asked(here: BillManager, func: str, **params: object) -> ET.Element:
    words = ["-m", "billmgr", "-o", "xml", func, *(f"{name}={value}" for name, value in params.items())]
    return ET.fromstring(here.answer(words, {}))


def refused(here: BillManager, func: str, **params: object) -> tuple[str, str]:
    error = asked(here, func, **params).find("error")
    assert error is not None, f"{func} was not refused"
    return error.get("type", ""), error.get("object", "")


def test_a_module_in_shell_is_connected_sells_a_service_and_suspends_it(tmp_path: Path) -> None:
    here = stand_in(tmp_path)
    name = put_module(here)
    assert features(here, name) == {"check_connection", "open", "suspend"}
    with pytest.raises(NotConnected, match="pmshell: auth: wrong password"):
        here.connect(name, {**RIGHT, "password": "wrong"})
    assert here.rows("SELECT * FROM processingmodule") == [], "what is not right is not connected"
    item = here.buy(here.add_tariff("dedic", [here.connect(name, RIGHT)], os="debian-12"), "carol@example.com")
    (here.home / "var" / "broken").touch()
    call = here.run_oldest()
    assert call is not None
    assert (call.command, call.item, call.status, call.error) == ("open", item, 1, "broken: out of order")
    assert here.error(item) is not None
    assert (here.status(item), here.rows("SELECT trycount FROM runningoperation")) == (PROCESSING, [{"trycount": 1}])
    (here.home / "var" / "broken").unlink()
    again = here.run_oldest()
    assert again is not None
    assert again.error == ""
    assert here.status(item) == ACTIVE
    assert here.params(item) == {"panelid": "7", "ip": "192.0.2.10", "password": "s3cret"}
    assert "s3cret" not in (here.home / "var/billmgr.sqlite").read_bytes().decode("latin-1"), "secrets are encrypted"
    here.ask(item, "suspend")
    assert here.run_oldest() is not None
    assert here.status(item) == SUSPENDED
    assert here.run_oldest() is None


def test_the_same_from_the_command_line(tmp_path: Path) -> None:
    def say(*words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, ["billmanager", *words])
        assert done.exit_code == status, done.output
        return done.output.strip()

    home = str(tmp_path / "mgr5")
    assert "processing" in say("init", home)
    put_module(BillManager(Path(home)))
    assert "no executable" in say("connect", home, "pmother", status=1)
    assert "wrong password" in say("connect", home, "pmshell", "password=wrong", status=1)
    module = say("connect", home, "pmshell", *(f"{name}={value}" for name, value in RIGHT.items()))
    tariff = say("tariff", home, "dedic", "--module", module, "os=debian-12")
    item = say("order", home, tariff, "ostempl=alma-9")
    assert say("work", home, "--tries", "3") == f"open of item {item}: ok"
    assert say("show", home) == f"item {item}: active  ip=192.0.2.10 ostempl=alma-9 panelid=7"
    say("ask", home, item, "suspend")
    say("work", home)
    assert "suspended" in say("show", home)
    assert "missed item 99" in say("ask", home, "99", "close", status=1)
    say("tariff", home, "vhost", "nothing", status=2)


def test_an_operation_that_is_not_told_to_have_ended_runs_on_and_is_staffs_when_it_is_handed_over(
    tmp_path: Path,
) -> None:
    here = stand_in(tmp_path)
    put_module(here, "#!/bin/sh\necho '<doc><ok/></doc>'\n")
    item = here.buy(here.add_tariff("dedic", [here.add_module("pmshell", RIGHT)]))
    for tries in (1, 2):
        call = here.run_oldest()
        assert call is not None
        assert (call.error, here.status(item)) == ("", PROCESSING)
        assert here.rows("SELECT trycount FROM runningoperation")[0]["trycount"] == tries
    operation = here.rows("SELECT id FROM runningoperation")[0]["id"]
    kind = asked(here, "task.gettype", operation="open").findtext("task_type")
    assert asked(here, "task.edit", item=item, runningoperation=operation, type=kind).find("ok") is not None
    assert asked(here, "runningoperation.setmanual", elid=operation).find("ok") is not None
    assert here.run_oldest() is None


@pytest.mark.parametrize(
    ("func", "params", "error"),
    [
        ("there.is.none", {}, ("missed", "func")),
        ("vhost.open", {"elid": 1, "sok": "ok"}, ("missed", "func")),
        ("dedic.open", {"elid": 99, "sok": "ok"}, ("missed", "item")),
        ("dedic.open", {"elid": 1}, ("value", "sok")),
        ("service.postsuspend", {"elid": 1, "sok": "ok"}, ("missed", "runningoperation")),
        ("service.saveparam", {"elid": 1, "crypted": "perhaps", "a": "b"}, ("value", "crypted")),
        ("service.saveparam", {"elid": 99, "a": "b"}, ("missed", "item")),
        ("service.getnextmodule", {"elid": 1}, ("no_suitable_module", "")),
        ("service.changepricelist.rollback", {"elid": 1}, ("missed", "lastpricelist")),
        ("runningoperation.edit", {"elid": 99, "errorxml": "<doc/>"}, ("missed", "runningoperation")),
        ("runningoperation.edit", {"elid": 1, "errorxml": "<doc>"}, ("value", "errorxml")),
        ("runningoperation.edit", {"elid": 1}, ("missed", "errorxml")),
        ("runningoperation.setmanual", {}, ("missed", "elid")),
        ("task.edit", {"item": 1, "runningoperation": 1}, ("missed", "type")),
        ("problems.register", {"id": 1}, ("missed", "name")),
        ("processing.setconfig", {"elid": 1}, ("missed", "config")),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    tmp_path: Path, func: str, params: dict[str, object], error: tuple[str, str]
) -> None:
    here = stand_in(tmp_path)
    item = here.buy(here.add_tariff("dedic", [here.add_module("pmshell", RIGHT)]))
    assert refused(here, func, **params) == error
    assert (here.status(item), here.params(item), here.rows("SELECT * FROM task")) == (PROCESSING, {}, [])
    assert here.functions == [func], "what was asked stays written"


@pytest.mark.parametrize(
    ("command", "func", "before", "after"),
    [
        ("suspend", "service.postsuspend", ACTIVE, SUSPENDED),
        ("resume", "service.postresume", SUSPENDED, ACTIVE),
        ("close", "service.postclose", SUSPENDED, DELETED),
        ("setparam", "service.postsetparam", ACTIVE, ACTIVE),
        ("prolong", "service.postprolong", ACTIVE, ACTIVE),
    ],
)
def test_the_end_of_an_operation_moves_a_service_that_is_where_it_can_be(
    tmp_path: Path, command: str, func: str, before: int, after: int
) -> None:
    here = stand_in(tmp_path)
    item = here.buy(here.add_tariff("dedic", [here.add_module("pmshell", RIGHT)]))
    here.ask(item, command)
    with here.opened() as db:
        db.execute("UPDATE item SET status = ?", [DELETED])
    assert refused(here, func, elid=item, sok="ok") == ("value", "status")
    with here.opened() as db:
        db.execute("UPDATE item SET status = ?", [before])
    assert asked(here, func, elid=item, sok="ok").find("ok") is not None
    assert here.status(item) == after
    assert refused(here, func, elid=item, sok="ok") == ("missed", "runningoperation")


def test_parameters_are_saved_in_both_forms_that_modules_use(tmp_path: Path) -> None:
    here = stand_in(tmp_path)
    item = here.buy(here.add_tariff("dedic", [here.add_module("pmshell", RIGHT)]))
    asked(here, "service.saveparam", elid=item, sok="ok", crypted="off", ip="192.0.2.1", label="srv-01")
    asked(here, "service.saveparam", elid=item, sok="ok", name="ip", value="192.0.2.2")
    assert here.params(item) == {"ip": "192.0.2.2", "label": "srv-01"}


def test_who_may_only_read_may_only_read(tmp_path: Path) -> None:
    here = stand_in(tmp_path)
    with sqlite3.connect(here.url.removeprefix("sqlite:///"), uri=True) as db:
        assert db.execute("SELECT COUNT(*) FROM item").fetchone() == (0,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("INSERT INTO item (id) VALUES (1)")


@pytest.mark.parametrize(
    "words", [[], ["-m", "billmgr"], ["-m", "ispmgr", "-o", "xml", "x"], ["-m", "billmgr", "-o", "xml", "x", "-e"]]
)
def test_a_command_line_that_mgrctl_does_not_have_is_refused(tmp_path: Path, words: list[str]) -> None:
    document = ET.fromstring(stand_in(tmp_path).answer(words, {}))
    assert document.find("error") is not None


def test_the_page_is_current_and_names_every_function() -> None:
    docs = data_directory("scenarios").parent / "docs"
    text = (docs / "billmanager.md").read_text(encoding="utf-8")
    assert text == page()
    assert all(f"`{name}`" in text for name in FUNCTIONS)
