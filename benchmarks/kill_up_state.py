"""Kills of `rackloop up --state` under load: whether all that was answered is there afterwards.

    python benchmarks/kill_up_state.py [KILLS] [SEED]

Starts the lab `small` again and again on one folder, has clients of both panels, of BMCs and of a PDU change things without a
pause, kills the process at a random moment of the first second, and compares what was answered with what the folder has.
Prints kills, acknowledged changes and lost ones; exit status 1 when any was lost. Run it from the repository's root.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from simulator.dcim.drivers.base import BmcAccess, DeviceError, SnmpAccess
from simulator.dcim.drivers.own import OwnDrivers
from simulator.fabric import UdpFabric
from simulator.lab.state_dir import read_state

KILLS = 200
CALLERS = 6
"""Servers whose notes are written, each by a client of its own."""


@dataclass
class Ledger:
    """What was asked for and what was answered, by what it is."""

    asked: dict[str, Any] = field(default_factory=dict)
    answered: dict[str, Any] = field(default_factory=dict)
    count: int = 0

    def ask(self, what: str, value: Any) -> None:
        self.asked[what] = value

    def answer(self, what: str, value: Any) -> None:
        self.answered[what] = value
        self.count += 1

    def lost(self, read: Callable[[str], Any]) -> list[str]:
        """What the folder has neither as it was answered last nor as it was asked for since."""
        return [
            f"{what}: {read(what)!r}, answered {value!r}, asked {self.asked[what]!r}"
            for what, value in self.answered.items()
            if read(what) not in (value, self.asked[what])
        ]


class Load:
    """Clients of a lab that is up, until it is killed."""

    def __init__(self, places: dict[str, Any], ledger: Ledger, number: int) -> None:
        self.places = places
        self.ledger = ledger
        self.number = number
        self.fabric = UdpFabric()
        self.drivers = OwnDrivers(self.fabric, os.urandom)

    async def run(self) -> None:
        async with httpx.AsyncClient(base_url=f"{self.places['dci6']}/api", timeout=5) as client:
            token = (await client.post("/auth/v4/public/token", json=self.places["admin"]["dci6"])).json()["token"]
            client.headers["x-xsrf-token"] = token
            servers = [self._notes(client, server) for server in range(1, CALLERS + 1)]
            bmcs = [self._power(bmc) for bmc in self.places["bmcs"][:3]]
            everybody = [
                *servers,
                *bmcs,
                self._users(client),
                self._names(client),
                self._outlets(self.places["pdus"][0]),
            ]
            await asyncio.gather(*map(self._on, everybody))

    @staticmethod
    async def _on(client: Any) -> None:
        with contextlib.suppress(httpx.HTTPError, DeviceError, OSError):
            await client

    async def _notes(self, client: httpx.AsyncClient, server: int) -> None:
        for count in range(1_000_000):
            await self._change(
                f"notes {server}",
                f"{self.number}-{count}",
                lambda notes: client.post(f"/dci/v3/server/{server}", json={"notes": notes}),
            )

    async def _users(self, client: httpx.AsyncClient) -> None:
        for count in range(1_000_000):
            email = f"u{self.number}-{count}@example.com"
            person = {"email": email, "password": "secret-password"}
            await self._change(
                f"user {email}", email, lambda _, person=person: client.post("/auth/v4/user", json=person)
            )

    async def _names(self, client: httpx.AsyncClient) -> None:
        """In DCImanager 5, which answers 200 to everything."""
        admin = self.places["admin"]["dci5"]
        for count in range(1_000_000):
            name = f"Name {self.number} {count}"
            words = {
                "authinfo": f"{admin['username']}:{admin['password']}",
                "out": "json",
                "func": "rack.edit",
                "sok": "ok",
            }
            rack = {**words, "elid": "1", "notes": name}
            await self._change(
                "rack 1", name, lambda _, rack=rack: client.post(f"{self.places['dci5']}/dcimgr", data=rack)
            )

    async def _change(self, what: str, value: Any, send: Callable[[Any], Any]) -> None:
        self.ledger.ask(what, value)
        answer = await send(value)
        if answer.status_code >= 300 or '"error"' in answer.text:
            raise SystemExit(f"{what}: {answer.status_code} {answer.text}")
        self.ledger.answer(what, value)

    async def _power(self, bmc: dict[str, Any]) -> None:
        access = BmcAccess(bmc["server"], bmc["host"], bmc["port"], bmc["username"], bmc["password"])
        driver = self.drivers.bmc(access)
        what = f"power {bmc['server']}"
        try:
            while True:
                for on in (True, False):
                    self.ledger.ask(what, on)
                    await driver.power("on" if on else "off")
                    self.ledger.answer(what, on)
        finally:
            await driver.close()

    async def _outlets(self, pdu: dict[str, Any]) -> None:
        driver = self.drivers.pdu(SnmpAccess(pdu["name"], pdu["host"], pdu["port"], pdu["community"], "apc"))
        outlets = [each.identity for each in await driver.outlets()][-2:]
        if not outlets:
            raise SystemExit(f"{pdu['name']} tells no outlets")
        try:
            while True:
                for on in (False, True):
                    for outlet in outlets:
                        self.ledger.ask(f"outlet {outlet}", on)
                        await driver.set_outlet(outlet, on)
                        # A card answers when it has the order, and its relay moves later.
                        while {each.identity: each.on for each in await driver.outlets()}[outlet] is not on:
                            pass
                        self.ledger.answer(f"outlet {outlet}", on)
        finally:
            await driver.close()


def reader(state: dict[str, Any], places: dict[str, Any]) -> Callable[[str], Any]:
    """What a state has, by the words of the ledger."""
    panel, hall = state["panel"], state["hall"]
    notes = {each["id"]: each["notes"] for each in panel["inventory.servers"]["records"]}
    emails = {each["email"] for each in panel["users.all"]["records"]}
    racks = {each["id"]: each["notes"] for each in panel["inventory.racks"]["records"]}
    relays = hall["pdus"][places["pdus"][0]["name"]]["on"]

    def read(what: str) -> Any:
        kind, _, name = what.partition(" ")
        match kind:
            case "notes":
                return notes[int(name)]
            case "user":
                return name if name in emails else None
            case "rack":
                return racks[int(name)]
            case "power":
                return hall["servers"][name]["was_on"]
            case _:
                return relays[int(name.rpartition(".")[2]) - 1]

    return read


def start(folder: Path) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    file = folder / "endpoints.json"
    file.unlink(missing_ok=True)
    words = [
        sys.executable,
        "-m",
        "simulator.cli",
        "up",
        "small",
        "--state",
        str(folder / "kept"),
        "--endpoints",
        str(file),
    ]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)  # noqa: S603
    while not file.exists():
        if process.poll() is not None:
            raise SystemExit(f"the lab did not come up: exit status {process.returncode}")
        time.sleep(0.01)
    return process, json.loads(file.read_text())


async def trial(folder: Path, number: int, chance: random.Random) -> tuple[int, list[str]]:
    """One kill: how many changes were answered, and those of them that are lost."""
    process, places = start(folder)
    ledger = Ledger()
    load = Load(places, ledger, number)
    clients = asyncio.ensure_future(load.run())
    try:
        await asyncio.wait([clients], timeout=chance.uniform(0.2, 1.2))
        if clients.done():
            clients.result()
    finally:
        process.kill()
        process.wait()
    clients.cancel()
    await asyncio.gather(clients, return_exceptions=True)
    load.fabric.close()
    return ledger.count, ledger.lost(reader(read_state(folder / "kept"), places))


def main() -> int:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else KILLS
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    acknowledged, lost = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(kills):
            count, gone = asyncio.run(trial(Path(folder), number, chance))
            acknowledged += count
            lost += len(gone)
            for line in gone:
                print(f"kill {number + 1}: {line}")
    print(f"kills: {kills}, acknowledged: {acknowledged}, lost: {lost}")
    return 1 if lost or not acknowledged else 0


if __name__ == "__main__":
    sys.exit(main())
