"""The folder in which a lab's state outlives a stop: a database (SQLite) in which changes are durable before somebody is told of
them, and a lock.

SQLite appends what changes to a log beside the file (WAL), syncs it at each commit, and folds it into the file by and by. A row has a
checksum of its own, since a database does not notice when its content rots.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
import sys
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from simulator.kernel.rows import Row
from simulator.kernel.snapshot import BadSnapshot
from simulator.lab.changes import state_of

if sys.platform != "win32":
    import fcntl

__all__ = ["NotWritten", "StateDir", "StateInUse", "read_state"]

FILE, OLD, LOCK = "state.sqlite", "state.json", "lock"
_TABLE = "CREATE TABLE rows (part TEXT, item TEXT, place INTEGER, value TEXT, crc INTEGER, PRIMARY KEY (part, item))"


class StateInUse(OSError):
    """Another lab that is up keeps its state there."""


class NotWritten(OSError):
    """The state cannot be written now. The message says why."""


class StateDir:
    """Entered, it is this process's alone. Raises StateInUse, and OSError where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / FILE
        self._lock = -1
        self._database: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o600)
        if sys.platform != "win32":  # which has no such lock: there, nobody is kept from sharing a folder
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._lock)
                raise StateInUse(f"{self.folder}: another lab that is up keeps its state there") from None
        if not self.file.exists() and (self.folder / OLD).exists():
            self.file = self.folder / OLD  # what version 0.1 wrote: read once
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        os.close(self._lock)

    def read(self) -> Any:
        """What was written last; None before that. Raises BadSnapshot for what is no state, or a damaged one."""
        if self.file.name == OLD:
            return _read_old(self.file)
        return _read(self.file) if os.path.lexists(self.file) else None

    def begin(self, rows: Iterable[Row]) -> None:
        """From now on the state is this, whole. Raises NotWritten."""
        part = self.folder / f".{FILE}.part"
        try:
            for old in (part, self.folder / f"{part.name}-journal"):
                old.unlink(missing_ok=True)
            # It holds passwords and tokens, if only those of a lab. The files beside it get its mode.
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with contextlib.closing(_connected(part)) as database, _transaction(database):
                database.execute(_TABLE)
                database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", map(_with_sum, rows))
            # The log of the state that was belongs to that file; it is folded before another takes its place.
            if self.file.name == FILE and self.file.exists():
                with contextlib.closing(_connected(self.file)) as before:
                    before.execute("PRAGMA journal_mode = DELETE")
            self.file = self.folder / FILE
            part.replace(self.file)
            _sync(self.folder)
            database = _connected(self.file)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            self._database = database
            with contextlib.suppress(FileNotFoundError):
                (self.folder / OLD).rename(self.folder / f"{OLD}.old")
        except (OSError, sqlite3.Error) as error:
            raise NotWritten(f"{self.folder}: the state cannot be written: {error}") from error

    def append(self, changed: Mapping[tuple[str, str], tuple[int, str] | None]) -> None:
        """Have these rows too, durably. All or none; raises NotWritten."""
        assert self._database is not None
        gone = [key for key, row in changed.items() if row is None]
        new = [_with_sum((*key, *row)) for key, row in changed.items() if row is not None]
        try:
            with _transaction(self._database):
                self._database.executemany("DELETE FROM rows WHERE part = ? AND item = ?", gone)
                self._database.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)", new)
        except sqlite3.Error as error:
            raise NotWritten(f"{self.file}: {error}") from error

    def close(self) -> None:
        """Fold the log, and let go of the file."""
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):  # no room to fold it in: it is folded at the next start
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._database.close()
            self._database = None


def read_state(folder: Path) -> Any:
    """What `rackloop up --state` keeps there, of a lab that is not up. Raises BadSnapshot."""
    file = folder / FILE
    return _read(file) if os.path.lexists(file) else _read_old(folder / OLD)


def _connected(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=0)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")  # and no file in shared memory beside it
    return database


@contextlib.contextmanager
def _transaction(database: sqlite3.Connection) -> Any:
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                database.execute("ROLLBACK")
        raise


def _sum(part: str, item: str, place: int, value: str) -> int:
    return zlib.crc32(f"{part}\0{item}\0{place}\0{value}".encode())


def _with_sum(row: Row) -> tuple[str, str, int, str, int]:
    return (*row, _sum(*row))


def _sync(folder: Path) -> None:
    if sys.platform != "win32":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _regular(file: Path) -> None:
    """Raises BadSnapshot for what is there and is no file: a folder, a pipe, a device."""
    try:
        kind = file.stat()
    except OSError as error:
        raise BadSnapshot(f"it cannot be read: {error.strerror or error}") from error
    if not stat.S_ISREG(kind.st_mode):
        raise BadSnapshot("it is no ordinary file")


def _read(file: Path) -> dict[str, Any]:
    _regular(file)
    if file.stat().st_size == 0:
        raise BadSnapshot("it is empty")
    try:
        with contextlib.closing(_connected(file)) as database:
            if (told := database.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
                raise BadSnapshot(f"it is damaged: {str(told).splitlines()[-1]}")
            rows = database.execute("SELECT part, item, place, value, crc FROM rows ORDER BY rowid").fetchall()
    except sqlite3.Error as error:
        if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise BadSnapshot("a lab that is up has it; read it when that has stopped") from error
        raise BadSnapshot(f"it is damaged: {error}") from error
    for part, item, place, value, crc in rows:
        kinds = (type(part), type(item), type(place), type(value))
        if kinds != (str, str, int, str) or _sum(part, item, place, value) != crc:
            raise BadSnapshot(f"it is damaged: the row {part} {item} is not as it was written")
    return state_of([row[:4] for row in rows])


def _read_old(file: Path) -> Any:
    _regular(file)
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSnapshot(f"it cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise BadSnapshot(f"it is no JSON: {error}") from error
