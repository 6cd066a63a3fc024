"""A small hall for tests: two servers on one switch and one PDU, and a boot service that can be told what to answer."""

from dataclasses import dataclass, field
from types import SimpleNamespace

from simulator.kernel import Journal, LoopClock, Streams, run
from simulator.plant import Physics, Plant, ServerBuild, Timings
from simulator.plant.disk import InstalledOs


@dataclass
class BootService:
    """Answers DHCP while it has something to boot, and keeps what it hears."""

    task: object = None
    lease: bool = False
    """Answer DHCP even with nothing to boot."""
    heard: list = field(default_factory=list)
    macs: list = field(default_factory=list)
    """Of those who asked for a lease."""

    def discover(self, mac):
        self.heard.append("discover")
        self.macs.append(mac)
        return SimpleNamespace(address="198.51.100.10") if self.task or self.lease else None

    def loader(self, mac):
        self.heard.append("loader")
        return self.task

    def image_requested(self, mac, image):
        self.heard.append(f"image {image}")

    def phone_home(self, mac, stage, percent, detail):
        text = detail.get("message") or detail.get("configuration") or ""
        self.heard.append(f"{stage} {text}".strip())
        if stage in ("first_boot", "done", "error"):
            self.task = None

    def ends(self):
        return [word for word in self.heard if word.split()[0] in ("first_boot", "done", "error")]


def install(octets=900_000_000, work=600.0, os="debian-12", addresses=("192.0.2.10",)):
    return SimpleNamespace(
        kind="install",
        image=os,
        image_octets=octets,
        work_seconds=work,
        clear_disks=False,
        addresses=addresses,
        ssh_keys=("ssh-ed25519 AAAA alice",),
        recipe="#!/bin/sh",
    )


def diagnose(clear):
    return SimpleNamespace(
        kind="diagnostic", image="Diag6", image_octets=500_000_000, work_seconds=300.0, clear_disks=clear, addresses=()
    )


class Hall:
    def __init__(self, *, jitter=0.0, seed=1, disks=((500, "SSD"), (500, "SSD")), strip=None):
        self.clock = LoopClock()
        self.journal = Journal(self.clock)
        physics = Physics(self.clock, Streams(seed), self.journal, Timings(jitter=jitter))
        self.plant = Plant(physics)
        self.boot = BootService()
        self.plant.network.connect(self.boot)
        self.pdu = self.plant.add_pdu("pdu-a1", 8, strip)
        self.switch = self.plant.add_switch("sw-a1", 8, 10**9)
        self.one = self._server("srv-01", 1, [("pdu-a1", 1)], disks)
        self.two = self._server("srv-02", 2, [("pdu-a1", 2), None], disks)

    def _server(self, name, port, feeds, disks):
        return self.plant.add_server(
            ServerBuild(
                name=name,
                configuration="E3-1230-16Gb-2x500SSD",
                disks=disks,
                macs=[f"00:25:90:00:00:{port:02x}"],
                nic_speed=10**9,
                serial=f"S{port}",
                guid=bytes([port]) * 16,
                feeds=feeds,
                cables={0: ("sw-a1", port)},
            )
        )

    def with_nics(self, cables, bond=(), name="srv-03"):
        """A server with two NICs. `cables`: by NIC, from 0, a port of the switch, or None for an unmanaged link."""
        return self.plant.add_server(
            ServerBuild(
                name=name,
                configuration="E3-1230-16Gb-500SSD",
                disks=[(500, "SSD")],
                macs=[f"00:25:90:00:{len(self.plant.servers):02x}:{n:02x}" for n in (1, 2)],
                nic_speed=10**9,
                serial="S3",
                guid=bytes([3]) * 16,
                feeds=[None],
                cables={index: port and ("sw-a1", port) for index, port in cables.items()},
                bond=bond,
            )
        )

    def said(self, subject):
        return [record.what for record in self.journal if record.subject == subject]


def alone(scene):
    """Run `scene(server, clock)` with one server that has a system, two feeds and no cable."""

    async def main():
        clock = LoopClock()
        plant = Plant(Physics(clock, Streams(1), Journal(clock), Timings(jitter=0.0)))
        server = plant.add_server(
            ServerBuild(
                name="srv-01",
                configuration="E3-1230-16Gb-SSD",
                disks=[(100, "SSD")],
                macs=["02:00:00:00:00:01"],
                nic_speed=10**9,
                serial="S1",
                guid=bytes(16),
                feeds=[None, None],
                cables={},
            )
        )
        server.disks[0].os = InstalledOs("debian-12", ())
        try:
            await scene(server, clock)
        finally:
            plant.close()

    run(main())


async def running(server, clock):
    server.power_on()
    await clock.sleep(600)
    assert server.state.value == "running"
