"""IPmanager 6: pools, ranges, networks, addresses, userspaces, blocklists and settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from simulator.api6.calls import Body, Call, Nothing, handles
from simulator.api6.ip.views import DNSBLS, HISTORY, IPS, NETWORKS, POOLS, RANGES, USERSPACES
from simulator.api6.plain_lists import lists, reads
from simulator.dcim.errors import Invalid, NotFound, WrongState
from simulator.dcim.ip.addresses import Address
from simulator.dcim.ip.records import AddressEvent, AddressStatus

__all__: list[str] = []

MODULE = "rDNS proxy"


class PoolForm(Body):
    name: str = Field(min_length=1, max_length=255)
    note: str = ""
    using_ip: str | None = None
    """Counters come back with the form; they count by themselves."""
    total_ip: str | None = None
    deallocation: bool = False
    """Among "Pools for deallocation of servers" of the pools' general settings; the key's name is ours."""


class PoolEdit(PoolForm):
    name: str | None = Field(default=None, min_length=1, max_length=255)  # type: ignore[assignment]
    note: str | None = None  # type: ignore[assignment]
    deallocation: bool | None = None  # type: ignore[assignment]


class RangeForm(Body):
    name: str = Field(min_length=1, max_length=255, examples=["192.0.2.64-192.0.2.79"])


class NetworkForm(Body):
    name: str = Field(examples=["10.1.0.0/24"])
    gateway: str | None = Field(default=None, examples=["10.1.0.1"])
    vlan: str = ""
    note: str = ""
    need_reserve: bool = True


class NetworkEdit(Body):
    name: str | None = Field(default=None, examples=["192.0.2.0/24"])
    gateway: str | None = Field(default=None, examples=["192.0.2.1"])
    vlan: str | None = None
    note: str | None = None
    need_reserve: bool | None = None


class AddressForm(Body):
    name: str = Field(examples=["192.0.2.100"])
    domain: str = Field(default="", max_length=253)
    status: AddressStatus = Field(default=AddressStatus.BUSY, strict=False)
    note: str = ""
    ippool: int | None = None


class AddressEdit(Body):
    domain: str | None = Field(default=None, max_length=253)
    status: AddressStatus | None = Field(default=None, strict=False)
    note: str | None = None
    locked: bool | None = None


class Allocation(Body):
    family: Literal["ipv4", "ipv6"]
    domain: str = Field(default="", max_length=253)
    note: str = ""
    ip_prefix: int | None = None
    prefered_net: int | None = None
    subnet_by_address: bool = False
    ready_for_empty_gw: bool = False


class Note(Body):
    note: str = ""


class Zone(Body):
    name: str = Field(examples=["sbl.example.org"])


class Prefix(Body):
    prefix: int = Field(ge=64, le=128)


class GatewaySetting(Body):
    allow_non_subnet_gateway: bool


class Migrate(Body):
    dbhost: str = Field(min_length=1)
    dbname: str = Field(min_length=1)
    dbuser: str = Field(min_length=1)
    dbpassword: str


reads("ippool", POOLS, lambda panel: panel.addresses.pools)
reads("range", RANGES, lambda panel: panel.addresses.plan.ranges)
reads("ipnet", NETWORKS, lambda panel: panel.addresses.networks)
reads("dnsbl", DNSBLS, lambda panel: panel.ip_service.dnsbl)
lists("userspace.list", USERSPACES, lambda call: call.panel.addresses.plan.userspaces)


# pools


@handles("ippool.create", PoolForm)
async def create_pool(call: Call[PoolForm]) -> Any:
    plan = call.panel.addresses.plan
    userspace = plan.userspace(call.path["us"])
    body = call.body
    return {"id": plan.add_pool(userspace.id, body.name, body.note, deallocation=body.deallocation).id}


@handles("ippool.edit", PoolEdit)
async def edit_pool(call: Call[PoolEdit]) -> Any:
    plan = call.panel.addresses.plan
    body = call.body
    pool = plan.edit_pool(call.number("id"), name=body.name, note=body.note, deallocation=body.deallocation)
    return {"id": pool.id}


@handles("ippool.delete")
async def delete_pool(call: Call[Nothing]) -> Any:
    call.panel.addresses.plan.remove_pool(call.number("id"))
    return {"id": call.number("id")}


# ranges


@handles("range.create", RangeForm)
async def create_range(call: Call[RangeForm]) -> Any:
    plan = call.panel.addresses.plan
    return {"id": plan.add_range(plan.pools.get(call.number("id")), call.body.name).id}


@handles("range.edit", RangeForm)
async def edit_range(call: Call[RangeForm]) -> Any:
    return {"id": call.panel.addresses.plan.edit_range(call.number("id"), call.body.name).id}


@handles("range.delete")
async def delete_range(call: Call[Nothing]) -> Any:
    call.panel.addresses.plan.remove_range(call.number("id"))
    return {"id": call.number("id")}


# networks


@handles("ipnet.create", NetworkForm)
async def create_network(call: Call[NetworkForm]) -> Any:
    plan, body = call.panel.addresses.plan, call.body
    userspace = plan.userspace(call.path["us"])
    network = plan.add_network(
        userspace.id, body.name, body.gateway, vlan=body.vlan, note=body.note, need_reserve=body.need_reserve
    )
    return {"id": network.id}


@handles("ipnet.edit", NetworkEdit)
async def edit_network(call: Call[NetworkEdit]) -> Any:
    fields = call.body.model_dump(exclude_unset=True)
    if "gateway" in fields and fields["gateway"] is None:
        fields["gateway"] = ""
    return {"id": call.panel.addresses.plan.edit_network(call.number("id"), **fields).id}


@handles("ipnet.delete")
async def delete_network(call: Call[Nothing]) -> Any:
    call.panel.addresses.plan.remove_network(call.number("id"))
    return {"id": call.number("id")}


# addresses


def _seen(call: Call[Any]) -> Address:
    """The address of the path, when it is the caller's or he is an administrator."""
    number = call.number("id")
    address = call.panel.addresses.used.get(number)
    if not call.panel.access.everything(
        call.user, call.action, call.method
    ) and address not in call.panel.access.addresses(call.user):
        raise NotFound("IP address", number)
    return address


def _shown(call: Call[Nothing]) -> Iterable[Address]:
    everything = call.panel.access.everything(call.user, call.action, call.method)
    return call.panel.addresses.used if everything else call.panel.access.addresses(call.user)


def _held(call: Call[Nothing]) -> Iterable[Address]:
    plan = call.panel.addresses.plan
    return plan.held(plan.ranges.get(call.number("id")))


def _events(call: Call[Nothing]) -> Iterable[AddressEvent]:
    book = call.panel.addresses
    name = "/".join(call.path[part] for part in ("address", "prefix") if part in call.path)
    return book.events_of(book.plan.userspace(call.path["us"]).id, name)


lists("ip.list", IPS, _shown)
lists("range.ip.list", IPS, _held)
lists("ip.history", HISTORY, _events)


@handles("ip.item")
async def read_ip(call: Call[Nothing]) -> Any:
    return IPS.view(call.panel, _seen(call))


@handles("ip.edit", AddressEdit)
async def edit_ip(call: Call[AddressEdit]) -> Any:
    address = _seen(call)
    fields = {name: value for name, value in call.body.model_dump(exclude_unset=True).items() if value is not None}
    call.panel.addresses.edit(address.id, **fields)
    return {"id": address.id}


@handles("ip.delete")
async def delete_ip(call: Call[Nothing]) -> Any:
    address = _seen(call)
    check = call.query.get("with_check", "false").lower()
    if check not in ("true", "false", "1", "0"):
        raise Invalid("with_check", f"{check!r} is neither true nor false")
    call.panel.ip_service.release(address.id, check=check in ("true", "1"))
    return {"id": address.id}


@handles("ipnet.ip.create", AddressForm)
async def create_network_ip(call: Call[AddressForm]) -> Any:
    book, body = call.panel.addresses, call.body
    network = book.networks.get(call.number("id"))
    pool = None if body.ippool is None else book.pools.get(body.ippool)
    address = book.take_from_network(
        network, body.name, pool=pool, status=body.status, domain=body.domain, note=body.note
    )
    return {"id": address.id}


@handles("userspace.ip.create", AddressForm)
async def create_userspace_ip(call: Call[AddressForm]) -> Any:
    book, body = call.panel.addresses, call.body
    userspace = book.plan.userspace(call.path["us"])
    pool = None if body.ippool is None else book.pools.get(body.ippool)
    if pool is not None and pool.userspace != userspace.id:
        raise NotFound("pool of this userspace with the id", pool.id)
    address = book.take(
        body.name,
        None,
        pool=pool,
        userspace=userspace.id,
        status=body.status,
        domain=body.domain,
        note=body.note,
    )
    return {"id": address.id}


@handles("ippool.ip.allocate", Allocation)
async def allocate(call: Call[Allocation]) -> Any:
    book, body = call.panel.addresses, call.body
    given = book.allocate(
        book.pools.get(call.number("id")),
        None,
        family=4 if body.family == "ipv4" else 6,
        prefix=body.ip_prefix,
        singly=body.subnet_by_address,
        preferred=None if body.prefered_net is None else book.networks.get(body.prefered_net),
        gateway_needed=not body.ready_for_empty_gw,
        domain=body.domain,
        note=body.note,
    )
    return {"id": given[0].id, "ids": [address.id for address in given]}


# userspaces


@handles("userspace.item")
async def read_userspace(call: Call[Nothing]) -> Any:
    return USERSPACES.view(call.panel, call.panel.addresses.plan.userspace(call.path["us"]))


@handles("userspace.create", Note)
async def create_userspace(call: Call[Note]) -> Any:
    return {"id": call.panel.addresses.plan.add_userspace(call.body.note).id}


@handles("userspace.edit", Note)
async def edit_userspace(call: Call[Note]) -> Any:
    plan = call.panel.addresses.plan
    return {"id": plan.userspaces.change(plan.userspace(call.path["us"]).id, note=call.body.note).id}


@handles("userspace.delete")
async def delete_userspace(call: Call[Nothing]) -> Any:
    plan = call.panel.addresses.plan
    userspace = plan.userspace(call.path["us"])
    plan.remove_userspace(userspace)
    return {"id": userspace.id}


# blocklists


@handles("dnsbl.create", Zone)
async def create_dnsbl(call: Call[Zone]) -> Any:
    return {"id": call.panel.ip_service.add_dnsbl(call.body.name).id}


@handles("dnsbl.edit", Zone)
async def edit_dnsbl(call: Call[Zone]) -> Any:
    return {"id": call.panel.ip_service.edit_dnsbl(call.number("id"), call.body.name).id}


@handles("dnsbl.delete")
async def delete_dnsbl(call: Call[Nothing]) -> Any:
    return {"id": call.panel.ip_service.dnsbl.remove(call.number("id")).id}


# settings, plugin, migration


@handles("ip.setting.ipv6_prefix", Prefix)
async def set_prefix(call: Call[Prefix]) -> Any:
    call.panel.addresses.ipv6_prefix = call.body.prefix
    return {"id": 1}


@handles("ip.setting.gateway", GatewaySetting)
async def set_gateway(call: Call[GatewaySetting]) -> Any:
    call.panel.addresses.plan.allow_foreign_gateway = call.body.allow_non_subnet_gateway
    return {"id": 2}


@handles("dnsproxy.enable")
async def enable_dnsproxy(call: Call[Nothing]) -> Any:
    """A platform without the module answers 404 (vendor page "Using Swagger")."""
    raise NotFound("installed module", MODULE)


@handles("dnsproxy.disable")
async def disable_dnsproxy(call: Call[Nothing]) -> Any:
    raise WrongState(f"the plugin is not enabled: the module {MODULE} is not installed")


@handles("dnsproxy.status")
async def read_dnsproxy(call: Call[Nothing]) -> Any:
    return {"enabled": False}


@handles("dnsproxy.sync")
async def sync_dnsproxy(call: Call[Nothing]) -> Any:
    raise NotFound("installed module", MODULE)


@handles("ip.migration.start", Migrate)
async def migrate(call: Call[Migrate]) -> Any:
    return {"task": call.panel.ip_service.migrate(call.body.dbhost).task}


@handles("ip.migration.status")
async def read_migration(call: Call[Nothing]) -> Any:
    migration = call.panel.ip_service.migration
    return {"status": migration.status.value, "message": migration.message}
