"""The processing modules' executable as BILLmanager calls it: what it prints, and what it refuses."""

from __future__ import annotations

import io
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from provisioner.billmanager.bridge.reporting import KINDS
from provisioner.processing import main


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PROVISIONER_MGRCTL", "")
    monkeypatch.setenv("PROVISIONER_STORE", f"sqlite:///{tmp_path / 'billing.db'}")

    def run(*words: str, stdin: str = "", status: int = 0) -> ET.Element:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        assert main(list(words)) == status
        return ET.fromstring(capsys.readouterr().out.encode())

    return run


def names(document: ET.Element, path: str) -> list[str]:
    return [each.get("name", "") for each in document.findall(path)]


@pytest.mark.requirement("B6-6")
def test_features_say_what_the_module_is_and_can(call):
    document = call("pmdci6", "--command", "features")
    assert names(document, "itemtypes/itemtype") == ["dedic"]
    assert names(document, "params/param") == ["url", "username", "password", "location"]
    assert [each.get("crypted") for each in document.findall("params/param")] == [None, None, "yes", None]
    assert "datacenter" in names(document, "features/feature")
    assert "datacenter" not in names(call("pmdci5", "--command", "features"), "features/feature")
    assert {"check_connection", "open", "suspend", "resume", "close", "setparam"} <= set(
        names(document, "features/feature")
    )
    assert names(call("pmispmanager", "--command", "features"), "itemtypes/itemtype") == ["vhost"]


@pytest.mark.parametrize("name", ["pmdci5", "pmdci6", "pmispmanager"])
def test_the_description_for_billmanager_is_of_the_same_module(call, name: str):
    document = call(name, "--command", "features")
    described = ET.parse(files("provisioner.billmanager") / "xml" / f"billmgr_mod_{name}.xml").getroot()
    assert names(described, "plugin") == [name]
    assert names(described, "plugin/params/type") == names(document, "itemtypes/itemtype")
    form = described.find(f"metadata[@name='processing.edit.{name}']")
    assert form is not None
    assert names(form, "form/page/field") == names(document, "params/param")
    secret = [each.get("name") for each in document.findall("params/param") if each.get("crypted")]
    assert [each.get("name") for each in form.findall(".//input[@type='password']")] == secret
    texts = {group.get("name"): set(names(group, "msg")) for group in described.findall("lang/messages")}
    assert texts["msgerror"] == {f"msg_error_{kind}" for kind in KINDS}
    assert set(names(form, "form/page/field")) <= texts[f"processing.edit.{name}"]
    sold = described.find(f"metadata[@name='pricelist.{name}']")
    assert sold is not None
    assert set(names(sold, "form/field")) <= texts[f"pricelist.{name}"]


@pytest.mark.parametrize(
    ("words", "kind", "text"),
    [
        (["pmdci6", "--command", "transfer"], "command", "no command 'transfer'"),
        (["pmdci6", "--command", "import"], "command", "no command 'import'"),
        (["pmdci6"], "value", "--command"),
        (["pmdci7", "--command", "features"], "value", "no processing module 'pmdci7'"),
        (["pmdci6", "--command", "open"], "value", "--item is missing"),
        (["pmdci6", "--command", "open", "--item", "7"], "refused", "there is no item 7"),
        (["pmdci6", "--command", "get_server_config", "--module", "7"], "refused", "no processing module 7"),
        (["pmispmanager", "--command", "nothing", "--lang", "en"], "command", "no command 'nothing'"),
    ],
)
def test_what_it_cannot_do_is_an_error_document_and_the_status_1(call, words: list[str], kind: str, text: str):
    error = call(*words, status=1).find("error")
    assert error is not None
    assert error.get("type") == kind
    assert text in (error.findtext("msg") or "")


@pytest.mark.parametrize(
    ("stdin", "text"),
    [
        ("", "stdin is not a document"),
        ("<doc/>", "url, username, password is missing"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><doc>&b;</doc>", "a document type is not read"),
    ],
)
def test_a_connection_that_is_not_understood_is_refused(call, stdin: str, text: str):
    error = call("pmdci6", "--command", "check_connection", stdin=stdin, status=1)
    assert text in (error.findtext("error/msg") or "")


def test_a_panel_that_is_not_there_is_an_error_of_the_type_that_becomes_a_problem(call, monkeypatch):
    monkeypatch.setattr("provisioner.clients.session6.RETRY_SECONDS", 0.0)
    monkeypatch.setattr("provisioner.clients.session6.RETRY_PAUSE", 0.0)
    form = "<processingmodule><url>http://127.0.0.1:9</url><username>a@b.c</username><password>x</password></processingmodule>"
    document = call("pmdci6", "--command", "check_connection", stdin=f"<doc>{form}</doc>", status=1)
    error = document.find("error")
    assert error is not None
    assert error.get("type") == "client"
