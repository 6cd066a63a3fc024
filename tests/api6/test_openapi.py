"""schemathesis reads /openapi.json and calls every route as the document allows, and as it forbids.

Nothing of it is left to luck: its coverage phase counts cases out, and the fuzzing of the long run is derandomized. Requests
go into the application without a socket, in virtual time.
"""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from simulator.api6.calls import HANDLERS
from simulator.api6.dialect import load_dialect
from simulator.api6.routes import document_of
from tests.api6.support.snapshot import snapshot
from tests.api6.support.vendors import fits
from tests.api6.support.world import Client, with_client

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
IDS: dict[str, Any] = {
    "sid": 1, "ipid": 1, "oid": 1, "pid": 1, "id": 1, "u": "2", "t": "2", "us": "1", "acl": "1", "instance": "1",
    "name": "token_ttl", "method": "GET", "target": "dci/v3/server", "service": "dci", "address": "192.0.2.2",
}  # fmt: skip
"""What there is one of in the world."""
LOCATION = 3
NOT_DONE_HERE = {
    "auth.confirmation.password", "auth.confirmation.invitation",  # only with the number in a mail
    "auth.first_user.invite", "auth.first_user.create",  # the first user is there
    "auth.login", "auth.login_by_key", "auth.v3.login", "auth.v3.login_by_key", "auth.token.confirm",  # secrets
    "auth.token.delete", "auth.v3.session.delete", "auth.self.password",
    "auth.self.factor.set", "auth.self.factor.delete", "auth.user.factor.delete",  # no second factor
    "auth.self.back", "auth.ban.delete", "auth.ban.delete_of", "auth.setting.set", "auth.setting.delete",
    "auth.acl.member.delete", "auth.user.unlock",
    "dnsproxy.enable", "dnsproxy.disable", "dnsproxy.sync",  # the module is not installed
    "ip.delete", "ipnet.delete", "ippool.delete", "range.delete", "range.edit", "server.ip.delete",  # in use
    "operation.cancel", "server.diagnostic", "server.os_install", "server.recovery", "server.owner.clear", "userspace.delete",
    "auth.inside.import", "user.create", "user.delete", "switch.edit", "switch.delete", "dnsbl.edit",
    "userspace.ip.create", "rack.delete", "pdu.delete", "server.connection.add",
    "server.connection.delete.pdu_port", "server.connection.delete.switch_port",  # taken, or gone, by then
}  # fmt: skip
"""What made-up input cannot bring about in one world, one call after another."""


@cache
def schema() -> Any:
    """Without who may call: the test brings the session, and other tests show what is refused without one."""
    import schemathesis

    document = document_of(load_dialect())
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return schemathesis.openapi.from_dict(document)


@cache
def checks() -> Any:
    from schemathesis.checks import CHECKS as REGISTRY
    from schemathesis.checks import load_all_checks

    load_all_checks()
    return REGISTRY.get_by_names(list(CHECKS))


def operations() -> list[Any]:
    """Reading first, deleting last, so that there is something to read and to delete."""
    order = ("get", "post", "delete")
    return sorted((each.ok() for each in schema().get_all_operations()), key=lambda each: order.index(each.method))


def cases(operation: Any, most: int | None = None) -> list[Any]:
    """What the document of an operation allows and forbids, counted out."""
    from schemathesis import GenerationMode

    found = schema().iter_coverage_cases(
        operation, generation_modes=list(GenerationMode), generation_config=schema().config.generation
    )
    return [each for each in islice(found, most) if each.method.lower() == operation.method]


def with_ids(case: Any) -> Any:
    """The same request to things that there are."""
    if case.path_parameters:
        there = IDS | {"id": LOCATION} if "/location/" in case.path else IDS
        case.path_parameters.update({name: there[name] for name in case.path_parameters if name in there})
    return case


async def furnish(client: Client) -> None:
    """One of everything that can be made."""
    for path, body in (
        ("/auth/v4/acl", {"name": "office", "ip_list": ["192.0.2.0/24"]}),
        ("/auth/v4/role", {"name": "@guest", "human_name": "Guest", "human_descr": "", "data": {}}),
        (
            "/auth/v4/self/sshkey",
            {"name": "mine", "ssh_pub_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZvb2Jhcg== me"},
        ),
        ("/dci/v3/recipe", {"name": "hello", "script": "echo"}),
        ("/dci/v3/server/1/ip", {"family": "ipv4"}),
        ("/dci/v3/server/1/os_install", {"os_template": "debian-12"}),
        ("/ip/v3/dnsbl", {"name": "pbl.example.org"}),
    ):
        answer = await client.http.post(path, json=body, headers={"x-xsrf-token": client.token})
        assert answer.status_code in (200, 201), answer.text


async def send(client: Client, case: Any) -> httpx.Response:
    """As schemathesis would; the session is the administrator's."""
    sent = case.as_transport_kwargs(base_url="https://dci6")
    headers = {name: value for name, value in sent["headers"].items() if value is not None}
    content = {"json": sent["json"]} if "json" in sent else {"content": sent["data"]} if sent.get("data") else {}
    headers["x-xsrf-token"] = client.token
    inside = HANDLERS[case.operation.definition.raw["summary"]].inside
    http = client.inside() if inside else client.http
    return await http.request(sent["method"], sent["url"], params=sent.get("params"), headers=headers, **content)


async def hold(client: Client, case: Any) -> int:
    """Send, and hold the answer against the document; what the document forbids has no effect. The status."""
    before = snapshot(client.world.panel) if case.method != "GET" else None
    answer = await send(client, case)
    case.validate_response(answer, checks=checks())
    fits(answer)
    if answer.status_code >= 400 and before is not None and answer.status_code != 502:
        assert snapshot(client.world.panel) == before, case.as_curl_command()
    if answer.status_code == 401 and not HANDLERS[case.operation.definition.raw["summary"]].public:
        await client.log_in()
    return answer.status_code


def some(all_of_them: list[Any], most: int) -> list[Any]:
    """The first, and others from all over, so that many kinds of cases are among the few."""
    return [all_of_them[place * len(all_of_them) // most] for place in range(min(most, len(all_of_them)))]


def test_a_few_calls_of_every_route_answer_as_the_document_says():
    done = set[str]()

    async def scene(client: Client) -> None:
        await furnish(client)
        client.http.event_hooks = {}  # schemathesis holds the answers against the document itself
        for operation in operations():
            found = cases(operation, 24)
            good = [each for each in found if each.meta.generation.mode.is_positive]
            bad = [each for each in found if each.meta.generation.mode.is_negative]
            for case in [*some(good, 3), *some(bad, 2)]:
                if await hold(client, with_ids(case)) < 300:
                    done.add(operation.definition.raw["summary"])

    with_client(scene)
    assert sorted({row.action for row in load_dialect()} - done - NOT_DONE_HERE) == []


@pytest.mark.slow
@pytest.mark.parametrize("place", range(8))
def test_all_that_schemathesis_thinks_of_is_answered_as_the_document_says(place):
    """Each route in worlds of its own: what the coverage phase counts out, with made-up ids and with real ones, and
    fuzzing after it.
    """
    for operation in operations()[place::8]:

        async def counted_out(client: Client, operation: Any = operation) -> None:
            await furnish(client)
            for case in cases(operation):
                await hold(client, case)
                await hold(client, with_ids(case))

        with_client(counted_out)

        @given(operation.as_strategy())
        @settings(
            max_examples=10,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def fuzzed(case: Any) -> None:
            async def scene(client: Client) -> None:
                await furnish(client)
                await hold(client, with_ids(case))

            with_client(scene)

        fuzzed()
