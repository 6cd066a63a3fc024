"""The client of mgrctl: what it hands to the program, and what it makes of each kind of answer."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from provisioner.billmanager.bridge.database import Database, Secrets, configured
from provisioner.billmanager.bridge.mgrctl import (
    AnswerMalformed,
    CallbackError,
    CallRefused,
    Ended,
    Mgrctl,
    MgrctlMissing,
    MgrctlSilent,
)
from provisioner.billmanager.documents import config_document, config_of, written
from provisioner.errors import BadSettings
from tests.provisioner.support.little_billmanager import LittleBillManager, new_key


def program(folder: Path, code: str) -> Path:
    path = folder / "mgrctl"
    path.write_text(f"#!{sys.executable}\nimport os, sys, time\n{code}\n")
    path.chmod(0o755)
    return path


def test_words_reach_the_program_as_they_are_and_secrets_by_the_environment(tmp_path: Path):
    seen = tmp_path / "seen"
    code = f"open({str(seen)!r}, 'w').write(repr((sys.argv[1:], os.environ.get('PROVISIONER_SECRET_0'))))\nprint('<doc><ok/></doc>')"
    client = Mgrctl(program(tmp_path, code))
    client.call("service.saveparam", {"password": "$(id) ; 'x'"}, elid=42, label='a b; rm -rf "$HOME" `id` & ö')
    words, secret = eval(seen.read_text())  # what the lines above wrote
    assert words[:5] == ["-m", "billmgr", "-o", "xml", "service.saveparam"]
    assert words[5:] == ["elid=42", 'label=a b; rm -rf "$HOME" `id` & ö', "-e", "password=$PROVISIONER_SECRET_0"]
    assert secret == "$(id) ; 'x'"


def test_a_program_that_is_not_there_or_cannot_be_run(tmp_path: Path):
    with pytest.raises(MgrctlMissing, match="cannot be run: No such file"):
        Mgrctl(tmp_path / "mgrctl").call("paramlist")
    (tmp_path / "mgrctl").write_text("no program")
    with pytest.raises(MgrctlMissing, match="Permission denied"):
        Mgrctl(tmp_path / "mgrctl").call("paramlist")


def test_a_program_that_says_nothing_is_not_waited_for_for_ever(tmp_path: Path):
    with pytest.raises(MgrctlSilent, match="did not answer paramlist"):
        Mgrctl(program(tmp_path, "time.sleep(60)"), timeout=0.3).call("paramlist")


@pytest.mark.parametrize(
    ("ended", "error", "text"),
    [
        (Ended(0, "", ""), AnswerMalformed, "no word"),
        (Ended(1, "", "ERROR: Segmentation fault"), AnswerMalformed, "Segmentation fault"),
        (Ended(0, "<doc><ok></doc>", ""), AnswerMalformed, "is no document"),
        (Ended(0, "<html/>", ""), AnswerMalformed, "'html', not a doc"),
        (
            Ended(0, "<!DOCTYPE doc [<!ENTITY a 'b'>]><doc>&a;</doc>", ""),
            AnswerMalformed,
            "a document type is not read",
        ),
        (Ended(3, "<doc/>", "exceeded"), CallRefused, "status"),
        (
            Ended(0, '<doc><error type="missed" object="item" value="7"><msg>No item</msg></error></doc>', ""),
            CallRefused,
            r"refuses f: missed \(item 7\): No item",
        ),
    ],
)
def test_each_answer_that_is_not_one_has_an_error_of_its_own(ended: Ended, error: type[CallbackError], text: str):
    with pytest.raises(error, match=text):
        Mgrctl(run=lambda words, environment: ended).call("f")


@given(st.integers(0, 255), st.text(), st.text())
def test_whatever_a_program_says_only_errors_of_the_tree_come_of_it(status: int, out: str, err: str):
    document = None
    with contextlib.suppress(CallbackError):
        document = Mgrctl(run=lambda words, environment: Ended(status, out, err)).call("f")
    assert document is None or (status == 0 and document.tag == "doc")


@given(st.dictionaries(st.sampled_from(["presets", "pools"]), st.lists(st.text("abc <&>\"'é", min_size=1))))
def test_a_configuration_is_read_as_it_was_kept(config: dict[str, list[str]]):
    assert config_of(written(config_document(config))) == config


def test_where_the_database_and_the_key_are_mgrctl_says():
    said = "<doc><elem><DBHost>db.example.com:3307</DBHost></elem><elem><DBUser>bill</DBUser></elem>"
    said += "<elem><DBPassword>a@b/c</DBPassword></elem><elem><DBName>billing</DBName></elem>"
    said += "<elem><DBSocket>/run/db</DBSocket></elem><elem><CryptKey>etc/k.pem</CryptKey></elem></doc>"
    url, key = configured(Mgrctl("/opt/mgr5/sbin/mgrctl", run=lambda words, environment: Ended(0, said, "")))
    assert url.render_as_string(hide_password=False) == (
        "mysql+pymysql://bill:a%40b%2Fc@db.example.com:3307/billing?unix_socket=%2Frun%2Fdb"
    )
    assert key == Path("/opt/mgr5/etc/k.pem")
    url, key = configured(Mgrctl(run=lambda words, environment: Ended(0, "<doc/>", "")))
    assert url == sa.make_url("mysql+pymysql://root@localhost/billmgr")
    assert key == Path("/usr/local/mgr5/etc/billmgr.pem")


def test_secrets_are_read_with_billmanagers_key_only(tmp_path: Path):
    here = LittleBillManager(tmp_path / "a").install()
    other = LittleBillManager(tmp_path / "b").install(new_key())
    secrets = Secrets(here.home / "etc/billmgr.pem")
    assert secrets.plain(here.secrets.encrypted("top secret ö")) == "top secret ö"
    with pytest.raises(BadSettings, match="not encrypted for the key"):
        secrets.plain("no base64")
    # PKCS #1 v1.5 with another key gives noise, or an error: never the value
    with contextlib.suppress(BadSettings):
        assert secrets.plain(other.secrets.encrypted("top secret")) != "top secret"
    with pytest.raises(BadSettings, match="cannot be read"):
        Secrets(tmp_path / "none").plain("eA==")


def test_a_database_that_is_not_there_is_an_error_of_the_tree(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'none' / 'b.db'}", Secrets(tmp_path / "none"))
    with pytest.raises(CallbackError, match="does not answer"):
        database.item(1)
    with pytest.raises(BadSettings, match="no URL"):
        Database("nonsense", Secrets(tmp_path / "none"))
