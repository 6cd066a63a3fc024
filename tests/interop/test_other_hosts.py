"""A lab for other machines: `up --host` with the wildcard address, as in a container. The panel reaches its devices there too."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from simulator.dcim.errors import NoAnswer
from simulator.faults.physical import LossyLink
from simulator.lab import Lab
from tests.interop.test_provisioner import Shell
from tests.interop.test_up import Up

pytestmark = pytest.mark.interop


@pytest.fixture
def lab(tmp_path: Path, request: pytest.FixtureRequest):
    up = Up(tmp_path, "--host", "0.0.0.0", "--clock", "scaled:600", *getattr(request, "param", ()))
    yield up
    up.process.kill()
    up.process.communicate()


@pytest.mark.parametrize("lab", [(), ("--drivers", "foreign")], indirect=True, ids=["own", "foreign"])
def test_a_server_is_sold_through_the_panel_of_a_lab_for_other_machines(lab: Up, tmp_path: Path):
    shell = Shell(lab, tmp_path)
    assert "web1 is active on srv-1 (id 1)" in shell.run("order", "web1", "--client", "a@example.com", "--poll", "0.2")
    assert "web1 is suspended" in shell.run("suspend", "web1")
    token = f"Authorization: Bearer {lab.places['control_token']}"
    state = lab.curl("-H", token, f"{lab.places['control']}/__lab/state")
    assert '"powered":true' in state
    assert '"admin_up":false' in state


def test_what_the_endpoints_file_names_can_be_used_as_it_stands(lab: Up):
    places = lab.places
    hosts = {device["host"] for group in ("bmcs", "switches", "pdus") for device in places[group]}
    assert hosts == {"127.0.0.1"}
    assert all("//127.0.0.1:" in places[name] for name in ("dci6", "dci5", "control"))
    assert lab.ipmi("chassis", "power", "status") == "Chassis Power is off\n"


@pytest.mark.parametrize("host", ["::1", "::", "127.0.0.9"])
async def test_the_panel_asks_devices_wherever_the_lab_listens(host: str):
    try:
        socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError:
        pytest.skip(f"this machine has no {host}")
    async with Lab.load("one").wire(host=host) as run:
        await run.panel.devices.read_power(1)
        for switch in run.panel.inventory.switches:
            await run.panel.devices.read_switch(switch.id)


@pytest.mark.slow  # the panel waits for a real session's time-outs
async def test_a_bad_link_is_one_servers_where_all_share_a_host():
    async with Lab.load("small").wire(host="0.0.0.0") as run:
        run.faults.inject("link.lossy", LossyLink(server="srv-01", loss=1.0))
        numbers = {server.name: server.id for server in run.panel.inventory.servers}
        await run.panel.devices.read_power(numbers["srv-02"])
        with pytest.raises(NoAnswer):
            await run.panel.devices.read_power(numbers["srv-01"])
