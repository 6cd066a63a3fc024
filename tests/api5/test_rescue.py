"""A rescue system runs from memory: people can log in, the disks stay as they are, and a restart ends it."""

import pytest

from simulator.faults import CATALOGUE
from simulator.plant import BootState
from tests.api5.support.hall import PASSWORD, Hall, in_hall

RESCUE = {"operation": "rescue", "rescue": "ISPsystem__Sysrescd"}


def test_a_rescue_system_comes_up_on_the_servers_own_address_and_ends_with_a_restart():
    async def scene(hall: Hall) -> None:
        address = await hall.install(1)
        before = hall.machine("srv-01").disks[0].os
        await hall.operate(1, **RESCUE)
        row = await hall.row(1)
        assert {"rescue_in_progress", "cancel_oper"} <= set(row)
        assert not {"install_in_progress", "rescue_ready_ssh"} & set(row)
        (ip,) = await hall.rows("iplist", elid=1)
        refused = await hall.refused("iplist.delete", plid="1", elid=ip["id"])
        assert refused == ("ip_delete_restrict_rescue_in_progress", "")
        assert "Rescue" in str(
            (await hall.xml("server", clickstat="t", hint_field="rescue_in_progress", elid=1)).findtext("value")
        )
        await hall.until(1, lambda row: "rescue_in_progress" not in row)
        assert "rescue_ready_ssh" in await hall.row(1)
        assert hall.machine("srv-01").state is BootState.RESCUE
        assert hall.machine("srv-01").disks[0].os == before
        assert hall.lab.plant.answering(address) == "srv-01"
        assert (await hall.rows("operation"))[0]["type"] == "Rescue system on srv-01"
        assert "ssh_ready" in str((await hall.xml("operation.log", elid=2)).findtext("log"))
        await hall.xml("server.reboot", elid=1)
        assert "rescue_ready_ssh" not in await hall.row(1)
        assert not hall.lab.plant.answering(address)
        await hall.clock.sleep(300)
        assert hall.machine("srv-01").state is BootState.RUNNING
        assert hall.lab.plant.answering(address) == "srv-01"

    in_hall(scene)


def test_a_rescue_system_that_nothing_can_be_read_for_fails():
    async def scene(hall: Hall) -> None:
        await hall.address(1)
        hall.lab.faults.inject(
            "cable.unplugged", CATALOGUE["cable.unplugged"].params.model_validate({"server": "srv-01"})
        )
        await hall.operate(1, **RESCUE)
        await hall.until(1, lambda row: "operation_failed" in row)
        assert not {"rescue_ready_ssh", "rescue_in_progress"} & set(await hall.row(1))

    in_hall(scene)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"rescue": "ISPsystem__Diag6"}, ("value", "rescue")),
        ({"rescue": ""}, ("value", "rescue")),
        ({"passwd": ""}, ("value", "passwd")),
        ({"confirm": "another"}, ("value", "confirm")),
    ],
)
def test_a_rescue_system_wants_a_template_and_a_password(change, error):
    async def scene(hall: Hall) -> None:
        asked = {"sok": "ok", "elid": 1, "passwd": PASSWORD, **RESCUE}
        assert await hall.refused("server.operations", **asked) == ("operfail_no_ip_on_server", "")
        await hall.address(1)
        assert await hall.refused("server.operations", **{**asked, **change}) == error
        assert await hall.rows("operation") == []

    in_hall(scene)
