"""Servers: lists, edits, owners, power, ports, addresses and operations."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from simulator.api6.calls import Body, Call, Nothing, handles
from simulator.api6.server_views import CONFIGURATIONS, OPERATIONS, SERVER_IPS, SERVERS, connections
from simulator.api6.views import TEMPLATES
from simulator.dcim.errors import Invalid, NotFound, Protected, WrongState
from simulator.dcim.operation_table import Operation
from simulator.dcim.records import Server

__all__: list[str] = []


class Edit(Body):
    name: str | None = None
    domain: str | None = None
    notes: str | None = None
    owner: int | None = None
    settings: dict[str, bool | int | str] | None = None
    maintenance: bool | None = None
    protected: bool | None = None
    faulty: dict[str, str] | None = None


class Owner(Body):
    owner: int | None


class PortChoice(Body):
    port: list[int] | None = None


class NewIp(Body):
    ippool: int | str | None = None
    family: Literal["ipv4", "ipv6"] = "ipv4"
    count: int = Field(default=1, ge=1, le=1024)
    ip_prefix: int | None = None
    domain: str = ""
    name: str | None = None


class IpEdit(Body):
    domain: str | None = Field(default=None, max_length=253)
    note: str | None = None


class Install(Body):
    os_template: int | str
    password: str | None = None
    domain: str | None = None
    temporary_ipv4: bool = False
    ssh_keys: list[str] = []
    recipe: int | str | None = None


class Diagnostic(Body):
    template: int | str
    clear_disks: bool = False
    ippool: int | str | None = None


# reading


@handles("server.configuration")
async def configurations(call: Call[Nothing]) -> Any:
    return CONFIGURATIONS.answer(call.panel, call.panel.free_configurations().items(), call.query)


@handles("server.list")
async def list_servers(call: Call[Nothing]) -> Any:
    panel = call.panel
    if panel.access.everything(call.user, call.action):
        return SERVERS.page(panel, panel.inventory.servers, call.query)
    return SERVERS.answer(panel, panel.access.servers(call.user), call.query)


@handles("server.item")
async def read_server(call: Call[Nothing]) -> Any:
    return SERVERS.view(call.panel, call.server())


@handles("server.connection")
async def read_connections(call: Call[Nothing]) -> Any:
    return connections(call.panel, call.server())


@handles("os_template.list")
async def list_templates(call: Call[Nothing]) -> Any:
    return TEMPLATES.answer(call.panel, call.panel.inventory.templates, call.query)


# editing


@handles("server.edit", Edit)
async def edit(call: Call[Edit]) -> Any:
    server = call.server()
    fields = call.body.model_dump(exclude_unset=True)
    for name, value in fields.items():
        if value is None and name not in ("owner", "faulty"):
            raise Invalid(name, "it cannot be null")
    call.panel.access.check_edit(call.user, fields)
    faulty = fields.get("faulty")
    if faulty is not None:
        if set(faulty) != {"reason"}:
            raise Invalid("faulty", 'it is {"reason": "..."} or null')
        fields["faulty"] = faulty["reason"]
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


@handles("server.ip.list")
async def list_ips(call: Call[Nothing]) -> Any:
    return SERVER_IPS.answer(call.panel, call.panel.addresses.of_server(call.server().id), call.query)


@handles("server.ip.add", NewIp)
async def add_ip(call: Call[NewIp]) -> Any:
    body, addresses, server = call.body, call.panel.addresses, _unprotected(call.server())
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


def _unprotected(server: Server) -> Server:
    """Protection covers the server's network too (vendor page "Server Protection")."""
    if server.protected:
        raise Protected(f"server {server.name} is protected; take the protection off first")
    return server


@handles("server.ip.edit", IpEdit)
async def edit_ip(call: Call[IpEdit]) -> Any:
    server = call.server()
    number = _own_ip(call, server)
    _unprotected(server)
    call.panel.addresses.edit(number, subject=server.name, **call.body.model_dump(exclude_none=True))
    return {"id": number}


@handles("server.ip.delete")
async def delete_ip(call: Call[Nothing]) -> Any:
    server = call.server()
    number = _own_ip(call, server)
    _unprotected(server)
    call.panel.addresses.release(number, subject=server.name)
    return {"id": number}


# operations


def _started(operation: Operation) -> dict[str, int]:
    return {"id": operation.server, "operation": operation.id}


@handles("server.os_install", Install)
async def install(call: Call[Install]) -> Any:
    server, body = call.server(), call.body
    if body.password is not None and not body.password:
        raise Invalid("password", "it is empty")
    recipe = None if body.recipe is None else call.panel.recipes.get(body.recipe)
    if recipe is not None and not recipe.for_all and not call.panel.access.everything(call.user, "recipe.item"):
        raise NotFound("recipe", body.recipe)
    for key in body.ssh_keys:
        if len(key.split()) < 2:
            raise Invalid("ssh_keys", f"{key!r} is not a public key")
    operation = call.panel.operations.install(
        server.id,
        body.os_template,
        temporary_ipv4=body.temporary_ipv4,
        ssh_keys=body.ssh_keys,
        recipe=recipe,
    )
    if body.domain is not None:
        call.panel.edit_server(server.id, {"domain": body.domain})
    return _started(operation)


@handles("server.diagnostic", Diagnostic)
async def diagnose(call: Call[Diagnostic]) -> Any:
    server, body = call.server(), call.body
    pool = None if body.ippool is None else call.panel.addresses.pool(body.ippool)
    operation = call.panel.operations.diagnose(server.id, body.template, clear_disks=body.clear_disks, pool=pool)
    return _started(operation)


@handles("server.operation.list")
async def list_server_operations(call: Call[Nothing]) -> Any:
    return OPERATIONS.answer(call.panel, call.panel.operations.of_server(call.server().id), call.query)


@handles("server.operation.cancel")
async def cancel_server_operation(call: Call[Nothing]) -> Any:
    server = call.server()
    running = call.panel.operations.running(server)
    if running is None:
        raise WrongState(f"no operation is running on server {server.name}")
    return _started(await call.panel.operations.cancel(running.id))


@handles("operation.list")
async def list_operations(call: Call[Nothing]) -> Any:
    return OPERATIONS.answer(call.panel, call.panel.access.operations(call.user), call.query)


@handles("operation.item")
async def read_operation(call: Call[Nothing]) -> Any:
    return OPERATIONS.view(call.panel, call.panel.access.operation(call.user, call.action, call.number("oid")))


@handles("operation.cancel")
async def cancel_operation(call: Call[Nothing]) -> Any:
    operation = call.panel.access.operation(call.user, call.action, call.number("oid"))
    return _started(await call.panel.operations.cancel(operation.id))
