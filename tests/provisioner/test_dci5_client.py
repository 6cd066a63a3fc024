"""The conversation with a COREmanager panel, the settings of a package, and the host's own ping."""

from __future__ import annotations

import asyncio
import contextlib
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.clients.coremanager import CoreError
from provisioner.errors import AnswerLost, BadSettings, PanelUnavailable, ProvisioningError
from provisioner.log import Call
from provisioner.modules.billmanager5.settings import BillManager5Settings, username_of
from provisioner.ping import IcmpPing
from tests.provisioner.support.billmanager5 import EMAIL, Shop5, shop5

BODIES = st.binary(max_size=60) | st.sampled_from(
    [b"", b"<doc/>", b"<doc><error/></doc>", b"<!DOCTYPE doc [<!ENTITY a 'b'>]><doc>&a;</doc>", b"<doc><elem/></doc>"]
)


@given(body=BODIES)
@settings(deadline=None, max_examples=40)
def test_any_answer_is_a_list_or_an_error_of_the_billing_side(body: bytes) -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.raw = body
        with contextlib.suppress(ProvisioningError):
            assert await shop.module.offer() is not None

    shop5(main)


def test_an_empty_error_is_a_failure() -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.raw = b"<doc><error/></doc>"
        with pytest.raises(CoreError, match=r"^server: "):
            await shop.core.ask("server")

    shop5(main)


HAPROXY = b"<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.\n</body></html>\n"


@pytest.mark.parametrize("body", [b"", b"not xml", b"<!DOCTYPE doc><doc/>", b"<doc><elem><id>1</id>", HAPROXY])
def test_what_is_not_the_panels_document_says_nothing(body: bytes) -> None:
    """HAProxy's page is well-formed XML without an error; a suspension that never happened must not count as done."""

    async def main(shop: Shop5) -> None:
        shop.panel.raw = body
        with pytest.raises(PanelUnavailable, match=r"did not answer server .*that is not the panel's"):
            await shop.core.ask("server")
        assert shop.clock.now() >= 60
        with pytest.raises(AnswerLost):
            await shop.core.act("server.poweron", elid=1)

    shop5(main)


def test_503_is_waited_for_and_then_given_up() -> None:
    async def main(shop: Shop5) -> None:
        shop.panel.down = 3
        await shop.core.ask("server")
        assert shop.clock.now() == pytest.approx(15.4, abs=1)
        shop.panel.down = 1000
        with pytest.raises(PanelUnavailable):
            await shop.core.act("server.poweron", elid=1)

    shop5(main)


def test_the_log_shows_each_function_and_no_password() -> None:
    async def main(shop: Shop5) -> None:
        heard: list[object] = []
        shop.log.subscribe(heard.append)
        service = await shop.desk.order("web1", EMAIL)
        text = "\n".join(f"{call.path} {call.request} {call.answer}" for call in heard if isinstance(call, Call))
        assert all(f"{call.path} {call.request}" in text for call in shop.log.calls)
        assert "/dcimgr?func=server.operations" in text
        assert service.password not in text
        assert "topsecret" not in text

    shop5(main)


@pytest.mark.requirement("B5-4")
@given(st.text(max_size=40))
@settings(deadline=None, max_examples=80)
def test_a_user_name_has_no_special_characters_and_is_short(client: str) -> None:
    try:
        name = username_of(client)
    except BadSettings:
        return
    assert name.isascii()
    assert name.isalnum()
    assert 1 <= len(name) <= 16


@pytest.mark.requirement("B5-4")
@pytest.mark.parametrize(
    ("client", "name"),
    [
        ("fifteen-letters@", "fifteenletters"),
        ("a1234567890123@x", "a1234567890123x"),
        ("a12345678901234@x", "a12345678901234x"),
        ("a123456789012345@x", "a123456789012345"),
        ("a1234567890123456@x", "a123456789012345"),
        ("A.Very-Long_Name.With+Signs@example.com", "averylongnamewit"),
    ],
)
def test_a_user_name_ends_after_sixteen_characters(client: str, name: str) -> None:
    assert username_of(client) == name
    assert len(name) <= 16


@pytest.mark.requirement("B5-3")
def test_a_packages_settings_are_checked_when_they_are_read() -> None:
    read = BillManager5Settings.from_mapping
    assert read({"install_timeout": "90m"}).install_timeout == 5400
    assert read({"os": "a"}).offered == ("a",)
    with pytest.raises(BadSettings, match="unknown setting 'period'; the nearest there is: 'periods'"):
        read({"period": "month"})
    with pytest.raises(BadSettings, match="not among the activated templates"):
        read({"os": "a", "templates": ["b"]})
    with pytest.raises(BadSettings, match="0 or more"):
        read({"alias_addresses": -1})
    assert read({"domain": "@ID@.@TYPE@.@USERNAME@.net"}).domain_of("bob", "E3 2x1Tb", 7) == "7.e3-2x1tb.bob.net"


def test_the_hosts_ping_says_whether_an_echo_came_back(tmp_path: Path) -> None:
    """The program in its place is one that knows a single machine."""
    program = tmp_path / "ping"
    program.write_text('#!/bin/sh\nfor last; do :; done\n[ "$1 $last" = "-4 192.0.2.1" ]\n', encoding="ascii")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)

    async def main() -> None:
        ping = IcmpPing(str(program))
        assert await ping.alive("192.0.2.1")
        assert not await ping.alive("192.0.2.2")
        assert not await ping.alive("2001:db8::1")
        with pytest.raises(BadSettings, match="no IP address"):
            await ping.alive("-f")

    asyncio.run(main())
    with pytest.raises(BadSettings, match="no program"):
        IcmpPing(str(tmp_path / "pong"))
