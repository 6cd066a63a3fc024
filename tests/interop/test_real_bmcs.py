"""A lab in which one BMC is not ours: another lab's that stands in for real iron, and OpenIPMI's simulator."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from simulator import Lab
from simulator.dcim.errors import DeviceFault
from simulator.dcim.records import PowerStatus
from simulator.faults import CATALOGUE, NotPossible
from simulator.kernel import run as run_simulated
from simulator.lab.running import NotSimulated
from simulator.real import equipment

pytestmark = pytest.mark.interop


def lab_with(bmc: dict[str, Any]) -> Lab:
    """One server with this BMC, and one with an emulated one."""
    configuration = "E3-1230-16Gb-480SSD"
    servers = [
        {"name": "iron", "configuration": configuration, "bmc": bmc},
        {"name": "srv-1", "configuration": configuration},
    ]
    return Lab.load({"lab": "mixed", "racks": [{"name": "A1", "servers": servers}]})


def number_of(run: Any, name: str) -> int:
    return next(server.id for server in run.panel.inventory.servers if server.name == name)


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize("driver", ["ipmi", "ipmi-own"])
async def test_the_panel_drives_another_labs_server_beside_its_own(
    driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(equipment, "PAUSE", 0.1)  # it lets nobody in any more when it is to be set back
    there = {"racks": [{"name": "B1", "servers": [{"name": "far", "configuration": "E3-1230-16Gb-480SSD"}]}]}
    there["racks"][0]["servers"][0]["bmc"] = {"username": "root", "password": "calvin", "kg": "hall"}  # type: ignore[index]
    async with Lab.load({"lab": "there", **there}).wire(seed=1) as other:
        host, port = other.bmcs["far"]
        bmc = {
            "driver": driver,
            "address": host,
            "port": port,
            "username": "root",
            "password": "calvin",
            "kg": "hall",
            "allow": ["power", "boot"],
        }
        async with lab_with(bmc).wire(seed=1) as run:
            iron, own = number_of(run, "iron"), number_of(run, "srv-1")
            assert run.bmcs["iron"] == (host, port)
            assert await run.panel.devices.read_power(iron) is PowerStatus.OFF
            await run.panel.devices.power(iron, "on")
            assert other.plant.servers["far"].powered
            assert await run.panel.devices.read_power(iron) is PowerStatus.ON
            assert await run.panel.devices.read_power(own) is PowerStatus.OFF
            await run.panel.devices.set_boot_device(iron, "pxe")
            override = other.plant.servers["far"].boot_override
            assert override is not None
            assert override.device == "pxe"
            other.bmc("far").kg = b"changed"
            with pytest.raises(DeviceFault, match=r"^BMC of iron: "):
                await run.panel.devices.read_power(iron)
            with pytest.raises(NotPossible, match="the BMC of iron, which is a real one"):
                run.faults.inject("ipmi.busy", CATALOGUE["ipmi.busy"].params.model_validate({"server": "iron"}))


def test_a_lab_with_a_real_bmc_is_not_simulated() -> None:
    async def main() -> None:
        async with lab_with({"driver": "ipmi", "address": "192.0.2.7"}).simulated(seed=1):
            pass

    with pytest.raises(NotSimulated, match="BMC of iron: what is real is reached over real sockets only"):
        run_simulated(main())


# OpenIPMI's simulator

LAN = """\
name "iron"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "{program}"
  user 2 true "root" "calvin" admin 10 none md2 md5 straight
"""
MACHINE = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""
CHASSIS = """\
#!/bin/sh
# What its chassis does: `get|set power|boot [value]`. Its state is a file beside it.
here=$(dirname "$0")
case "$1 $2" in
  "get power") echo "power:$(cat "$here/power" 2>/dev/null || echo 0)" ;;
  "set power") echo "$3" > "$here/power" ;;
  "get boot") echo "boot:$(cat "$here/boot" 2>/dev/null || echo none)" ;;
  "set boot") echo "$3" > "$here/boot" ;;
  *) exit 0 ;;
esac
"""


@asynccontextmanager
async def ipmi_sim(folder: Path) -> AsyncIterator[int]:
    """The simulator with one machine, which is off; its port. It is no program that must be there."""
    simulator = shutil.which("ipmi_sim")
    if simulator is None:
        pytest.skip("ipmi_sim is not installed (Debian: openipmi)")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = folder / "chassis"
    program.write_text(CHASSIS)
    program.chmod(0o755)
    (folder / "lan.conf").write_text(LAN.format(port=port, program=program))
    (folder / "machine.emu").write_text(MACHINE)
    (folder / "state").mkdir()
    process = await asyncio.create_subprocess_exec(
        *(simulator, "-n", "-c", str(folder / "lan.conf"), "-f", str(folder / "machine.emu")),
        *("-s", str(folder / "state")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield port
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize("driver", [pytest.param("ipmi", marks=pytest.mark.slow), "ipmi-own"])
async def test_the_panel_drives_openipmis_simulator(driver: str, tmp_path: Path) -> None:
    async with ipmi_sim(tmp_path) as port:
        bmc = {
            "driver": driver,
            "address": "127.0.0.1",
            "port": port,
            "username": "root",
            "password": "calvin",
            "allow": ["power"],
        }
        async with lab_with(bmc).wire(seed=1) as run:
            iron = number_of(run, "iron")
            assert await run.panel.devices.read_power(iron) is PowerStatus.OFF
            await run.panel.devices.power(iron, "on")
            assert await run.panel.devices.read_power(iron) is PowerStatus.ON
            assert (tmp_path / "power").read_text().strip() == "1"
            await run.panel.devices.power(iron, "off")
            assert await run.panel.devices.read_power(iron) is PowerStatus.OFF
