from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.errors import BadSettings, IllegalEvent
from provisioner.modules.whmcs6.options import OPTION_NAMES, Whmcs6Options
from provisioner.modules.whmcs6.settings import Whmcs6Settings
from provisioner.services import State
from tests.provisioner.support.whmcs6 import EMAIL, Shop, shop

SIX = {"ipv6_pool": "public6"}


@pytest.mark.requirement("W6-O1")
@pytest.mark.requirement("W6-O2")
@pytest.mark.requirement("W6-O3")
@pytest.mark.requirement("W6-O4")
@pytest.mark.parametrize(
    ("field", "names"),
    [
        ("os", ["OS", "os", "ostemplate"]),
        ("ipv4", ["ip", "IP", "ipv4", "IPv4"]),
        ("ipv6", ["ip6", "IP6", "ipv6", "IPv6"]),
        ("ipv6_prefix", ["ip6_prefix", "IP6_prefix", "ipv6_prefix", "IPv6_prefix"]),
    ],
)
def test_each_option_has_exactly_the_names_of_the_document(field: str, names: list[str]):
    assert sorted(OPTION_NAMES[field]) == sorted(names)
    value = "debian-12" if field == "os" else 64
    for name in names:
        assert getattr(Whmcs6Options.from_mapping({name: value}), field) == value
    for name in ("Os", "Ip", "IPV4", "ip_6", "prefix"):
        with pytest.raises(BadSettings, match=f"'{name}' is not supported"):
            Whmcs6Options.from_mapping({name: value})


@pytest.mark.requirement("W6-O4")
@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"ip6_prefix": 63}, "64 to 128, not 63"),
        ({"ip6_prefix": 129}, "64 to 128, not 129"),
        ({"ip": 0}, "a number from 1"),
        ({"ip": True}, "a number from 1"),
        ({"ip": 1, "IPv4": 1}, "twice, by different names"),
        ({"os": ""}, "name of a template"),
    ],
)
def test_values_out_of_their_bounds_are_refused(options: dict[str, object], text: str):
    with pytest.raises(BadSettings, match=text):
        Whmcs6Options.from_mapping(options)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["os", "ip", "IP6", "ip6_prefix"]) | st.text(max_size=6),
        st.integers() | st.text(max_size=5) | st.none() | st.booleans(),
    )
)
def test_options_are_read_or_refused_in_words(options: dict[str, object]):
    with contextlib.suppress(BadSettings):
        read = Whmcs6Options.from_mapping(options)
        assert read.ipv6_prefix is None or 64 <= read.ipv6_prefix <= 128


@pytest.mark.requirement("W6-O1")
@pytest.mark.requirement("W6-O2")
@pytest.mark.requirement("W6-O5")
def test_an_order_with_options_gets_what_it_says_and_the_card_shows_it():
    async def main(it: Shop) -> None:
        it.panel.templates.append({"id": 9, "name": "alma-9", "type": "os"})
        service = await it.billing.order("web1", EMAIL, options={"OS": "alma-9", "ip": "3"})
        assert it.panel.body_of("POST /dci/v3/server/1/os_install")["os_template"] == 9
        assert it.panel.body_of("POST /dci/v3/server/1/ip") == {"ippool": 3, "family": "ipv4", "count": 3}
        main_ip, *others = [name for _, name in it.panel.boxes[1].ips]
        assert (service.dedicated_ip, service.assigned_ips) == (main_ip, tuple(others))
        it.billing.write_addresses("web1", "203.0.113.7", ("203.0.113.8",))
        assert (service.dedicated_ip, service.assigned_ips) == ("203.0.113.7", ("203.0.113.8",))
        assert [name for _, name in it.panel.boxes[1].ips] == [main_ip, *others]

    shop(main)


@pytest.mark.requirement("W6-S15")
@pytest.mark.requirement("W6-O3")
@pytest.mark.requirement("W6-O4")
@pytest.mark.parametrize("prefix", [None, 64])
def test_ipv6_comes_with_an_ipv4_address(prefix: int | None):
    async def main(it: Shop) -> None:
        chosen = {"ip6": 2} | ({} if prefix is None else {"ip6_prefix": prefix})
        service = await it.billing.order("web1", EMAIL, options=chosen)
        four, *six = [name for _, name in it.panel.boxes[1].ips]
        assert ":" not in four
        assert [name.endswith("/64") for name in six] == [prefix is not None] * 2
        assert (service.dedicated_ip, service.assigned_ips) == (four, tuple(six))
        bodies = [body for line, body in zip(it.panel.seen, it.panel.bodies, strict=True) if line.endswith("/1/ip")]
        wanted = {"ippool": 5, "family": "ipv6", "count": 2} | ({} if prefix is None else {"ip_prefix": prefix})
        assert bodies[:2] == [{"ippool": 3, "family": "ipv4", "count": 1}, wanted]

    shop(main, **SIX)


@pytest.mark.requirement("W6-S15")
def test_ipv6_that_was_ordered_needs_a_pool():
    async def main(it: Shop) -> None:
        with pytest.raises(BadSettings, match=r"ipv6_pool .* is empty"):
            await it.billing.order("web1", EMAIL, options={"ipv6": 1})
        assert it.panel.seen == []

    shop(main)


@pytest.mark.requirement("W6-S16")
@pytest.mark.requirement("W6-S17")
@pytest.mark.parametrize("remove", [False, True])
@pytest.mark.parametrize("asked", [False, True])
def test_a_temporary_ipv4_serves_the_installation_unless_the_client_ordered_it(remove: bool, asked: bool):
    async def main(it: Shop) -> None:
        service = await it.billing.order("web1", EMAIL, options={"ip": 1} if asked else {})
        install = it.panel.body_of("POST /dci/v3/server/1/os_install")
        assert ("temporary_ipv4" in install) is not asked
        left = [":" in name for _, name in it.panel.boxes[1].ips]
        assert left == ([True] if remove and not asked else [False, True])
        assert len(service.addresses) == len(left)

    shop(main, **SIX, temporary_ipv4=True, remove_temporary_ips=remove)


@pytest.mark.requirement("W6-S17")
def test_temporary_addresses_stay_after_an_installation_that_failed():
    async def main(it: Shop) -> None:
        it.panel.outcome = "failed"
        with pytest.raises(Exception, match="did not succeed"):
            await it.billing.order("web1", EMAIL)
        assert len(it.panel.boxes[1].ips) == 2

    shop(main, **SIX, temporary_ipv4=True, remove_temporary_ips=True)


@pytest.mark.requirement("W6-S16")
@pytest.mark.parametrize(
    ("tariff", "text"),
    [
        ({"temporary_ipv4": True}, "needs an ipv6_pool"),
        ({"ipv6_pool": "public6", "remove_temporary_ips": True}, "needs temporary_ipv4"),
        ({"edition": "new"}, "edition is one of current, old"),
        ({"edition": "old", "diagnostic_pool": "x", "ipv6_pool": "y"}, "no setting diagnostic_pool, ipv6_pool"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(tariff: dict[str, object], text: str):
    with pytest.raises(BadSettings, match=text):
        Whmcs6Settings.from_mapping(tariff)


@pytest.mark.requirement("W6-old")
def test_the_old_edition_has_neither_ipv6_nor_a_server_in_the_card_nor_an_error_for_administrators():
    async def main(it: Shop) -> None:
        for name, more in (("web1", {"options": {"ip6": 1}}), ("web2", {"server": 2})):
            with pytest.raises(BadSettings, match="old edition"):
                await it.billing.order(name, EMAIL, **more)
        it.panel.users[5] = {"id": 5, "email": EMAIL, "roles": ["@admin"]}
        await it.billing.order("web3", EMAIL)
        await it.billing.terminate("web3")
        assert it.panel.body_of("POST /dci/v3/server/1/diagnostic") == {"template": 8, "clear_disks": True}
        assert it.panel.boxes[1].owner is None

    shop(main, edition="old")


@pytest.mark.requirement("W6-O6")
def test_the_server_is_written_into_the_card_before_processing_only():
    async def main(it: Shop) -> None:
        it.billing.place("web1", EMAIL)
        it.billing.choose_server("web1", 3)
        await it.billing.create("web1")
        assert it.billing.service("web1").server == 3
        with pytest.raises(IllegalEvent, match="before processing, and it is active"):
            it.billing.choose_server("web1", 2)

    shop(main)


def test_what_the_module_cannot_do_is_given_to_staff_and_completed_by_them():
    async def main(it: Shop) -> None:
        service = it.billing.place("web1", EMAIL)
        it.billing.hand_over("web1", "no server of that kind")
        assert (service.state, service.error) == (State.MANUAL, "no server of that kind")
        with pytest.raises(IllegalEvent):
            await it.billing.suspend("web1")
        it.billing.complete("web1")
        assert (service.state, service.error) == (State.ACTIVE, "")

    shop(main)


@pytest.mark.requirement("W6-S3", "W6-S17")
@pytest.mark.parametrize("outcome", ["ok", "failed"])
def test_temporary_addresses_go_too_when_the_installation_is_not_waited_for(outcome: str):
    """By the billing system's cron, when it has succeeded; after one that failed they stay, as where it is waited for."""

    async def main(it: Shop) -> None:
        it.panel.outcome = outcome
        service = await it.billing.order("web1", EMAIL)
        assert await it.billing.cron() == {}
        assert len(it.panel.boxes[1].ips) == len(service.addresses) == 2
        await it.clock.sleep(it.panel.install_takes)
        assert await it.billing.cron() == ({"web1": None} if outcome == "ok" else {})
        left = [":" in name for _, name in it.panel.boxes[1].ips]
        assert left == ([True] if outcome == "ok" else [False, True])
        assert len(service.addresses) == len(left)
        calls = len(it.panel.seen)
        await it.billing.cron()
        assert len(it.panel.seen) == calls

    shop(main, **SIX, temporary_ipv4=True, remove_temporary_ips=True, dont_wait=True)
