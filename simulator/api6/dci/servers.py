"""Servers: lists, edits, owners, power, ports, addresses and operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from simulator.api6.calls import Body, Call, Nothing, handles, path_number
from simulator.api6.dci.server_views import CONFIGURATIONS, OPERATIONS, SERVER_IPS, SERVERS, connections
from simulator.api6.dci.views import TEMPLATES
from simulator.api6.dci.wiring import unprotected
from simulator.api6.lists.cached import CachedListing
from simulator.api6.plain_lists import lists
from simulator.dcim import Panel
from simulator.dcim.errors import Forbidden, Invalid, NotFound, WrongState
from simulator.dcim.hostnames import host_name
from simulator.dcim.records import Server
from simulator.dcim.work.operation_table import Operation

__all__: list[str] = []


class Fault(Body):
    reason: str


class Edit(Body):
    """What is not named stays as it is."""

    name: str = ""
    domain: str = Field(default="", examples=["srv.example.com"])
    notes: str = ""
    owner: int | None = Field(default=None, examples=[None])
    settings: dict[str, bool | int | str] = Field(default_factory=dict)
    maintenance: bool = False
    protected: bool = False
    faulty: Fault | None = None


class Owner(Body):
    owner: int | None


class PortChoice(Body):
    port: list[int] | None = None


class NewIp(Body):
    ippool: int | str | None = Field(default=None, examples=["public"])
    family: Literal["ipv4", "ipv6"] = "ipv4"
    count: int = Field(default=1, ge=1, le=1024)
    ip_prefix: int | None = Field(default=None, examples=[None])
    domain: str = ""
    name: str | None = Field(default=None, examples=[None])


class IpEdit(Body):
    domain: str | None = Field(default=None, max_length=253)
    note: str | None = None


class Install(Body):
    os_template: int | str = Field(examples=["debian-12"])
    password: str | None = Field(default=None, min_length=1)
    domain: str | None = None
    temporary_ipv4: bool = False
    ssh_keys: list[str] = Field(default=[], examples=[[]])
    recipe: int | str | None = Field(default=None, examples=[None])
    ip: int | str | None = Field(default=None, examples=[None])


class Recovery(Body):
    template: int | str = Field(examples=["Sysrescd"])
    password: str | None = Field(default=None, min_length=1)


class Diagnostic(Body):
    template: int | str = Field(examples=["Diag6"])
    clear_disks: bool = False
    ippool: int | str | None = Field(default=None, examples=[None])


# reading


lists("server.configuration", CONFIGURATIONS, lambda call: call.panel.free_configurations().items())
lists("server.ip.list", SERVER_IPS, lambda call: call.panel.addresses.of_server(call.server().id))
lists("server.operation.list", OPERATIONS, lambda call: call.panel.operations.of_server(call.server().id))
lists("operation.list", OPERATIONS, lambda call: call.panel.access.operations(call.user))
lists("os_template.list", TEMPLATES, lambda call: call.panel.inventory.templates)


@handles("server.list", listing=SERVERS)
async def list_servers(call: Call[Nothing]) -> Any:
    panel = call.panel
    if panel.access.everything(call.user, call.action):
        assert isinstance(call.listing, CachedListing)
        return call.listing.page(panel, panel.inventory.servers, call.query)
    return call.listed(panel.access.servers(call.user))


@handles("server.item")
async def read_server(call: Call[Nothing]) -> Any:
    return SERVERS.one(call.panel, call.server())


@handles("server.connection")
async def read_connections(call: Call[Nothing]) -> Any:
    return connections(call.panel, call.server())


# editing


@handles("server.edit", Edit)
async def edit(call: Call[Edit]) -> Any:
    server = call.server()
    fields = call.body.model_dump(exclude_unset=True)
    call.panel.access.check_edit(call.user, fields)
    if call.body.faulty is not None:
        fields["faulty"] = call.body.faulty.reason
    call.panel.edit_server(server.id, fields)
    return {"id": server.id}


@handles("server.owner", Owner)
async def set_owner(call: Call[Owner]) -> Any:
    return {"id": call.panel.set_owner(call.server().id, call.body.owner).id}


@handles("server.owner.clear")
async def clear_owner(call: Call[Nothing]) -> Any:
    return {"id": call.panel.set_owner(call.server().id, None).id}


# power and ports


@handles("server.power_on")
async def power_on(call: Call[Nothing]) -> Any:
    number = call.server().id
    await call.panel.power.on(number)
    return {"id": number}


@handles("server.power_off")
async def power_off(call: Call[Nothing]) -> Any:
    number = call.server().id
    await call.panel.power.off(number)
    return {"id": number}


@handles("server.power_reset")
async def power_reset(call: Call[Nothing]) -> Any:
    number = call.server().id
    await call.panel.power.reset(number)
    return {"id": number}


@handles("server.port_on", PortChoice)
async def ports_on(call: Call[PortChoice]) -> Any:
    number = call.server().id
    await call.panel.ports.set(number, True, call.body.port)
    return {"id": number}


@handles("server.port_off", PortChoice)
async def ports_off(call: Call[PortChoice]) -> Any:
    number = call.server().id
    await call.panel.ports.set(number, False, call.body.port)
    return {"id": number}


@handles("server.suspend")
async def suspend(call: Call[Nothing]) -> Any:
    number = call.server().id
    await call.panel.ports.suspend(number)
    return {"id": number}


@handles("server.resume")
async def resume(call: Call[Nothing]) -> Any:
    number = call.server().id
    await call.panel.ports.resume(number)
    return {"id": number}


# addresses


@handles("server.ip.add", NewIp)
async def add_ip(call: Call[NewIp]) -> Any:
    """A named address, or so many of a pool: the usual one for its family unless one is named."""
    body, addresses, server = call.body, call.panel.addresses, unprotected(call.server())
    pool = None if body.ippool is None else addresses.pool(body.ippool)
    family = 4 if body.family == "ipv4" else 6
    if body.name is not None:
        if body.count != 1 or body.ip_prefix is not None:
            raise Invalid("name", "a named address comes alone, without count and ip_prefix")
        given = [addresses.take(body.name, server.id, pool=pool, domain=body.domain)]
    else:
        pool = pool or addresses.usual_pool(family)
        if family not in addresses.plan.families(pool):
            raise Invalid("family", f"pool {pool.name} has no {body.family} addresses")
        given = addresses.allocate(
            pool,
            server.id,
            family=family,
            count=body.count,
            prefix=body.ip_prefix,
            domain=body.domain,
            subject=server.name,
        )
    return {"id": given[0].id, "ids": [address.id for address in given]}


def _own_ip(call: Call[Any], server: Server) -> int:
    number = call.number("ipid")
    if number not in [address.id for address in call.panel.addresses.of_server(server.id)]:
        raise NotFound("address of this server with the id", number)
    return number


@handles("server.ip.edit", IpEdit)
async def edit_ip(call: Call[IpEdit]) -> Any:
    server = call.server()
    number = _own_ip(call, server)
    unprotected(server)
    call.panel.addresses.edit(number, subject=server.name, **call.body.model_dump(exclude_none=True))
    return {"id": number}


@handles("server.ip.delete")
async def delete_ip(call: Call[Nothing]) -> Any:
    server = call.server()
    number = _own_ip(call, server)
    unprotected(server)
    call.panel.addresses.release(number, subject=server.name)
    return {"id": number}


# operations


def _started(operation: Operation) -> dict[str, int]:
    return {"id": operation.server, "operation": operation.id}


@handles("server.os_install", Install)
async def install(call: Call[Install]) -> Any:
    server, body = call.server(), call.body
    if body.domain is not None:
        host_name(body.domain)
    recipe = None if body.recipe is None else call.panel.recipes.get(body.recipe)
    if recipe is not None and not recipe.for_all and not call.panel.access.everything(call.user, "recipe.item"):
        raise NotFound("recipe", body.recipe)
    for key in body.ssh_keys:
        if len(key.split()) < 2:
            raise Invalid("ssh_keys", f"{key!r} is not a public key")
    operation = call.panel.operations.install(
        server.id,
        body.os_template,
        address=_chosen(call, server),
        temporary_ipv4=body.temporary_ipv4,
        ssh_keys=body.ssh_keys,
        recipe=recipe,
    )
    if body.domain is not None:
        call.panel.edit_server(server.id, {"domain": body.domain})
    return _started(operation)


def _chosen(call: Call[Install], server: Server) -> int | None:
    """Which of its addresses the server is to be installed with."""
    wanted = call.body.ip
    if wanted is None:
        return None
    for address in call.panel.addresses.of_server(server.id):
        if wanted in (address.id, address.name):
            if address.family != 4:
                raise Invalid("ip", f"{address.name} is not an IPv4 address, and the network boot needs one")
            return address.id
    raise Invalid("ip", f"server {server.name} has no address {wanted}")


@handles("server.recovery", Recovery)
async def recover(call: Call[Recovery]) -> Any:
    """Recovery mode: a system that runs from memory, until the server is restarted."""
    return _started(call.panel.operations.rescue(call.server().id, call.body.template))


@handles("server.diagnostic", Diagnostic)
async def diagnose(call: Call[Diagnostic]) -> Any:
    """Who has only his own servers cleans their disks with it; to look at the hardware is the provider's business."""
    server, body = call.server(), call.body
    mine_only = not call.panel.access.everything(call.user, call.action, call.method)
    if mine_only and (body.ippool is not None or not body.clear_disks):
        raise Forbidden("your role does not include diagnostics other than cleaning disks")
    pool = None if body.ippool is None else call.panel.addresses.pool(body.ippool)
    operation = call.panel.operations.diagnose(server.id, body.template, clear_disks=body.clear_disks, pool=pool)
    return _started(operation)


@handles("server.operation.cancel")
async def cancel_server_operation(call: Call[Nothing]) -> Any:
    server = call.server()
    running = call.panel.operations.running(server)
    if running is None:
        raise WrongState(f"no operation is running on server {server.name}")
    return _started(await call.panel.operations.cancel(running.id))


def _operation_made_of(panel: Panel, path: Mapping[str, str]) -> tuple[object, ...]:
    operation = panel.operations.all.find(path_number("oid", path["oid"]))
    return () if operation is None else OPERATIONS.sources(panel, operation)


@handles("operation.item", made_of=_operation_made_of)
async def read_operation(call: Call[Nothing]) -> Any:
    return OPERATIONS.one(call.panel, call.panel.access.operation(call.user, call.action, call.number("oid")))


@handles("operation.cancel")
async def cancel_operation(call: Call[Nothing]) -> Any:
    operation = call.panel.access.operation(call.user, call.action, call.number("oid"))
    return _started(await call.panel.operations.cancel(operation.id))
