"""What `benchmarks/snmp.py` asks, each in a process of its own: our agents, pysnmp, net-snmp's snmpd.

    python benchmarks/snmp_responders.py PORTS (ours), snmp_pysnmp.py PORTS

print the address they answer on, and answer until their standard input ends. All three hold the same
table: the 28 columns of ifTable and ifXTable that our switches have. snmpd has it from its configuration, under a
number of nobody's, and without the modules that would show, or set, the host's own interfaces.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

from simulator.fabric import SharedUdpFabric, UdpFabric, can_share
from simulator.fabric.serve import serve_device
from simulator.kernel import Journal, LoopClock, Streams
from simulator.plant import Physics, Plant, Timings
from simulator.snmp import User, ber, dotted
from simulator.switch import SwitchDevice

__all__ = [
    "COMMUNITY",
    "ROOT",
    "SNMPD_ROOT",
    "USER",
    "Listening",
    "free_port",
    "ours_or_pysnmp",
    "plant",
    "serve",
    "snmpd",
    "table_here",
    "table_of",
    "until_told",
]

COMMUNITY = "private"
USER = User("bench", "SHA", "maplesyrup", "AES", "maplesyrup")
ROOT = "1.3.6.1.2.1"
TABLES = ("1.3.6.1.2.1.2.2.1.", "1.3.6.1.2.1.31.1.1.1.")
SNMPD_ROOT = "1.3.6.1.4.1.8072.9999.77"
"""net-snmp's own arc for experiments."""
Listening = Callable[[str, int], None]
"""Called with where a responder answers."""
_TYPES = {
    ber.INTEGER: "integer",
    ber.OCTET_STRING: "octet_str",
    ber.OBJECT_IDENTIFIER: "object_id",
    ber.COUNTER32: "counter",
    ber.GAUGE32: "uinteger",
    ber.TIME_TICKS: "timeticks",
    ber.COUNTER64: "counter",  # its configuration has no larger ones
}


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def plant(clock: LoopClock) -> Plant:
    return Plant(Physics(clock, Streams(1), Journal(clock), Timings()))


def table_here(ports: int) -> list[tuple[str, int, bytes]]:
    """Name, tag and content of each instance of a switch's two interface tables. Only while a loop runs."""
    clock = LoopClock()
    hardware = plant(clock).add_switch("sw", ports, 10**9)
    device = SwitchDevice(hardware, "brocade-icx6430", COMMUNITY, clock)
    template, found = device.agent.template, []
    for place, name in enumerate(template.names):
        text = dotted(name)
        if text.startswith(TABLES):
            binding = device.agent.binding_at(place)
            _, start, end = ber.read(binding, 0, len(binding))
            _, _, after = ber.read(binding, start, end)
            tag, at, stop = ber.read(binding, after, end)
            found.append((text, tag, binding[at:stop]))
    return found


def table_of(ports: int) -> list[tuple[str, int, bytes]]:
    """The same from where no loop runs."""

    async def build() -> list[tuple[str, int, bytes]]:
        return table_here(ports)

    return asyncio.run(build())


async def _ours(ports: int, listening: Listening) -> None:
    fabric = (SharedUdpFabric if can_share() else UdpFabric)()
    clock = LoopClock()
    hardware = plant(clock).add_switch("sw", ports, 10**9)
    device = SwitchDevice(hardware, "brocade-icx6430", COMMUNITY, clock, users=[USER], wire=fabric.time)
    end = await serve_device(device, fabric, ("127.32.0.1", 0))
    listening(*end.address)
    await until_told()
    fabric.close()


async def until_told() -> None:
    """Until whoever started this closes our standard input."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


@contextlib.contextmanager
def ours_or_pysnmp(kind: str, ports: int) -> Iterator[tuple[int, tuple[str, int]]]:
    """Process id and address of a responder."""
    file = __file__ if kind == "ours" else str(Path(__file__).with_name("snmp_pysnmp.py"))
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, file, str(ports)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        host, port = process.stdout.readline().split()
        yield process.pid, (host, int(port))
    finally:
        process.stdin.close()
        process.wait()


@contextlib.contextmanager
def snmpd(program: str, ports: int) -> Iterator[tuple[int, tuple[str, int]]]:
    """Net-snmp's agent with the same table under `SNMPD_ROOT`; all that it keeps is in a folder that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [
            f"rwcommunity {COMMUNITY} 127.0.0.1",
            f"createUser {USER.name} SHA {USER.auth_password} AES {USER.priv_password}",
            f"rwuser {USER.name} authpriv",
            "dontLogTCPWrappersConnects yes",
        ]
        for text, tag, content in table_of(ports):
            name = SNMPD_ROOT + text.removeprefix(ROOT)
            if tag == ber.OBJECT_IDENTIFIER:
                value = dotted(content)
            elif tag == ber.OCTET_STRING:
                value = f'"{content.hex()}"'
            else:
                value = str(int.from_bytes(content, "big", signed=True))
            lines.append(f"override -rw {name} {_TYPES[tag]} {value}")
        config = Path(folder) / "agent.conf"
        config.write_text("\n".join(lines) + "\n", encoding="ascii")
        port = free_port()
        process = subprocess.Popen(  # noqa: S603 - snmpd
            [
                program, "-f", "-Lf", f"{folder}/log", "-C", "-c", str(config), "-r",
                "-I", "-ifTable,ifXTable,interfaces", f"--persistentDir={folder}/kept", "-m", "", f"udp:127.0.0.1:{port}",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield process.pid, ("127.0.0.1", port)
        finally:
            process.terminate()
            process.wait()


def serve(responder: Callable[[int, Listening], Coroutine[Any, Any, None]]) -> None:
    """Run a responder for the number of ports on the command line; it prints its address."""

    def listening(host: str, port: int) -> None:
        print(host, port, flush=True)

    asyncio.run(responder(int(sys.argv[1]), listening))


if __name__ == "__main__":
    serve(_ours)
