"""A PDU's SNMP agent: the system group and its make's own objects, over one management card."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from simulator.kernel import Clock
from simulator.pdu.card import Card
from simulator.pdu.hardware import Outlet, PduHardware
from simulator.pdu.outlets import page_objects
from simulator.pdu.personality import personality, recorded_walk
from simulator.snmp import Agent, Template, User, oid
from simulator.snmp.credentials import Credentials, credentials_of
from simulator.snmp.notification import Event
from simulator.snmp.overlay import as_recorded
from simulator.snmp.station import Station
from simulator.snmp.statistics import statistics
from simulator.snmp.system import system_group

__all__ = ["PduDevice", "pdu_template"]


_CONTACT, _LOCATION = oid("1.3.6.1.2.1.1.4.0"), oid("1.3.6.1.2.1.1.6.0")


@lru_cache(maxsize=64)
def pdu_template(model: str, outlets: int) -> Template[Card]:
    page = personality(model)
    system = system_group(Card, description=page.description, object_id=page.object_id, services=page.services)
    objects = [*system, *statistics(Card), *page_objects(page, outlets)]
    walk = recorded_walk(model)
    return Template(as_recorded(walk, objects) if walk else objects)


class PduDevice(Station[Card]):
    """One PDU. It is deaf while its hardware is not alive."""

    hardware: PduHardware

    def __init__(
        self,
        hardware: PduHardware,
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
        Raises UnknownPage.
        """
        page = personality(model)
        access = credentials_of(community, read_community, users)
        card = Card(hardware, page, clock)
        for item in recorded_walk(model):
            if item.name == _CONTACT:
                card.contact = item.content
            elif item.name == _LOCATION:
                card.location = item.content
        agent = Agent(
            pdu_template(model, len(card.outlets)), card, access.communities, page.max_size, versions=access.versions
        )
        super().__init__(hardware, agent, wire or clock, clock=clock, users=access.users, enterprise=page.object_id)
        self._traps = page.traps
        hardware.watch(self._switched, self.started)

    def shown(self) -> object | None:
        """Relays and loads; nothing while a command to one has not run its course."""
        if self.agent.state.busy:
            return None
        return self.hardware.revision

    def _switched(self, outlet: Outlet) -> None:
        if self._traps is None or not self.sinks:
            return
        template = self.agent.template
        names = [oid(name.format(n=outlet.number)) for name in self._traps.objects]
        values = tuple(self.agent.binding_at(template.index[name]) for name in names)
        self.notify(Event(self._traps.on if outlet.on else self._traps.off, values))
