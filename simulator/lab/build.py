"""From a lab's plan to its plant, and to the set-up of the panel in front of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from simulator.dcim.config import (
    OutletRef,
    PanelConfig,
    PduSetup,
    PoolSetup,
    PortRef,
    ServerSetup,
    SwitchSetup,
    TemplateSetup,
    UserSetup,
)
from simulator.dcim.drivers.base import BmcAccess, SnmpAccess
from simulator.fabric import Address
from simulator.files.lab_schema import SnmpSpec, UserSpec
from simulator.files.plan import LabPlan, OutletPlace, PduPlan, ServerPlan, SwitchPlan
from simulator.ispmanager import Hosting, Setup
from simulator.ispmanager.hosting import CUSTOM
from simulator.kernel import Clock
from simulator.kernel.pages import short_name
from simulator.pdu import personality as pdu_personality
from simulator.plant import Physics, Plant, ServerBuild, Timings
from simulator.plant.power import Strip
from simulator.snmp import User
from simulator.snmp.usm import AuthProtocol, PrivProtocol
from simulator.switch import personality as switch_personality

__all__ = ["build_hosting", "build_plant", "panel_config", "snmp_stacks", "snmp_user", "timings_of"]


def timings_of(plan: LabPlan) -> Timings:
    return Timings(**plan.timings.model_dump())


def build_plant(plan: LabPlan, physics: Physics, *, cold: bool = False) -> Plant:
    """Put up the hall: PDUs first, then what hangs on them. `cold`: nobody switches a server on."""
    plant = Plant(physics)
    for pdu in plan.pdus.values():
        plant.add_pdu(pdu.name, pdu.outlets, Strip(*pdu_personality(pdu.model).wiring))
    for switch in plan.switches.values():
        built = plant.add_switch(switch.name, switch.ports, switch.port_speed, _feed(switch.power))
        for number, setting in switch.settings:
            built.ports[number - 1].set_link(setting)
        for number in switch.classic:
            built.ports[number - 1].stp_edge = False
    for server in plan.servers.values():
        plant.add_server(
            ServerBuild(
                name=server.name,
                configuration=server.configuration.text,
                disks=[(group.size_gb, group.type) for group in server.configuration.disks for _ in range(group.count)],
                macs=[nic.mac for nic in server.nics],
                nic_speed=server.nics[0].speed,
                nic_settings=[nic.setting for nic in server.nics],
                serial=server.serial,
                guid=server.guid,
                feeds=[_feed(psu.outlet) for psu in server.psus],
                cables={
                    index: (nic.port.switch, nic.port.port) if nic.port else None
                    for index, nic in enumerate(server.nics)
                    if nic.port or nic.unmanaged
                },
                bmc_shares_nic=server.bmc.shares_nic,
                powered=server.powered and not cold,
                bond=server.bond,
            )
        )
    return plant


def _feed(outlet: OutletPlace | None) -> tuple[str, int] | None:
    return (outlet.pdu, outlet.outlet) if outlet else None


def panel_config(plan: LabPlan, places: Mapping[str, Address], *, resumed: bool = False) -> PanelConfig:
    """What the panel's administrator types in. `places`: where each BMC (by its server), switch and PDU answers. `resumed`: its
    records come from before, and servers have the addresses that they had.
    """
    panel = plan.panel
    return PanelConfig(
        location_id=panel.location.id,
        location_name=panel.location.name,
        admin=_user(panel.admin),
        users=[_user(user) for user in panel.users],
        racks=list(plan.racks),
        servers=[_server(server, places, "" if resumed else server.address) for server in plan.servers.values()],
        switches=[_switch(switch, places) for switch in plan.switches.values()],
        pdus=[_pdu(pdu, places) for pdu in plan.pdus.values()],
        pools=[
            PoolSetup(pool.name, pool.range, pool.network, pool.gateway, pool.deallocation)
            for pool in plan.pools.values()
        ],
        templates=[
            TemplateSetup(
                template.name, template.type, template.image, template.work, tuple(template.tags), template.installed
            )
            for template in panel.templates
        ],
        token_ttl=panel.token_ttl,
        bmc_poll=panel.bmc_poll,
        switch_poll=panel.switch_poll,
        pdu_poll=panel.pdu_poll,
        dhcp_timeout=panel.dhcp_timeout,
        diagnostic_timeout=panel.diagnostic_timeout,
        timezone=panel.timezone,
    )


def _user(user: UserSpec) -> UserSetup:
    return UserSetup(user.email, user.password, user.full_name, tuple(user.roles), user.timezone)


def _server(server: ServerPlan, places: Mapping[str, Address], address: str) -> ServerSetup:
    """The server as the administrator enters it: cables that nobody manages and PSUs without a PDU are not in the panel."""
    host, port = places[server.name]
    return ServerSetup(
        name=server.name,
        rack=server.rack,
        unit=server.unit,
        configuration=server.configuration.text,
        macs=[nic.mac for nic in server.nics],
        serial=server.serial,
        model=short_name(server.model),
        bmc=BmcAccess(
            f"BMC of {server.name}",
            host,
            port,
            server.bmc.username,
            server.bmc.password,
            server.bmc.kg,
            _STACKS[server.bmc.driver],
        ),
        ports=[PortRef(nic.port.switch, nic.port.port) for nic in server.nics if nic.port],
        outlets=[OutletRef(psu.outlet.pdu, psu.outlet.outlet) for psu in server.psus if psu.outlet],
        address=address,
    )


_STACKS: dict[str | None, Literal["", "own", "foreign"]] = {
    None: "", "ipmi": "foreign", "ipmi-own": "own", "snmp": "foreign", "snmp-own": "own",
}  # fmt: skip


def _switch(switch: SwitchPlan, places: Mapping[str, Address]) -> SwitchSetup:
    host, port = places[switch.name]
    handler = switch.handler or switch_personality(switch.model).handler
    return SwitchSetup(switch.name, switch.rack, _access(f"switch {switch.name}", host, port, switch, handler))


def _pdu(pdu: PduPlan, places: Mapping[str, Address]) -> PduSetup:
    host, port = places[pdu.name]
    handler = pdu.handler or pdu_personality(pdu.model).handler
    return PduSetup(pdu.name, pdu.rack, _access(f"PDU {pdu.name}", host, port, pdu, handler))


def _access(name: str, host: str, port: int, plan: SwitchPlan | PduPlan, handler: str) -> SnmpAccess:
    version = plan.snmp.version
    handler = Path(plan.program).name if plan.program else handler
    return SnmpAccess(name, host, port, plan.community, handler, version, snmp_user(plan.snmp), plan.program)


_AUTH: dict[str, AuthProtocol] = {
    "md5": "MD5", "sha": "SHA", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512",
}  # fmt: skip
_PRIV: dict[str, PrivProtocol] = {"des": "DES", "aes": "AES", "aes192": "AES-192", "aes256": "AES-256"}


def snmp_stacks(plan: LabPlan) -> dict[Address, Literal["", "own", "foreign"]]:
    """By which stack real switches and PDUs are reached, by where they are."""
    equipment: list[SwitchPlan | PduPlan] = [*plan.switches.values(), *plan.pdus.values()]
    return {(each.host, each.port): _STACKS[each.driver] for each in equipment if each.driver}


def snmp_user(spec: SnmpSpec) -> User | None:
    """The user of SNMPv3 that equipment is set up for; None in other versions."""
    if spec.user is None:
        return None
    auth, priv = _AUTH.get(spec.auth or ""), _PRIV.get(spec.priv or "")
    return User(spec.user, auth, spec.auth_key, priv, spec.priv_key)


def build_hosting(plan: LabPlan, clock: Clock, octets: Callable[[int], bytes]) -> Hosting | None:
    """The hosting server's accounts; None where the lab has no ispmanager."""
    spec = plan.ispmanager
    if spec is None:
        return None
    return Hosting(
        clock,
        octets,
        admin=Setup(spec.admin.name, spec.admin.password),
        address=str(spec.address),
        presets={preset.name: _limits(preset.limits) for preset in spec.presets},
        users=[
            Setup(user.name, user.password, user.full_name, user.preset or CUSTOM, _limits(user.limits), user.disabled)
            for user in spec.users
        ],
    )


def _limits(limits: Mapping[str, int]) -> dict[str, str]:
    return {name: str(value) for name, value in limits.items()}
