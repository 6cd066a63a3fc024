"""The services' table in a real PostgreSQL, as Debian packages it: stops and locks as with a file."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("psycopg", reason="psycopg is not installed")

import sqlalchemy as sa

from provisioner.errors import ServiceBusy
from provisioner.sql_store import SqlStore
from tests.provisioner.test_crash import CASES, stop_everywhere

pytestmark = [pytest.mark.interop, pytest.mark.slow]


def program(name: str) -> list[str]:
    """The command, not as root, which PostgreSQL refuses to be."""
    places = [*sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True), os.environ["PATH"]]
    path = shutil.which(name, path=os.pathsep.join(places))
    if path is None:
        pytest.skip(f"{name} is not installed")
    return ["runuser", "-u", "postgres", "--", path] if os.getuid() == 0 else [path]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server of our own, without a database's name."""
    folder = (
        Path("/tmp") / f"rackloop-postgresql-{os.getpid()}"
    )  # a socket's path must be short, and others must reach it
    folder.mkdir()
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = str(folder / "data")
    try:
        subprocess.run(
            [*program("initdb"), "-A", "trust", "-U", "rackloop", "-D", data], check=True, capture_output=True
        )
        options = f"-k {folder} -p {port} -c listen_addresses=127.0.0.1 -c fsync=off"
        start = [*program("pg_ctl"), "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start"]
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL)
        try:
            yield f"postgresql+psycopg://rackloop@127.0.0.1:{port}"
        finally:
            subprocess.run([*program("pg_ctl"), "-D", data, "-m", "immediate", "stop"], check=True, capture_output=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_what_a_postgresql_has_kept_is_enough_to_go_on(server: str):
    numbers = iter(range(10_000))
    admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")

    def make() -> SqlStore:
        name = f"billing{next(numbers)}"
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        return SqlStore(f"{server}/{name}")

    for case in CASES:
        if case.name in ("create", "terminate, all options"):
            assert stop_everywhere(case, make, every=40) >= 3
    store = make()
    other = SqlStore(f"{server}/billing{next(numbers) - 1}")
    with store.hold("web1"):
        with pytest.raises(ServiceBusy), other.hold("web1"):
            pass
        with other.hold("web2"):
            pass
    with other.hold("web1"):
        assert store.reserve(1, "web1")
        assert not other.reserve(1, "web2")
    store.close()
    other.close()
    admin.dispose()
