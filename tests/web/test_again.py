"""A question asked again is answered as the panel would answer it now, whatever has happened since it was asked before."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dcim.errors import PanelError
from simulator.faults import CATALOGUE
from simulator.kernel import run
from simulator.lab import Lab, Run
from simulator.web.in_process import InProcessTransport

ONE = Lab.load("one")


class Asker:
    """Asks a panel of the same process after an operation, again and again."""

    def __init__(self, lab: Run, way: Any) -> None:
        self.lab = lab
        self.token = lab.panel.users.log_in(*lab.admin).value
        self._way = way

    async def ask(self, operation: int, body: bytes = b"") -> tuple[int, Any, bytes]:
        sent = [(b"host", b"dci6.lab"), (b"x-xsrf-token", self.token.encode())]
        if body:
            sent.append((b"content-length", b"%d" % len(body)))
        answer: tuple[int, Any, bytes] = await self._way.exchange(
            "GET", f"{self.lab.dci6_url}/api/dci/v3/operation/{operation}", sent, body
        )
        return answer


def played(scene: Callable[[Run, int, Asker, Asker], Awaitable[None]], *, exact: bool = False) -> None:
    """With an operation that is under way, somebody who may be answered again, and somebody who never is."""

    async def main() -> None:
        async with ONE.simulated(seed=3, exact=exact) as lab:
            template = next(each for each in lab.panel.inventory.templates if each.type == "diagnostic")
            operation = lab.panel.operations.diagnose(1, template.id, clear_disks=False, pool=None)
            anew = InProcessTransport(lab.gateway6.services)
            await scene(lab, operation.id, Asker(lab, lab.billing_transport()), Asker(lab, anew))

    run(main())


def requests(lab: Run) -> list[tuple[str, Any]]:
    return [(each.subject, each.detail["status"]) for each in lab.journal if each.what == "request"]


def admin(lab: Run) -> Any:
    return next(each for each in lab.panel.users.all if each.email == lab.admin[0])


async def cancel(lab: Run, operation: int) -> None:
    with contextlib.suppress(PanelError):
        await lab.panel.operations.cancel(operation)


async def log_in(asker: Asker) -> None:
    asker.token = asker.lab.panel.users.log_in(*asker.lab.admin).value


HANDS: dict[str, Callable[[Run, int], Any]] = {
    "a moment": lambda lab, operation: lab.clock.sleep(7),
    "a while": lambda lab, operation: lab.clock.sleep(333),
    "half of a session": lambda lab, operation: lab.clock.sleep(lab.panel.users.settings.token_ttl / 2),
    "a session": lambda lab, operation: lab.clock.sleep(lab.panel.users.settings.token_ttl + 1),
    "cancelled": cancel,
    "server renamed": lambda lab, operation: lab.panel.edit_server(1, {"name": f"srv-{lab.clock.now():g}"}),
    "user renamed": lambda lab, operation: lab.panel.users.edit(admin(lab), {"full_name": f"{lab.clock.now():g}"}),
    "from elsewhere only": lambda lab, operation: lab.panel.users.access_lists.set_own(admin(lab).id, ["192.0.2.0/24"]),
    "from here": lambda lab, operation: lab.panel.users.access_lists.set_own(admin(lab).id, ["127.0.0.0/8"]),
    "from anywhere": lambda lab, operation: lab.panel.users.access_lists.set_own(admin(lab).id, []),
    "services down": lambda lab, operation: lab.gateway6.take_down(),
    "services up": lambda lab, operation: lab.gateway6.bring_up(),
    "power off": lambda lab, operation: lab.plant.servers[next(iter(lab.plant.servers))].power_off(),
}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(sorted(HANDS)), max_size=14))
def test_it_is_what_the_panel_would_say_now(hands: list[str]) -> None:
    async def scene(lab: Run, operation: int, again: Asker, anew: Asker) -> None:
        for name in ("a moment", *hands):
            done = HANDS[name](lab, operation)
            if hasattr(done, "__await__"):
                await done
            for _ in range(2):
                before = len(requests(lab))
                told = await again.ask(operation)
                assert told == await anew.ask(operation), name
                one, other = requests(lab)[before:]
                assert one == other
                if told[0] == 401:
                    await log_in(again)
                    await log_in(anew)

    played(scene)


def test_it_is_not_carried_out_again_and_an_exact_run_plays_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for exact, times in ((False, 1), (True, 3)):
        carried = list[str]()
        real = InProcessTransport._carry

        async def carry(self: Any, method: str, url: str, *rest: Any, into: Any = carried, real: Any = real) -> Any:
            into.append(url)
            return await real(self, method, url, *rest)

        async def scene(lab: Run, operation: int, again: Asker, anew: Asker, carry: Any = carry) -> None:
            await lab.clock.sleep(1)
            with monkeypatch.context() as patched:
                patched.setattr(InProcessTransport, "_carry", carry)
                for _ in range(3):
                    assert (await again.ask(operation))[0] == 200

        played(scene, exact=exact)
        assert len(carried) == times


def test_a_question_with_a_body_is_another_one() -> None:
    async def scene(lab: Run, operation: int, again: Asker, anew: Asker) -> None:
        for _ in range(2):
            assert (await again.ask(operation))[0] == 200
            assert await again.ask(operation, b"[1]") == await anew.ask(operation, b"[1]")
            assert (await again.ask(operation, b"[1]"))[0] == 400

    played(scene)


def test_whoever_may_not_see_it_any_more_is_refused() -> None:
    async def scene(lab: Run, operation: int, again: Asker, anew: Asker) -> None:
        for _ in range(2):
            assert (await again.ask(operation))[0] == 200
        lab.panel.users.log_out(admin(lab), again.token)
        assert (await again.ask(operation))[0] == 401
        again.token = anew.token
        assert (await again.ask(operation))[0] == 200

    played(scene)


@pytest.mark.parametrize("kind", ["http.gateway", "http.error", "http.garbled"])
def test_a_fault_strikes_a_question_that_was_asked_before(kind: str) -> None:
    async def scene(lab: Run, operation: int, again: Asker, anew: Asker) -> None:
        good = [await again.ask(operation) for _ in range(2)]
        given = CATALOGUE[kind].params.model_validate({"panel": "dci6", "call": "GET */operation/{}", "times": 1})
        lab.faults.inject(kind, given)
        bad = await again.ask(operation)
        assert bad[2] != good[0][2]
        assert (await again.ask(operation))[2] == good[0][2]

    played(scene)


def strike(lab: Run, kind: str, **values: Any) -> None:
    lab.faults.inject(kind, CATALOGUE[kind].params.model_validate({"panel": "dci6", **values}))


def test_a_question_that_was_answered_again_counts_for_faults_like_any_other() -> None:
    struck = list[tuple[Any, list[int]]]()

    async def scene(lab: Run, operation: int, again: Asker, anew: Asker) -> None:
        strike(lab, "http.error", call="POST */port_on")  # from now on messages are counted
        strike(lab, "http.gateway", call="GET */operation/{}", after=3, times=1)
        told = [(await again.ask(operation))[0] for _ in range(7)]
        strike(lab, "http.gateway", call="GET */operation/{}", after=2, times=1)
        told += [(await again.ask(operation))[0] for _ in range(5)]
        struck.append(([each.detail for each in lab.journal if each.layer == "wire"], told))

    for exact in (False, True):
        played(scene, exact=exact)
    assert struck[0] == struck[1]
    assert struck[0][1] == [200] * 3 + [504] + [200] * 5 + [504] + [200] * 2
    assert [each["n"] for each in struck[0][0]] == [4, 10]
