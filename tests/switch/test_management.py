"""What a discovery and a monitoring system ask a switch first: its address, its groups, its interfaces whole, its health."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.kernel import LoopClock, run
from simulator.snmp import Manager, oid
from simulator.switch import SwitchDevice, personality_names
from tests.switch.support import FakeSwitch

ENTERPRISES = "1.3.6.1.4.1"


class Bench:
    def __init__(self, model: str) -> None:
        self.clock = LoopClock()
        self.device = SwitchDevice(FakeSwitch(self.clock, 8), model, "private", self.clock)
        self.device.address = bytes((127, 32, 0, 7))
        self.manager = Manager("private")

    def get(self, name: str) -> Any:
        octets = self.device.handle(self.manager.get([oid(name)]).octets)
        assert octets is not None
        response = self.manager.response(octets)
        assert response is not None
        return response.varbinds[0].value()


@pytest.mark.parametrize("model", personality_names())
def test_a_discovery_finds_the_management_address_and_its_interface(model: str) -> None:
    async def main() -> None:
        bench = Bench(model)
        index = bench.get("1.3.6.1.2.1.4.20.1.2.127.32.0.7")
        assert bench.get("1.3.6.1.2.1.4.20.1.1.127.32.0.7") == bytes((127, 32, 0, 7))
        assert bench.get("1.3.6.1.2.1.4.34.1.3.1.4.127.32.0.7") == index
        assert bench.get(f"1.3.6.1.2.1.2.2.1.1.{index}") == index

    run(main())


@pytest.mark.parametrize("model", personality_names())
def test_both_interface_tables_are_whole_for_every_interface(model: str) -> None:
    async def main() -> None:
        template = Bench(model).device.agent.template
        for entry, columns in (("1.3.6.1.2.1.2.2.1", range(1, 23)), ("1.3.6.1.2.1.31.1.1.1", range(1, 20))):
            sizes = {sum(name.startswith(oid(f"{entry}.{number}")) for name in template.names) for number in columns}
            assert len(sizes) == 1
            assert min(sizes) > 8

    run(main())


@pytest.mark.parametrize(
    ("model", "readings"),
    [
        ("cisco-c3560", ["9.2.1.57.0", "9.9.109.1.1.1.1.8.1", "9.9.48.1.1.1.5.1", "9.9.13.1.3.1.3.1005"]),
        ("cisco-c3750", ["9.2.1.57.0", "9.9.109.1.1.1.1.8.1", "9.9.48.1.1.1.6.2", "9.9.13.1.3.1.3.1005"]),
        ("cisco-nexus-5000", ["9.9.109.1.1.1.1.8.1", "9.9.109.1.1.1.1.12.1"]),
        ("brocade-icx6430", ["1991.1.1.2.1.52.0", "1991.1.1.2.1.54.0", "1991.1.1.1.1.18.0"]),
        ("dlink-des3200", ["171.12.1.1.6.2.0", "171.12.1.1.9.1.4.0", "171.12.11.1.8.1.2.1"]),
        ("hp-procurve-6120", ["11.2.14.11.5.1.9.6.1.0", "11.2.14.11.5.1.1.2.1.1.1.5.1", "11.2.14.11.1.2.6.1.4.4"]),
        ("huawei-s12704", ["2011.5.25.31.1.1.1.1.5.67371017", "2011.5.25.31.1.1.1.1.11.67371017"]),
    ],
)
def test_processor_memory_and_temperature_are_where_the_makers_have_them(model: str, readings: list[str]) -> None:
    async def main() -> None:
        bench = Bench(model)
        for name in readings:
            value = bench.get(f"{ENTERPRISES}.{name}")
            assert isinstance(value, int)
            assert value > 0

    run(main())


def test_an_agent_lists_the_modules_that_it_supports() -> None:
    async def main() -> None:
        bench = Bench("huawei-s12704")
        listed = [bench.get(f"1.3.6.1.2.1.1.9.1.2.{row}") for row in range(1, 7)]
        assert {"1.3.6.1.6.3.1", "1.3.6.1.2.1.31", "1.3.6.1.2.1.48"} <= set(listed)

    run(main())
