from __future__ import annotations

import asyncio
from itertools import pairwise

import httpx
import pytest

from provisioner.clients.dci6 import Dci6Client
from provisioner.errors import AnswerLost, BadSettings, LoginRefused, PanelError, PanelUnavailable, ServerGone
from provisioner.log import Call
from tests.provisioner.support.dcimanager6 import ADMIN, error
from tests.provisioner.support.whmcs6 import EMAIL, Shop, shop


def asleep(request: httpx.Request) -> httpx.Response:
    return httpx.Response(503, json={"error": {"code": 503, "msg": "Unavailable"}})


def lost(request: httpx.Request) -> Exception:
    return httpx.ReadError("connection reset")


@pytest.mark.requirement("W6-S1")
def test_one_login_serves_many_calls_and_logout_ends_the_session():
    async def main(it: Shop) -> None:
        await it.client.server(1)
        await it.client.server(2)
        assert it.panel.logins == 1
        await it.client.logout()
        assert it.panel.tokens == []
        await it.client.logout()
        assert it.panel.seen.count("DELETE /auth/v4/token/token-1") == 1
        await it.client.server(1)
        assert it.panel.logins == 2

    shop(main)


def test_an_expired_session_is_renewed_once_and_the_call_repeated():
    async def main(it: Shop) -> None:
        await it.client.server(1)
        it.panel.tokens.clear()
        await it.client.power_on(1)
        assert it.panel.logins == 2
        assert it.panel.boxes[1].power == "on"

    shop(main)


def test_a_panel_that_accepts_no_session_is_not_asked_for_ever():
    async def main(it: Shop) -> None:
        it.panel.bend("GET", lambda _: error(401, 1000, "Unauthorized"), times=9)
        with pytest.raises(PanelError) as refused:
            await it.client.server(1)
        assert refused.value.status == 401
        assert it.panel.logins == 2

    shop(main)


def test_calls_at_once_share_one_login():
    async def main(it: Shop) -> None:
        it.panel.bend("POST /auth", lambda _: 1.0)
        await asyncio.gather(*(it.client.server(number) for number in (1, 2, 3)))
        assert it.panel.logins == 1
        it.panel.tokens.clear()
        await asyncio.gather(*(it.client.server(number) for number in (1, 2, 3)))
        assert it.panel.logins == 2

    shop(main)


@pytest.mark.requirement("W6-S1")
def test_a_wrong_password_is_told_as_such():
    async def main(it: Shop) -> None:
        with pytest.raises(LoginRefused, match="401, code 1005: Wrong email or password"):
            await it.module.test_connection()

    shop(main, login=(ADMIN[0], "wrong"))


@pytest.mark.requirement("W6-S1")
def test_the_connection_needs_an_administrator():
    async def main(it: Shop) -> None:
        await it.module.test_connection()
        it.panel.users[1]["roles"] = ["@user"]
        with pytest.raises(BadSettings, match="is not an administrator"):
            await it.module.test_connection()

    shop(main)


@pytest.mark.parametrize("match", ["GET", "POST", "POST /auth"])
def test_a_service_that_sleeps_is_asked_again_every_half_second(match: str):
    async def main(it: Shop) -> None:
        it.panel.bend(match, asleep, times=7)
        await it.client.server(1)
        await it.client.power_on(1)
        assert it.clock.now() == 3.5
        assert it.panel.boxes[1].power == "on"

    shop(main)


def test_a_service_that_sleeps_for_more_than_a_minute_is_unavailable():
    async def main(it: Shop) -> None:
        it.panel.bend("POST .*power_on", asleep, times=1000)
        with pytest.raises(PanelUnavailable, match=r"with 503 for 60 s \(connection timeout\)"):
            await it.client.power_on(1)
        assert it.clock.now() == 60.0
        assert it.panel.boxes[1].power == "off"

    shop(main)


def test_a_lost_answer_to_a_question_is_asked_for_again():
    async def main(it: Shop) -> None:
        it.panel.bend("GET", lost, times=4)
        it.panel.bend("POST /auth", lost, times=1)
        assert (await it.client.server(1)).name == "srv-01"
        assert it.clock.now() == 2.5

    shop(main)


def test_a_lost_answer_to_an_order_is_not_repeated():
    async def main(it: Shop) -> None:
        it.panel.bend("POST .*power_on", lost, times=1)
        with pytest.raises(PanelUnavailable, match=r"did not answer POST /dci/v3/server/1/power_on .*connection reset"):
            await it.client.power_on(1)
        assert it.panel.acts == ["POST /dci/v3/server/1/power_on"]

    shop(main)


def test_a_panel_that_is_gone_is_given_up_after_a_minute():
    async def main(it: Shop) -> None:
        it.panel.bend("GET", lost, times=1000)
        with pytest.raises(PanelUnavailable):
            await it.client.server(1)
        assert it.clock.now() == 60.0

    shop(main)


def test_an_answer_that_takes_more_than_a_minute_counts_as_lost():
    async def main(it: Shop) -> None:
        it.panel.bend("GET", lambda _: 90.0)
        it.panel.bend("POST .*power_on", lambda _: 90.0)
        assert (await it.client.server(1)).id == 1
        assert it.clock.now() == 60.5
        with pytest.raises(PanelUnavailable, match="timeout"):
            await it.client.power_on(1)
        assert it.clock.now() == 120.5

    shop(main)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (httpx.Response(409, json={"error": {"code": 12, "msg": "busy"}}), "409, code 12: busy"),
        (httpx.Response(400, json={"error": "bad email", "code": 5, "field": "email"}), "400, code 5: bad email"),
        (httpx.Response(502, json={"error": {"code": 9503, "msg": "no answer"}}), "502, code 9503: no answer"),
        (httpx.Response(200, json={"id": "one"}), "id is not a number"),
    ],
)
def test_errors_of_every_shape_are_told_in_their_own_words(answer: httpx.Response, text: str):
    async def main(it: Shop) -> None:
        it.panel.bend("GET", lambda _: answer)
        with pytest.raises(PanelError, match=text):
            await it.client.server(1)

    shop(main)


PAGES = [
    httpx.Response(502, text="<html><head><title>502 Bad Gateway</title></head>"),
    httpx.Response(503, text="<html><body><h1>503 Service Unavailable</h1></body></html>"),
    httpx.Response(504, json={"message": "no upstream"}),
    httpx.Response(500),
    httpx.Response(301, headers={"location": "https://panel/"}),
    httpx.Response(404, text="not found"),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json=[1]),
    httpx.Response(200),
    httpx.Response(200, content=b'{"id": 1, "na'),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.status_code} {page.content[:9]!r}")
def test_an_answer_without_the_panels_envelope_says_nothing(page: httpx.Response):
    """A question is asked again; an order is lost, and nobody knows whether it took effect."""

    async def main(it: Shop) -> None:
        it.panel.bend("GET", lambda _: page, times=3)
        assert (await it.client.server(1)).name == "srv-01"
        it.panel.bend("POST .*power_on", lambda _: page)
        with pytest.raises(AnswerLost, match=f"{page.status_code} that is not the panel's"):
            await it.client.power_on(1)
        assert it.panel.acts == ["POST /dci/v3/server/1/power_on"]
        it.panel.tokens.clear()
        it.panel.bend("POST /auth", lambda _: page, times=2)
        assert (await it.client.server(1)).name == "srv-01"

    shop(main)


def test_a_part_of_a_token_is_in_no_log():
    async def main(it: Shop) -> None:
        it.panel.bend("POST /auth", lambda _: httpx.Response(201, content=b'{"id": 1, "token": "s3cret-to'))
        await it.client.server(1)
        assert "s3cret" not in repr(list(it.log))

    shop(main)


def test_a_server_that_staff_deleted_is_gone_and_an_unknown_path_is_something_else():
    async def main(it: Shop) -> None:
        with pytest.raises(ServerGone, match="404, code 3080"):
            await it.client.server(77)
        it.panel.bend("GET", lambda _: error(404, 1106, "no handler"))
        with pytest.raises(PanelError) as refused:
            await it.client.server(1)
        assert not isinstance(refused.value, ServerGone)

    shop(main)


def test_a_started_operation_is_looked_up_when_the_answer_does_not_name_it():
    async def main(it: Shop) -> None:
        def terse(request: httpx.Request) -> httpx.Response:
            it.panel.busy(1)
            return httpx.Response(200, json={})

        it.panel.bend("POST .*os_install", terse)
        assert it.panel.boxes[1].op is None
        operation = await it.client.os_install(1, 7, "secret")
        assert it.panel.boxes[1].op is not None
        assert operation == it.panel.boxes[1].op.id
        it.panel.bend("POST .*os_install", lambda _: httpx.Response(200, json={}))
        with pytest.raises(PanelError, match="shows no operation"):
            await it.client.os_install(2, 7, "secret")

    shop(main)


@pytest.mark.requirement("W6-G1")
def test_the_module_log_holds_every_call_with_request_time_and_the_answers_to_orders_but_no_secret():
    async def main(it: Shop) -> None:
        seen: list[object] = []
        end = it.log.subscribe(seen.append)
        it.panel.bend("GET /dci/v3/server$", lost)
        service = await it.billing.order("web1", EMAIL)
        await it.client.logout()
        calls = it.log.calls
        assert len(calls) == len(it.panel.seen)
        asked = [isinstance(each, Call) and each.method == "GET" and (each.status or 500) < 300 for each in seen]
        assert all(
            each._replace(answer=None) == kept and each.answer is not None if question else each == kept
            for each, kept, question in zip(seen, it.log, asked, strict=True)
        )
        assert 10 < sum(asked) < len(asked) - 10
        assert (calls[0].method, calls[0].path, calls[0].status) == ("POST", "/auth/v4/public/token", 201)
        assert (calls[3].status, calls[3].answer) == (None, "connection lost: connection reset")
        assert {call.action.service for call in calls[:-1]} == {"web1"}
        assert {call.action.name for call in calls[:-1]} == {"Create"}
        polls = [call.time for call in calls if "/operation/" in call.path]
        assert polls[0] == 30.5
        assert {late - early for early, late in pairwise(polls)} == {30.0}
        text = repr(list(it.log))
        assert ADMIN[1] not in text
        assert service.password not in text
        assert "token-1" not in text
        end()
        await it.client.server(1)
        assert len(seen) < len(it.log)

    shop(main)


def test_paths_can_be_replaced_by_those_of_a_real_installation():
    async def main(it: Shop) -> None:
        paths = {"power_on": "/dci/v3/server/{server}/power/on"}
        client = Dci6Client(
            "http://panel/api/", *ADMIN, clock=it.clock, log=it.log, transport=it.panel.transport, paths=paths
        )
        it.panel.bend("POST", lambda _: httpx.Response(200, json={"token": "t"}), times=2)
        await client.power_on(4)
        await client.close()
        assert it.panel.seen == ["POST /api/auth/v4/public/token", "POST /api/dci/v3/server/4/power/on"]
        with pytest.raises(ValueError, match="no such paths: power"):
            Dci6Client("http://panel", *ADMIN, clock=it.clock, log=it.log, paths={"power": "/"})

    shop(main)
