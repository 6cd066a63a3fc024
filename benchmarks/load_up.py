"""An hour of load on `rackloop up`: whether memory stays flat, and whether an open page makes anybody be answered later, or not at all.

    python benchmarks/load_up.py [MINUTES]

A lab of some racks, whose clock goes thirty times as fast, so that its panel polls each device often. Clients, each in a process of its own,
ask one after another and measure: both panels (lists, notes, power, now and then an installation), a BMC (a session, and its chassis
status, again and again), a switch (GET, SET, GETBULK). A page is open every second minute, a report is read each minute. Prints
the lab's memory and the answers of each minute, then the answers by client, without and with the page: how many, how many were lost, 50 %, 99 % and the
latest, milliseconds. Exit status 1 when memory grew by more than a twentieth after the first sixth of the time, or an answer was lost while the page was
open and none without it. Run it from the repository's root.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from benchmarks.bmc import Console
from benchmarks.open_page import Page, lab
from benchmarks.up import up
from simulator.ipmi.client import Client
from simulator.ipmi.crypto import SUITES
from simulator.snmp import Asker, Manager, Response, oid
from simulator.snmp.ber import integer

MINUTES = 60
SERVERS = 200
PAUSE = 0.01
"""Seconds between an answer and the next question of the same client."""
PATIENCE = 2.0
"""Seconds after which an answer is lost."""
GROWTH = 1.05
PANEL = {
    "pools": [{"name": "public", "range": "10.9.0.10-10.9.3.250", "gateway": "10.9.0.1", "network": "10.9.0.0/22"}],
    "templates": [{"name": "debian-12", "type": "os", "image": "900 MB", "work": "20m"}],
}
IF = "1.3.6.1.2.1.2.2.1"

Row = tuple[float, str, float]
"""When it was asked (of the monotonic clock), by whom, and milliseconds; negative when no answer came."""


def ask_panels(places: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    admin, admin5 = places["admin"]["dci6"], places["admin"]["dci5"]
    panel = httpx.Client(base_url=f"{places['dci6']}/api", timeout=PATIENCE)
    token = panel.post("/auth/v4/public/token", json=admin).json()["token"]
    panel.headers["x-xsrf-token"] = token
    old = httpx.Client(base_url=places["dci5"], timeout=PATIENCE)
    words = {"authinfo": f"{admin5['username']}:{admin5['password']}", "out": "json"}
    (system, *_) = panel.get("/dci/v3/os_template", params={"where": "type EQ 'os'"}).json()["list"]

    def good(answer: httpx.Response) -> None:
        if answer.status_code >= 500:
            raise SystemExit(f"{answer.request.url}: {answer.status_code} {answer.text[:200]}")

    for count in range(1_000_000_000):
        server = f"/dci/v3/server/{count % SERVERS + 1}"
        notes = {"notes": f"note {count}"}
        yield "6 list", lambda: good(panel.get("/dci/v3/server", params={"limit": 50}))
        yield "6 server", partial(lambda path: good(panel.get(path)), server)
        yield "6 write", partial(lambda path, body: good(panel.post(path, json=body)), server, notes)
        yield "5 list", lambda: good(old.get("/dcimgr", params={**words, "func": "server"}))
        if count % 10 == 0:
            verb = "power_on" if count // 10 % 2 else "power_off"
            yield "6 power", partial(lambda path: good(panel.post(path)), f"{server}/{verb}")
        if count % 200 == 0:
            panel.post(f"{server}/ip", json={"ippool": "public", "family": "ipv4"})
            order = {"os_template": system["id"], "password": "Secret-123"}
            yield (
                "6 install",
                partial(lambda path, body: good(panel.post(path, json=body)), f"{server}/os_install", order),
            )


def ask_bmc(places: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    bmc = places["bmcs"][0]

    def console() -> Console:
        made = Console(bmc["host"], bmc["port"])
        made.client = Client(bmc["username"], bmc["password"], os.urandom, suites=[SUITES[3]])
        return made.login()

    def session() -> None:
        made = console()
        made.ask()
        made.logout()

    kept = console()
    while True:
        yield "ipmi session", session
        for _ in range(20):
            yield "ipmi status", kept.ask


def ask_switch(places: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    switch = places["switches"][0]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(PATIENCE)
    sock.connect((switch["host"], switch["port"]))
    manager: Asker = Manager(switch["community"])

    def exchange(request: Any) -> None:
        sock.send(request.octets)
        while not isinstance(manager.take(sock.recv(65535)), Response):
            pass
        manager.done(request)

    state = [oid(f"{IF}.{column}.1") for column in (2, 7, 8, 10, 16)]
    while True:
        for _ in range(10):
            yield "snmp get", lambda: exchange(manager.get(state))
            yield "snmp bulk", lambda: exchange(manager.get_bulk([oid(IF)], max_repetitions=25))
        for value in (2, 1):
            yield "snmp set", lambda value=value: exchange(manager.set([(oid(f"{IF}.7.48"), integer(value))]))


def client(asks: Callable[[dict[str, Any]], Iterator[Any]], places: dict[str, Any], until: float, file: Path) -> None:
    """Ask until then, and write rows."""
    with file.open("w", encoding="utf-8") as out:
        for who, ask in asks(places):
            began = time.monotonic()
            if began > until:
                return
            try:
                ask()
                took = (time.monotonic() - began) * 1000
            except (TimeoutError, httpx.TransportError):
                took = -1.0
            out.write(json.dumps([began, who, took]) + "\n")
            time.sleep(PAUSE)


def resident(process: int) -> float:
    """MB."""
    pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def drive(
    places: dict[str, Any], process: int, minutes: int, folder: Path
) -> tuple[list[float], list[list[Row]], float]:
    """Memory after each minute, what each client wrote, and when it began."""
    began = time.monotonic()
    files = [folder / f"{asks.__name__}.jsonl" for asks in CLIENTS]
    clients = [
        multiprocessing.get_context("spawn").Process(target=client, args=(asks, places, began + 60 * minutes, file))
        for asks, file in zip(CLIENTS, files, strict=True)
    ]
    for each in clients:
        each.start()
    memory, page = [], None
    for minute in range(minutes):
        if minute % 2:
            page = Page(places["control"])
        time.sleep(max(began + 60 * (minute + 1) - 5 - time.monotonic(), 0))
        asked = time.monotonic()
        report = httpx.get(f"{places['control']}/__lab/report", timeout=60).json()
        took = (time.monotonic() - asked) * 1000
        time.sleep(max(began + 60 * (minute + 1) - time.monotonic(), 0))
        memory.append(resident(process))
        frames = f", {page.frames} frames" if page else ""
        found = len(report["findings"])
        print(
            f"minute {minute + 1:>3}: {memory[-1]:7.1f} MB, report {took:6.0f} ms with {found} findings{frames}",
            flush=True,
        )
        if page:
            page.close()
            page = None
    for each in clients:
        each.join()
        if each.exitcode:
            raise SystemExit("a client broke down")
    return memory, [list(map(tuple, map(json.loads, file.open(encoding="utf-8")))) for file in files], began


def show(rows: list[Row], began: float) -> tuple[int, int]:
    """Print the answers by client; how many were lost without and with the page."""
    lost = [0, 0]
    print(f"{'':<14}{'page':>5}{'answers':>10}{'lost':>6}{'50 %':>9}{'99 %':>9}{'latest':>9}  ms")
    for who in sorted({row[1] for row in rows}):
        for paged in (0, 1):
            mine = [row[2] for row in rows if row[1] == who and int((row[0] - began) // 60) % 2 == paged]
            took = sorted(each for each in mine if each >= 0)
            lost[paged] += len(mine) - len(took)
            if took:
                high = took[int(len(took) * 0.99)]
                line = (
                    f"{len(took):>10}{len(mine) - len(took):>6}{took[len(took) // 2]:>9.2f}{high:>9.2f}{took[-1]:>9.2f}"
                )
                print(f"{who:<14}{'open' if paged else '':>5}{line}")
    return lost[0], lost[1]


def main() -> int:
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "lab.yaml"
        file.write_text(json.dumps({**json.loads(lab(SERVERS)), "panel": PANEL}), encoding="utf-8")
        with up(str(file), folder, "--clock", "scaled:30") as (process, places):
            memory, rows, began = drive(places, process, minutes, folder)
    without, opened = show([row for each in rows for row in each], began)
    settled = max(minutes // 6, 1)
    base, top = memory[settled - 1], max(memory[settled:], default=memory[-1])
    print(f"memory after {settled} minutes {base:.1f} MB, at most {top:.1f} MB later ({top / base:.3f})")
    print(f"lost: {without} without the page, {opened} with it")
    return 1 if top > base * GROWTH or (opened and not without) else 0


CLIENTS = (ask_panels, ask_bmc, ask_switch)

if __name__ == "__main__":
    raise SystemExit(main())
