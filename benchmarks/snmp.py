"""Our SNMP agents beside pysnmp and net-snmp's snmpd, over UDP, and what a thousand switches and 500 PDUs cost.

    PYTHONPATH=. python benchmarks/snmp.py [--seconds S]

Every responder is a process of its own with the same table of 48 ports; eight requests are on their way at any time.
`us` is the responder's CPU time for a request, which is what to compare: the rate is bounded by this client too. Exit
status 1 when we are not 15 times as fast as pysnmp or half as fast as snmpd. snmpd is asked under a number of nobody's,
and never shows or sets an interface of this host.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from benchmarks.snmp_responders import COMMUNITY, ROOT, SNMPD_ROOT, USER, ours_or_pysnmp, plant, snmpd
from simulator.kernel import LoopClock, run
from simulator.pdu import PduDevice
from simulator.snmp import Asker, Manager, Request, Response, SecureManager, oid
from simulator.snmp.ber import integer
from simulator.switch import SwitchDevice

Place = tuple[int, tuple[str, int]]
WINDOW = 8
TICK = os.sysconf("SC_CLK_TCK")
PORTS = 48
ROUNDS = 4
WANTED_OF_PYSNMP, WANTED_OF_SNMPD = 15.0, 0.5


def processor(process: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident() -> float:
    """Memory of this process, MB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Peer:
    """A responder, and a socket to it. `root`: where it has what others have under mib-2."""

    def __init__(self, place: Place, root: str) -> None:
        self.process, self.address = place
        self.root = root
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(self.address)

    def name(self, rest: str) -> bytes:
        return oid(f"{self.root}.{rest}")

    def ask(self, asker: Asker, request: Request, tries: int = 40) -> Response:
        """One exchange, with what SNMPv3 may need before it."""
        for _ in range(tries):
            self.socket.settimeout(0.25)
            try:
                self.socket.send(asker.again(request).octets)
                while not isinstance(heard := asker.take(self.socket.recv(65535)), Response):
                    if isinstance(heard, Request):
                        self.socket.send(heard.octets)
            except TimeoutError:
                continue
            except OSError:  # refused: it is not up yet
                time.sleep(0.1)
                continue
            asker.done(request)
            return heard
        raise SystemExit(f"nothing answers at {self.address}")

    def rate(self, requests: Sequence[bytes], seconds: float) -> tuple[float, float]:
        """Answers a second, and microseconds of the responder's CPU for each."""
        sock, count, size, answered = self.socket, 0, len(requests), 0
        sock.settimeout(2.0)
        used, began = processor(self.process), time.perf_counter()
        for count in range(WINDOW):
            sock.send(requests[count % size])
        until = began + seconds
        send, receive = sock.send, sock.recv
        while True:
            receive(65535)
            answered += 1
            if not answered & 63 and time.perf_counter() > until:
                break
            count += 1
            send(requests[count % size])
        taken, used = time.perf_counter() - began, processor(self.process) - used
        for _ in range(WINDOW - 1):
            receive(65535)
        return answered / taken, used / answered * 1e6

    def walk(self, asker: Asker) -> tuple[int, float]:
        """Variables of the two tables, walked by GETBULK of 25, and the seconds that it took."""
        began, count = time.perf_counter(), 0
        for table in ("2.2", "31.1.1"):
            root = name = self.name(table)
            while name.startswith(root):
                found = self.ask(asker, asker.get_bulk([name], max_repetitions=25)).varbinds
                inside = [item for item in found if not item.missing and item.name.startswith(root)]
                count += len(inside)
                name = found[-1].name if len(inside) == len(found) else b""
        return count, time.perf_counter() - began


def requests_of(peer: Peer) -> Iterator[tuple[str, list[bytes]]]:
    manager = Manager(COMMUNITY)
    secret = SecureManager(USER, time.monotonic)
    port = peer.name("2.2.1.7.7")
    peer.ask(manager, manager.get([port]))
    yield "GET", [manager.get([port]).octets]
    yield (
        "GET of 10",
        [manager.get([peer.name(f"2.2.1.{column}.7") for column in (1, 2, 3, 4, 5, 7, 8, 10, 13, 16)]).octets],
    )
    yield "GETNEXT", [manager.get_next([port]).octets]
    yield "GETBULK of 25", [manager.get_bulk([peer.name("2.2.1.7")], max_repetitions=25).octets]
    yield "SET", [manager.set([(port, integer(1))]).octets]
    peer.ask(secret, secret.get([port]))
    yield "GET, v3 authPriv", [secret.get([port]).octets for _ in range(500)]


Opened = Callable[[int], AbstractContextManager[Place]]


def responders() -> dict[str, tuple[Opened, str]]:
    found: dict[str, tuple[Opened, str]] = {
        "ours": (lambda ports: ours_or_pysnmp("ours", ports), ROOT),
        "pysnmp": (lambda ports: ours_or_pysnmp("pysnmp", ports), ROOT),
    }
    program = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin")
    if program is None:
        print("snmpd is not installed: nothing to compare with there")
    else:
        path = program
        found["snmpd"] = (lambda ports: snmpd(path, ports), SNMPD_ROOT)
    return found


def compare(seconds: float) -> bool:
    """Print the table; whether we are as fast as we should be."""
    figures: dict[str, dict[str, tuple[float, float]]] = {}
    walks: dict[int, dict[str, tuple[int, float]]] = {PORTS: {}, 500: {}}
    everybody = responders()
    with ExitStack() as stack:
        peers = {who: Peer(stack.enter_context(opened(PORTS)), root) for who, (opened, root) in everybody.items()}
        asked = {who: dict(requests_of(peer)) for who, peer in peers.items()}
        for what in asked["ours"]:
            # In turns, and the best of each: what else the machine does then falls on all of them.
            rounds = [
                {who: peer.rate(asked[who][what], seconds / ROUNDS) for who, peer in peers.items()}
                for _ in range(ROUNDS)
            ]
            figures[what] = {who: min((each[who] for each in rounds), key=lambda each: each[1]) for who in peers}
        for who, peer in peers.items():
            walks[PORTS][who] = min((peer.walk(Manager(COMMUNITY)) for _ in range(3)), key=lambda each: each[1])
    for who, (opened, root) in everybody.items():
        with opened(500) as place:
            peer, manager = Peer(place, root), Manager(COMMUNITY)
            peer.ask(manager, manager.get([peer.name("2.2.1.7.7")]), tries=400)
            walks[500][who] = peer.walk(manager)
    print(f"{'':20}" + "".join(f"{who:>20}" for who in everybody) + f"{'of pysnmp':>12}{'of snmpd':>10}")
    good = True
    for what, by in figures.items():
        ratios = {who: by[who][1] / by["ours"][1] for who in by if by["ours"][1]}
        print(
            f"{what:20}"
            + "".join(f"{rate:>10,.0f}/s{cost:>6,.0f}us" for rate, cost in by.values())
            + f"{ratios.get('pysnmp', 0):>11.1f}x"
            + (f"{ratios['snmpd']:>9.2f}x" if "snmpd" in ratios else "")
        )
        good &= ratios["pysnmp"] >= WANTED_OF_PYSNMP and ratios.get("snmpd", 1.0) >= WANTED_OF_SNMPD
    for ports, each in walks.items():
        line = "".join(f"{count:>9,} {seconds * 1000:>7,.0f} ms" for count, seconds in each.values())
        print(f"{f'walk of {ports} ports':20}{line}")
    return good


def scale() -> None:
    """What a thousand switches of 48 ports and 500 PDUs of 24 outlets take, with their hardware and what their models have in common.

    What the program itself loads for the first agent of all is no agent's: one of another model is built before.
    """
    clock = LoopClock()
    hall = plant(clock)
    SwitchDevice(hall.add_switch("first", 2, 10**9), "cisco-c3560", COMMUNITY, clock, users=[USER])
    began, before = time.process_time(), resident()
    hardware = [hall.add_switch(f"sw-{n}", 48, 10**9) for n in range(1000)]
    strips = [hall.add_pdu(f"pdu-{n}", 24) for n in range(500)]
    plain, plain_seconds = resident() - before, time.process_time() - began
    began, before = time.process_time(), resident()
    devices: list[SwitchDevice | PduDevice] = [
        SwitchDevice(each, "brocade-icx6430", COMMUNITY, clock, users=[USER]) for each in hardware
    ]
    devices += [PduDevice(each, "apc-ap8641", COMMUNITY, clock, users=[USER]) for each in strips]
    seconds, size = time.process_time() - began, resident() - before
    print(
        f"1,000 switches of 48 ports and 500 PDUs of 24 outlets: agents {size:.1f} MB and {seconds:.2f} s CPU, "
        f"their hardware {plain:.1f} MB and {plain_seconds:.2f} s"
    )
    assert len(devices) == 1500


def alone() -> None:
    """What an agent takes for a request without a socket: the best of many rounds, which a busy machine does not change."""
    clock = LoopClock()
    hardware = plant(clock).add_switch("sw", PORTS, 10**9)
    handle = SwitchDevice(hardware, "brocade-icx6430", COMMUNITY, clock, users=[USER]).handle
    manager, secret = Manager(COMMUNITY), SecureManager(USER, time.monotonic)

    def name(rest: str) -> bytes:
        return oid(f"{ROOT}.{rest}")

    out = secret.get([name("2.2.1.7.7")]).octets
    while isinstance(heard := secret.take(handle(out) or b""), Request):
        out = heard.octets
    port = name("2.2.1.7.7")
    asked = {
        "GET": manager.get([port]),
        "GET of 10": manager.get([name(f"2.2.1.{column}.7") for column in (1, 2, 3, 4, 5, 7, 8, 10, 13, 16)]),
        "GETNEXT": manager.get_next([port]),
        "GETNEXT of a column": manager.get_next([name("2.2.1.7")]),
        "GETBULK of 25": manager.get_bulk([name("2.2.1.7")], max_repetitions=25),
        "SET": manager.set([(port, integer(1))]),
        "GET, v3 authPriv": secret.get([port]),
    }
    for label, request in asked.items():
        best = min(_seconds(handle, request.octets) for _ in range(60))
        print(f"without a socket, {label:20}{best * 1e6:7.2f} us")


def _seconds(handle: Callable[[bytes], object], octets: bytes) -> float:
    began = time.perf_counter()
    for _ in range(200):
        handle(octets)
    return (time.perf_counter() - began) / 200


async def _scale() -> None:
    scale()
    alone()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure")
    arguments = parser.parse_args()
    run(_scale())
    return 0 if compare(arguments.seconds) else 1


if __name__ == "__main__":
    sys.exit(main())
