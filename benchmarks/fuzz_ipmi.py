"""Mutated packets at a BMC: whatever the octets are, nothing is raised, no session is left over, and memory stays flat.

    python benchmarks/fuzz_ipmi.py [PACKETS] [SEED]

The corpus is what real conversations send: pings, capabilities, log-ins of every cipher suite, commands, IPMI 1.5
sessions. Mutations are made before encryption where there is any, too, so that they reach the commands. Run it from the
repository's root; exit status 1 when something does not hold.
"""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.mutation import mutate
from simulator.bmc import Bmc, load_personality
from simulator.bmc.commands.table import COMMANDS
from simulator.ipmi.channel import user
from simulator.ipmi.client import Client, Request
from simulator.ipmi.codes import PayloadType
from simulator.ipmi.crypto import SUITES
from simulator.ipmi.framing import encode_sessionless, seal
from simulator.ipmi.lan15 import encode15, password16
from simulator.ipmi.message import encode_request
from tests.bmc.support import FakeChassis

PEER = ("10.0.0.1", 50000)
USERS = (user(2, "ADMIN", "secret"),)
GROWTH = 8.0
"""MB by which memory may differ between the middle and the end."""


def resident() -> float:
    """Memory of this process, MB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def device(chance: random.Random) -> Bmc:
    model = load_personality("generic")
    channel = replace(model.channel, suites=tuple(SUITES.values()), authentication=(0, 2, 4), bad_logins=0)
    return Bmc(FakeChassis(), USERS, replace(model, channel=channel), chance.randbytes)


def login(bmc: Bmc, number: int, chance: random.Random, now: float, sent: list[bytes] | None = None) -> Client:
    """A console that is logged in; what it sent is left in `sent`."""
    console = Client("ADMIN", "secret", chance.randbytes, suites=[SUITES[number]])
    pending = console.start(now)
    while pending:
        data = pending.pop(0)
        if sent is not None:
            sent.append(data)
        for answer in bmc.receive(data, PEER, now):
            pending += console.receive(answer, now)
    return console


def corpus(chance: random.Random) -> list[bytes]:
    """Packets as consoles send them."""
    packets = [b"\x06\0\xff\x06\0\0\x11\xbe\x80\x01\0\0"]
    for netfn, command, data in (
        (6, 0x38, b"\x8e\x04"),
        (6, 0x54, b"\x0e\0\x80"),
        (6, 0x39, b"\x02ADMIN".ljust(17, b"\0")),
    ):
        packets.append(encode_sessionless(encode_request(netfn, command, 1, data)))
        packets.append(seal(PayloadType.IPMI, 0, 0, encode_request(netfn, command, 1, data)))
    for number in SUITES:
        bmc = device(chance)
        console = login(bmc, number, chance, 0.0, packets)
        packets += console.request(Request(0, 1), 0.0)
    for kind in (0, 2, 4):
        activate = encode_request(6, 0x3A, 1, bytes((kind, 4)) + bytes(20))
        packets.append(encode15(kind, 0, 1, activate, password16(b"secret")))
    return packets


def inside(chance: random.Random) -> Callable[[Client, float], list[bytes]]:
    """Commands of a session with mutated data: known ones, and some that are not. Sessions are not closed by them."""
    known = [number for number in COMMANDS if number not in (0x063C, 0x063B, 0x0602, 0x0603)]

    def ask(console: Client, now: float) -> list[bytes]:
        number = chance.choice(known) if chance.random() < 0.95 else chance.randrange(0x4000)
        return console.request(Request(number >> 8 & 0x3E, number & 0xFF, chance.randbytes(chance.randint(0, 24))), now)

    return ask


def main() -> int:
    packets = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    chance = random.Random(seed)
    bmc, seeds, ask = device(chance), corpus(chance), inside(chance)
    console, now, answered, middle = login(bmc, 3, chance, 0.0), 0.0, 0, 0.0
    began = time.perf_counter()
    for number in range(packets):
        now += 0.001
        try:
            if number % 4:
                answered += len(bmc.receive(mutate(chance.choice(seeds), chance), PEER, now))
                continue
            if console.error or not bmc.sessions:
                console = login(bmc, chance.choice(list(SUITES)), chance, now)
            for data in ask(console, now):
                for answer in bmc.receive(data, PEER, now):
                    answered += 1
                    console.receive(answer, now)
            if not console.settled:
                console = login(bmc, chance.choice(list(SUITES)), chance, now)
        except Exception:  # any at all is what is looked for
            traceback.print_exc()
            print(f"packet {number} of seed {seed}")
            return 1
        if number == packets // 2:
            middle = resident()
    grown = resident() - middle
    # A minute after the last packet all that was opened has run out.
    bmc.receive(b"", PEER, now + 120)
    left = len(bmc.sessions)
    seconds = time.perf_counter() - began
    print(
        f"{packets} packets in {seconds:.0f} s, {answered} answered, memory grew {grown:+.1f} MB, {left} sessions left"
    )
    return 1 if grown > GROWTH or left else 0


if __name__ == "__main__":
    sys.exit(main())
