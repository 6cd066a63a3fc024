"""The image and the compose file: what they publish is what a lab takes, what they build of is what is sent."""

from __future__ import annotations

import fnmatch
import re

from ruamel.yaml import YAML

from simulator.control.up import CONTROL_PORT, DCI5_PORT, DCI6_PORT
from simulator.files.lab_file import data_directory
from simulator.lab import Lab
from simulator.lab.attaching import on_one_host

ROOT = data_directory("scenarios").parent
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()


def taken() -> set[str]:
    """By `rackloop up small --host 0.0.0.0`."""
    plan = Lab.load("small").plan
    devices = [server.bmc.port for server in plan.servers.values()]
    devices += [each.port for group in (plan.switches, plan.pdus) for each in group.values()]
    return {f"{port}/tcp" for port in (DCI6_PORT, DCI5_PORT, CONTROL_PORT)} | {
        f"{port}/udp" for port in on_one_host(devices)
    }


def each_of(ports: str) -> set[str]:
    """`6230-6231/udp` is two."""
    numbers, _, kind = ports.partition("/")
    first, _, last = numbers.partition("-")
    return {f"{port}/{kind or 'tcp'}" for port in range(int(first), int(last or first) + 1)}


def test_the_compose_file_publishes_what_a_lab_takes_on_loopback_only():
    (service,) = YAML(typ="safe").load((ROOT / "docker" / "compose.yaml").read_text())["services"].values()
    assert service["command"][:4] == ["up", "small", "--host", "0.0.0.0"]
    published = set()
    for line in service["ports"]:
        host, outside, inside = line.split(":")
        assert host == "127.0.0.1"
        assert outside == inside.partition("/")[0]
        published |= each_of(inside)
    assert published == taken()


def test_the_image_exposes_the_same():
    (line,) = re.findall(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)
    assert set().union(*map(each_of, line.split())) == taken()


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
