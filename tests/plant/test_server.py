"""What a server's metal does by itself: hours, the locator, the start of its BMC."""

from tests.plant.support import alone


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

    alone(scene)


def test_a_locator_goes_out_by_itself():
    async def scene(server, clock):
        server.identify(15)
        assert server.identify_lit
        await clock.sleep(15)
        assert not server.identify_lit

    alone(scene)


def test_a_bmc_that_restarts_is_deaf_for_a_while():
    async def scene(server, clock):
        server.restart_bmc()
        assert not server.bmc_alive
        await clock.sleep(44)
        assert not server.bmc_alive
        await clock.sleep(2)
        assert server.bmc_alive
        assert server.bmc_started_at == 45.0

    alone(scene)
