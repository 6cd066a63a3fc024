"""Every HTTP call of every bundled module meets every fate: nothing is bought twice, nothing is left behind, and nothing is
believed that did not happen.

A life is the verbs that its module has, a quarter of an hour apart. What a passing trouble does to one call must not show in
the end at all. Where an action may fail (the panel's own error, a panel that is away for ten minutes) it says so, leaves
nothing that billing does not know of, and when it is done once more the end is the uninterrupted one.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from provisioner.billmanager.operations import HandedOver
from provisioner.errors import ProvisioningError
from provisioner.services import Service, State
from provisioner.store import MemoryStore
from simulator.ispmanager.errors import HostingError
from simulator.kernel import LoopClock, run
from simulator.web.in_process import InProcessTransport
from tests.ispmanager.support import ROOT, Server
from tests.provisioner.support.billmanager5 import EMAIL, Shop5
from tests.provisioner.support.billmanager6 import BillShop
from tests.provisioner.support.dcimanager5 import Panel5
from tests.provisioner.support.dcimanager6 import Panel, error
from tests.provisioner.support.hosting import Provider
from tests.provisioner.support.http_fates import PASSING, TOLD, Dialect, Wire, fits
from tests.provisioner.support.whmcs6 import Shop

PAUSE = 900.0
TRIES = 4
Act = Callable[[Any], Awaitable[object]]


# dialects


def _question6(request: httpx.Request) -> bytes | None:
    last = request.url.path.rpartition("/")[2]
    return None if request.method != "GET" or last.isdecimal() else request.url.raw_path


def _again6(question: bytes, request: httpx.Request) -> httpx.Request:
    token = {"x-xsrf-token": request.headers.get("x-xsrf-token", "")}
    return httpx.Request("GET", request.url.join(question.decode()), headers=token)


DIALECT6 = Dialect(
    lambda request: request.method != "GET" and "/auth/" not in request.url.path,
    lambda request: error(500, 1, "Internal error"),
    _question6,
    _again6,
)
_LISTS = ("server", "iplist", "user", "osmgr", "server.connection", "preset", "new_net")


def _asked(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.content.decode(), keep_blank_values=True))


def _is_order(request: httpx.Request) -> bool:
    asked = _asked(request)
    last = asked["func"].rpartition(".")[2]
    return "sok" in asked or last in ("on", "off", "enable", "disable", "poweron", "delete", "suspend", "resume")


def _internal(request: httpx.Request) -> httpx.Response:
    return httpx.Response(
        200, content=b'<doc><error type="internal" object="db"><msg>An internal error</msg></error></doc>'
    )


def _question5(request: httpx.Request) -> bytes | None:
    return request.content if _asked(request)["func"] in _LISTS else None


CORE = Dialect(
    _is_order, _internal, _question5, lambda question, request: httpx.Request("POST", request.url, content=question)
)


# lives


@dataclass(frozen=True)
class Life:
    """A module with its panel: how it is set up, what is done, and what there is."""

    make: Callable[[Wire | None, Any], Any]
    world: Callable[[], Any]
    send: Callable[[Any], Any]
    """The panel behind the wire."""
    dialect: Dialect
    verbs: tuple[tuple[str, Act], ...]
    service: Callable[[Any], Service | None]
    seen: Callable[[Any, Any], Any]
    """Plain data of panel and billing, without numbers that mean nothing."""
    wrong: Callable[[Any, Any], list[str]]
    """What must not be at any time when nothing is under way."""
    settle: Act = lambda it: _nothing()
    close: Act = lambda it: _nothing()


async def _nothing() -> None:
    pass


# DCImanager 6


def _boxes6(panel: Panel, service: Service | None) -> Any:
    return [
        (
            box.id,
            box.owner and panel.users[box.owner]["email"],
            box.power,
            box.ports,
            sorted(":" in name for _, name in box.ips),
            box.op and (box.op.type, box.op.status(panel.clock.now())),
            service is not None and box.password == service.password,
        )
        for box in panel.boxes.values()
    ]


def _seen6(service: Service | None, panel: Panel) -> Any:
    own = service and service.server and panel.boxes[service.server]
    told = own and service and (not service.addresses or set(service.addresses) == {name for _, name in own.ips})
    users = sorted(user["email"] for user in panel.users.values())
    return (service and (service.state, service.server, len(service.addresses), told), _boxes6(panel, service), users)


def _wrong6(service: Service | None, panel: Panel) -> list[str]:
    """Whose a server is, billing knows; what is on a server that nobody has was there before."""
    wrong = []
    for box in panel.boxes.values():
        email = panel.users[box.owner]["email"] if box.owner else None
        if email == EMAIL and (service is None or service.server != box.id):
            wrong.append(f"{box.name} is {email}'s and no service knows of it")
        if email is None and len(box.ips) > (box.id == 1):
            wrong.append(f"{box.name} has {box.ips} and no owner")
    if service and service.state is State.ACTIVE and panel.boxes[service.server or 0].op is None:
        wrong.append("an active service has a server on which nothing was installed")
    return wrong


def _panel6() -> Panel:
    panel = Panel(LoopClock(), 3)
    panel.boxes[1].ips = [(50, "192.0.2.250")]
    return panel


async def _order6(it: Shop) -> None:
    options = {"ip": 2, "ip6": 1} if it.module.settings.ipv6_pool else {"ip": 2}
    if "web1" not in it.billing.services:
        it.billing.place("web1", EMAIL, options=options)
    await it.billing.create("web1")


def _whmcs6(**settings: Any) -> Life:
    return Life(
        lambda wire, panel: Shop(settings, panel=panel, transport=wire, poll=300),
        _panel6,
        lambda panel: panel.transport.handler,
        DIALECT6,
        (
            ("create", _order6),
            ("suspend", lambda it: it.billing.suspend("web1")),
            ("unsuspend", lambda it: it.billing.unsuspend("web1")),
            ("terminate", lambda it: it.billing.terminate("web1")),
        ),
        lambda it: it.billing.services.get("web1"),
        lambda it, panel: _seen6(it.billing.services.get("web1"), panel),
        lambda it, panel: _wrong6(it.billing.services.get("web1"), panel),
        close=lambda it: it.client.end(),
    )


async def _sell(it: BillShop) -> None:
    if "web1" not in it.manager.billing.services:
        it.order(ipv4=2)
    operation = it.manager.operations.of("web1")
    if operation is None and it.manager.service("web1").state is State.ORDERED:
        await it.manager.pay("web1")
    elif operation is not None:
        await it.manager.operations.work("web1")


def _service_of(manager: Any) -> Service | None:
    return manager.billing.services.get("web1")


BILLMANAGER6 = Life(
    lambda wire, panel: BillShop(panel=panel, transport=wire, poll=300),
    _panel6,
    lambda panel: panel.transport.handler,
    DIALECT6,
    (
        ("open", _sell),
        ("setparam", lambda it: it.manager.change("web1", {"ipv4": 3})),
        ("setparam, fewer", lambda it: it.manager.change("web1", {"ipv4": 1})),
        ("suspend", lambda it: it.manager.suspend("web1")),
        ("resume", lambda it: it.manager.unsuspend("web1")),
        ("close", lambda it: it.manager.terminate("web1")),
    ),
    lambda it: _service_of(it.manager),
    lambda it, panel: (_seen6(_service_of(it.manager), panel), len(it.manager.office.tasks)),
    lambda it, panel: _wrong6(_service_of(it.manager), panel),
    settle=lambda it: it.set_up(),
    close=lambda it: it.manager.close(),
)


# DCImanager 5


def _seen5(it: Shop5, panel: Panel5) -> Any:
    panel._settle()
    service = it.billing.services.get("web1")
    saved = it.module.properties.get("web1")
    boxes = [
        (
            box.hostname, box.owner and panel.users[box.owner][0], box.notes, box.disabled, box.on, set(box.ports.values()),
            len(box.ips), box.os, box.installed_at is not None, service is not None and box.password == service.password,
        )
        for box in panel.boxes.values()
    ]  # fmt: skip
    own = service and service.server and panel.boxes[service.server]
    told = own and service and (not service.addresses or set(service.addresses) == {ip for ip, _ in own.ips.values()})
    welcomes = [
        each.text.count(panel.users.get(2, ["", "", "?"])[2]) for each in it.office.messages if each.to == EMAIL
    ]
    return (
        service and (service.state, service.server, len(service.addresses), told),
        saved and (saved.panel_id, len(saved.addresses), saved.owner, saved.domain),
        boxes,
        sorted(name for name, _, _ in panel.users.values()),
        (len(panel.users) > 2 or panel.users.get(2, ["", "", ""])[2] == "hunter2", len(welcomes)),
    )


def _wrong5(it: Shop5, panel: Panel5) -> list[str]:
    """A server is the client's, for sale, or given up as the document says."""
    service = it.billing.services.get("web1")
    wrong = []
    for box in panel.boxes.values():
        owner = panel.users[box.owner][0] if box.owner else None
        if owner == "aliceexamplecom" and (service is None or service.server != box.id):
            wrong.append(f"{box.name} is {owner}'s and no service knows of it")
        if owner is None and len(box.ips) > 1:
            wrong.append(f"{box.name} has {box.ips} and no owner")
    return wrong


async def _given_up5(it: Shop5, panel: Panel5) -> list[str]:
    return [
        f"{box.name} is set aside without a reason"
        for box in panel.boxes.values()
        if box.owner == 1 and not (box.notes and box.hostname == "free.ds" and box.disabled)
    ]


async def _add5(it: Shop5) -> None:
    if len(it.billing.service("web1").addresses) < 4:
        await it.desk.add_address("web1")


async def _drop5(it: Shop5) -> None:
    if len(it.billing.service("web1").addresses) > 3:
        await it.desk.delete_address("web1", it.billing.service("web1").addresses[-1])


PACKAGE5 = {"alias_addresses": 2, "power_timeout": "20m", "install_timeout": "2h", "ping_timeout": "20m"}
BILLMANAGER5 = Life(
    lambda wire, panel: Shop5(PACKAGE5, panel=panel, transport=wire),
    lambda: Panel5(LoopClock(), 3),
    lambda panel: panel.transport.handler,
    CORE,
    (
        ("create", lambda it: it.desk.order("web1", EMAIL)),
        ("add address", _add5),
        ("delete address", _drop5),
        ("change password", lambda it: it.desk.change_password("web1", "hunter2")),
        ("suspend", lambda it: it.desk.suspend("web1")),
        ("unsuspend", lambda it: it.desk.unsuspend("web1")),
        ("terminate", lambda it: it.desk.terminate("web1")),
    ),
    lambda it: it.billing.services.get("web1"),
    _seen5,
    _wrong5,
    close=lambda it: it.core.close(),
)


# ispmanager


def _provider(wire: Wire | None, server: Server) -> Provider:
    return Provider(server.clock, server, MemoryStore(), transport=wire)


def _opens(server: Server, name: str, password: str) -> bool:
    try:
        return server.hosting.check(name, password) is not None
    except HostingError:
        return False


def _seen_hosting(it: Provider, server: Server) -> Any:
    service = _service_of(it.bm)
    accounts = [
        (each.name, each.preset, each.state, service is not None and _opens(server, each.name, service.password))
        for each in server.hosting
        if each.name != ROOT[0]
    ]
    return (service and (service.state, service.server_name), accounts, len(it.bm.office.tasks))


def _wrong_hosting(it: Provider, server: Server) -> list[str]:
    service = _service_of(it.bm)
    known = {"alice", "bob", "Bob", "dave", ROOT[0], service.server_name if service else ""}
    return [f"the account {each.name} is no service's" for each in server.hosting if each.name not in known]


async def _open_hosting(it: Provider) -> None:
    if "web1" not in it.bm.billing.services:
        it.bm.order("web1", EMAIL, "Hosting")
    operation = it.bm.operations.of("web1")
    if operation is not None:
        await it.bm.operations.work("web1")
    elif it.state() is State.ORDERED:
        await it.bm.pay("web1")


ISPMANAGER = Life(
    _provider,
    lambda: Server(LoopClock()),
    lambda server: InProcessTransport(server.app).handle_async_request,
    CORE,
    (
        ("open", _open_hosting),
        ("setparam", lambda it: it.bm.change("web1", {"password": "opensesame-7", "preset": "shop"})),
        ("suspend", lambda it: it.bm.suspend("web1")),
        ("resume", lambda it: it.bm.unsuspend("web1")),
        ("close", lambda it: it.bm.terminate("web1")),
    ),
    lambda it: _service_of(it.bm),
    _seen_hosting,
    _wrong_hosting,
    settle=lambda it: it.set_up(),
    close=lambda it: it.bm.close(),
)

LIVES = {
    "WHMCS": _whmcs6(),
    "WHMCS, all options": _whmcs6(
        ipv6_pool="public6",
        shutdown_after_termination=True,
        suspend_on_termination=True,
        owner_after_termination="stock@example.com",
        diagnostic_pool="release",
    ),
    "BILLmanager 6": BILLMANAGER6,
    "BILLmanager 5": BILLMANAGER5,
    "ispmanager": ISPMANAGER,
}


# the sweep


@dataclass
class Lived:
    """How a life went."""

    seen: list[Any]
    """After each verb."""
    told: list[str]
    """Verbs that failed and said so."""
    wrong: list[str]
    calls: list[tuple[bool, bytes | None]]
    first: int = 0
    """Calls before the first verb."""


def lived(life: Life, fate: str = "", at: int | None = None, question: bytes | None = None) -> Lived:
    """A life with a fate for its call number `at`; without one, the uninterrupted life."""

    async def main() -> Lived:
        world = life.world()
        wire = Wire(life.send(world), world.clock, life.dialect, fate, at, question if fate == "stale" else None)
        it = life.make(wire, world)
        await life.settle(it)
        went = Lived([], [], [], wire.calls, len(wire.calls))
        for name, act in life.verbs:
            for attempt in range(TRIES):
                try:
                    await act(it)
                except HandedOver:
                    went.wrong.append(f"{name}: it became staff's")
                    break
                except ProvisioningError as exc:
                    went.told.append(f"{name}: {exc}")
                    service = life.service(it)
                    if service is not None and not service.error:
                        went.wrong.append(f"{name}: {exc}: the service says nothing of it")
                    if attempt == TRIES - 1:
                        went.wrong.append(f"{name} never succeeds: {exc}")
                else:
                    break
                finally:
                    went.wrong += [f"{name}: {each}" for each in life.wrong(it, world)]
                await world.clock.sleep(PAUSE)
            await world.clock.sleep(PAUSE)
            went.seen.append(life.seen(it, world))
        await life.close(it)
        await wire.aclose()
        if isinstance(world, Server):
            await world.http.aclose()
        return went

    return run(main())


def judged(whole: Lived, life: Life, fate: str, at: int) -> str:
    """What is wrong with the end of a life that had this fate; empty when nothing is."""
    order, question = whole.calls[at]
    went = lived(life, fate, at, question)
    problems = list(dict.fromkeys(went.wrong))
    if fate in PASSING:
        problems += went.told
    if went.seen != whole.seen and not (fate in TOLD and life in (BILLMANAGER5, BILLMANAGER6)):
        step = next(index for index, pair in enumerate(zip(went.seen, whole.seen, strict=True)) if pair[0] != pair[1])
        problems.append(f"after {life.verbs[step][0]}: {went.seen[step]} instead of {whole.seen[step]}")
    what = (question or b"").decode()[-90:] if question else "order" if order else "call"
    return f"{fate} at call {at} ({what}): {'; '.join(problems)}" if problems else ""


def sweep(life: Life, chosen: Callable[[list[tuple[str, int]]], list[tuple[str, int]]]) -> tuple[int, list[str]]:
    """How many trials, and what was wrong."""
    whole = lived(life)
    assert not whole.told
    assert not whole.wrong
    points = [
        (fate, at)
        for at in range(whole.first, len(whole.calls))
        for fate in (*PASSING, *TOLD)
        if fits(fate, *whole.calls[at])
    ]
    trials = chosen(points)
    return len(trials), [problem for fate, at in trials if (problem := judged(whole, life, fate, at))]


SHARES = 4
"""The trials of a life are dealt out, so that several processes can take them."""


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("name", LIVES)
def test_whatever_happens_to_a_call_the_end_is_the_uninterrupted_one(
    name: str, share: int, capsys: pytest.CaptureFixture[str]
):
    count, problems = sweep(LIVES[name], lambda points: points[share::SHARES])
    with capsys.disabled():
        print(f"\n{name}, share {share + 1} of {SHARES}: {count} fates of calls")  # noqa: T201
    assert not problems, f"{len(problems)} of {count}:\n" + "\n".join(problems[:20])
    assert count > 100 / SHARES


@pytest.mark.parametrize("name", LIVES)
def test_the_same_for_some_calls(name: str):
    def some(points: list[tuple[str, int]]) -> list[tuple[str, int]]:
        return random.Random(name).sample(points, 12)

    count, problems = sweep(LIVES[name], some)
    assert not problems, f"{len(problems)} of {count}:\n" + "\n".join(problems[:20])
