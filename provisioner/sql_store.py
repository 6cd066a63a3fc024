"""A store in a database: an SQLite file, or whatever else SQLAlchemy reaches by URL.

The engine is synchronous on purpose: a write has to be kept before the order that it announces goes out, so there is
nothing that could be done meanwhile.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from provisioner.billmanager.rows import ROWS as BILLMANAGER_ROWS
from provisioner.errors import BadSettings, ServiceBusy
from provisioner.modules.billmanager5.records import ROWS as BILLMANAGER5_ROWS
from provisioner.modules.whmcs6.server_group import ROWS as WHMCS6_ROWS
from provisioner.store import ActionRow, CallRow, ClientRow, R, Row, ServiceRow, StepRow, fields_of

__all__ = ["SqlStore"]

_METADATA = sa.MetaData()


class _Plain(sa.types.TypeDecorator[Any]):
    """JSON as text: SQLite takes a column that is called JSON for numbers, and makes 1.0 of 1 and floats of big ones."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        return None if value is None else json.loads(value)


_TYPES: Mapping[str, type[sa.types.TypeEngine[Any]]] = MappingProxyType(
    {"str": sa.Text, "bool": sa.Boolean, "int": sa.BigInteger, "float": sa.Double, "Any": _Plain}
)


def _table(kind: type[Row]) -> sa.Table:
    """A table with the record's fields as columns."""
    columns = [
        sa.Column(
            field.name,
            _TYPES[str(field.type).removesuffix(" | None")],
            primary_key=field.name in kind.KEY,
            autoincrement=False,
        )
        for field in dataclasses.fields(kind)  # type: ignore[arg-type]
    ]
    return sa.Table(kind.TABLE, _METADATA, sa.Column("position", sa.Integer), *columns)


_TABLES: Mapping[type[Row], sa.Table] = MappingProxyType(
    {
        kind: _table(kind)
        for kind in (
            *(ClientRow, ServiceRow, ActionRow, StepRow, CallRow),
            *(*BILLMANAGER_ROWS, *BILLMANAGER5_ROWS, *WHMCS6_ROWS),
        )
    }
)
_RESERVED = sa.Table(
    "reserved_servers",
    _METADATA,
    sa.Column("panel", sa.Text, primary_key=True),
    sa.Column("server", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("service", sa.Text, nullable=False),
)
_PANEL = sa.Table("panel", _METADATA, sa.Column("url", sa.Text, primary_key=True))


class SqlStore:
    """Rows in a database; the tables are made when they are missing."""

    def __init__(self, url: str) -> None:
        """`url` as SQLAlchemy takes it: `sqlite:///billing.db`, `postgresql+psycopg://user@host/base`. Raises
        BadSettings when there is no such database.
        """
        try:
            # A connection that the database has ended since (it was started again) is made anew before it is used.
            self._engine = sa.create_engine(url, pool_pre_ping=True)
            if self._engine.dialect.name == "sqlite":
                sa.event.listen(self._engine, "connect", _careful)
            _METADATA.create_all(self._engine)
            file = self._engine.url.database if self._engine.dialect.name == "sqlite" else None
            # Open as long as the store is: to close it would give up every lock of this process.
            self._locks = Path(f"{file}.lock").open("wb") if file and file != ":memory:" else None  # noqa: SIM115
        except (sa.exc.SQLAlchemyError, ImportError, OSError) as exc:
            if hasattr(self, "_engine"):
                self._engine.dispose()
            raise BadSettings(f"the store {url} cannot be used: {exc}") from exc

    def close(self) -> None:
        if self._locks is not None:
            self._locks.close()
        self._engine.dispose()

    def panel(self, url: str) -> str:
        """URL of the panel that the rows are about: this one, when there was none before."""
        with self._engine.begin() as connection:
            kept = connection.execute(sa.select(_PANEL.c.url)).scalar()
            if kept is None:
                connection.execute(sa.insert(_PANEL).values(url=url))
            return url if kept is None else str(kept)

    def write(self, *rows: Row) -> None:
        with self._engine.begin() as connection:
            for row in rows:
                table = _TABLES[type(row)]
                values = {name: getattr(row, name) for name in fields_of(type(row))}
                mine = sa.and_(*(table.c[name] == values[name] for name in row.KEY))
                if connection.execute(sa.update(table).where(mine).values(values)).rowcount == 0:
                    last = connection.execute(sa.select(sa.func.max(table.c.position))).scalar()
                    connection.execute(sa.insert(table).values(values | {"position": (last or 0) + 1}))

    def read(self, kind: type[R], service: str = "") -> list[R]:
        table = _TABLES[kind]
        names = fields_of(kind)
        wanted = sa.select(*(table.c[name] for name in names)).order_by(table.c.position)
        if service:
            wanted = wanted.where(table.c[kind.SERVICE] == service)
        with self._engine.connect() as connection:
            return [kind(**dict(zip(names, row, strict=True))) for row in connection.execute(wanted)]

    def reserve(self, server: int, service: str, panel: str = "") -> bool:
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(_RESERVED).values(panel=panel, server=server, service=service))
        except sa.exc.IntegrityError:
            with self._engine.connect() as connection:
                held = sa.select(_RESERVED.c.service).where(_RESERVED.c.server == server, _RESERVED.c.panel == panel)
                return connection.execute(held).scalar() == service
        return True

    def release(self, service: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_RESERVED).where(_RESERVED.c.service == service))

    @contextmanager
    def hold(self, service: str) -> Iterator[None]:
        """The lock ends with the process, however it ends: a file's, or with PostgreSQL a session's."""
        busy = ServiceBusy(f"service {service} is busy: another process works on it")
        number = int.from_bytes(hashlib.sha256(service.encode()).digest()[:8], "big", signed=True)
        if self._engine.dialect.name == "postgresql":
            with self._engine.connect() as connection:
                if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar():
                    raise busy
                connection.commit()
                yield
                connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))
        elif self._locks is not None:
            offset = number & (1 << 62) - 1
            try:
                fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
            except OSError:
                raise busy from None
            yield
            fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, offset)
        else:
            yield


def _careful(connection: Any, record: object) -> None:
    """What has been written survives the machine's end as well as the process's."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()
