"""VLANs and stations: what BRIDGE-MIB, Q-BRIDGE-MIB and Cisco's MIBs show of the plant, and what they do to it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.kernel import run
from simulator.plant.lifecycle import BootState
from simulator.snmp import Manager, Response, Status, ber, oid
from simulator.switch import SwitchDevice, personality, personality_names
from simulator.switch.bridge import port_list, ports_of
from tests.plant.support import Hall, install

B = "1.3.6.1.2.1.17"
STATIC = f"{B}.7.1.4.3.1"
PVID = f"{B}.7.1.4.5.1.1"
VTP = "1.3.6.1.4.1.9.9.46.1"
VM_VLAN = "1.3.6.1.4.1.9.9.68.1.2.2.1.2"


class Bench:
    def __init__(self, model: str = "brocade-icx6430", community: str = "private") -> None:
        self.hall = Hall()
        self.device = SwitchDevice(self.hall.switch, model, "private", self.hall.clock)
        self.manager = Manager(community)

    def response(self, octets: bytes, manager: Manager | None = None) -> Response:
        answer = self.device.handle(octets)
        assert answer is not None
        response = (manager or self.manager).response(answer)
        assert response is not None
        return response

    def get(self, name: str) -> Any:
        return self.response(self.manager.get([oid(name)]).octets).varbinds[0].value()

    def set(self, *values: tuple[str, bytes]) -> Status:
        return self.response(self.manager.set([(oid(name), value) for name, value in values]).octets).status

    def walk(self, root: str, community: str = "private") -> dict[str, Any]:
        manager = Manager(community)
        found: dict[str, Any] = {}
        name = root or "0.0"
        while True:
            (varbind,) = self.response(manager.get_next([oid(name)]).octets, manager).varbinds
            if varbind.missing or not varbind.oid.startswith(f"{root}." if root else ""):
                return found
            name = varbind.oid
            found[name.removeprefix(f"{root}.")] = varbind.value()

    def row_status(self, vlan: int, status: int) -> tuple[str, bytes]:
        return f"{STATIC}.5.{vlan}", ber.integer(status)


def mac_index(mac: str) -> str:
    return ".".join(str(octet) for octet in bytes.fromhex(mac.replace(":", "")))


def test_the_forwarding_rows_are_the_stations_that_are_plugged_in_powered_and_up() -> None:
    async def main() -> None:
        bench = Bench()
        hall = bench.hall
        assert bench.walk(f"{B}.4.3.1") == {}
        hall.one.power_on()
        hall.two.power_on()
        one, two = (mac_index(server.nics[0].mac) for server in (hall.one, hall.two))
        assert bench.walk(f"{B}.4.3.1.2") == {one: 1, two: 2}
        assert bench.walk(f"{B}.7.1.2.2.1.2") == {f"1.{one}": 1, f"1.{two}": 2}
        assert bench.get(f"{B}.7.1.2.2.1.3.1.{one}") == 3
        hall.two.nics[0].silent = True
        hall.two.nics[0].changed()
        hall.switch.ports[0].set_admin(up=False)
        assert bench.walk(f"{B}.4.3.1") == {}
        hall.switch.ports[0].set_admin(up=True)
        assert bench.walk(f"{B}.4.3.1.3") == {one: 3}

    run(main())


@pytest.mark.requirement("HW-3")
def test_a_port_moved_to_another_vlan_over_snmp_is_not_reached_by_the_boot_service() -> None:
    async def main() -> None:
        bench = Bench()
        hall = bench.hall
        name, members = ber.octets("clients"), ber.octets(port_list(frozenset({1}), 8))
        made = bench.set(
            (f"{STATIC}.1.20", name), (f"{STATIC}.2.20", members), (f"{STATIC}.4.20", members), bench.row_status(20, 4)
        )
        assert made == Status.NO_ERROR
        assert bench.set((f"{PVID}.1", ber.gauge32(20))) == Status.NO_ERROR
        hall.boot.task = install()
        hall.one.boot_order = ("pxe",)
        hall.one.power_on()
        await hall.clock.sleep(600)
        assert hall.one.hint or not hall.boot.heard
        assert "discover" not in hall.boot.heard
        assert bench.get("1.3.6.1.2.1.2.2.1.8.1") == 1, "the link is up all the while"
        assert list(bench.walk(f"{B}.7.1.2.2.1.2")) == [f"20.{mac_index(hall.one.nics[0].mac)}"]
        assert bench.set((f"{PVID}.1", ber.gauge32(1))) == Status.NO_ERROR
        hall.one.reset()
        await hall.clock.sleep(130)
        assert "discover" in hall.boot.heard

    run(main())


@pytest.mark.parametrize("how", ["port set down over SNMP", "cable pulled"])
@pytest.mark.requirement("HW-3")
def test_a_port_set_down_over_snmp_ends_a_running_installation_as_a_pulled_cable_does(how: str) -> None:
    async def main() -> None:
        bench = Bench()
        hall = bench.hall
        hall.boot.task = install()
        hall.one.boot_order = ("pxe",)
        hall.one.power_on()
        await hall.clock.sleep(400)
        assert hall.one.state is BootState.INSTALLING
        if how == "cable pulled":
            hall.one.nics[0].cable.plugged = False
            hall.one.nics[0].changed()
        else:
            assert bench.set(("1.3.6.1.2.1.2.2.1.7.1", ber.integer(2))) == Status.NO_ERROR
        await hall.clock.sleep(600)
        assert hall.one.state is BootState.HALTED
        assert "network is unreachable" in hall.one.hint

    run(main())


def test_a_vlan_is_made_shown_and_removed_by_its_row_status() -> None:
    async def main() -> None:
        bench = Bench()
        assert bench.walk(f"{STATIC}.5") == {"1": 1}
        assert bench.set(bench.row_status(30, 4)) == Status.NO_ERROR
        assert bench.set(bench.row_status(30, 4)) == Status.INCONSISTENT_VALUE
        assert bench.set((f"{STATIC}.1.30", ber.octets("guests"))) == Status.NO_ERROR
        assert bench.walk(f"{STATIC}.1") == {"1": b"default", "30": b"guests"}
        assert bench.walk(f"{B}.7.1.4.2.1.4") == {"0.1": b"\xff", "0.30": b"\x00"}
        assert bench.get(f"{B}.7.1.1.4.0") == 2
        assert bench.set(bench.row_status(1, 6)) == Status.INCONSISTENT_VALUE
        assert bench.set((f"{STATIC}.1.31", ber.octets("nobody"))) == Status.INCONSISTENT_NAME
        assert bench.set((f"{PVID}.1", ber.gauge32(31))) == Status.INCONSISTENT_VALUE
        assert bench.set(bench.row_status(30, 6)) == Status.NO_ERROR
        assert bench.walk(f"{STATIC}.5") == {"1": 1}

    run(main())


def test_untagged_ports_that_are_no_members_are_refused_and_nothing_of_that_set_happens() -> None:
    async def main() -> None:
        bench = Bench()
        lists = (f"{STATIC}.4.40", ber.octets(port_list(frozenset({3}), 8)))
        status = bench.set(("1.3.6.1.2.1.1.5.0", ber.octets("renamed")), bench.row_status(40, 4), lists)
        assert status == Status.INCONSISTENT_VALUE
        assert list(bench.hall.switch.vlans) == [1]
        assert bench.get("1.3.6.1.2.1.1.5.0") == b"sw-a1"

    run(main())


def test_a_catalyst_shows_the_stations_of_one_vlan_to_a_community_that_names_it() -> None:
    async def main() -> None:
        bench = Bench("cisco-c3560")
        hall = bench.hall
        assert bench.set((f"{VTP}.4.1.1.1.1", ber.integer(2))) == Status.NO_ERROR
        name, status = f"{VTP}.4.2.1.4.1.10", f"{VTP}.4.2.1.11.1.10"
        assert bench.set((status, ber.integer(4)), (name, ber.octets("clients"))) == Status.NO_ERROR
        assert list(bench.walk(f"{VTP}.3.1.1.4")) == ["1.1"], "nothing before it is applied"
        assert bench.set((f"{VTP}.4.1.1.1.1", ber.integer(3))) == Status.NO_ERROR
        assert bench.set((f"{VTP}.4.1.1.1.1", ber.integer(4))) == Status.NO_ERROR
        assert bench.walk(f"{VTP}.3.1.1.4") == {"1.1": b"default", "1.10": b"clients"}
        assert bench.set((f"{VM_VLAN}.10102", ber.integer(10))) == Status.NO_ERROR
        assert bench.set((f"{VM_VLAN}.10102", ber.integer(11))) == Status.INCONSISTENT_VALUE
        hall.one.power_on()
        hall.two.power_on()
        one, two = (mac_index(server.nics[0].mac) for server in (hall.one, hall.two))
        assert bench.walk(f"{B}.4.3.1.2") == {one: 1}
        assert bench.walk(f"{B}.4.3.1.2", "private@10") == {two: 2}
        assert bench.device.handle(Manager("private@11").get([oid("1.3.6.1.2.1.1.3.0")]).octets) is None
        assert not hall.two.nics[0].reaches_network
        assert bench.set((f"{VTP}.4.1.1.1.1", ber.integer(3))) == Status.INCONSISTENT_VALUE

    run(main())


@pytest.mark.parametrize("model", personality_names())
def test_every_model_walks_in_order_and_the_forms_of_a_walk_agree(model: str) -> None:
    async def main() -> None:
        bench = Bench(model)
        bench.hall.one.power_on()
        one_by_one = bench.walk("")
        many: dict[str, Any] = {}
        name = "0.0"
        while True:
            found = bench.response(bench.manager.get_bulk([oid(name)], max_repetitions=17).octets).varbinds
            many |= {varbind.oid: varbind.value() for varbind in found if not varbind.missing}
            if found[-1].missing:
                break
            name = found[-1].oid
        assert one_by_one == many
        numbers = [tuple(map(int, name.split("."))) for name in many]
        assert numbers == sorted(set(numbers))
        assert len(numbers) > 300
        for name, value in many.items():
            assert bench.get(name) == value
        assert personality(model).trees

    run(main())


@settings(deadline=None, max_examples=60)
@given(st.frozensets(st.integers(1, 53)))
def test_a_port_list_is_read_as_it_was_written(ports: frozenset[int]) -> None:
    content = port_list(ports, 53)
    assert len(content) == 7
    assert ports_of(content) == ports


WRITES = st.sampled_from(
    [
        ("1.3.6.1.2.1.1.4.0", ber.octets("me")),
        ("1.3.6.1.2.1.2.2.1.7.2", ber.integer(2)),
        ("1.3.6.1.2.1.31.1.1.1.18.3", ber.octets("alias")),
        (f"{PVID}.1", ber.gauge32(1)),
        (f"{STATIC}.5.50", ber.integer(4)),
        (f"{STATIC}.1.1", ber.octets("first")),
    ]
)
WRONG = st.sampled_from(
    [
        ("1.3.6.1.2.1.2.2.1.7.2", ber.integer(9)),
        ("1.3.6.1.2.1.2.2.1.7.99", ber.integer(2)),
        ("1.3.6.1.2.1.2.2.1.8.1", ber.integer(2)),
        (f"{PVID}.1", ber.gauge32(77)),
        (f"{STATIC}.1.77", ber.octets("none")),
        (f"{STATIC}.5.1", ber.integer(6)),
        (f"{STATIC}.2.1", ber.integer(6)),
    ]
)


@settings(deadline=None, max_examples=40)
@given(st.lists(WRITES, min_size=4, max_size=4, unique_by=lambda write: write[0]), WRONG, st.integers(0, 4))
def test_a_set_of_five_variables_of_which_one_is_wrong_changes_nothing(
    good: list[tuple[str, bytes]], wrong: tuple[str, bytes], place: int
) -> None:
    async def main() -> None:
        bench = Bench()
        before = bench.walk("")
        writes = [write for write in good if write[0] != wrong[0]]
        writes.insert(min(place, len(writes)), wrong)
        assert bench.set(*writes) != Status.NO_ERROR
        after = bench.walk("")
        assert after == before

    run(main())
