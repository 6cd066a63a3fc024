"""What billing keeps, in a real PostgreSQL as Debian packages it: stops, locks, and the database's own end."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from provisioner import sql_store
from provisioner.errors import ServiceBusy
from provisioner.services import State
from provisioner.sql_store import SqlStore
from provisioner.store import ActionRow, MemoryStore, Row, Store
from simulator.kernel import LoopClock, run
from tests.provisioner import test_crash, test_crash_billmanager5, test_crash_billmanager6
from tests.provisioner.support.dcimanager6 import Panel
from tests.provisioner.support.interruption import Fate, MortalStore
from tests.provisioner.support.whmcs6 import Shop
from tests.provisioner.test_crash import order

pytestmark = [pytest.mark.interop, pytest.mark.slow]


def missing(what: str) -> None:
    """The tests are skipped; in CI, where everything must be, they fail."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")


class Server:
    """A PostgreSQL of our own. It listens on a socket in its own folder only, so that no port can be taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._bases = 0
        self._run("initdb", "-A", "trust", "-U", "rackloop", "--no-sync", "--no-locale", "-E", "UTF8")

    def _run(self, name: str, *words: str) -> None:
        places = [*sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True), os.environ["PATH"]]
        path = shutil.which(name, path=os.pathsep.join(places))
        if path is None:
            missing(f"PostgreSQL's {name}")
            return
        # PostgreSQL refuses to be root.
        user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        # Its output goes to a file: what it leaves running would keep a pipe open for ever.
        with (self.folder / "said").open("wb") as said:
            done = subprocess.run(
                [*user, path, "-D", str(self.folder / "data"), *words],
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
            )
        assert done.returncode == 0, (self.folder / "said").read_text()

    def start(self) -> None:
        quick = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=20"
        options = f"-k {self.folder} -c listen_addresses= {quick}"
        self._run("pg_ctl", "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self, how: str = "immediate") -> None:
        """At once, as a crash (with what was not synced lost), or `fast`: whoever is connected is cut off."""
        self._run("pg_ctl", "-m", how, "-w", "stop")

    def url(self, base: str) -> str:
        return f"postgresql+psycopg://rackloop@/{base}?host={self.folder}"

    def new_base(self) -> str:
        """URL of a new, empty database."""
        self._bases += 1
        admin = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE billing{self._bases}"))
        admin.dispose()
        return self.url(f"billing{self._bases}")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if find_spec("psycopg") is None:
        missing("psycopg")
    # A socket's path has to be short, and another user has to reach it.
    with tempfile.TemporaryDirectory(prefix="rackloop-postgresql-", dir="/tmp") as folder:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        here = Server(Path(folder))
        here.start()
        try:
            yield here
        finally:
            here.stop()


@pytest.mark.parametrize(
    ("crashes", "name"),
    [
        (test_crash, "create"),
        (test_crash, "terminate, all options"),
        (test_crash_billmanager5, "create, the next server"),
        (test_crash_billmanager5, "terminate"),
        (test_crash_billmanager6, "open, next processing module"),
        (test_crash_billmanager6, "close"),
    ],
    ids=lambda given: given if isinstance(given, str) else given.__name__.rpartition(".")[2],
)
def test_what_it_has_kept_is_enough_to_go_on_after_a_stop(server: Server, crashes: ModuleType, name: str) -> None:
    case = next(case for case in crashes.CASES if case.name == name)
    whole, points = run(crashes._end(case, None, MemoryStore()))
    for at in range(0, points, max(points // 4, 1)):  # all points are tried with a store in memory
        store = SqlStore(server.new_base())
        seen, _ = run(crashes._end(case, at, store))
        store.close()
        assert seen == whole, f"stopped at point {at} of {points}"


def test_one_process_at_a_time_works_on_a_service_and_one_service_gets_a_server(server: Server) -> None:
    url = server.new_base()
    store, other = SqlStore(url), SqlStore(url)
    with store.hold("web1"):
        with pytest.raises(ServiceBusy), other.hold("web1"):
            pass
        with other.hold("web2"):
            pass
    with other.hold("web1"):
        assert store.reserve(1, "web1")
        assert store.reserve(1, "web1")
        assert not other.reserve(1, "web2")
        other.release("web1")
        assert other.reserve(1, "web2")
    store.close()
    other.close()


def filled(kind: type[Row]) -> Row:
    """A row with something awkward in every field."""
    awkward: dict[str, Any] = {
        "str": "a'b\"c\\d\n\N{SNOWMAN} %s :x",
        "int": 2**40,
        "float": 1 / 3,
        "bool": True,
        "Any": {"a": [1, None, {"b": "\N{SNOWMAN}"}], "c": 0.1},
    }
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    return kind(**{field.name: awkward[str(field.type).removesuffix(" | None")] for field in fields})


@pytest.mark.parametrize("kind", sql_store._TABLES, ids=lambda kind: kind.TABLE)
def test_every_kind_of_row_comes_back_as_it_went_in(server: Server, kind: type[Row]) -> None:
    url = server.new_base()
    store = SqlStore(url)
    row = filled(kind)
    store.write(row)
    store.write(row)
    store.close()
    again = SqlStore(url)
    assert again.read(kind) == [row]
    again.close()


def test_a_database_that_is_started_again_between_two_actions_is_found_again(server: Server) -> None:
    async def life() -> None:
        store = SqlStore(server.new_base())
        it = Shop({}, store=store)
        await order(it)
        server.stop()
        server.start()
        await it.billing.suspend("web1")
        await it.client.close()
        assert it.billing.service("web1").state is State.SUSPENDED
        assert [row.name for row in store.read(ActionRow)] == ["Create", "Suspend"]
        store.close()

    run(life())


class BentStore(MortalStore):
    """Somebody's store, to which something happens before one point of its use."""

    def __init__(self, store: Store, at: int | None, happens: Callable[[], object]) -> None:
        super().__init__(store, Fate())
        self._at = at
        self._happens = happens

    def _around(self, work: Callable[[], Any]) -> Any:
        for each in (lambda: None, work):
            if self._fate.points == self._at:
                self._happens()
            self._fate.points += 1
            result = each()
        return result


async def _sold(url: str | None, at: int | None, happens: Callable[[], object]) -> tuple[dict[str, Any], int]:
    """The end of an order for which something happens to the database at a point."""
    panel = Panel(LoopClock(), 3)
    kept: Store = SqlStore(url, patience=30) if url else MemoryStore()
    store = BentStore(kept, at, happens)
    it = Shop({}, panel=panel, store=store, poll=900.0)
    with kept.hold("web1"):
        await order(it)
        if url:
            with contextlib.closing(SqlStore(url)) as other, pytest.raises(ServiceBusy), other.hold("web1"):
                pass  # the lock is ours again, or still
    found = test_crash.seen(panel, kept, it, 0)
    await it.client.close()
    if isinstance(kept, SqlStore):
        kept.close()
    return found, store._fate.points


def test_a_database_that_ends_every_connection_at_any_point_is_gone_on_with(server: Server) -> None:
    whole, points = run(_sold(None, None, lambda: None))
    assert points > 40
    admin = sa.create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")

    def cut() -> None:
        with admin.connect() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname <> 'postgres'"
            connection.execute(sa.text(others))

    for at in range(0, points, 3):
        assert run(_sold(server.new_base(), at, cut))[0] == whole, f"cut at point {at} of {points}"
    admin.dispose()


def test_a_database_that_is_started_again_at_any_point_is_waited_for(server: Server) -> None:
    whole, points = run(_sold(None, None, lambda: None))
    back: list[threading.Timer] = []

    def restart() -> None:
        server.stop("fast")
        back.append(threading.Timer(0.2, server.start))
        back[-1].start()

    for at in range(0, points, 15):
        assert run(_sold(server.new_base(), at, restart))[0] == whole, f"started again at point {at} of {points}"
        back[-1].join()
    assert len(back) >= 3
