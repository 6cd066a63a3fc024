"""What air, fans and work make of a server's heat."""

from tests.plant.support import alone, running


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

    alone(scene)


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

    alone(scene)


def test_without_fans_the_processor_takes_its_own_power_away():
    async def scene(server, clock):
        told = []
        server.watch(told.append)
        await running(server, clock)
        server.fans_changed(frozenset({1, 2, 3}))
        await clock.sleep(300)
        assert not server.powered
        assert "thermal trip" in told

    alone(scene)
