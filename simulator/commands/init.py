"""`rackloop init`: a first lab, a first scenario and a first pytest file, which run as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.common import UNUSABLE

__all__ = ["init"]

LAB = """\
# yaml-language-server: $schema={schemas}/lab.schema.json
# Two servers, a switch and a PDU. `rackloop up first` starts it on real sockets.
lab: first
racks:
  - name: A1
    switches: [{{name: sw-1, ports: 8}}]
    pdus: [{{name: pdu-1, outlets: 8}}]
    servers:
      - name: srv-1
        configuration: E3-1230-16Gb-480SSD
        cables: {{nic1: sw-1/1, psu1: pdu-1/1}}
      - name: srv-2
        configuration: E3-1230-16Gb-480SSD
        cables: {{nic1: sw-1/2, psu1: pdu-1/2}}
panel:
  pools:
    - {{name: public, range: 192.0.2.10-192.0.2.19, gateway: 192.0.2.1}}
    - {{name: diag, range: 198.51.100.10-198.51.100.19, gateway: 198.51.100.1, deallocation: true}}
  templates:
    - {{name: debian-12, type: os, image: 900 MB, work: 20m}}
    - {{name: Diag6, type: diagnostic, image: 700 MB, work: 14m}}
"""
SCENARIO = """\
# yaml-language-server: $schema={schemas}/scenario.schema.json
# `rackloop run {scenario}` plays it. To see a failure explained, take the last line away.
scenario: A server loses its power while it is installed, and billing calls the order failed in time
lab: first
settings: {{configuration: E3-1230-16Gb-480SSD, os: debian-12, pool: public, install_timeout: 40m}}
faults:
  - psu.dead: {{server: srv-1, at: 8m}}
steps:
  - create: {{service: web1, client: alice@example.com, server: srv-1}}
    expect: {{error: "*timeout*", within: 45m}}
expect:
  - {{service: web1, is: failed}}
  - {{server: srv-1, really: {{power: off}}}}
  - leaks: [owner of srv-1, one address]
"""
TEST = '''\
"""Rackloop in pytest: `pytest {test}`. Put your own module where the comments say."""

import pytest


@pytest.mark.rackloop(lab="{lab}", seed=7)
def test_a_bmc_that_dies_is_noticed(rackloop):
    """In virtual time: an hour takes some milliseconds."""

    async def scene(lab):
        lab.faults.inject("bmc.dead", server="srv-1", at="8m")
        await lab.clock.sleep(3600)  # or what your module does, with lab.billing_transport() and lab.clock
        assert not lab.plant.servers["srv-1"].bmc_alive

    rackloop(scene)


@pytest.mark.rackloop(lab="{lab}")
def test_the_panel_lists_the_servers(rackloop_up, rackloop_dci6):
    """On real sockets, ten minutes in a second: rackloop_up["dci6"] is what your module is given as the panel's URL."""
    servers = rackloop_dci6.get("/dci/v3/server").json()["list"]
    assert [each["name"] for each in servers] == ["srv-1", "srv-2"]
'''


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where; made if it is not there.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there already.")] = False,
) -> None:
    """Write a first lab, a first scenario and a first pytest file, which run as they are."""
    places = {"lab": "fixtures/first.yaml", "scenario": "scenarios/first.yaml", "test": "tests/test_first.py"}
    words = {**places, "schemas": str(Path(__file__).resolve().parents[1] / "files" / "schemas")}
    texts = {"lab": LAB, "scenario": SCENARIO, "test": TEST}
    there = [folder / place for place in places.values() if (folder / place).exists()]
    if there and not force:
        typer.echo(f"rackloop init: {', '.join(map(str, there))}: there already; --force writes over it", err=True)
        raise typer.Exit(UNUSABLE)
    try:
        for kind, place in places.items():
            file = folder / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(texts[kind].format(**words), encoding="utf-8")
            typer.echo(f"wrote {file}")
    except OSError as error:
        typer.echo(f"rackloop init: {error.filename or folder}: {error.strerror or error}", err=True)
        raise typer.Exit(UNUSABLE) from None
    typer.echo("")
    if folder != Path():
        typer.echo(f"  cd {folder}")
    for command, what in (
        (f"rackloop run {places['scenario']}", "plays the scenario"),
        (f"pytest {places['test']}", "runs the tests"),
        ("rackloop up first", "starts the lab, to talk to"),
        ("rackloop validate " + " ".join((places["lab"], places["scenario"])), "after a change"),
    ):
        typer.echo(f"  {command:<62} {what}")
