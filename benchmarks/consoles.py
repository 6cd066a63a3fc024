"""A thousand serial consoles of a hall of 20,000 devices, open at once as conman opens them: whether an octet is lost.

    python benchmarks/consoles.py [CONSOLES [LINES]]

A lab of 500 racks (19,000 servers, each with a BMC; 500 switches, 500 PDUs) on real sockets, all of which the panel polls. FreeIPMI's
libipmiconsole, by which conman has its consoles of BMCs, opens them in this process, in threads of its own; the machines are started,
and print a line a second. Prints how long opening took, what was printed and what arrived, the longest time from the one to the other,
and the memory; exit status 1 when a console shows anything else than its machine printed. Run it from the repository's root.
"""

from __future__ import annotations

import asyncio
import ctypes
import ctypes.util
import os
import resource
import sys
import time

from simulator.files.lab_file import lab_from_document
from simulator.files.reader import read_text
from simulator.lab import Lab

CONSOLES = 1000
LINES = 60
RACKS = 500
ESTABLISHED = 3
"""`IPMICONSOLE_CTX_STATUS_SOL_ESTABLISHED`"""
OPENING = 120.0
"""Seconds until all must be open, and until all that was printed must be there."""
THREADS = 8
LAB = f"""
lab: hall-20000
racks:
  - name: R{{n:03}}
    count: {RACKS}
    switches: [{{name: "sw-{{r:03}}", model: cisco-c3560, ports: 48}}]
    pdus: [{{name: "pdu-{{r:03}}", model: apc-ap8641, outlets: 24}}]
    servers:
      - name: srv-{{r:03}}-{{n:02}}
        count: 38
        model: supermicro-x10
        configuration: E3-1230-16Gb-2x1000SSD
        cables: {{nic1: "sw-{{r:03}}/{{n}}", psu1: mains}}
"""


class _Ipmi(ctypes.Structure):
    """`struct ipmiconsole_ipmi_config` of libipmiconsole 2."""

    _fields_ = (
        ("username", ctypes.c_char_p),
        ("password", ctypes.c_char_p),
        ("k_g", ctypes.c_char_p),
        ("k_g_len", ctypes.c_uint),
        ("privilege_level", ctypes.c_int),
        ("cipher_suite_id", ctypes.c_int),
        ("workaround_flags", ctypes.c_uint),
    )


def library() -> ctypes.CDLL:
    found = ctypes.util.find_library("ipmiconsole")
    if found is None:
        raise SystemExit("libipmiconsole is not there: it comes with FreeIPMI's ipmiconsole")
    engine = ctypes.CDLL(found)
    engine.ipmiconsole_ctx_create.restype = ctypes.c_void_p
    engine.ipmiconsole_ctx_create.argtypes = [ctypes.c_char_p, *3 * (ctypes.c_void_p,)]
    engine.ipmiconsole_engine_submit.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    for name in ("ipmiconsole_ctx_status", "ipmiconsole_ctx_fd", "ipmiconsole_ctx_destroy"):
        getattr(engine, name).argtypes = [ctypes.c_void_p]
    return engine


class Terminal:
    """One console: what its machine has printed since it was open, and what it has shown."""

    def __init__(self, engine: ctypes.CDLL, host: str, port: int) -> None:
        login = _Ipmi(b"ADMIN", b"ADMIN", None, 0, 2, 3, 0)
        self.engine = engine
        protocol = (ctypes.c_int * 7)(*7 * (-1,))  # its own time-outs
        flags = (ctypes.c_uint * 3)()
        self.context = engine.ipmiconsole_ctx_create(
            f"{host}:{port}".encode(), ctypes.byref(login), ctypes.byref(protocol), ctypes.byref(flags)
        )
        if not self.context or engine.ipmiconsole_engine_submit(self.context, None, None) < 0:
            raise SystemExit(f"no console of {host}:{port}")
        self.printed = bytearray()
        self.shown = bytearray()
        self.file = -1
        self.slowest = 0.0
        self._waits: list[tuple[int, float]] = []

    @property
    def status(self) -> int:
        return int(self.engine.ipmiconsole_ctx_status(self.context))

    def begin(self) -> None:
        self.file = self.engine.ipmiconsole_ctx_fd(self.context)
        os.set_blocking(self.file, False)
        asyncio.get_running_loop().add_reader(self.file, self._read)

    def print(self, text: str) -> None:
        """The machine's serial port; hears it before the BMC does."""
        self.printed += text.encode()
        self._waits.append((len(self.printed), time.monotonic()))

    def _read(self) -> None:
        try:
            self.shown += os.read(self.file, 65536)
        except BlockingIOError:
            return
        while self._waits and self._waits[0][0] <= len(self.shown):
            self.slowest = max(self.slowest, time.monotonic() - self._waits.pop(0)[1])

    def end(self) -> None:
        asyncio.get_running_loop().remove_reader(self.file)
        os.close(self.file)
        self.engine.ipmiconsole_ctx_destroy(self.context)


async def until(what: str, holds: object, patience: float) -> float:
    """Seconds that it took. Ends the program when it takes too long."""
    began = time.monotonic()
    while not holds():  # type: ignore[operator]
        if time.monotonic() - began > patience:
            print(f"not in {patience:g} s: {what}")
            return patience
        await asyncio.sleep(0.05)
    return time.monotonic() - began


async def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CONSOLES
    lines = int(sys.argv[2]) if len(sys.argv) > 2 else LINES
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    engine = library()
    if engine.ipmiconsole_engine_init(THREADS, 0) < 0:
        raise SystemExit("libipmiconsole does not start")
    lab = Lab(lab_from_document(read_text(LAB.encode(), "hall-20000")))
    async with lab.wire(clock="real", devices="as planned") as run:
        names = list(run.bmcs)[:: max(len(run.bmcs) // count, 1)][:count]
        terminals = {name: Terminal(engine, *run.bmc_address(name)) for name in names}
        everybody = list(terminals.values())
        opened = await until(
            "all consoles are open", lambda: all(each.status == ESTABLISHED for each in everybody), OPENING
        )
        there = sum(each.status == ESTABLISHED for each in everybody)
        devices = len(run.bmcs) + len(run.switches) + len(run.pdus)
        print(f"{devices} devices, {there} of {count} consoles open after {opened:.1f} s")
        for name, each in terminals.items():
            each.begin()
            run.plant.servers[name].attach_terminal(each.print)
        for name in names:
            run.plant.servers[name].power_on()
        for number in range(lines):
            for place, name in enumerate(names):
                run.plant.servers[name].show(f"[{number:12.6f}] line {number} of {name}: what a kernel says")
                if place % 10 == 9:
                    await asyncio.sleep(1 / (len(names) / 10))
        for name, each in terminals.items():
            run.plant.servers[name].detach_terminal(each.print)
        await until(
            "all is shown", lambda: all(len(each.shown) >= len(each.printed) for each in everybody), OPENING / 4
        )
        wrong = [name for name, each in terminals.items() if each.shown != each.printed]
        printed = sum(len(each.printed) for each in everybody)
        slowest = max(each.slowest for each in everybody)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(
            f"{printed} octets printed, {sum(len(each.shown) for each in everybody)} shown, {len(wrong)} consoles differ;"
            f" the latest after {slowest * 1000:.0f} ms; {memory:.0f} MB at most"
        )
        for name in wrong[:3]:
            print(f"  {name}: {len(terminals[name].printed)} printed, {len(terminals[name].shown)} shown")
        for each in everybody:
            each.end()
    engine.ipmiconsole_engine_teardown(0)
    return 1 if wrong or there < count else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
