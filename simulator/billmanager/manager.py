"""The manager in its directory, which looks like /usr/local/mgr5: what its administrator and its clients do, and what it shows."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import sqlalchemy as sa

from simulator.billmanager import functions
from simulator.billmanager.functions import Refusal, understood
from simulator.billmanager.queue import Call, connect, run_oldest
from simulator.billmanager.schema import METADATA, PROCESSING, Transaction, engine_of
from simulator.billmanager.secrets import Secrets, new_key

__all__ = ["BillManager"]

_PROGRAM = "#!{python}\nimport sys\n\nfrom simulator.billmanager.program import main\n\nsys.exit(main({home!r}, sys.argv[1:]))\n"
_PASSWORDS = frozenset({"password", "passwd"})


class BillManager:
    """In `home`. Every call is a transaction of its own, so that other processes may work on it at the same time."""

    def __init__(self, home: Path) -> None:
        self.home: Path = home
        self.program = home / "sbin" / "mgrctl"
        self.secrets = Secrets(home / "etc" / "billmgr.pem")

    def install(self, key: bytes = b"", *, database: str = "") -> BillManager:
        """Make the directory and the tables. `key`: a PEM of its own; `database`: an SQLAlchemy URL of an empty database in
        MariaDB or MySQL, else there is an SQLite file.
        """
        for name in ("sbin", "etc", "var", "processing"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        (self.home / "etc/billmgr.pem").write_bytes(key or new_key())
        (self.home / "etc/billmgr.conf").write_text(_conf(database))
        self.program.write_text(_PROGRAM.format(python=sys.executable, home=str(self.home)))
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        METADATA.create_all(self._engine)
        return self

    # the database

    def configuration(self) -> dict[str, str]:
        """`etc/billmgr.conf`, by names."""
        lines = (self.home / "etc/billmgr.conf").read_text().splitlines()
        return dict(line.split(" ", 1) for line in lines if " " in line)

    @property
    def database(self) -> str:
        """Its URL for SQLAlchemy."""
        told = self.configuration()
        if "DBHost" not in told:
            return f"sqlite:///{self.home / 'var' / 'billmgr.sqlite'}"
        host, _, port = told["DBHost"].partition(":")
        query = {"unix_socket": told["DBSocket"]} if told.get("DBSocket") else {}
        return sa.URL.create(
            "mysql+pymysql", told["DBUser"], told.get("DBPassword"), host, int(port) if port else None,
            told["DBName"], query,
        ).render_as_string(hide_password=False)  # fmt: skip

    @property
    def url(self) -> str:
        """For those who may only read."""
        file = self.home / "var" / "billmgr.sqlite"
        return self.database if "DBHost" in self.configuration() else f"sqlite:///file:{file}?mode=ro&uri=true"

    @cached_property
    def _engine(self) -> sa.Engine:
        """It keeps no connection: others may work on the database, and end it, between two transactions."""
        return engine_of(self.database)

    @contextmanager
    def opened(self) -> Iterator[Transaction]:
        """One transaction."""
        with self._engine.begin() as connection:
            yield Transaction(connection)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self.opened() as db:
            return [dict(row) for row in db.execute(query, values)]

    # what its administrator does

    def connect(self, module: str, connection: Mapping[str, str], *, name: str = "", priority: int = 0) -> int:
        """Connect an executable of `processing/` as its administrator does: what it can is asked, then whether the connection
        is right. Raises NotConnected with the module's own words.
        """
        connect(self, module, connection)
        return self.add_module(module, connection, name=name, priority=priority)

    def add_module(self, of_type: str, connection: Mapping[str, str], *, name: str = "", priority: int = 0) -> int:
        """Without asking it anything."""
        with self.opened() as db:
            number = db.insert("processingmodule", module=of_type, name=name or of_type, orderpriority=priority)
            for intname, value in connection.items():
                if intname in _PASSWORDS:
                    kept = self.secrets.encrypted(value)
                    db.keep("processingcryptedparam", "processingmodule", number, intname, kept)
                else:
                    db.keep("processingparam", "processingmodule", number, intname, value)
        return number

    def add_tariff(self, itemtype: str, modules: Sequence[int], **params: str) -> int:
        """A tariff plan of this type of service, with its processing modules and their parameters."""
        with self.opened() as db:
            known = db.execute("SELECT id FROM itemtype WHERE intname = ?", [itemtype]).fetchone()
            kind = known["id"] if known else db.insert("itemtype", intname=itemtype)
            number = db.insert("pricelist", itemtype=kind, name=itemtype)
            for module in modules:
                db.insert("processingmodule2pricelist", processingmodule=module, pricelist=number)
            for name, value in params.items():
                db.keep("pricelistparam", "pricelist", number, name, value)
        return number

    def change_tariff(self, item: int, tariff: int) -> None:
        """While `setparam` is under way the item has both."""
        with self.opened() as db:
            db.execute("UPDATE item SET lastpricelist = pricelist, pricelist = ? WHERE id = ?", [tariff, item])

    # what its clients do

    def buy(self, tariff: int, email: str = "alice@example.com", **params: str) -> int:
        """An order that is paid: the first module of the tariff is to open it."""
        with self.opened() as db:
            known = db.execute("SELECT account FROM user WHERE email = ?", [email]).fetchone()
            account = known["account"] if known else db.insert("account", name=email)
            if known is None:
                db.insert("user", account=account, email=email)
            row = db.execute(
                "SELECT pm.id AS id FROM processingmodule pm JOIN processingmodule2pricelist p "
                "ON p.processingmodule = pm.id WHERE p.pricelist = ? ORDER BY pm.orderpriority, pm.id",
                [tariff],
            ).fetchone()
            if row is None:
                raise Refusal("no_suitable_module", "pricelist", str(tariff))
            number = db.insert("item", pricelist=tariff, processingmodule=row["id"], account=account, status=PROCESSING)
            for name, value in params.items():
                db.keep("itemparam", "item", number, name, value)
        self.ask(number, "open")
        return number

    def ask(self, item: int, command: str) -> int:
        """A running operation: `suspend`, `resume`, `close`, `setparam`. Raises Refusal for a service that there is not."""
        with self.opened() as db:
            if db.execute("SELECT id FROM item WHERE id = ?", [item]).fetchone() is None:
                raise Refusal("missed", "item", str(item))
            return db.insert("runningoperation", item=item, intname=command, trycount=0, manual="off", errorxml="")

    def param(self, item: int, name: str, value: str) -> None:
        with self.opened() as db:
            db.keep("itemparam", "item", item, name, value)

    # its queue

    def begin_try(self) -> dict[str, Any] | None:
        """The oldest operation that is not staff's, counted as tried once more."""
        with self.opened() as db:
            row = db.execute("SELECT * FROM runningoperation WHERE manual = 'off' ORDER BY id").fetchone()
            if row is None:
                return None
            db.execute("UPDATE runningoperation SET trycount = trycount + 1 WHERE id = ?", [row["id"]])
            return dict(row)

    def run_oldest(self, environment: Mapping[str, str] | None = None) -> Call | None:
        """One try of the oldest operation, as the queue makes it: a process of the module. None when nothing is to be done."""
        return run_oldest(self, environment or {})

    # what it shows

    def status(self, item: int) -> int:
        return int(self.rows("SELECT status FROM item WHERE id = ?", item)[0]["status"])

    def params(self, item: int) -> dict[str, str]:
        plain = self.rows("SELECT intname, value FROM itemparam WHERE item = ?", item)
        secret = self.rows("SELECT intname, value FROM itemcryptedparam WHERE item = ?", item)
        return {row["intname"]: row["value"] for row in plain} | {
            row["intname"]: self.secrets.decrypted(row["value"]) for row in secret
        }

    def error(self, item: int) -> ET.Element | None:
        """Of the service's running operation, as staff see it."""
        rows = self.rows("SELECT errorxml FROM runningoperation WHERE item = ?", item)
        text = rows[0]["errorxml"] if rows else ""
        return ET.fromstring(text.encode()).find(".//error") if text else None  # noqa: S314 - a module of ours wrote it

    @property
    def functions(self) -> list[str]:
        """Those that were called, in order."""
        return [row["func"] for row in self.rows("SELECT func FROM journal ORDER BY number")]

    # its functions

    def answer(self, words: Sequence[str], environment: Mapping[str, str]) -> str:
        """What `mgrctl` prints."""
        document = ET.Element("doc")
        try:
            func, params = understood(words, environment)
            with self.opened() as db:  # what was asked stays written, also when it is refused
                shown = " ".join(
                    f"{name}={value}" for name, value in params.items() if value not in environment.values()
                )
                db.insert("journal", func=func, words=shown)
            with self.opened() as db:
                found = functions.run(self, db, func, params)
            holder = ET.SubElement(document, "elem") if func == "paramlist" else document
            for name, value in found.items():
                ET.SubElement(holder, name).text = value
            ET.SubElement(document, "ok")
        except Refusal as exc:
            error = ET.SubElement(document, "error", type=exc.kind, object=exc.about, value=exc.value)
            ET.SubElement(error, "msg").text = str(exc)
        return ET.tostring(document, encoding="unicode")


def _conf(database: str) -> str:
    """`etc/billmgr.conf`."""
    lines = ["CryptKey etc/billmgr.pem"]
    if database:
        url = sa.make_url(database)
        place = f"{url.host or 'localhost'}{f':{url.port}' if url.port else ''}"
        told = {
            "DBHost": place,
            "DBUser": url.username or "root",
            "DBPassword": url.password or "",
            "DBName": url.database or "billmgr",
            "DBSocket": str(url.query.get("unix_socket", "")),
        }
        lines += [f"{name} {value}" for name, value in told.items() if value]
    return "\n".join([*lines, ""])
