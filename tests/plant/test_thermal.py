"""Heat and the serial console: what a server's air, fans and boot make of it."""

from __future__ import annotations

from simulator.kernel import Journal, LoopClock, Streams, run
from simulator.plant import Physics, Plant, ServerBuild, Timings
from simulator.plant.disk import InstalledOs
from simulator.plant.server import Server


def in_hall(scene):
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


async def running(server: Server, clock: LoopClock) -> None:
    server.power_on()
    await clock.sleep(600)
    assert server.state.value == "running"


def test_a_machine_that_runs_is_warmer_than_one_that_is_off_and_cools_down_again():
    async def scene(server, clock):
        cold = server.thermal.celsius()
        assert server.thermal.rpm() == (0.0,) * 4
        await running(server, clock)
        assert cold + 20 < server.thermal.celsius() < 60
        server.power_off()
        warm = server.thermal.celsius()
        await clock.sleep(30)
        assert cold < server.thermal.celsius() < warm
        await clock.sleep(900)
        assert abs(server.thermal.celsius() - cold) < 0.1

    in_hall(scene)


def test_a_dead_fan_warms_the_cpu_by_and_by_and_the_others_hurry():
    async def scene(server, clock):
        await running(server, clock)
        before = server.thermal.celsius()
        server.fans_changed(frozenset({2}))
        assert server.thermal.celsius() == before
        assert server.thermal.rpm()[1] == 0
        assert server.thermal.rpm()[0] > 4200
        wait = server.thermal.until(70.0)
        await clock.sleep(wait)
        assert abs(server.thermal.celsius() - 70) < 0.01
        await clock.sleep(600)
        assert server.powered
        server.fans_changed(frozenset())
        assert server.thermal.until(120.0) is None

    in_hall(scene)


def test_without_fans_the_processor_takes_its_own_power_away():
    async def scene(server, clock):
        told = []
        server.sensed = told.append
        await running(server, clock)
        server.fans_changed(frozenset({1, 2, 3}))
        await clock.sleep(300)
        assert not server.powered
        assert "thermal trip" in told

    in_hall(scene)


def test_the_console_shows_the_boot_and_asks_for_a_login():
    async def scene(server, clock):
        shown = []
        server.printed = shown.append
        await running(server, clock)
        text = "".join(shown)
        assert text.index("Testing memory") < text.index("Booting debian-12") < text.index("srv-01 login:")
        server.typed(b"rooo\x7ft\r")
        server.typed(b"secret\r")
        text = "".join(shown)
        assert "Password:" in text
        assert "secret" not in text
        assert "Login incorrect" in text

    in_hall(scene)


def test_break_and_b_reset_the_machine_and_a_frozen_one_hears_nothing():
    async def scene(server, clock):
        await running(server, clock)
        server.freeze()
        server.serial_break()
        server.typed(b"b")
        assert server.state.value == "running"
        server.thaw()
        server.serial_break()
        server.typed(b"b")
        assert server.state.value == "post"
        assert server.restart_cause == "unknown"

    in_hall(scene)


def test_hours_count_while_power_is_on_and_the_cause_of_the_start_is_remembered():
    async def scene(server, clock):
        server.power_on()
        assert server.restart_cause == "command"
        await clock.sleep(7200)
        server.power_off()
        await clock.sleep(7200)
        assert server.seconds_on == 7200
        server.power_on()
        server.watchdog_reset()
        assert server.restart_cause == "watchdog"

    in_hall(scene)


def test_a_locator_goes_out_by_itself():
    async def scene(server, clock):
        server.identify(15)
        assert server.identify_lit
        await clock.sleep(15)
        assert not server.identify_lit

    in_hall(scene)


def test_a_bmc_that_restarts_is_deaf_for_a_while():
    async def scene(server, clock):
        server.restart_bmc()
        assert not server.bmc_alive
        await clock.sleep(44)
        assert not server.bmc_alive
        await clock.sleep(2)
        assert server.bmc_alive
        assert server.bmc_started_at == 45.0

    in_hall(scene)
