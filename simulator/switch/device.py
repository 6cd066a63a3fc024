"""A switch's SNMP agent: its hardware seen through the system group and IF-MIB (RFC 2863)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from simulator.kernel import Clock
from simulator.snmp import Agent, Object, Template, User, column, oid
from simulator.snmp.ber import integer
from simulator.snmp.constants import encoded
from simulator.snmp.credentials import Credentials, credentials_of
from simulator.snmp.message import encode_varbind
from simulator.snmp.notification import LINK_DOWN, LINK_UP, Event
from simulator.snmp.overlay import as_recorded
from simulator.snmp.station import Station
from simulator.snmp.statistics import statistics
from simulator.snmp.system import system_group
from simulator.switch.bridge import bridge_objects, forwarding_table, q_bridge_objects
from simulator.switch.hardware import Port, SwitchHardware
from simulator.switch.interfaces import interface_objects, receive_addresses
from simulator.switch.inventory import entity_objects, ether_like_objects, lldp_objects
from simulator.switch.management import ip_objects
from simulator.switch.personality import Personality, personality, recorded_walk
from simulator.switch.saving import config_copy, nvram, write_mem
from simulator.switch.spanning_tree import spanning_tree_objects
from simulator.switch.speed import mau_objects, stack_ports
from simulator.switch.state import SwitchState
from simulator.switch.vlans import static_vlans, vtp

__all__ = ["SwitchDevice", "switch_template"]


@lru_cache(maxsize=64)
def switch_template(model: str, ports: int, shift: int = 0) -> Template[SwitchState]:
    """What all switches of a model with so many ports show: the groups that every agent has, then the page's trees."""
    page = personality(model)
    if shift:
        page = page.renumbered(ports, shift)
    if ports > page.most_ports:
        raise ValueError(f"a {model} has at most {page.most_ports} ports, not {ports}")
    system = system_group(
        SwitchState,
        description=page.description,
        object_id=page.object_id,
        services=page.services,
        modules=(*_MODULES, *page.modules),
    )
    if walk := recorded_walk(model):
        shown = [item for item in interface_objects(page, ports) if item.name in _LIVE]
        return Template(as_recorded(walk, [*system, *statistics(SwitchState), *shown]))
    ip, tables = ip_objects(page)
    objects = [*system, *statistics(SwitchState), *interface_objects(page, ports), *ip, *_constants(page, ports)]
    tables.append(receive_addresses(page))
    trees = page.trees
    if "bridge" in trees:
        objects += bridge_objects(page, ports)
        objects += spanning_tree_objects(ports)
    if "forwarding" in trees:
        tables.append(forwarding_table(by_vlan="vtp" in trees))
    if "q_bridge" in trees:
        shown, listed = q_bridge_objects(ports)
        objects += shown
        tables += [*listed, static_vlans(ports)]
    if "vtp" in trees:
        shown, listed = vtp(page, ports)
        objects += shown
        tables += listed
    if "write_mem" in trees:
        objects += write_mem()
    if "nvram" in trees:
        objects += nvram()
    if "config_copy" in trees:
        tables.append(config_copy())
    for tree, make in (
        ("entity", entity_objects),
        ("ether_like", ether_like_objects),
        ("lldp", lldp_objects),
        ("mau", mau_objects),
    ):
        if tree in trees:
            objects += make(page, ports)
    if "stack" in trees:
        tables.append(stack_ports(page, ports))
    return Template(objects, tables)


_LIVE = frozenset(
    oid(f"1.3.6.1.2.1.{column}")
    for column in (
        *(f"2.2.1.{number}" for number in (5, 7, 8, 9, 10, 16)),
        *(f"31.1.1.1.{number}" for number in (6, 10, 15)),
    )
)
"""Of a recorded switch: ifSpeed, ifAdminStatus, ifOperStatus, ifLastChange, octets, ifHighSpeed."""
_CONTACT, _LOCATION = oid("1.3.6.1.2.1.1.4.0"), oid("1.3.6.1.2.1.1.6.0")

_MODULES = (
    ("1.3.6.1.2.1.31", "The MIB module to describe generic objects for network interface sub-layers"),
    ("1.3.6.1.2.1.48", "The MIB module for managing IP and ICMP implementations"),
    ("1.3.6.1.2.1.17", "The Bridge MIB module for managing devices that support IEEE 802.1D"),
)


def _constants(page: Personality, ports: int) -> list[Object[SwitchState]]:
    """The page's own groups; several of them may have rows of one table."""
    columns: dict[str, dict[tuple[int, ...], bytes]] = {}
    for group in page.groups:
        for row in range(ports) if "{" in group.index else range(1):
            index = group.index.format(n=row + 1, index=page.port_index(row))
            for number, value in group.columns.items():
                rows = columns.setdefault(f"{group.entry}.{number}", {})
                rows[tuple(map(int, index.split(".")))] = encoded(value, row + 1)
    return [
        column(name, dict(enumerate(rows)), None, None, dict(enumerate(rows.values())))
        for name, rows in columns.items()
    ]


class SwitchDevice(Station[SwitchState]):
    """One switch. It is deaf while its hardware is not alive; texts that were set outlive that, as in a start-up file."""

    hardware: SwitchHardware

    def __init__(
        self,
        hardware: SwitchHardware,
        model: str,
        community: str | Credentials | None,
        clock: Clock,
        *,
        read_community: str | None = None,
        users: Iterable[User] = (),
        wire: Clock | None = None,
    ) -> None:
        """`model`: the name of a personality; `community`: the one that may write, or all that may ask; None where only
        `users`, those of SNMPv3, may; `wire`: wire time, when it is not `clock`.
        Raises UnknownPage, and ValueError for more ports than it can have.
        """
        page = personality(model)
        access = credentials_of(community, read_community, users)
        state = SwitchState(hardware, clock)
        for item in recorded_walk(model):
            if item.name == _CONTACT:
                state.contact = item.content
            elif item.name == _LOCATION:
                state.location = item.content
        contexts = state.context if "vtp" in page.trees else None
        template = switch_template(model, len(hardware.ports))
        agent = Agent(template, state, access.communities, page.max_size, contexts=contexts, versions=access.versions)
        super().__init__(hardware, agent, wire or clock, clock=clock, users=access.users, enterprise=page.object_id)
        self._model = model
        self._page = page
        if page.unsaved == "lost":
            state.save()
        hardware.watch(self._link_changed, self.started)

    def started(self) -> None:
        self.agent.state.restart()
        super().started()

    def shown(self) -> object:
        """Its links, counters and VLANs."""
        return self.hardware.revision

    def renumber(self, shift: int) -> None:
        """Ports have other ifIndexes from the next start on: each that of the port `shift` places further, as on models
        that do not keep them (RFC 2863, 3.1.5).
        """
        ports = len(self.hardware.ports)
        self._page = personality(self._model).renumbered(ports, shift)
        self.agent.template = switch_template(self._model, ports, shift % ports)

    def _link_changed(self, port: Port) -> None:
        """LinkUp and linkDown (RFC 2863), where the port's trap is not disabled."""
        row = port.number - 1
        if row in self.agent.state.trapless or not self.sinks:
            return
        index = self._page.port_index(row)
        values = (integer(index), integer(1 if port.admin_up else 2), integer(1 if port.link_up else 2))
        entry = "1.3.6.1.2.1.2.2.1"
        self.notify(
            Event(
                LINK_UP if port.link_up else LINK_DOWN,
                tuple(
                    encode_varbind(oid(f"{entry}.{number}.{index}"), value)
                    for number, value in zip((1, 7, 8), values, strict=True)
                ),
            )
        )
