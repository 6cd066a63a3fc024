"""What a BMC costs: memory, a command and a whole session, with one BMC and with ten thousand in one process, and beside
them one BMC of pyghmi's in the same run. Then how soon ipmitool is told what is wrong with a log-in, where it is there.

    python benchmarks/bmc.py [COMMANDS]

Every server is a process of its own on real UDP; the console is ours and blocks, so that a figure is a round trip. Run
it from the repository's root.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.fabric import SharedUdpFabric, UdpFabric, can_share
from simulator.ipmi.channel import user
from simulator.ipmi.client import Client, Request
from simulator.ipmi.codes import Privilege
from simulator.ipmi.commands import get_chassis_status
from simulator.ipmi.crypto import SUITES
from tests.bmc.support import FakeChassis

BMCS = 10_000


def hosts(count: int) -> list[str]:
    return [f"127.16.{number // 254}.{number % 254 + 1}" for number in range(count)]


def resident() -> float:
    """Memory of this process, MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


KEY = "hall"


async def serve_ours(count: int, kg: str) -> None:
    """So many BMCs; says the memory before and after, and the port. `kg`: their key, where they have one."""
    fabric = SharedUdpFabric() if can_share() else UdpFabric()
    before, began = resident(), time.perf_counter()
    users = (user(2, "ADMIN", "secret"), user(3, "viewer", "look", Privilege.USER))
    model = load_personality("supermicro-x10")
    port = 0
    for host in hosts(count):
        bmc = Bmc(FakeChassis(), users, model, os.urandom)
        bmc.kg = kg.encode()
        port = (await serve_bmc(bmc, fabric, (host, port))).address[1]
    print(port, f"{resident() - before:.1f}", f"{time.perf_counter() - began:.2f}", flush=True)
    await asyncio.Event().wait()


def serve_pyghmi() -> None:
    """One BMC of pyghmi's, on a port that was free a moment ago."""
    from pyghmi.ipmi import bmc  # noqa: PLC0415 - only this process needs it

    class Machine(bmc.Bmc):
        def get_power_state(self) -> int:
            return 0

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    before = resident()
    machine = Machine({"ADMIN": "secret"}, port=port, address="127.0.0.1")
    print(port, f"{resident() - before:.1f}", "0", flush=True)
    machine.listen()


class Console:
    """A console that blocks until it is answered."""

    def __init__(self, host: str, port: int) -> None:
        self.to = (host, port)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.settimeout(0.05)
        self.client = Client("ADMIN", "secret", os.urandom, suites=[SUITES[3]])

    def until_settled(self, pending: list[bytes]) -> None:
        while True:
            for data in pending:
                self.sock.sendto(data, self.to)
            if self.client.settled:
                return
            try:
                pending = self.client.receive(self.sock.recv(2000), time.monotonic())
            except TimeoutError:
                pending = self.client.on_time(time.monotonic())

    def login(self) -> Console:
        self.until_settled(self.client.start(time.monotonic()))
        if self.client.error:
            raise SystemExit(f"the log-in failed: {self.client.error}")
        return self

    def ask(self) -> Request:
        request = get_chassis_status()
        self.until_settled(self.client.request(request, time.monotonic()))
        request.result()
        return request

    def logout(self) -> None:
        self.until_settled(self.client.close(time.monotonic()))
        self.sock.close()


def median_ms(act: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def measure(label: str, server: list[str], there: list[str], commands: int) -> float:
    """Print one line; returns the milliseconds of a command."""
    process = subprocess.Popen([sys.executable, __file__, *server], stdout=subprocess.PIPE, text=True)  # noqa: S603 - this file
    try:
        assert process.stdout is not None
        port, memory, seconds = process.stdout.readline().split()
        chance = random.Random(1)

        def session() -> None:
            console = Console(chance.choice(there), int(port)).login()
            console.ask()
            console.logout()

        session()
        console = Console(there[-1], int(port)).login()
        command = median_ms(console.ask, commands)
        console.logout()
        whole = median_ms(session, max(20, commands // 20))
        print(f"{label:<28} {memory:>7} MB {seconds:>6} s {command:>9.3f} ms {whole:>9.3f} ms")
    finally:
        process.kill()
        process.wait()
    return command


def refusals(runs: int = 5) -> None:
    """How long ipmitool takes to say what is wrong, its own start included."""
    program = shutil.which("ipmitool")
    if program is None:
        print("ipmitool is not installed: no refusals measured")
        return
    process = subprocess.Popen([sys.executable, __file__, "--serve", "1", KEY], stdout=subprocess.PIPE, text=True)  # noqa: S603 - this file
    try:
        assert process.stdout is not None
        port = process.stdout.readline().split()[0]
        where = [program, "-I", "lanplus", "-C", "3", "-H", hosts(1)[0], "-p", port]
        for label, words in (
            ("all is right", ["-U", "ADMIN", "-P", "secret", "-k", KEY]),
            ("wrong user", ["-U", "nobody", "-P", "secret", "-k", KEY]),
            ("wrong password", ["-U", "ADMIN", "-P", "wrong", "-k", KEY]),
            ("wrong key K_g", ["-U", "ADMIN", "-P", "secret", "-k", "wrong"]),
            ("too little privilege", ["-U", "viewer", "-P", "look", "-k", KEY, "-L", "OPERATOR"]),
        ):
            command = [*where, *words, "chassis", "power", "status"]
            taken = median_ms(lambda command=command: subprocess.run(command, capture_output=True, check=False), runs)  # type: ignore[misc]  # noqa: S603
            print(f"ipmitool, {label:<22} {taken:>6.0f} ms")
    finally:
        process.kill()
        process.wait()


def main() -> None:
    commands = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{'':<28} {'memory':>10} {'start':>8} {'command':>12} {'session':>12}")
    one = measure("one BMC", ["--serve", "1"], hosts(1), commands)
    many = measure(f"{BMCS} BMCs", ["--serve", str(BMCS)], hosts(BMCS), commands)
    measure("one BMC of pyghmi's", ["--pyghmi"], ["127.0.0.1"], commands)
    print(f"a command with {BMCS} BMCs costs {many / one:.2f} times that with one")
    refusals()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(serve_ours(int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""))
    elif sys.argv[1:2] == ["--pyghmi"]:
        serve_pyghmi()
    else:
        main()
