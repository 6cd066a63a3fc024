"""Tables and columns as public processing modules read them (docs/processing-modules.md has each with its source), and a
transaction that speaks to SQLite and to MariaDB alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

__all__ = ["ACTIVE", "DELETED", "METADATA", "ORDERED", "PROCESSING", "SUSPENDED", "Transaction", "engine_of"]

ORDERED, ACTIVE, SUSPENDED, DELETED, PROCESSING = 1, 2, 3, 4, 5
"""`item.status` (vendor's API, item_status)."""

METADATA: Final = sa.MetaData()


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer) for name in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names]


def _params(table: str, of: str) -> sa.Table:
    """Names and values; a name is there once."""
    return sa.Table(
        table,
        METADATA,
        sa.Column(of, sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("intname", sa.String(64), primary_key=True),
        *_texts("value"),
    )


sa.Table("account", METADATA, _id(), *_texts("name"))
sa.Table("user", METADATA, _id(), *_numbers("account"), *_texts("email"))
sa.Table("itemtype", METADATA, _id(), *_texts("intname"))
sa.Table("pricelist", METADATA, _id(), *_numbers("itemtype"), *_texts("name"))
_params("pricelistparam", "pricelist")
sa.Table("processingmodule", METADATA, _id(), *_texts("module", "name", "config"), *_numbers("orderpriority"))
sa.Table("processingmodule2pricelist", METADATA, *_numbers("processingmodule", "pricelist"))
_params("processingparam", "processingmodule")
_params("processingcryptedparam", "processingmodule")
sa.Table(
    "item",
    METADATA,
    _id(),
    *_numbers("pricelist", "lastpricelist", "processingmodule", "account", "status"),
)
_params("itemparam", "item")
_params("itemcryptedparam", "item")
sa.Table(
    "runningoperation",
    METADATA,
    _id(),
    *_numbers("item"),
    *_texts("intname"),
    *_numbers("trycount"),
    *_texts("manual", "errorxml"),
)
sa.Table("task", METADATA, _id(), *_numbers("item", "runningoperation"), *_texts("type"))
sa.Table("problem", METADATA, *_texts("name"), *_numbers("id"), *_texts("text"))
sa.Table("journal", METADATA, sa.Column("number", sa.Integer, primary_key=True), *_texts("func", "words"))


def engine_of(url: str) -> sa.Engine:
    """Raises ImportError where the database's driver is not installed, sqlalchemy's ArgumentError for what is no URL."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def _quickly(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA busy_timeout=30000")
            connection.execute("PRAGMA synchronous=OFF")  # a killed process loses nothing by it, only a machine

    return engine


class Transaction:
    """Statements with `?` for values, whatever the database's own mark."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._mark = "?" if connection.dialect.name == "sqlite" else "%s"

    def execute(self, query: str, values: Sequence[Any] = ()) -> Any:
        """Rows by their columns' names, or what tells `lastrowid`."""
        done = self._connection.exec_driver_sql(query.replace("?", self._mark), tuple(values))
        return done.mappings() if done.returns_rows else done

    def insert(self, table: str, **values: Any) -> int:
        """The new row's id; 0 where it has none."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        done = self.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))  # noqa: S608 - our own names
        return int(done.lastrowid or 0)

    def keep(self, table: str, of: str, number: int, name: str, value: str) -> None:
        """A parameter, in place of the one of that name."""
        self.execute(f"DELETE FROM {table} WHERE {of} = ? AND intname = ?", [number, name])  # noqa: S608
        self.insert(table, **{of: number, "intname": name, "value": value})
