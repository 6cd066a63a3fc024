"""`rackloop up --state`: what was answered is on the disk, and where the disk takes nothing that is said."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.control.up import stand
from simulator.kernel import run as run_virtual
from simulator.lab import Lab
from simulator.lab.changes import Changes, state_of
from simulator.lab.options import WireOptions
from simulator.lab.snapshot import save_lab
from simulator.lab.state_dir import NotWritten, StateDir, read_state
from tests.lab.test_snapshot import sold

HOSTED = Lab.load("hosting")
ONE = Lab.load("one")


@asynccontextmanager
async def kept_lab(folder, lab=ONE, **options):
    """A lab on sockets whose state is kept, what it says on stderr, and its folder."""
    said = []
    with StateDir(folder) as state:
        async with stand(lab.plan, WireOptions(**options), control_port=0, state=state, warn=said.append) as standing:
            yield standing, state, said


async def log_in(lab, client):
    email, password = lab.admin
    answer = await client.post(f"{lab.dci6_url}/auth/v4/public/token", json={"email": email, "password": password})
    client.headers["x-xsrf-token"] = answer.json()["token"]


def test_what_changed_in_a_life_makes_the_whole_state_and_a_device_s_answer_knows_of_its_change():
    async def main():
        rows = {}

        def take(changes, **how):
            for key, row in changes.take(**how).items():
                rows.pop(key, None) if row is None else rows.__setitem__(key, row)

        async with Lab.load("small").simulated() as lab:
            changes = Changes(lab, 1)
            take(changes, everything=True)
            await sold(lab)
            take(changes)
            assert not changes.touch("srv-02")
            lab.bmc("srv-02").settings.asset_tag = b"mine"
            assert changes.touch("srv-02")
            take(changes)
            assert not changes.touch("srv-02")
            kept = state_of((*key, *row) for key, row in rows.items())
            whole = json.loads(json.dumps(save_lab(lab)))
            assert kept["panel"].keys() == whole["panel"].keys()
            for part in ("panel", "bmcs", "switches", "ispmanager", "marks", "now"):
                assert kept[part] == whole[part], part
            for part in ("servers", "switches"):
                assert kept["hall"][part] == whole["hall"][part]
            take(changes, everything=True)
            assert state_of((*key, *row) for key, row in rows.items())["hall"] == json.loads(
                json.dumps(save_lab(lab)["hall"])
            )

    run_virtual(main())


async def test_an_answer_waits_until_what_it_says_is_on_the_disk(tmp_path):
    async with kept_lab(tmp_path / "kept") as (standing, state, _), httpx.AsyncClient() as client:
        lab = standing.run
        await log_in(lab, client)
        go, append = asyncio.Event(), state.append
        written, loop = [], asyncio.get_running_loop()

        def slow(rows):
            asyncio.run_coroutine_threadsafe(go.wait(), loop).result()
            written.append(dict(rows))
            append(rows)

        state.append = slow
        server = f"{lab.dci6_url}/dci/v3/server/1"
        calls = [asyncio.ensure_future(client.post(server, json={"notes": f"{number}"})) for number in range(5)]
        while lab.panel.inventory.servers.get(1).notes == "":  # noqa: ASYNC110
            await asyncio.sleep(0)
        done = any(call.done() for call in calls)
        go.set()
        assert not done
        assert {(await call).status_code for call in calls} == {200}
        state.append = append
        assert len(written) <= 3  # of five answers: those that came while one was written went together
        assert any(("panel/inventory.servers", "1") in rows for rows in written)


async def test_a_bmc_s_answer_is_on_the_disk_and_a_question_waits_for_nothing(tmp_path):
    folder = tmp_path / "kept"
    async with kept_lab(folder) as (standing, state, said):
        lab = standing.run
        (server,) = lab.panel.inventory.servers
        rows, append = [], state.append

        def seen(changed):
            append(changed)
            rows.append(set(changed))

        state.append = seen
        await lab.panel.devices.read_power(server.id)
        assert not any(("bmcs", server.name) in each for each in rows)
        await lab.panel.devices.power(server.id, "on")
        assert any(("hall/servers", server.name) in each for each in rows)

        def full(rows):
            raise NotWritten("state.sqlite: database or disk is full")

        state.append = full
        off = asyncio.ensure_future(lab.panel.devices.power(server.id, "off"))
        while not said:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert not lab.plant.servers[server.name].powered
        await asyncio.sleep(0.01)
        assert not off.done()
        state.append = append
        await off  # asked again, after the answer that was lost, it has the answer
    assert read_state(folder)["hall"]["servers"][server.name]["was_on"] is False


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("dci6", '"msg":"internal error: the panel\'s database cannot be written"'),
        ("dci5", '<error type="internal"'),
        ("ispmanager", '<error type="internal"'),
        ("control", "the lab's state cannot be written"),
    ],
)
async def test_a_full_disk_is_said_once_and_answered_with_an_error_in_each_dialect_s_words(tmp_path, path, says):
    async with kept_lab(tmp_path / "kept", HOSTED) as (standing, state, said), httpx.AsyncClient() as client:
        lab = standing.run
        await log_in(lab, client)
        append = state.append

        def full(rows):
            raise NotWritten("state.sqlite: database or disk is full")

        state.append = full
        admin, password = lab.admin
        ask = {
            "dci6": lambda: client.post(f"{lab.dci6_url}/dci/v3/rack", json={"name": "new", "size": 42, "location": 1}),
            "dci5": lambda: client.post(
                f"{lab.dci5_url}/dcimgr?out=xml", data={"authinfo": f"{admin}:{password}", "func": "server"}
            ),
            "ispmanager": lambda: client.get(
                f"{lab.ispmanager_url}/ispmgr?out=xml&func=user&authinfo="
                f"{lab.plan.ispmanager.admin.name}:{lab.plan.ispmanager.admin.password}"
            ),
            "control": lambda: client.get(f"{standing.control}/__lab/clock"),
        }[path]
        lab.panel.inventory.locations.change(1, name="something changed")
        answer = await ask()
        assert answer.status_code >= 500
        assert says in answer.text
        racks = len(lab.panel.inventory.racks)
        assert (await ask()).status_code >= 500
        assert len(lab.panel.inventory.racks) == racks  # refused before it did anything
        assert len(said) == 1
        assert "disk is full; until it can be written, calls are refused" in said[0]
        state.append = append
        assert (await ask()).status_code < 500
        assert said[1:] == ["rackloop up: the state is written again"]
    assert read_state(tmp_path / "kept")["panel"]


async def test_a_file_system_without_room_is_a_full_disk(tmp_path):
    with StateDir(tmp_path) as state:
        state.begin([("head", "", 0, "1")])
        pages = state._database.execute("PRAGMA page_count").fetchone()[0]
        state._database.execute(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(NotWritten, match="full"):
            state.append({("part", str(number)): (0, "x" * 4000) for number in range(100)})
        state.append({("part", "small"): (0, "1")})
        kept = state._database.execute("SELECT part, item FROM rows").fetchall()
        assert kept == [("head", ""), ("part", "small")]  # all of a commit or nothing


def _sql(*statements):
    def damage(file):
        database = sqlite3.connect(file, isolation_level=None)
        for statement in statements:
            database.execute(statement)
        database.close()

    return damage


def _flip(file, where):
    """Of a row that is read: a page has room in which an octet means nothing."""
    database = sqlite3.connect(f"file:{file}?immutable=1", uri=True)
    values = [each for (each,) in database.execute("SELECT value FROM rows WHERE length(value) BETWEEN 20 AND 400")]
    database.close()
    value = values[int(len(values) * where)].encode()
    octets = file.read_bytes()
    assert value in octets
    file.write_bytes(octets.replace(value, value[:9] + bytes([value[9] ^ 0x5A]) + value[10:]))


def _instead(make):
    def damage(file):
        file.unlink()
        make(file)

    return damage


DAMAGE = {
    "empty": lambda file: file.write_bytes(b""),
    "a text": lambda file: file.write_text("hello"),
    "cut in half": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "cut after a page": lambda file: file.write_bytes(file.read_bytes()[:4096]),
    "zeros": lambda file: file.write_bytes(bytes(file.stat().st_size)),
    "zeros in the midst": lambda file: file.write_bytes(file.read_bytes()[:8192] + bytes(file.stat().st_size - 8192)),
    "a head of another file": lambda file: file.write_bytes(b"\x7fELF" + file.read_bytes()[4:]),
    "an octet, early": lambda file: _flip(file, 0.3),
    "an octet, late": lambda file: _flip(file, 0.9),
    "a folder": _instead(lambda file: file.mkdir()),
    "a pipe": _instead(os.mkfifo),
    "a link to nowhere": _instead(lambda file: file.symlink_to("nowhere")),
    "a link to itself": _instead(lambda file: file.symlink_to(file)),
    "a device": _instead(lambda file: file.symlink_to("/dev/zero")),
    "no table": _sql("DROP TABLE rows"),
    "another table": _sql("DROP TABLE rows", "CREATE TABLE rows (part)"),
    "no rows": _sql("DELETE FROM rows"),
    "a row is gone": _sql("DELETE FROM rows WHERE part = 'panel/inventory.servers'"),
    "a part is gone": _sql("DELETE FROM rows WHERE part = 'bmcs'"),
    "a value was changed": _sql("UPDATE rows SET value = '7' WHERE part = 'now'"),
    "a row was moved": _sql("UPDATE rows SET item = 'x' WHERE part = 'bmcs'"),
    "a value is no text": _sql("UPDATE rows SET value = x'00'"),
    "an older state in JSON, damaged": lambda file: (
        file.unlink(),
        file.with_name("state.json").write_text("[" * 100_000),
    ),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A state that a lab wrote."""
    folder = tmp_path_factory.mktemp("written")

    async def main():
        async with kept_lab(folder):
            pass

    asyncio.run(main())
    return (folder / "state.sqlite").read_bytes()


@pytest.mark.parametrize("how", DAMAGE)
def test_every_kind_of_damage_ends_in_one_line_and_status_2(written, how, tmp_path):
    file = tmp_path / "state.sqlite"
    file.write_bytes(written)
    DAMAGE[how](file)
    done = CliRunner().invoke(app, ["up", "one", "--state", str(tmp_path), "--clock", "stepped"])
    assert done.exit_code == 2, done.output
    assert len(done.output.strip().splitlines()) == 1
    assert done.output.startswith(f"rackloop up: {tmp_path}/state.")
    assert "with another folder a lab begins anew" in done.output


def test_a_state_that_version_0_1_wrote_goes_on_and_is_written_anew(tmp_path):
    async def main():
        async with ONE.simulated() as lab:
            lab.panel.inventory.servers.change(1, notes="from before")
            return save_lab(lab)

    (tmp_path / "state.json").write_text(json.dumps(run_virtual(main())))

    async def again():
        async with kept_lab(tmp_path) as (standing, *_):
            return standing.run.panel.inventory.servers.get(1).notes, standing.starts

    assert asyncio.run(again()) == ("from before", 2)
    assert asyncio.run(again()) == ("from before", 3)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["lock", "state.json.old", "state.sqlite"]


@pytest.mark.slow
def test_what_was_answered_before_a_kill_is_there_after_it():
    script = Path(__file__).parents[2] / "benchmarks" / "kill_up_state.py"
    done = subprocess.run(
        [sys.executable, script, "2"],
        check=False,
        cwd=script.parent.parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "kills: 2, acknowledged: " in done.stdout
    assert done.stdout.endswith("lost: 0\n")
