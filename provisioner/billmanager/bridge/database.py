"""BILLmanager's database as a processing module reads it: the service, its parameters, the connection to the panel.

Nothing is written there: every change goes through a function (`provisioner.billmanager.bridge.mgrctl`). Names of tables and
columns, and the way in which secrets are kept, are those that the vendor's public modules use
(docs/processing-modules.md).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from provisioner.billmanager.bridge.mgrctl import CallbackError, Mgrctl
from provisioner.errors import BadSettings, Refused

__all__ = ["ACTIVE", "KEY", "SUSPENDED", "Billed", "Connected", "Database", "Secrets", "configured"]

ACTIVE: Final = 2
SUSPENDED: Final = 3
"""Of `item.status`; 1 is ordered, 4 deleted, 5 being processed."""
KEY: Final = "etc/billmgr.pem"
_ITEM: Final = """
    SELECT it.intname AS itemtype, pm.module AS module_type, i.processingmodule AS module, i.pricelist AS pricelist,
           i.status AS status, i.account AS account, i.lastpricelist AS lastpricelist
    FROM item i
    JOIN pricelist p ON p.id = i.pricelist
    JOIN itemtype it ON it.id = p.itemtype
    LEFT JOIN processingmodule pm ON pm.id = i.processingmodule
    WHERE i.id = :id
"""


class DatabaseGone(CallbackError):
    """BILLmanager's database does not answer."""


@dataclass(frozen=True, slots=True)
class Billed:
    """A service as BILLmanager has it."""

    id: int
    itemtype: str
    """`dedic`, `vhost`."""
    status: int
    module: int | None
    module_type: str
    """Name of the module's executable; empty when the service is with none."""
    email: str
    """Of the client's first user."""
    changing: bool
    """Whether its tariff plan is being changed."""
    params: Mapping[str, str] = field(repr=False)
    """The service's over the tariff plan's."""


@dataclass(frozen=True, slots=True)
class Connected:
    """A connected processing module."""

    id: int
    type: str
    name: str
    params: Mapping[str, str] = field(repr=False)
    """`url`, `username`, `password`, …"""
    config: str
    """What `processing.setconfig` has kept of it."""


class Secrets:
    """Values that BILLmanager keeps encrypted: RSA, PKCS #1 v1.5, in base64; the key is in `etc/billmgr.pem`."""

    def __init__(self, key: Path) -> None:
        self._file = key
        self._key: rsa.RSAPrivateKey | None = None

    def plain(self, value: str) -> str:
        """Raises BadSettings when the key is not there or is not the value's."""
        if self._key is None:
            self._key = self._read()
        try:
            return self._key.decrypt(base64.b64decode(value, validate=True), padding.PKCS1v15()).decode()
        except (binascii.Error, ValueError) as exc:
            raise BadSettings(f"a value of BILLmanager's is not encrypted for the key in {self._file}") from exc

    def _read(self) -> rsa.RSAPrivateKey:
        try:
            key = load_pem_private_key(self._file.read_bytes(), None)
        except (OSError, ValueError, TypeError) as exc:
            raise BadSettings(f"BILLmanager's key {self._file} cannot be read: {exc}") from exc
        if not isinstance(key, rsa.RSAPrivateKey):
            raise BadSettings(f"BILLmanager's key {self._file} is no RSA key")
        return key


def configured(mgrctl: Mgrctl) -> tuple[sa.URL, Path]:
    """Where the database and the key are, by the function `paramlist` (etc/billmgr.conf). Raises CallbackError."""
    given = {each.tag: (each.text or "").strip() for each in mgrctl.call("paramlist").iterfind("elem/*")}
    host, _, port = given.get("DBHost", "").partition(":")
    url = sa.URL.create(
        "mysql+pymysql",
        given.get("DBUser") or "root",
        given.get("DBPassword") or None,
        host or "localhost",
        int(port) if port.isascii() and port.isdigit() else None,
        given.get("DBName") or "billmgr",
        {"unix_socket": given["DBSocket"]} if given.get("DBSocket") else {},
    )
    return url, mgrctl.home / (given.get("CryptKey") or KEY)


class Database:
    """Every method raises CallbackError when the database does not answer."""

    def __init__(self, url: str | sa.URL, secrets: Secrets) -> None:
        self._secrets = secrets
        try:
            self._engine = sa.create_engine(url)
        except sa.exc.ArgumentError as exc:
            raise BadSettings(f"this is no URL of a database: {exc}") from exc
        except ImportError as exc:
            raise BadSettings(f"to read BILLmanager's database, install its driver: {exc}") from exc

    def close(self) -> None:
        self._engine.dispose()

    def item(self, number: int) -> Billed:
        """Raises Refused when there is no such service."""
        rows = self._rows(_ITEM, id=number)
        if not rows:
            raise Refused(f"there is no item {number}")
        row = rows[0]
        params = self._params("pricelistparam", "pricelist", row["pricelist"])
        params |= self._params("itemparam", "item", number)
        params |= self._params("itemcryptedparam", "item", number, crypted=True)
        users = self._rows("SELECT u.email AS email FROM user u WHERE u.account = :id ORDER BY u.id", id=row["account"])
        return Billed(
            number,
            str(row["itemtype"]),
            int(row["status"] or 0),
            None if row["module"] is None else int(row["module"]),
            str(row["module_type"] or ""),
            str(users[0]["email"]) if users else "",
            bool(row["lastpricelist"]),
            params,
        )

    def module(self, number: int) -> Connected:
        """Raises Refused when there is no such processing module."""
        rows = self._rows("SELECT module, name, config FROM processingmodule WHERE id = :id", id=number)
        if not rows:
            raise Refused(f"there is no processing module {number}")
        params = self._params("processingparam", "processingmodule", number)
        params |= self._params("processingcryptedparam", "processingmodule", number, crypted=True)
        row = rows[0]
        return Connected(number, str(row["module"]), str(row["name"]), params, str(row["config"] or ""))

    def tries(self, operation: int) -> int:
        """How often a running operation was tried."""
        rows = self._rows("SELECT trycount FROM runningoperation WHERE id = :id", id=operation)
        return int(rows[0]["trycount"] or 0) if rows else 0

    def has_task(self, operation: int) -> bool:
        """Whether staff have a task for a running operation."""
        return bool(self._rows("SELECT id FROM task WHERE runningoperation = :id", id=operation))

    def _params(self, table: str, column: str, number: Any, *, crypted: bool = False) -> dict[str, str]:
        rows = self._rows(f"SELECT intname, value FROM {table} WHERE {column} = :id", id=number)  # noqa: S608 - names of ours
        given = {str(row["intname"]): str(row["value"] or "") for row in rows}
        return (
            {name: self._secrets.plain(value) if value else "" for name, value in given.items()} if crypted else given
        )

    def _rows(self, query: str, **params: Any) -> list[Mapping[str, Any]]:
        try:
            with self._engine.connect() as connection:
                return [dict(row) for row in connection.execute(sa.text(query), params).mappings()]
        except sa.exc.SQLAlchemyError as exc:
            raise DatabaseGone(f"BILLmanager's database does not answer: {getattr(exc, 'orig', None) or exc}") from exc
