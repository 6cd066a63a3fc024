"""The stand-in for BILLmanager on a real MariaDB, as Debian packages it: functions, the bundled module's reading, a module in shell."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa

from provisioner.billmanager.bridge.database import Database, Secrets, configured
from provisioner.billmanager.bridge.mgrctl import Ended, Mgrctl
from simulator.billmanager.manager import BillManager
from simulator.billmanager.schema import ACTIVE
from tests.billmanager.support import put_module, stand_in

pytestmark = [pytest.mark.interop, pytest.mark.slow]


def missing(what: str) -> None:
    """The tests are skipped; in CI, where everything must be, they fail."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a MariaDB of our own, which listens on a socket in its folder only."""
    programs = {
        name: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("mariadbd", "mariadb-install-db")
    }
    for name, path in programs.items():
        if path is None:
            missing(name)
    if find_spec("pymysql") is None:
        missing("PyMySQL")
    folder = tmp_path_factory.mktemp("mariadb")
    data, socket = folder / "data", folder / "s"
    common = ["--no-defaults", f"--datadir={data}"]
    if os.getuid() == 0:
        common.append("--user=root")
    made = subprocess.run(
        [str(programs["mariadb-install-db"]), *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    options = [
        f"--socket={socket}",
        "--skip-networking",
        f"--pid-file={folder / 'pid'}",
        "--innodb-flush-log-at-trx-commit=0",
    ]
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen([str(programs["mariadbd"]), *common, *options], stdout=log, stderr=log)
    try:
        for _ in range(600):
            if socket.exists():
                break
            assert daemon.poll() is None, (folder / "log").read_text()
            time.sleep(0.1)
        yield f"mysql+pymysql://root@localhost/mysql?unix_socket={socket}"
    finally:
        daemon.terminate()
        daemon.wait()


def manager(server: str, tmp_path: Path) -> BillManager:
    url = sa.make_url(server)
    admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    name = f"b{tmp_path.name[-20:]}".replace("-", "_").replace("[", "_").replace("]", "_")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name} CHARACTER SET utf8mb4"))
    admin.dispose()
    return stand_in(tmp_path, url.set(database=name).render_as_string(hide_password=False))


def test_a_module_in_shell_sells_a_service_of_a_billmanager_on_mariadb(server: str, tmp_path: Path) -> None:
    here = manager(server, tmp_path)
    connection = {"url": "http://127.0.0.1:8006", "username": "admin", "password": "right"}
    module = here.connect(put_module(here), connection)
    item = here.buy(here.add_tariff("dedic", [module], os="debian-12"), "zoë@example.com", ostempl="alma-9")
    call = here.run_oldest()
    assert call is not None
    assert call.error == ""
    assert here.status(item) == ACTIVE
    assert here.params(item) == {"panelid": "7", "ip": "192.0.2.10", "password": "s3cret", "ostempl": "alma-9"}


def test_the_bundled_modules_find_and_read_it_by_paramlist(server: str, tmp_path: Path) -> None:
    here = manager(server, tmp_path)

    def program(words: list[str], environment: dict[str, str]) -> Ended:
        return Ended(0, here.answer(words[1:], environment), "")

    mgrctl = Mgrctl(here.program, run=program)
    url, key = configured(mgrctl)
    module = here.add_module("pmdci6", {"url": "https://panel", "password": "top secret ö"})
    item = here.buy(here.add_tariff("dedic", [module], os="debian-12"), "zoë@example.com", ostempl="alma-9")
    database = Database(url, Secrets(key))
    try:
        billed = database.item(item)
        assert (billed.email, billed.module_type, dict(billed.params)) == (
            "zoë@example.com", "pmdci6", {"os": "debian-12", "ostempl": "alma-9"},
        )  # fmt: skip
        assert database.module(module).params["password"] == "top secret ö"
    finally:
        database.close()
