"""The image and the compose file: what they publish is what a lab takes, what they build of is what is sent."""

from __future__ import annotations

import fnmatch
import re
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ruamel.yaml import YAML

from simulator.control.up import CONTROL_PORT, DCI5_PORT, DCI6_PORT, ISPMANAGER_PORT, stand
from simulator.files.lab_file import data_directory
from simulator.lab import Lab
from simulator.lab.attaching import on_one_host
from simulator.lab.options import WireOptions

ROOT = data_directory("scenarios").parent
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()


def taken(lab: str = "small") -> set[str]:
    """By `rackloop up LAB --host 0.0.0.0`."""
    plan = Lab.load(lab).plan
    devices = [server.bmc.port for server in plan.servers.values()]
    devices += [each.port for group in (plan.switches, plan.pdus) for each in group.values()]
    panels = (DCI6_PORT, DCI5_PORT, CONTROL_PORT, *((ISPMANAGER_PORT,) if plan.ispmanager else ()))
    return {f"{port}/tcp" for port in panels} | {f"{port}/udp" for port in on_one_host(devices)}


def each_of(ports: str) -> set[str]:
    """`6230-6231/udp` is two."""
    numbers, _, kind = ports.partition("/")
    first, _, last = numbers.partition("-")
    return {f"{port}/{kind or 'tcp'}" for port in range(int(first), int(last or first) + 1)}


def test_the_compose_file_publishes_what_a_lab_takes_on_loopback_only():
    (service,) = YAML(typ="safe").load((ROOT / "docker" / "compose.yaml").read_text())["services"].values()
    assert service["command"][:4] == ["up", "${RACKLOOP_LAB:-small}", "--host", "0.0.0.0"]
    published = set()
    for line in service["ports"]:
        host, outside, inside = line.split(":")
        assert host == "127.0.0.1"
        assert outside == inside.partition("/")[0]
        published |= each_of(inside)
    assert published == taken() | taken("hosting")
    for lab in ("one", "pair", "main-addresses"):
        assert taken(lab) <= published


def test_the_image_exposes_the_same():
    (line,) = re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)
    assert set().union(*map(each_of, line.split())) == taken() | taken("hosting")


def open_to_others() -> set[str]:
    """Sockets of this process that other machines reach: `8006/tcp`."""
    mine = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            mine.add(str(each.readlink()))
    found = set()
    for kind, waiting in (("tcp", "0A"), ("udp", "07")):
        for line in Path(f"/proc/self/net/{kind}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            host, _, port = local.partition(":")
            if state == waiting and host == "00000000" and f"socket:[{rest[5]}]" in mine:
                found.add(f"{int(port, 16)}/{kind}")
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("lab", ["small", "hosting"])
async def test_a_lab_that_other_machines_reach_takes_no_port_beside_those(lab):
    before = open_to_others()
    async with stand(Lab.load(lab).plan, WireOptions(host="0.0.0.0", devices="as planned"), control_port=0) as standing:
        run = standing.run
        urls = [standing.control, run.dci6_url, run.dci5_url, *filter(None, [run.ispmanager_url])]
        told = {f"{urlsplit(url).port}/tcp" for url in urls}
        told |= {f"{port}/udp" for places in (run.bmcs, run.switches, run.pdus) for _, port in places.values()}
        assert open_to_others() - before == told
        assert len(told) == len(taken(lab))


def test_everything_that_the_image_is_built_of_and_nothing_else_is_sent_to_the_builder():
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = set()
    for words in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        copied |= set(words.split()[:-1])
    assert sent == copied
    assert not any(fnmatch.fnmatch(name, each) for name in (".git", ".venv") for each in sent)


def test_devices_on_one_host_have_a_port_each():
    assert on_one_host([6230, 6230, 1161, 6230, 6231, 1161]) == [6230, 6231, 1161, 6232, 6233, 1162]
