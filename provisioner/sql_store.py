"""A store in a database: an SQLite file, or whatever else SQLAlchemy reaches by URL.

The engine is synchronous on purpose: a write has to be kept before the order that it announces goes out, so there is
nothing that could be done meanwhile. That is why it also waits while the database is locked or away; what it does not get within
`PATIENCE` seconds is StoreUnavailable, and leaves the action open.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import sqlalchemy as sa

from provisioner.accounts import ROWS as ACCOUNT_ROWS
from provisioner.billmanager.rows import ROWS as BILLMANAGER_ROWS
from provisioner.errors import BadSettings, ServiceBusy, StoreUnavailable
from provisioner.modules.billmanager5.records import ROWS as BILLMANAGER5_ROWS
from provisioner.modules.whmcs6.server_group import ROWS as WHMCS6_ROWS
from provisioner.store import ActionRow, CallRow, ClientRow, R, Row, ServiceRow, StepRow, fields_of

__all__ = ["SqlStore"]

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds (the host's) in which what the database refuses for now is tried again."""
_BUSY_MS = 5000
"""Milliseconds that SQLite itself waits for a lock."""
_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Between two tries; the last one again and again."""
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
            *(*ACCOUNT_ROWS, *BILLMANAGER_ROWS, *BILLMANAGER5_ROWS, *WHMCS6_ROWS),
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


def _make_tables(engine: sa.Engine) -> None:
    """Those that are missing. Another process that makes them at the same moment may be quicker between the look and the making:
    then there is one look more for each table that it may have made.
    """
    for last in [*[False] * len(_METADATA.tables), True]:
        try:
            _METADATA.create_all(engine)
        except sa.exc.DBAPIError:
            if last or not sa.inspect(engine).get_table_names():
                raise
        else:
            return


class SqlStore:
    """Rows in a database; the tables are made when they are missing."""

    def __init__(self, url: str, patience: float | None = None) -> None:
        """`url` as SQLAlchemy takes it: `sqlite:///billing.db`, `postgresql+psycopg://user@host/base`. Raises
        BadSettings when there is no such database.
        """
        self._patience = PATIENCE if patience is None else patience
        self._held: dict[int, sa.Connection] = {}
        """Sessions that hold locks, by the lock's number."""
        try:
            # A connection that the database has ended since (it was started again) is made anew before it is used.
            self._engine = sa.create_engine(url, pool_pre_ping=True)
            if self._engine.dialect.name == "sqlite":
                sa.event.listen(self._engine, "connect", _careful)
            _make_tables(self._engine)
            file = self._engine.url.database if self._engine.dialect.name == "sqlite" else None
            # Open as long as the store is: to close it would give up every lock of this process.
            self._locks = Path(f"{file}.lock").open("wb") if file and file != ":memory:" else None  # noqa: SIM115
        except (sa.exc.SQLAlchemyError, ImportError, OSError) as exc:
            if hasattr(self, "_engine"):
                self._engine.dispose()
            shown = sa.make_url(url).render_as_string() if isinstance(exc, sa.exc.DBAPIError) else url
            raise BadSettings(f"the store {shown} cannot be used: {_in_words(exc)}") from exc

    def close(self) -> None:
        if self._locks is not None:
            self._locks.close()
        self._engine.dispose()

    def panel(self, url: str) -> str:
        """URL of the panel that the rows are about: this one, when there was none before."""

        def work(connection: sa.Connection) -> str:
            kept = connection.execute(sa.select(_PANEL.c.url)).scalar()
            if kept is None:
                connection.execute(sa.insert(_PANEL).values(url=url))
            return url if kept is None else str(kept)

        return self._do(work)

    def write(self, *rows: Row) -> None:
        def work(connection: sa.Connection) -> None:
            for row in rows:
                table = _TABLES[type(row)]
                values = {name: getattr(row, name) for name in fields_of(type(row))}
                mine = sa.and_(*(table.c[name] == values[name] for name in row.KEY))
                if connection.execute(sa.update(table).where(mine).values(values)).rowcount == 0:
                    last = connection.execute(sa.select(sa.func.max(table.c.position))).scalar()
                    connection.execute(sa.insert(table).values(values | {"position": (last or 0) + 1}))

        self._do(work)

    def read(self, kind: type[R], service: str = "") -> list[R]:
        table = _TABLES[kind]
        names = fields_of(kind)
        wanted = sa.select(*(table.c[name] for name in names)).order_by(table.c.position)
        if service:
            wanted = wanted.where(table.c[kind.SERVICE] == service)
        rows = self._do(lambda connection: connection.execute(wanted).all())
        return [kind(**dict(zip(names, row, strict=True))) for row in rows]

    def reserve(self, server: int, service: str, panel: str = "") -> bool:
        held = sa.select(_RESERVED.c.service).where(_RESERVED.c.server == server, _RESERVED.c.panel == panel)
        put = sa.insert(_RESERVED).values(panel=panel, server=server, service=service)
        try:
            self._do(lambda connection: connection.execute(put))
        except sa.exc.IntegrityError:
            return self._do(lambda connection: connection.execute(held).scalar()) == service
        return True

    def release(self, service: str) -> None:
        self._do(lambda connection: connection.execute(sa.delete(_RESERVED).where(_RESERVED.c.service == service)))

    def _do(self, work: Callable[[sa.Connection], T]) -> T:
        """Do it in a transaction. All that is done here may be done twice: nobody knows of a commit whose answer is lost.

        Raises StoreUnavailable when the database stays locked or away.
        """
        since, tries = time.monotonic(), 0  # noqa: TID251 - the database's time is the host's
        while True:
            try:
                self._hold_again()
                # Who holds a lock in PostgreSQL works in the session that has it: without the lock nothing is done.
                if self._held:
                    connection = next(reversed(self._held.values()))
                    with connection.begin():
                        return work(connection)
                with self._engine.begin() as connection:
                    return work(connection)
            except sa.exc.DBAPIError as exc:
                if not _for_now(exc):
                    raise
                left = self._patience - (time.monotonic() - since)  # noqa: TID251
                if left <= 0:
                    raise StoreUnavailable(f"the store cannot be used now: {_in_words(exc)}") from None
            time.sleep(min(_PAUSES[min(tries, len(_PAUSES) - 1)], left))  # noqa: TID251
            tries += 1

    @contextmanager
    def hold(self, service: str) -> Iterator[None]:
        """The lock ends with the process, however it ends: a file's, or with PostgreSQL a session's."""
        busy = ServiceBusy(f"service {service} is busy: another process works on it")
        number = int.from_bytes(hashlib.sha256(service.encode()).digest()[:8], "big", signed=True)
        if self._engine.dialect.name == "postgresql":
            try:
                connection = self._engine.connect()
                mine = connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar()
                connection.commit()
            except sa.exc.DBAPIError as exc:
                raise StoreUnavailable(f"the store cannot be used now: {_in_words(exc)}") from None
            if not mine:
                connection.close()
                raise busy
            self._held[number] = connection
            try:
                yield
            finally:
                connection = self._held.pop(number)
                with suppress(sa.exc.DBAPIError):  # a session that has ended has no lock
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))
                    connection.commit()
                connection.close()
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

    def _hold_again(self) -> None:
        """Take the locks whose sessions the database has ended once more. Raises StoreUnavailable where somebody else has
        them by now.
        """
        for number, old in tuple(self._held.items()):
            if not (old.invalidated or old.closed):
                continue
            old.close()
            connection = self._engine.connect()
            if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar():
                connection.close()
                raise StoreUnavailable("the store was away, and another process works on the service by now")
            connection.commit()
            self._held[number] = connection


def _for_now(error: sa.exc.DBAPIError) -> bool:
    """Whether it may work a little later: locked, full, away; and not what is wrong with what was to be written."""
    return error.connection_invalidated or isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)


def _in_words(error: Exception) -> str:
    """In a line, without the statement."""
    told = getattr(error, "orig", None) or error
    return str(told).strip().partition("\n")[0] or type(told).__name__


def _careful(connection: Any, record: object) -> None:
    """What has been written survives the machine's end as well as the process's."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.close()
