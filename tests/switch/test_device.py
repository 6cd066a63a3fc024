"""A switch as a manager sees it: names as its make gives them, ports that follow the hardware, and what can be set."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from simulator.kernel import LoopClock, run
from simulator.kernel.pages import UnknownPage
from simulator.snmp import Manager, Response, Status, ber, dotted, oid
from simulator.switch import SwitchDevice, personality, personality_names
from tests.switch.support import FakeSwitch

IF = "1.3.6.1.2.1.2.2.1"
IFX = "1.3.6.1.2.1.31.1.1.1"
SYSTEM = "1.3.6.1.2.1.1"


class Bench:
    """A switch on the bench: its hardware, and a manager with a direct line."""

    def __init__(self, model: str = "cisco-c3560", ports: int = 24) -> None:
        self.clock = LoopClock()
        self.hardware = FakeSwitch(self.clock, ports)
        self.device = SwitchDevice(self.hardware, model, "private", self.clock, read_community="public")
        self.manager = Manager("private")

    def response(self, octets: bytes) -> Response:
        answer = self.device.handle(octets)
        assert answer is not None
        response = self.manager.response(answer)
        assert response is not None
        return response

    def get(self, *names: str) -> list[Any]:
        return [item.value() for item in self.response(self.manager.get(map(oid, names)).octets).varbinds]

    def set(self, *values: tuple[str, bytes]) -> Status:
        return self.response(self.manager.set([(oid(name), value) for name, value in values]).octets).status

    def walk(self) -> list[str]:
        name, seen = "0.0", []
        while True:
            for item in self.response(self.manager.get_bulk([oid(name)], max_repetitions=50).octets).varbinds:
                if item.missing:
                    return seen
                name = item.oid
                assert item.value() is not None
                seen.append(name)


def on_bench(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """A test in virtual time."""

    def wrapper() -> None:
        run(test())

    wrapper.__name__ = test.__name__
    wrapper.__dict__.update(test.__dict__)
    return wrapper


@pytest.mark.requirement("HW-3")
@on_bench
async def test_a_catalyst_calls_its_ports_as_catalysts_do() -> None:
    bench = Bench()
    assert bench.get(f"{SYSTEM}.2.0", f"{IF}.2.10101", f"{IFX}.1.10124", f"{IF}.2.1") == [
        "1.3.6.1.4.1.9.1.617",
        b"GigabitEthernet0/1",
        b"Gi0/24",
        b"Vlan1",
    ]
    assert bench.get(f"{IF}.1.10101", f"{IF}.3.10101", f"{IF}.3.1", "1.3.6.1.2.1.2.1.0") == [10101, 6, 53, 26]
    assert bench.get(f"{IF}.6.10103") == [b"\x02\0\0\0\0\x03"]


@on_bench
async def test_other_makes_number_and_name_from_one() -> None:
    dlink, hp = Bench("dlink-des3200"), Bench("hp-procurve-6120")
    assert dlink.get(f"{IF}.2.24", f"{IFX}.1.24") == [b"D-Link DES-3200-18 R4.04.004 Port 24 ", b"24"]
    assert hp.get(f"{IF}.2.24", f"{IFX}.1.24", f"{IF}.3.24") == [b"24", b"24", 6]
    assert dlink.get(f"{SYSTEM}.2.0") + hp.get(f"{SYSTEM}.2.0") == [
        "1.3.6.1.4.1.171.10.113.3.1",
        "1.3.6.1.4.1.11.2.3.7.11.107",
    ]


def test_every_model_walks_in_order_from_beginning_to_end() -> None:
    async def main() -> None:
        for model in personality_names():
            for ports in (1, 48):
                seen = Bench(model, ports).walk()
                numbers = [tuple(map(int, name.split("."))) for name in seen]
                assert numbers == sorted(set(numbers))
                assert len([name for name in seen if name.startswith(f"{IF}.7.")]) == ports + len(
                    personality(model).virtual
                )

    run(main())


@pytest.mark.requirement("HW-3")
@on_bench
async def test_setting_a_port_down_acts_on_the_hardware_and_the_link_follows() -> None:
    bench = Bench()
    await bench.clock.sleep(90)
    assert bench.set((f"{IF}.7.10103", ber.integer(2))) == Status.NO_ERROR
    assert [port.admin_up for port in bench.hardware.ports[:4]] == [True, True, False, True]
    assert bench.get(f"{IF}.7.10103", f"{IF}.8.10103", f"{IF}.9.10103") == [2, 2, 9000]
    assert bench.get(f"{IF}.7.10104", f"{IF}.8.10104", f"{IF}.9.10104") == [1, 1, 0]
    assert bench.set((f"{IF}.7.10103", ber.integer(1))) == Status.NO_ERROR
    assert bench.get(f"{IF}.7.10103", f"{IF}.8.10103") == [1, 1]


@pytest.mark.requirement("HW-8")
@on_bench
async def test_a_pulled_cable_shows_in_the_link_alone() -> None:
    bench = Bench()
    bench.hardware.ports[2].cable = False
    assert bench.get(f"{IF}.7.10103", f"{IF}.8.10103") == [1, 2]
    assert bench.get(f"{IF}.8.1") == [1]
    for port in bench.hardware.ports:
        port.cable = False
    assert bench.get(f"{IF}.8.1") == [2]


@on_bench
async def test_the_up_time_and_the_last_change_are_counted_from_the_last_start() -> None:
    bench = Bench()
    await bench.clock.sleep(100)
    assert bench.get(f"{SYSTEM}.3.0") == [10_000]
    bench.hardware.booted_at = 60.0
    bench.hardware.ports[0].last_change = 61.5
    bench.hardware.ports[1].last_change = 12.0
    assert bench.get(f"{SYSTEM}.3.0", f"{IF}.9.10101", f"{IF}.9.10102") == [4_000, 150, 0]


@on_bench
async def test_counters_wrap_at_32_bits_beside_their_64_bit_twins() -> None:
    bench = Bench()
    bench.hardware.ports[0].octets_in = 2**32 + 3000
    bench.hardware.ports[0].octets_out = 1501
    assert bench.get(f"{IF}.10.10101", f"{IFX}.6.10101", f"{IF}.16.10101", f"{IF}.17.10101") == [
        3000,
        2**32 + 3000,
        1501,
        2,
    ]


@on_bench
async def test_speed_is_in_bits_and_in_megabits_and_the_first_has_a_largest_value() -> None:
    bench = Bench()
    bench.hardware.ports[0].speed = 10_000_000_000
    assert bench.get(f"{IF}.5.10101", f"{IFX}.15.10101", f"{IF}.5.10102", f"{IFX}.15.10102") == [
        2**32 - 1,
        10_000,
        10**9,
        1000,
    ]


@on_bench
async def test_texts_are_kept_over_a_restart_and_are_this_switch_s_own() -> None:
    bench, other = Bench(), Bench()
    texts = (f"{SYSTEM}.4.0", f"{SYSTEM}.5.0", f"{SYSTEM}.6.0", f"{IFX}.18.10103", f"{IFX}.18.1")
    assert bench.set(*((name, ber.octets(f"text {n}")) for n, name in enumerate(texts))) == Status.NO_ERROR
    bench.hardware.alive = False
    assert bench.device.handle(bench.manager.get([oid(texts[0])]).octets) is None
    bench.hardware.alive = True
    assert bench.get(*texts) == [b"text 0", b"text 1", b"text 2", b"text 3", b"text 4"]
    assert other.get(*texts) == [b"", b"sw-a1", b"", b"", b""]


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        (f"{IF}.7.10103", ber.integer(3), Status.WRONG_VALUE),
        (f"{IF}.7.10103", ber.octets("2"), Status.WRONG_TYPE),
        (f"{IF}.7.10199", ber.integer(2), Status.NO_CREATION),
        (f"{IF}.7.1", ber.integer(2), Status.NOT_WRITABLE),
        (f"{IF}.8.10103", ber.integer(2), Status.NOT_WRITABLE),
        (f"{IFX}.18.10103", ber.octets("x" * 65), Status.WRONG_LENGTH),
        (f"{SYSTEM}.5.0", ber.octets("x" * 256), Status.WRONG_LENGTH),
        (f"{SYSTEM}.1.0", ber.octets("x"), Status.NOT_WRITABLE),
    ],
)
def test_what_cannot_be_set_says_why_and_changes_nothing(name: str, value: bytes, status: Status) -> None:
    async def main() -> None:
        bench = Bench()
        assert bench.set((f"{IF}.7.10101", ber.integer(2)), (name, value)) == status
        assert all(port.admin_up for port in bench.hardware.ports)

    run(main())


@on_bench
async def test_a_switch_without_power_is_deaf() -> None:
    bench = Bench()
    bench.hardware.alive = False
    assert bench.device.handle(bench.manager.set([(oid(f"{IF}.7.10101"), ber.integer(2))]).octets) is None
    assert bench.hardware.ports[0].admin_up


@on_bench
async def test_the_read_community_reads_only() -> None:
    bench = Bench()
    bench.manager = Manager("public")
    assert bench.get(f"{SYSTEM}.5.0") == [b"sw-a1"]
    assert bench.set((f"{IF}.7.10101", ber.integer(2))) == Status.NO_ACCESS


def test_an_unknown_model_is_told_with_the_nearest_one() -> None:
    with pytest.raises(UnknownPage, match="no switch personality 'cisco-c3661'; did you mean 'cisco-c3"):
        personality("cisco-c3661")
    with pytest.raises(UnknownPage, match="there are arista-7150s, brocade-icx6430, cisco-c3560"):
        personality("zzz")


def test_descriptions_fit_the_255_octets_that_sysdescr_has() -> None:
    for name in personality_names():
        assert len(personality(name).description.encode()) <= 255
        assert dotted(oid(personality(name).object_id)) == personality(name).object_id


@on_bench
async def test_a_model_has_no_more_ports_than_its_numbering_allows() -> None:
    assert len(Bench("hp-procurve-6120", 75).hardware.ports) == 75
    with pytest.raises(ValueError, match="a hp-procurve-6120 has at most 75 ports, not 76"):
        Bench("hp-procurve-6120", 76)
