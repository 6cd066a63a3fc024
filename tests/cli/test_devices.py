"""`rackloop record` and `rackloop compare` as commands: what they print, write and refuse."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.fabric import UdpFabric
from simulator.fabric.serve import serve
from tests.snmp.support import COMMUNITY, agent_of, load


@pytest.fixture
def pdu() -> Iterator[str]:
    """A recorded PDU that answers while the command runs; its address."""
    place: list[str] = []
    up, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def main() -> None:
        fabric = UdpFabric()
        end = await serve(fabric, ("127.0.0.1", 0), agent_of(load("UPS/apc-7902b"), 1472).handle)
        place.append(f"{end.address[0]}:{end.address[1]}")
        up.set()
        await stop.wait()
        fabric.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    assert up.wait(30)
    yield place[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


def rackloop(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_a_pdu_is_recorded_compared_and_a_changed_page_is_found_out(pdu: str, tmp_path: Path) -> None:
    status, said = rackloop("record", "pdu", pdu, "-c", COMMUNITY, "-o", str(tmp_path), "--name", "mine")
    assert status == 0, said
    assert said.startswith("APC AP7902B: 16 outlets; 2508 objects, 0 of no MIB that is known here\nwrote ")
    assert "(replaced: 2 serial numbers, 1 MAC, 1 IP address, 40 names; --keep to keep them)" in said
    assert "not learned: what a SET does (nothing was written)" in said
    status, said = rackloop("compare", pdu, str(tmp_path / "mine.yaml"), "-c", COMMUNITY)
    assert status == 0, said
    assert said.splitlines()[0].endswith("2505 equal, 3 differ in value only (sysUpTime), 0 in kind")
    walk = (tmp_path / "mine.walk").read_text()
    (tmp_path / "mine.walk").write_text(walk.replace("|2|16\n", "|2|17\n", 1))
    (tmp_path / "mine.yaml").rename(tmp_path / "odd.yaml")
    status, said = rackloop("compare", pdu, str(tmp_path / "odd.yaml"), "-c", COMMUNITY)
    assert status == 1
    assert "sure    value     PowerNet-MIB" in said.splitlines()[1]
    assert said.splitlines()[1].endswith("16 there, 17 here")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("record", "pdu", "127.0.0.1:x", "-o", "out"), "a port is a number"),
        (("record", "bmc", "127.0.0.1", "-o", "out"), "a BMC is asked by somebody: -U USER -P PASSWORD"),
        (("record", "pdu", "127.0.0.1", "--snmp", "3", "-o", "out"), "needs a `user`"),
        (("compare", "127.0.0.1", "apc-ap8642"), "did you mean `apc-ap8641`?"),
        (("compare", "127.0.0.1", "no/such.yaml"), "cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(words: tuple[str, ...], said: str) -> None:
    status, output = rackloop(*words)
    assert status == 2
    assert said in output
