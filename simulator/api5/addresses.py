"""Addresses of a server: version 5 has them as a list under the server, the pools behind are the panel's."""

from __future__ import annotations

from typing import Any

from simulator.api5.calls import Call, done, function, number
from simulator.api5.errors import Refusal
from simulator.api5.server_rows import main_address, own
from simulator.api5.servers import check_domain, set_hostname
from simulator.coremanager.document import Document, form
from simulator.dcim.errors import Invalid, NoAddress, NotFound, Protected
from simulator.dcim.ip.addresses import Address, Pool
from simulator.dcim.people.accounts5 import Level
from simulator.dcim.records import Server
from simulator.dcim.work.operation_table import OperationKind

__all__: list[str] = []

COLUMNS = ("id", "ip", "domain")
RUNNING = {
    OperationKind.OS_INSTALL: "osinstall",
    OperationKind.DIAGNOSTIC: "diag",
    OperationKind.RESCUE: "rescue",
}
"""The operation, as errors about addresses call it."""


def _address(call: Call, server: Server, key: str) -> Address:
    wanted = number(key)
    for address in own(call, server):
        if address.id == wanted:
            return address
    raise Refusal("missed", "ip", key, f"server {server.name} has no address with the id {key}")


def _row(address: Address) -> dict[str, Any]:
    return {"id": address.id, "ip": address.name, "domain": address.domain}


@function("iplist", Level.USER, "observed", "META-5.21.4 (key), WHMCS")
async def addresses(call: Call) -> Document:
    server = call.server(call.need("elid"))
    extra = {"plid": server.id, "plname": server.name}
    return call.list((_row(address) for address in own(call, server)), COLUMNS, extra=extra)


@function("iplist.edit", Level.USER, "observed", "WHMCS")
async def edit(call: Call) -> Document:
    """Without `elid` a further address, whose text the answer has; with it, its domain."""
    server = call.server(call.need("plid"), acting=call.setting)
    key = call.get("elid")
    address = _address(call, server, key) if key else None
    if not call.setting:
        if address is not None:
            return form({"elid": address.id, "plid": server.id, "ip": address.name, "domain": address.domain})
        values = {"plid": server.id, "domain": "", "iptype": "public", "ip": "", "family": "ipv4"}
        pools = [(pool.name, pool.name) for pool in call.panel.addresses.pools]
        return form(values, iptype=pools, family=[("ipv4", "IPv4"), ("ipv6", "IPv6")])
    domain = check_domain(call.get("domain"))
    if address is not None:
        main = main_address(call, server)
        if "domain" in call.params and domain != address.domain:
            _rename(call, server, address, domain, main=main is not None and main.id == address.id)
        elif "domain" in call.params and main is not None and main.id == address.id:
            set_hostname(call, server, domain)
        return done()
    if not call.staff:
        raise Refusal("access", call.func, call.func)
    first = main_address(call, server) is None
    if first and domain and server.protected:
        raise Protected(f"server {server.name} is protected; take the protection off first")
    given = _give(call, server, domain)
    if first and domain:
        set_hostname(call, server, domain)
    return done(id=given.id, ip=given.name)


def _rename(call: Call, server: Server, address: Address, domain: str, *, main: bool) -> None:
    if main:
        set_hostname(call, server, domain)
    call.panel.addresses.edit(address.id, subject=server.name, domain=domain)


def _give(call: Call, server: Server, domain: str) -> Address:
    """The named address, or the next free one of its kind; an empty `ip` means any."""
    known = call.panel.addresses
    family = {"ipv4": 4, "": 4, "ipv6": 6}.get(call.get("family"))
    if family is None:
        raise Refusal("value", "family", call.get("family"))
    wanted = call.get("ip").strip()
    if wanted:
        try:
            return known.take(wanted, server.id, domain=domain)
        except (Invalid, NotFound) as error:
            raise Refusal("value", "ip", wanted, str(error)) from None
        except NoAddress as error:
            raise Refusal("exists", "ip", wanted, str(error)) from None
    return known.allocate(_pool(call, family), server.id, family=family, domain=domain, subject=server.name)[0]


def _pool(call: Call, family: int) -> Pool:
    """The pool that has the kind of address as its name, or in it."""
    kind = call.get("iptype") or "public"
    known = call.panel.addresses
    pools = [pool for pool in known.pools if family in known.plan.families(pool)]
    named = [pool for pool in pools if pool.name == kind] or [
        pool for pool in pools if kind.lower() in pool.name.lower()
    ]
    if not named:
        raise Refusal("value", "iptype", kind, f"there is no pool of IPv{family} addresses named {kind}")
    return named[0]


@function("iplist.delete", Level.OPERATOR, "observed", "WHMCS, META-5.21.4")
async def delete(call: Call) -> Document:
    server = call.server(call.need("plid"))

    async def release(key: str) -> None:
        address = _address(call, server, key)
        running = call.panel.operations.running(server)
        if running is not None:
            raise Refusal(f"ip_delete_restrict_{RUNNING[running.kind]}_in_progress", "", address.name)
        call.panel.addresses.release(address.id, subject=server.name)

    return await call.each(release)


@function("server.moveip", Level.ADMIN)
async def move(call: Call) -> Document:
    """An address to another server: `elid` is the address, `servertree` the server. The main one stays."""
    key = number(call.need("elid"))
    address = call.panel.addresses.used.find(key)
    server = call.panel.inventory.servers.find(address.server) if address else None
    if address is None or server is None or address not in own(call, server):
        raise Refusal("missed", "ip", call.get("elid"), "no server has this address")
    if not call.setting:
        choices = [(str(one.id), one.name) for one in call.panel.inventory.servers if one.id != server.id]
        return form({"elid": address.id, "ip": address.name, "servertree": ""}, servertree=choices)
    target = call.server(call.need("servertree"))
    main = main_address(call, server)
    if main is not None and main.id == address.id:
        raise Refusal("cant_move_main_ip", "", address.name)
    for each in (server, target):
        running = call.panel.operations.running(each)
        if running is not None:
            raise Refusal(f"ip_move_restrict_{RUNNING[running.kind]}_in_progress", "", address.name)
    call.panel.addresses.move(address.id, target.id, subject=target.name)
    return done()


@function("new_net", Level.OPERATOR, "inferred", "APIDOC has the name; its columns are ours")
async def networks(call: Call) -> Document:
    """The networks that addresses come from, a row a range of a pool."""
    known = call.panel.addresses
    columns = ("id", "name", "range", "gateway", "family", "total", "used")
    return call.list(
        (
            {
                "id": pool.id,
                "name": pool.name,
                "range": part.name,
                "gateway": network.gateway if network else "",
                "family": f"ipv{part.family}",
                "total": known.total(part),
                "used": known.using(part),
            }
            for pool in known.pools
            for part in known.plan.ranges_of(pool)
            for network in (known.plan.home(pool.userspace, part.family, part.first, part.last, part),)
        ),
        columns,
    )
