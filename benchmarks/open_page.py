"""What an open page costs a lab of two thousand servers that the panel polls, and whether a BMC answers later for it.

    python benchmarks/open_page.py [SECONDS] [SERVERS]

Starts `rackloop up` with a lab of so many servers, waits until it is quiet, and looks at it for the first time, which loads what pages are
made of; then takes the processor time of so many seconds without a page and with one that is open (its stream is read, as a browser does), in
turns. Meanwhile a BMC is asked for its presence all the time.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from benchmarks.up import up

SECONDS, SERVERS, ROUNDS = 20, 2000, 3
FIRST = 2
"""Seconds in which the first look happens."""
PAUSE = 0.002
"""Seconds between an answer and the next question."""
PING = bytes.fromhex("0600ff06000011be80010000")


def lab(servers: int) -> str:
    racks = servers // 40
    return json.dumps(
        {
            "lab": f"hall of {servers}",
            "racks": [
                {
                    "name": "R{n:03}",
                    "count": racks,
                    "switches": [{"name": "sw-{r:03}", "model": "cisco-c3560", "ports": 48}],
                    "pdus": [{"name": "pdu-{r:03}", "model": "apc-ap8641", "outlets": 42}],
                    "servers": [
                        {
                            "name": "srv-{r:03}-{n:02}",
                            "count": 40,
                            "model": "supermicro-x10",
                            "configuration": "E3-1230-16Gb-2x1000SSD",
                            "cables": {"nic1": "sw-{r:03}/{n}", "psu1": "pdu-{r:03}/{n}"},
                        }
                    ],
                }
            ],
        }
    )


def processor(process: int) -> float:
    """Seconds of processor time that a process has had."""
    parts = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def answers(place: tuple[str, int], seconds: float) -> list[float]:
    """How long each presence ping to a BMC took, milliseconds."""
    took = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            began = time.perf_counter()
            sock.sendto(PING, place)
            sock.recv(100)
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(PAUSE)
    return took


class Page:
    """The stream of a page, read as it comes."""

    def __init__(self, control: str) -> None:
        with urllib.request.urlopen(control) as answer:  # noqa: S310
            self.octets = len(answer.read())
        self._answer = urllib.request.urlopen(f"{control}/__lab/page/stream")  # noqa: S310
        self.frames = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._answer:
                self.frames += line.startswith(b"data: ")
        except (OSError, ValueError, AttributeError):  # closed
            return

    def close(self) -> None:
        fd = self._answer.fp.raw._sock
        fd.shutdown(socket.SHUT_RDWR)


def look(control: str) -> None:
    """At the page and at the control API's own, as who opens them for the first time."""
    for path in ("", "/swagger", "/__lab/state"):
        with urllib.request.urlopen(f"{control}{path}") as answer:  # noqa: S310
            answer.read()


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    servers = int(sys.argv[2]) if len(sys.argv) > 2 else SERVERS
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "lab.yaml"
        file.write_text(lab(servers), encoding="utf-8")
        with up(str(file), Path(name)) as (process, told):
            bmc = (told["bmcs"][0]["host"], told["bmcs"][0]["port"])
            time.sleep(20)
            quiet = answers(bmc, FIRST)
            looking = threading.Thread(target=look, args=(told["control"],))
            looking.start()
            first = answers(bmc, FIRST)
            looking.join()
            print(
                f"latest answer of a BMC in {FIRST} s: {max(quiet):.1f} ms before, {max(first):.1f} ms during the first look"
            )
            without, opened, late = [], [], {False: [], True: []}
            for number in range(2 * ROUNDS):
                page = Page(told["control"]) if number % 2 else None
                if page:
                    time.sleep(3)
                before = processor(process)
                took = answers(bmc, seconds)
                used = (processor(process) - before) / seconds * 100
                (opened if page else without).append(used)
                late[page is not None] += took
                shown = f"{page.frames} frames, page {page.octets / 1000:.0f} kB" if page else "no page"
                print(f"{used:6.2f} % of a core, BMC {statistics.median(took):.2f} ms, {shown}", flush=True)
                if page:
                    page.close()
            more = statistics.median(opened) - statistics.median(without)
            medians = [statistics.median(late[each]) for each in (False, True)]
            worst = [sorted(late[each])[int(len(late[each]) * 0.99)] for each in (False, True)]
            print(f"{servers} servers: an open page costs {more:.2f} % of a core")
            print(
                f"a BMC answers in {medians[0]:.2f} ms without, {medians[1]:.2f} ms with it; 99 %: {worst[0]:.2f}, {worst[1]:.2f}"
            )
            return 0 if more < 2 else 1


if __name__ == "__main__":
    raise SystemExit(main())
