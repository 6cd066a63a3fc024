"""How fast and how small the SNMP agents are: requests a second without a network, walks, SNMPv3, many devices.

    PYTHONPATH=. python benchmarks/snmp.py [--fuzz N]

`--fuzz N` instead hands N damaged messages to an agent; nothing but silence or an answer may come of any of them.
"""

from __future__ import annotations

import argparse
import random
import time
import tracemalloc

from simulator.kernel import Journal, LoopClock, Streams, run
from simulator.pdu import PduDevice
from simulator.plant import Physics, Plant, Timings
from simulator.snmp import Manager, User, oid
from simulator.snmp.ber import integer
from simulator.snmp.message import GET, encode_varbind
from simulator.snmp.usm import Keys
from simulator.snmp.v3 import AUTH, PRIV, REPORTABLE, Header, encode, scoped
from simulator.switch import SwitchDevice

USER = User("ann", "SHA", "maplesyrup", "AES", "maplesyrup")
ADMIN = "1.3.6.1.2.1.2.2.1.7"


class Bench:
    """A hall of switches and PDUs without a network."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        physics = Physics(self.clock, Streams(1), Journal(self.clock), Timings())
        self.plant = Plant(physics)

    def switch(self, name: str, ports: int) -> SwitchDevice:
        hardware = self.plant.add_switch(name, ports, 10**9)
        return SwitchDevice(hardware, "brocade-icx6430", "private", self.clock, users=[USER])

    def pdu(self, name: str, outlets: int) -> PduDevice:
        return PduDevice(self.plant.add_pdu(name, outlets), "apc-ap8641", "private", self.clock)


def rate(what: str, device: SwitchDevice, octets: bytes, times: int) -> None:
    started = time.process_time()
    for _ in range(times):
        assert device.handle(octets)
    seconds = time.process_time() - started
    print(f"{what:32}{times / seconds:12,.0f} /s{seconds / times * 1e6:10.1f} us CPU")


def walk(what: str, device: SwitchDevice, manager: Manager) -> None:
    started, name, count = time.process_time(), oid("1.0"), 0
    while True:
        answer = device.handle(manager.get_bulk([name], max_repetitions=30).octets)
        response = manager.response(answer) if answer else None
        assert response is not None
        count += len(response.varbinds)
        name = response.varbinds[-1].name
        if response.varbinds[-1].missing:
            break
    seconds = time.process_time() - started
    print(f"{what:32}{count:12,} variables{seconds * 1000:10.1f} ms CPU")


def secret(device: SwitchDevice) -> bytes:
    security = device.agent.security
    assert security is not None
    keys = Keys(USER, security.engine_id)
    boots, seconds = device.engine_clock()
    body = scoped(security.engine_id, b"", GET, 1, 0, 0, [encode_varbind(oid(f"{ADMIN}.1"), b"\x05\x00")])
    body, salt = keys.encrypt(body, boots, seconds, 1)
    flags = AUTH | PRIV | REPORTABLE
    header = Header(1, 65507, flags, security.engine_id, boots, seconds, b"ann", bytes(12), 0, salt, body)
    message, at = encode(header)
    return message[:at] + keys.digest(message) + message[at + 12 :]


def measure() -> None:
    bench, manager = Bench(), Manager("private")
    small, large = bench.switch("small", 48), bench.switch("large", 500)
    name = oid(f"{ADMIN}.1")
    rate("GET", small, manager.get([name]).octets, 20000)
    rate("GETBULK of 25", small, manager.get_bulk([oid("1.3.6.1.2.1.2.2")], max_repetitions=25).octets, 3000)
    rate("SET", small, manager.set([(name, integer(1))]).octets, 20000)
    rate("GET, SHA and AES", small, secret(small), 5000)
    walk("walk of 48 ports", small, manager)
    walk("walk of 500 ports", large, manager)
    tracemalloc.start()
    started = time.process_time()
    many = [bench.switch(f"sw-{n}", 48) for n in range(1000)] + [bench.pdu(f"pdu-{n}", 24) for n in range(500)]
    seconds = time.process_time() - started
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    print(f"{'1,000 switches, 500 PDUs':32}{size / 1e6:12.1f} MB{seconds:10.2f} s CPU, {len(many)} with their hardware")


def fuzz(times: int) -> None:
    bench, manager, chance = Bench(), Manager("private"), random.Random(1)
    device = bench.switch("small", 8)
    names = [oid(f"{ADMIN}.1"), oid("1.3.6.1.2.1.17.7.1.4.3.1.1.1")]
    seeds = [
        manager.get(names).octets,
        manager.get_bulk(names, max_repetitions=5).octets,
        manager.set([(names[0], integer(1))]).octets,
        secret(device),
    ]
    tracemalloc.start()
    early = 0
    for number in range(times):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(data))
            how = chance.randrange(3)
            if how == 0:
                data[place] = chance.randrange(256)
            elif how == 1:
                del data[place:]
                data = data or bytearray(1)
            else:
                data.insert(place, chance.randrange(256))
        device.handle(bytes(data))
        if number == times // 10:
            early = tracemalloc.get_traced_memory()[0]
    late = tracemalloc.get_traced_memory()[0]
    print(
        f"{times:,} damaged messages, no exception; {early / 1e6:.2f} MB after a tenth, {late / 1e6:.2f} MB at the end"
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fuzz", type=int, metavar="N")
    arguments = parser.parse_args()
    if arguments.fuzz:
        fuzz(arguments.fuzz)
    else:
        measure()


if __name__ == "__main__":
    run(main())
