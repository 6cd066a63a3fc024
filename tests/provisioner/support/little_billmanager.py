"""A little BILLmanager in an SQLite file, with the program mgrctl in front of it: it keeps services, parameters, running
operations, tasks and problems under the names that BILLmanager's public modules use, and refuses what does not fit.

It is told of nothing by the processing modules but what goes through its functions, and its database can be read only.
"""

from __future__ import annotations

import base64
import functools
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ROOT = Path(__file__).parents[3]
ORDERED, ACTIVE, SUSPENDED, DELETED, PROCESSING = 1, 2, 3, 4, 5
_SCHEMA = """
CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE user (id INTEGER PRIMARY KEY, account INT, email TEXT);
CREATE TABLE itemtype (id INTEGER PRIMARY KEY, intname TEXT);
CREATE TABLE pricelist (id INTEGER PRIMARY KEY, itemtype INT, name TEXT);
CREATE TABLE pricelistparam (pricelist INT, intname TEXT, value TEXT);
CREATE TABLE processingmodule (id INTEGER PRIMARY KEY, module TEXT, name TEXT, config TEXT, orderpriority INT);
CREATE TABLE processingmodule2pricelist (processingmodule INT, pricelist INT);
CREATE TABLE processingparam (processingmodule INT, intname TEXT, value TEXT);
CREATE TABLE processingcryptedparam (processingmodule INT, intname TEXT, value TEXT);
CREATE TABLE item (id INTEGER PRIMARY KEY, pricelist INT, lastpricelist INT, processingmodule INT, account INT, status INT);
CREATE TABLE itemparam (item INT, intname TEXT, value TEXT, PRIMARY KEY (item, intname));
CREATE TABLE itemcryptedparam (item INT, intname TEXT, value TEXT, PRIMARY KEY (item, intname));
CREATE TABLE runningoperation (id INTEGER PRIMARY KEY, item INT, intname TEXT, trycount INT, manual TEXT, errorxml TEXT);
CREATE TABLE task (id INTEGER PRIMARY KEY, item INT, runningoperation INT, type TEXT);
CREATE TABLE problem (name TEXT, id INT, text TEXT);
CREATE TABLE journal (number INTEGER PRIMARY KEY, func TEXT, words TEXT);
"""


def new_key() -> bytes:
    """Short, so that tests do not wait for it."""
    key = rsa.generate_private_key(65537, 1024)
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(pem, form, serialization.NoEncryption())


_same_key = functools.cache(new_key)


class Refusal(Exception):
    def __init__(self, kind: str, about: str = "", value: str = "") -> None:
        super().__init__(kind)
        self.kind, self.about, self.value = kind, about, value


class LittleBillManager:
    """In a directory that looks like /usr/local/mgr5."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.file = home / "var" / "billmgr.sqlite"
        self.program = home / "sbin" / "mgrctl"

    @property
    def url(self) -> str:
        """For those who may only read."""
        return f"sqlite:///file:{self.file}?mode=ro&uri=true"

    def install(self, key: bytes = b"") -> LittleBillManager:
        """`key`: a PEM of its own; else all have the same, since one takes a while to make."""
        for name in ("sbin", "etc", "var"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        (self.home / "etc/billmgr.pem").write_bytes(key or _same_key())
        call = f"import sys; sys.path.insert(0, {str(ROOT)!r})\nfrom tests.provisioner.support.little_billmanager import main\n"
        self.program.write_text(f"#!{sys.executable}\n{call}sys.exit(main({str(self.home)!r}, sys.argv[1:]))\n")
        self.program.chmod(0o755)
        with self.opened() as db:
            db.executescript(_SCHEMA)
        return self

    @contextmanager
    def opened(self):
        """One transaction."""
        db = sqlite3.connect(self.file, timeout=30)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous=OFF")  # a killed process loses nothing by it, only a machine
        try:
            with db:
                yield db
        finally:
            db.close()

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self.opened() as db:
            return [dict(row) for row in db.execute(query, values)]

    def _insert(self, table: str, **values: Any) -> int:
        with self.opened() as db:
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            last = db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values())).lastrowid
        assert last is not None
        return last

    # what its administrator and its clients do

    def add_module(self, of_type: str, connection: Mapping[str, str], *, name: str = "", priority: int = 0) -> int:
        number = self._insert("processingmodule", module=of_type, name=name or of_type, orderpriority=priority)
        for intname, value in connection.items():
            secret = intname == "password"
            table = "processingcryptedparam" if secret else "processingparam"
            kept = self.encrypted(value) if secret else value
            self._insert(table, processingmodule=number, intname=intname, value=kept)
        return number

    def add_tariff(self, itemtype: str, modules: Sequence[int], **params: str) -> int:
        kind = self._insert("itemtype", intname=itemtype)
        number = self._insert("pricelist", itemtype=kind, name=itemtype)
        for module in modules:
            self._insert("processingmodule2pricelist", processingmodule=module, pricelist=number)
        for name, value in params.items():
            self._insert("pricelistparam", pricelist=number, intname=name, value=value)
        return number

    def buy(self, tariff: int, email: str = "alice@example.com", **params: str) -> int:
        """An order that is paid: the first module of the tariff is to open it."""
        account = self._insert("account", name=email)
        self._insert("user", account=account, email=email)
        number = self._insert(
            "item", pricelist=tariff, processingmodule=self._modules(tariff)[0], account=account, status=PROCESSING
        )
        for name, value in params.items():
            self._insert("itemparam", item=number, intname=name, value=value)
        self.ask(number, "open")
        return number

    def ask(self, item: int, command: str) -> int:
        """A running operation."""
        return self._insert("runningoperation", item=item, intname=command, trycount=0, manual="off", errorxml="")

    def param(self, item: int, name: str, value: str) -> None:
        with self.opened() as db:
            self._keep(db, "itemparam", item, name, value)

    def begin_try(self) -> dict[str, Any] | None:
        """The oldest operation that is not staff's, counted as tried once more."""
        with self.opened() as db:
            row = db.execute("SELECT * FROM runningoperation WHERE manual = 'off' ORDER BY id").fetchone()
            if row is None:
                return None
            db.execute("UPDATE runningoperation SET trycount = trycount + 1 WHERE id = ?", [row["id"]])
            return dict(row)

    # what it shows

    def status(self, item: int) -> int:
        return int(self.rows("SELECT status FROM item WHERE id = ?", item)[0]["status"])

    def params(self, item: int) -> dict[str, str]:
        plain = self.rows("SELECT intname, value FROM itemparam WHERE item = ?", item)
        secret = self.rows("SELECT intname, value FROM itemcryptedparam WHERE item = ?", item)
        return {row["intname"]: row["value"] for row in plain} | {
            row["intname"]: self.decrypted(row["value"]) for row in secret
        }

    def error(self, item: int) -> ET.Element | None:
        """Of the service's running operation, as staff see it."""
        rows = self.rows("SELECT errorxml FROM runningoperation WHERE item = ?", item)
        return ET.fromstring(rows[0]["errorxml"].encode()).find(".//error") if rows and rows[0]["errorxml"] else None

    @property
    def functions(self) -> list[str]:
        return [row["func"] for row in self.rows("SELECT func FROM journal ORDER BY number")]

    # secrets

    def _key(self) -> rsa.RSAPrivateKey:
        key = serialization.load_pem_private_key((self.home / "etc/billmgr.pem").read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    def encrypted(self, value: str) -> str:
        return base64.b64encode(self._key().public_key().encrypt(value.encode(), padding.PKCS1v15())).decode()

    def decrypted(self, value: str) -> str:
        return self._key().decrypt(base64.b64decode(value), padding.PKCS1v15()).decode()

    # its functions

    def answer(self, words: Sequence[str], environment: Mapping[str, str]) -> str:
        """What mgrctl prints."""
        document = ET.Element("doc")
        try:
            func, params = _understood(words, environment)
            shown = " ".join(f"{name}={value}" for name, value in params.items() if value not in environment.values())
            self._insert("journal", func=func, words=shown)
            with self.opened() as db:
                for name, value in self._do(db, func, params).items():
                    ET.SubElement(document, name).text = value
            ET.SubElement(document, "ok")
        except Refusal as exc:
            error = ET.SubElement(document, "error", type=exc.kind, object=exc.about, value=exc.value)
            ET.SubElement(error, "msg").text = f"{exc.kind} {exc.about} {exc.value}".strip()
        return ET.tostring(document, encoding="unicode")

    def _do(self, db: sqlite3.Connection, func: str, params: dict[str, str]) -> dict[str, str]:
        item = self._item(db, params["elid"]) if func.startswith("service.") or func.endswith(".open") else None
        if func.endswith(".open"):
            assert item is not None
            if func != f"{item['itemtype']}.open":
                raise Refusal("missed", "func", func)
            self._ended(db, item, "open", params, {ORDERED, PROCESSING}, ACTIVE)
            return {}
        if item is not None and func in _POST:
            self._ended(db, item, *_POST[func][:1], params, *_POST[func][1:])
            return {}
        handlers: dict[str, Callable[..., dict[str, str] | None]] = {
            "service.saveparam": self._saveparam,
            "service.getnextmodule": self._getnextmodule,
            "service.changepricelist.rollback": self._rollback,
            "runningoperation.edit": self._operation_edit,
            "runningoperation.setmanual": self._setmanual,
            "task.gettype": lambda db, item, params: {"task_type": f"service_{params['operation']}"},
            "task.edit": self._task_edit,
            "problems.register": self._problem,
            "processing.setconfig": self._setconfig,
        }
        if func not in handlers:
            raise Refusal("missed", "func", func)
        return handlers[func](db, item, params) or {}

    def _item(self, db: sqlite3.Connection, number: str) -> dict[str, Any]:
        row = db.execute(
            "SELECT i.*, t.intname AS itemtype FROM item i JOIN pricelist p ON p.id = i.pricelist "
            "JOIN itemtype t ON t.id = p.itemtype WHERE i.id = ?",
            [number],
        ).fetchone()
        if row is None:
            raise Refusal("missed", "item", number)
        return dict(row)

    def _ended(
        self, db: sqlite3.Connection, item: dict[str, Any], command: str, params: dict[str, str], of: set[int], to: int
    ) -> None:
        """The end of an operation, which has to be there, moves the service."""
        if params.get("sok") != "ok":
            raise Refusal("value", "sok", params.get("sok", ""))
        found = db.execute("SELECT id FROM runningoperation WHERE item = ? AND intname = ?", [item["id"], command])
        operation = found.fetchone()
        if operation is None:
            raise Refusal("missed", "runningoperation", command)
        if item["status"] not in of:
            raise Refusal("value", "status", str(item["status"]))
        db.execute("DELETE FROM runningoperation WHERE id = ?", [operation["id"]])
        db.execute("UPDATE item SET status = ? WHERE id = ?", [to or item["status"], item["id"]])

    def _keep(self, db: sqlite3.Connection, table: str, item: int, name: str, value: str) -> None:
        db.execute(f"INSERT OR REPLACE INTO {table} (item, intname, value) VALUES (?, ?, ?)", [item, name, value])

    def _saveparam(self, db: sqlite3.Connection, item: dict[str, Any], params: dict[str, str]) -> None:
        crypted = {"on": True, "off": False}[params["crypted"]]
        for name in params.keys() - {"elid", "sok", "crypted"}:
            value = self.encrypted(params[name]) if crypted else params[name]
            self._keep(db, "itemcryptedparam" if crypted else "itemparam", item["id"], name, value)

    def _modules(self, tariff: int) -> list[int]:
        rows = self.rows(
            "SELECT pm.id FROM processingmodule pm JOIN processingmodule2pricelist p ON p.processingmodule = pm.id "
            "WHERE p.pricelist = ? ORDER BY pm.orderpriority, pm.id",
            tariff,
        )
        return [int(row["id"]) for row in rows]

    def _getnextmodule(self, db: sqlite3.Connection, item: dict[str, Any], params: dict[str, str]) -> None:
        modules = self._modules(item["pricelist"])
        after = modules[modules.index(item["processingmodule"]) + 1 :]
        if not after:
            raise Refusal("no_suitable_module")
        db.execute("UPDATE item SET processingmodule = ? WHERE id = ?", [after[0], item["id"]])

    def _rollback(self, db: sqlite3.Connection, item: dict[str, Any], params: dict[str, str]) -> None:
        if item["lastpricelist"] is None:
            raise Refusal("missed", "lastpricelist")
        db.execute("UPDATE item SET pricelist = lastpricelist, lastpricelist = NULL WHERE id = ?", [item["id"]])

    def _operation(self, db: sqlite3.Connection, number: str) -> None:
        if db.execute("SELECT id FROM runningoperation WHERE id = ?", [number]).fetchone() is None:
            raise Refusal("missed", "runningoperation", number)

    def _operation_edit(self, db: sqlite3.Connection, item: None, params: dict[str, str]) -> None:
        self._operation(db, params["elid"])
        ET.fromstring(params["errorxml"].encode())
        db.execute("UPDATE runningoperation SET errorxml = ? WHERE id = ?", [params["errorxml"], params["elid"]])

    def _setmanual(self, db: sqlite3.Connection, item: None, params: dict[str, str]) -> None:
        self._operation(db, params["elid"])
        db.execute("UPDATE runningoperation SET manual = 'on' WHERE id = ?", [params["elid"]])

    def _task_edit(self, db: sqlite3.Connection, item: None, params: dict[str, str]) -> None:
        self._operation(db, params["runningoperation"])
        db.execute(
            "INSERT INTO task (item, runningoperation, type) VALUES (:item, :runningoperation, :type)",
            {name: params[name] for name in ("item", "runningoperation", "type")},
        )

    def _problem(self, db: sqlite3.Connection, item: None, params: dict[str, str]) -> None:
        values = [params["name"], params["id"], params["param_errormsg"]]
        db.execute("INSERT INTO problem (name, id, text) VALUES (?, ?, ?)", values)

    def _setconfig(self, db: sqlite3.Connection, item: None, params: dict[str, str]) -> None:
        db.execute("UPDATE processingmodule SET config = ? WHERE id = ?", [params["config"], params["elid"]])


_POST: Mapping[str, tuple[str, set[int], int]] = {
    "service.postsuspend": ("suspend", {ACTIVE}, SUSPENDED),
    "service.postresume": ("resume", {SUSPENDED}, ACTIVE),
    "service.postclose": ("close", {ACTIVE, SUSPENDED, PROCESSING}, DELETED),
    "service.postsetparam": ("setparam", {ACTIVE, SUSPENDED}, 0),
}


def _understood(words: Sequence[str], environment: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    if list(words[:4]) != ["-m", "billmgr", "-o", "xml"]:
        raise Refusal("value", "options", " ".join(words[:4]))
    func, params, rest = words[4], dict[str, str](), list(words[5:])
    while rest:
        word = rest.pop(0)
        name, _, value = (rest.pop(0) if word == "-e" else word).partition("=")
        params[name] = environment[value.removeprefix("$")] if word == "-e" else value
    return func, params


def main(home: str, words: list[str]) -> int:
    """The program. A file `var/kill` with a number, and `before` or `after`, ends the caller at that call."""
    here, order = LittleBillManager(Path(home)), Path(home) / "var" / "kill"
    when = ""
    if order.exists():
        number, when = order.read_text().split()
        order.write_text(f"{int(number) - 1} {when}")
        when = when if number == "0" else ""
    if when != "before":
        sys.stdout.write(here.answer(words, os.environ))
    if when:
        order.unlink()
        os.kill(os.getppid(), signal.SIGKILL)
    return 0


def serve(
    here: LittleBillManager, executable: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """One try of the oldest operation, as BILLmanager's queue makes it: a process of the module's executable."""
    row = here.begin_try()
    assert row is not None
    words = ["--command", row["intname"], "--item", str(row["item"]), "--runningoperation", str(row["id"])]
    return subprocess.run(
        [*executable, *words], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
