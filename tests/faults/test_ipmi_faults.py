"""Faults of the IPMI protocol: what the panel makes of each, and that it ends in a defined state that names the BMC."""

import pytest
from pydantic import ValidationError

from simulator.dcim.errors import DeviceFault
from simulator.dcim.records import PowerStatus
from simulator.faults import CATALOGUE, NotPossible
from simulator.kernel import run
from simulator.lab import Lab

ONE = Lab.load("one")


def strike(lab, kind, **values):
    return lab.faults.inject(kind, CATALOGUE[kind].params.model_validate({"server": "srv-1", **values}))


def in_lab(scene, seed=1):
    async def main():
        async with ONE.simulated(seed=seed) as lab:
            await lab.clock.sleep(60)
            server = next(iter(lab.panel.inventory.servers))
            return await scene(lab, server.id)

    return run(main())


def power_status(lab, number):
    return lab.panel.inventory.servers.get(number).bmc_power


UNKNOWN, OFF = PowerStatus.UNKNOWN, PowerStatus.OFF


@pytest.mark.requirement("HW-1")
@pytest.mark.parametrize(
    ("kind", "values", "power", "said"),
    [
        ("ipmi.lost", {"what": "request"}, UNKNOWN, "no answer from .* after 5 tries"),
        ("ipmi.lost", {"what": "reply"}, UNKNOWN, "no answer from .* after 5 tries"),
        ("ipmi.lost", {"stage": "command"}, UNKNOWN, "no answer from .* to .* after 5 tries"),
        ("ipmi.lost", {"what": "request", "command": "Get Chassis Status"}, UNKNOWN, "to Get Chassis Status after"),
        ("ipmi.late", {"delay": "6s"}, UNKNOWN, "no answer from"),
        ("ipmi.garbled", {"how": "truncated"}, UNKNOWN, "no answer from"),
        ("ipmi.garbled", {"how": "checksum", "stage": "command"}, UNKNOWN, "no answer from"),
        ("ipmi.garbled", {"how": "code", "stage": "command"}, UNKNOWN, "no answer from"),
        ("ipmi.garbled", {"how": "garbage"}, UNKNOWN, "no answer from"),
        ("ipmi.garbled", {"how": "short"}, OFF, "Get Chassis Status: a chassis status has at least 3 octets"),
        ("ipmi.code", {}, OFF, r"unspecified error \(completion code FFh\)"),
        ("ipmi.code", {"command": "Get Chassis Status", "code": 0xD2}, OFF, r"initialisation .* D2h"),
        ("ipmi.code", {"code": 0xC5}, OFF, r"Get Chassis Status: reservation cancelled or wrong .* C5h"),
        ("ipmi.busy", {}, OFF, r"Get Chassis Status: node busy \(completion code C0h\)"),
        ("ipmi.session_lost", {}, UNKNOWN, "no answer from .* to Get Chassis Status"),
        ("ipmi.refused", {"stage": "open"}, OFF, r"Open Session refused: no free session slot \(status 01h\)"),
        ("ipmi.refused", {"command": "RAKP 1"}, OFF, r"login refused: no free session slot \(status 01h\)"),
        ("ipmi.refused", {"command": "RAKP 3", "status": 0x0F}, OFF, "wrong password"),
        ("ipmi.refused", {"command": "RMCP+ Open Session", "status": 0x08}, OFF, r"Open Session refused: .*08h"),
        (
            "ipmi.lost",
            {"command": "RMCP+ Open Session", "what": "request"},
            UNKNOWN,
            "no answer from .* after 5 tries",
        ),
        ("ipmi.lost", {"command": "RAKP 1"}, UNKNOWN, "no answer from .* to RAKP 1 after"),
        ("ipmi.lost", {"command": "RAKP 3"}, UNKNOWN, "no answer from .* to RAKP 3 after"),
        ("ipmi.garbled", {"command": "RAKP 1", "how": "code"}, OFF, "wrong password"),
        ("ipmi.garbled", {"command": "RAKP 3", "how": "code"}, OFF, "K_?g"),
        ("ipmi.garbled", {"command": "RAKP 1", "how": "short"}, UNKNOWN, "no answer from .* to RAKP 1 after"),
        (
            "ipmi.garbled",
            {"command": "RMCP+ Open Session", "how": "garbage"},
            UNKNOWN,
            "no answer from .* after 5 tries",
        ),
        ("ipmi.late", {"command": "RAKP 3", "delay": "6s"}, UNKNOWN, "no answer from .* to RAKP 3 after"),
        ("ipmi.refused", {"status": 0x0A}, OFF, r"privilege level not allowed for this user \(status 0Ah\)"),
        ("ipmi.slots_full", {}, OFF, "no free session slot"),
        ("ipmi.locked_out", {}, OFF, "unknown user"),
    ],
)
def test_the_panel_ends_in_a_defined_state_with_a_message_that_names_the_bmc(kind, values, power, said):
    async def scene(lab, number):
        await lab.panel.devices.read_power(number)
        strike(lab, kind, **values)
        with pytest.raises(DeviceFault, match=rf"BMC of srv-1: .*{said}"):
            await lab.panel.devices.read_power(number)
        assert power_status(lab, number) is power
        assert lab.panel.inventory.servers.get(number).bmc_error
        lab.faults.clear()
        await lab.panel.devices.read_power(number)
        assert power_status(lab, number) is OFF
        assert lab.panel.inventory.servers.get(number).bmc_error is None

    in_lab(scene)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("ipmi.lost", {"share": "30%"}),
        ("ipmi.lost", {"share": "30%", "what": "request"}),
        ("ipmi.lost", {"times": 2}),
        ("ipmi.lost", {"command": "RMCP+ Open Session", "times": 2}),
        ("ipmi.lost", {"command": "RAKP 1", "what": "request", "times": 2}),
        ("ipmi.lost", {"command": "RAKP 3", "times": 2}),
        ("ipmi.late", {"command": "RAKP 1", "delay": "0.4s"}),
        ("ipmi.doubled", {"command": "RAKP 1"}),
        ("ipmi.doubled", {"command": "RAKP 3"}),
        ("ipmi.garbled", {"command": "RAKP 3", "how": "truncated", "times": 1}),
        ("ipmi.garbled", {"command": "RMCP+ Open Session", "how": "long", "times": 1}),
        ("ipmi.lost", {"command": "Close Session"}),
        ("ipmi.late", {"delay": "0.3s", "jitter": "0.2s"}),
        ("ipmi.doubled", {}),
        ("ipmi.garbled", {"share": "30%", "how": "garbage"}),
        ("ipmi.garbled", {"how": "sequence"}),
        ("ipmi.garbled", {"how": "long"}),
        ("ipmi.session_lost", {"command": "Chassis Control"}),
        ("ipmi.busy", {"for": "0s"}),
        ("ipmi.code", {"user": "somebody else"}),
        ("ipmi.lost", {"stage": "ping"}),
    ],
)
def test_the_panel_gets_over_what_its_resends_make_good(kind, values):
    async def scene(lab, number):
        strike(lab, kind, **values)
        await lab.clock.sleep(0.1)
        assert await lab.panel.devices.read_power(number) is OFF

    in_lab(scene)


def test_a_command_whose_reply_is_lost_has_been_run_once_for_all_its_resends():
    async def scene(lab, number):
        strike(lab, "ipmi.lost", command="Chassis Control", times=3)
        run = []
        lab.bmc("srv-1").observer = lambda what, detail: run.append(detail.get("command"))
        await lab.panel.devices.power(number, "on")
        assert lab.plant.servers["srv-1"].powered
        assert run.count("Chassis Control") == 1

    in_lab(scene)


def test_while_every_reply_to_a_command_is_lost_no_resend_of_it_is_heard_of_either():
    async def scene(lab, number):
        strike(lab, "ipmi.lost", command="Chassis Control")
        run = []
        lab.bmc("srv-1").observer = lambda what, detail: run.append(detail.get("command"))
        with pytest.raises(DeviceFault, match=r"no answer from .* to Chassis Control .* after 5 tries"):
            await lab.panel.devices.power(number, "on")
        assert lab.plant.servers["srv-1"].powered
        assert run.count("Chassis Control") == 1

    in_lab(scene)


def test_power_that_is_stuck_says_yes_and_stays_as_it_is():
    async def scene(lab, number):
        strike(lab, "ipmi.ignored", command="Chassis Control")
        await lab.panel.devices.power(number, "on")
        assert not lab.plant.servers["srv-1"].powered
        assert await lab.panel.devices.read_power(number) is OFF
        lab.faults.clear()
        await lab.panel.devices.power(number, "on")
        assert lab.plant.servers["srv-1"].powered

    in_lab(scene)


def test_what_a_bmc_keeps_can_be_bent_and_is_mended():
    async def scene(lab, number):
        bmc = lab.bmc("srv-1")
        board = bmc.board
        before = bytes(board.inventory), len(board.log.entries)
        strike(lab, "bmc.inventory_spoiled")
        area = board.inventory[8 * board.inventory[3] : 8 * board.inventory[4]]
        assert sum(area) & 0xFF
        strike(lab, "bmc.log_full")
        assert board.log.free == 0
        strike(lab, "bmc.sensor_lost", sensor="FAN1")
        assert [sensor.name for sensor in board.sensors if board.disabled.get(sensor.number)] == ["FAN1"]
        lab.faults.clear()
        assert (bytes(board.inventory), len(board.log.entries)) == before
        assert not any(board.disabled.values())
        with pytest.raises(NotPossible, match="has no sensor 'Warp core'"):
            strike(lab, "bmc.sensor_lost", sensor="Warp core")
        with pytest.raises(NotPossible, match="has states, and no value"):
            strike(lab, "bmc.sensor_frozen", sensor="HDD1 Status")

    in_lab(scene)


def test_a_frozen_sensor_sees_a_dead_fan_only_when_it_is_mended():
    async def scene(lab, number):
        await lab.panel.devices.power(number, "on")
        await lab.clock.sleep(300)
        log = lab.bmc("srv-1").board.log.entries
        before = len(log)
        strike(lab, "bmc.sensor_frozen", sensor="FAN1")
        strike(lab, "fan.dead", fan=1)
        assert len(log) == before
        lab.faults.clear("bmc.sensor_frozen")
        assert len(log) == before + 3

    in_lab(scene)


def test_a_bmc_that_starts_anew_is_deaf_for_a_while_and_the_machine_runs_on():
    async def scene(lab, number):
        await lab.panel.devices.power(number, "on")
        strike(lab, "bmc.restarts")
        with pytest.raises(DeviceFault, match="BMC of srv-1: no answer"):
            await lab.panel.devices.read_power(number)
        await lab.clock.sleep(120)
        assert await lab.panel.devices.read_power(number) is PowerStatus.ON

    in_lab(scene)


def test_only_the_nth_command_and_so_many_after_it_are_hit():
    async def scene(lab, number):
        strike(lab, "ipmi.code", command="00/01", code=0xC3, after=1, times=2)
        seen = []
        for _ in range(5):
            try:
                seen.append(await lab.panel.devices.read_power(number))
            except DeviceFault as fault:
                seen.append("C3h" in str(fault))
        assert seen == [OFF, True, True, OFF, OFF]

    in_lab(scene)


def test_chance_is_the_same_for_the_same_seed_and_another_for_another():
    def fates(seed):
        async def scene(lab, number):
            strike(lab, "ipmi.code", share="50%")
            seen = []
            for _ in range(16):
                try:
                    await lab.panel.devices.read_power(number)
                    seen.append(True)
                except DeviceFault:
                    seen.append(False)
            return seen

        return in_lab(scene, seed)

    assert fates(1) == fates(1)
    assert fates(1) != fates(2)
    assert True in fates(1)
    assert False in fates(1)


def test_faults_on_one_bmc_add_up_and_clear_in_any_order():
    async def scene(lab, number):
        strike(lab, "ipmi.busy")
        strike(lab, "ipmi.late", delay="0.1s")
        assert lab.faults.clear("ipmi.busy") == 1
        began = lab.clock.now()
        await lab.panel.devices.read_power(number)
        assert lab.clock.now() - began >= 0.5
        assert lab.faults.clear() == 1
        assert lab.bmc("srv-1").interference is None
        began = lab.clock.now()
        await lab.panel.devices.read_power(number)
        assert lab.clock.now() - began < 0.1

    in_lab(scene)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"command": "Get Chasis Status"}, "did you mean 'Get Chassis Status'"),
        ({"command": "0/2"}, "is no command of a BMC"),
        ({"stage": "rakp3"}, "Input should be"),
        ({"code": 0}, "greater than or equal to 1"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_with_the_nearest_word(values, why):
    with pytest.raises(ValidationError, match=why):
        CATALOGUE["ipmi.code"].params.model_validate({"server": "srv-1", **values})


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("ipmi.lost", {"command": "RAKP 2"}, "RAKP 2 is the answer to RAKP 1"),
        ("ipmi.lost", {"command": "RAKP 5"}, "did you mean 'RAKP"),
        ("ipmi.code", {"command": "RAKP 1"}, "is a step of the log-in and no command"),
        ("ipmi.ignored", {"command": "RAKP 3"}, "is a step of the log-in and no command"),
        ("ipmi.session_lost", {"command": "RMCP+ Open Session"}, "is a step of the log-in and no command"),
        ("ipmi.garbled", {"command": "RAKP 1", "how": "checksum"}, "the answer to RAKP 1 has no checksum"),
        ("ipmi.refused", {"command": "RAKP 1", "stage": "open"}, "say `stage` or `command`, not both"),
        ("ipmi.refused", {"command": "Chassis Control"}, "Input should be"),
    ],
)
def test_a_step_of_a_log_in_is_chosen_where_it_means_something(kind, values, why):
    with pytest.raises(ValidationError, match=why):
        CATALOGUE[kind].params.model_validate({"server": "srv-1", **values})
