"""Mutated packets against SNMP agents and managers: no exception may escape, and memory stays flat.

    PYTHONPATH=. python benchmarks/fuzz_snmp.py [PACKETS] [SEED]

Real requests of v1, v2c and v3 (damaged outside, or inside of what is then encrypted and signed, so that it reaches the
operations) go to a switch and two PDUs; answers and notifications, as badly treated, to managers and to the trap
decoder. Exit status 1 when something does not hold.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.mutation import mutate
from simulator.kernel import Journal, LoopClock, Streams, run
from simulator.pdu import PduDevice
from simulator.plant import Physics, Plant, Timings
from simulator.snmp import Asker, DecodeError, Manager, Request, SecureManager, User, Version, oid
from simulator.snmp.ber import integer, octets
from simulator.snmp.message import encode_varbind
from simulator.snmp.notification import LINK_DOWN, Event, decode_notification, encode_v1, encode_v2
from simulator.snmp.usm import Keys
from simulator.snmp.v3 import AUTH, PRIV, REPORTABLE, Header, encode, scoped
from simulator.switch import SwitchDevice

READER = User("reader", "SHA", "maplesyrup", "AES", "maplesyrup", write=False)
WRITER = User("writer", "MD5", "maplesyrup", "DES", "maplesyrup")
GROWTH = 8.0
"""MB by which memory may differ between the middle and the end."""
IF = "1.3.6.1.2.1.2.2.1"
APC = "1.3.6.1.4.1.318.1.1"
NAMES = [
    f"{IF}.7.1", f"{IF}.2.3", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.31.1.1.1.18.2", "1.3.6.1.2.1.17.7.1.4.3.1.1.1",
    "1.3.6.1.2.1.17.7.1.4.3.1.5.77", "1.3.6.1.2.1.17.7.1.4.5.1.1.2", f"{APC}.12.3.3.1.1.4.3", f"{APC}.4.4.2.1.3.2",
    f"{APC}.26.9.2.4.1.5.1", f"{APC}.4.5.2.1.3.1", "1.3", "1.3.6.1.6.3.15.1.1.4.0",
]  # fmt: skip


def resident() -> float:
    """Memory of this process, MB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def requests(asker: Asker, *, bulk: bool = True) -> list[Request]:
    names = [oid(name) for name in NAMES]
    values = [(names[0], integer(2)), (names[2], octets("x")), (names[5], integer(4)), (names[7], integer(2))]
    found = [asker.get(names[:4]), asker.get_next(names[3:9]), asker.get(names[9:]), asker.set(values[:2])]
    found += [asker.set([value]) for value in values]
    if bulk:
        found += [asker.get_bulk(names[:3], max_repetitions=9, non_repeaters=1)]
    return found


TELLING = bytes((0x00, 0x7F, 0x80, 0x81, 0x84, 0xFF, 0x30, 0x02, 0x04, 0x06, 0xA0, 0xA3, 0xA5))
"""Tags, and octets at the edges of what a length or a number can be."""


class Bench:
    """The devices, and what is sent to them."""

    def __init__(self, chance: random.Random) -> None:
        self.clock = LoopClock()
        self.chance = chance
        plant = Plant(Physics(self.clock, Streams(1), Journal(self.clock), Timings()))
        users = [READER, WRITER]
        self.devices: list[SwitchDevice | PduDevice] = [
            SwitchDevice(plant.add_switch("sw-1", 8, 10**9), "brocade-icx6430", "private", self.clock, users=users),
            SwitchDevice(plant.add_switch("sw-2", 8, 10**9), "cisco-c3560", "private", self.clock, users=users),
            PduDevice(plant.add_pdu("pdu-1", 8), "apc-ap8641", "private", self.clock, users=users),
        ]
        self.managers = [Manager("private"), Manager("private", version=Version.V1), Manager("private@1")]
        self.plain = [each.octets for manager in self.managers for each in requests(manager, bulk=False)]
        self.plain += [each.octets for each in requests(self.managers[0])]
        self.secret = [SecureManager(user, lambda: 0.0) for user in users]
        self.bodies = [scoped(b"", b"", 0xA0, 1, 0, 0, [encode_varbind(oid(name), b"\x05\x00") for name in NAMES[:5]])]
        self.bodies += [scoped(b"", b"vlan-1", 0xA5, 2, 1, 20, [encode_varbind(oid(f"{IF}.7"), b"\x05\x00")] * 3)]
        self.bodies += [scoped(b"", b"", 0xA3, 3, 0, 0, [encode_varbind(oid(NAMES[0]), integer(2))])]
        event = Event(LINK_DOWN, (encode_varbind(oid(f"{IF}.1.3"), integer(3)),))
        self.told = [
            encode_v1(event, 77, b"public", "1.3.6.1.4.1.9.1.617", b"\x7f\x00\x00\x01"),
            encode_v2(event, 77, b"public", 5, inform=True),
        ]
        self.answers = [
            answer
            for device in self.devices
            for data in self.plain
            if (answer := device.agent.handle(data)) is not None
        ]

    def sealed(self, device: Any, body: bytes) -> bytes:
        """A body, whatever it has become, encrypted and signed as a user does."""
        user, engine = self.chance.choice((READER, WRITER)), device.agent.security
        keys = Keys(user, engine.engine_id)
        boots, seconds = device.engine_clock()
        secret, salt = keys.encrypt(body, boots, seconds, self.chance.randrange(2**32))
        flags = AUTH | PRIV | REPORTABLE
        header = Header(1, 65507, flags, engine.engine_id, boots, seconds, keys.name, keys.blank, 0, salt, secret)
        return keys.signed(*encode(header))

    def to_a_device(self) -> bytes | None:
        chance, device = self.chance, self.chance.choice(self.devices)
        what = chance.random()
        if what < 0.6:
            data = mutate(chance.choice(self.plain), chance, TELLING)
        elif what < 0.8:
            data = self.sealed(device, mutate(chance.choice(self.bodies), chance, TELLING))
        else:
            data = mutate(self.sealed(device, chance.choice(self.bodies)), chance, TELLING)
        answers: list[bytes] = []
        device.receive(data, answers.append)
        return answers[0] if answers else None

    def to_a_manager(self) -> None:
        chance = self.chance
        data = mutate(chance.choice(self.answers), chance, TELLING)
        for manager in self.managers:
            manager.take(data)
        asker = chance.choice(self.secret)
        request = asker.get([oid(NAMES[0])])
        for _ in range(4):
            answer = chance.choice(self.devices).agent.handle(request.octets)
            heard = (
                None
                if answer is None
                else asker.take(mutate(answer, chance, TELLING) if chance.random() < 0.5 else answer)
            )
            if not isinstance(heard, Request):
                break
            request = heard
        asker.done(request)

    def to_a_listener(self) -> None:
        with contextlib.suppress(DecodeError):
            decode_notification(mutate(self.chance.choice(self.told), self.chance, TELLING))


async def fuzz(packets: int, seed: int) -> int:
    chance = random.Random(seed)
    bench = Bench(chance)
    ways: list[tuple[float, Callable[[], Any]]] = [
        (0.8, bench.to_a_device),
        (0.9, bench.to_a_manager),
        (1, bench.to_a_listener),
    ]
    answered, middle = 0, 0.0
    began = time.perf_counter()
    for number in range(packets):
        dice = chance.random()
        act = next(act for share, act in ways if dice < share)
        try:
            answered += act() is not None
        except Exception:  # any at all is what is looked for
            traceback.print_exc()
            print(f"packet {number} of seed {seed}")
            return 1
        if number == packets // 2:
            middle = resident()
    grown = resident() - middle
    seconds = time.perf_counter() - began
    print(f"{packets:,} packets in {seconds:.0f} s, {answered:,} answered, memory grew {grown:+.1f} MB")
    return 1 if grown > GROWTH else 0


def main() -> int:
    packets = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    outcome: list[int] = []

    async def whole() -> None:
        outcome.append(await fuzz(packets, seed))

    run(whole())
    return outcome[0]


if __name__ == "__main__":
    sys.exit(main())
