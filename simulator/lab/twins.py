"""The twins of a lab: real devices that are asked what its emulated ones are asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.bmc import Bmc
from simulator.dcim.drivers.base import BmcAccess, SnmpAccess
from simulator.fabric import Fabric
from simulator.files.plan import LabPlan, TwinPlan
from simulator.kernel import Journal
from simulator.lab.build import snmp_user
from simulator.recording.twin import BmcTwin, SnmpTwin, Twin
from simulator.snmp.station import Station

__all__ = ["twins_of"]


def twins_of(
    plan: LabPlan, bmcs: Mapping[str, Bmc], stations: Mapping[str, Station[Any]], fabric: Fabric, journal: Journal
) -> list[Twin[Any]]:
    return [
        BmcTwin(each.of, bmcs[each.of], _bmc(each), fabric, journal)
        if each.kind == "BMC"
        else SnmpTwin(each.of, stations[each.of], _snmp(each), fabric, journal)
        for each in plan.twins
    ]


def _bmc(plan: TwinPlan) -> BmcAccess:
    return BmcAccess(f"twin of {plan.of}", plan.host, plan.port, plan.username, plan.password, plan.kg)


def _snmp(plan: TwinPlan) -> SnmpAccess:
    user, version = snmp_user(plan.snmp), plan.snmp.version
    return SnmpAccess(f"twin of {plan.of}", plan.host, plan.port, plan.community, "", version, user)
