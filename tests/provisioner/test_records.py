from __future__ import annotations

import asyncio
import contextlib
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.clients.records6 import Operation, Server, User
from provisioner.clock import Clock, SystemClock
from provisioner.errors import BadSettings, IllegalEvent
from provisioner.modules.whmcs6.settings import Whmcs6Settings
from provisioner.services import LIFECYCLE, Client, Event, Service, State, generate_password

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(Event), max_size=12))
def test_a_service_moves_only_as_its_table_says(events: list[Event]):
    service = Service("web1", Client("a@example.com"), "secret")
    for event in events:
        before = service.state
        if (before, event) in LIFECYCLE:
            assert service.fire(event) is LIFECYCLE[before, event]
        else:
            with pytest.raises(IllegalEvent):
                service.fire(event)
            assert service.state is before


def test_every_state_is_reached_and_only_closed_has_no_way_out():
    assert {State.ORDERED, *LIFECYCLE.values()} == set(State)
    assert set(State) - {state for state, _ in LIFECYCLE} == {State.CLOSED}


@settings(deadline=None)
@given(st.integers(), st.integers(min_value=8, max_value=64))
def test_passwords_are_repeatable_from_a_seed_and_have_every_kind_of_sign(seed: int, length: int):
    password = generate_password(random.Random(seed), length)
    assert password == generate_password(random.Random(seed), length)
    assert len(password) == length
    for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits):
        assert set(password) & set(kind)


def test_passwords_differ_when_nobody_gives_a_seed():
    assert generate_password() != generate_password()


@settings(deadline=None)
@given(JSON, st.sampled_from([Server, Operation, User]))
def test_readers_of_the_panels_objects_read_or_say_that_they_cannot(row: object, reader: type):
    for value in (row, {"id": 1, "name": "x", "status": "ok", "email": "e", "roles": row, "operation": row, "ip": row}):
        try:
            reader.read(value)
        except (TypeError, ValueError, AttributeError, KeyError):
            continue


def test_an_operation_shows_the_newest_message_of_the_panel():
    row = {"id": "4", "status": "failed", "progress_info": [{"message": "first"}, {"message": "DHCP timed out"}]}
    assert str(Operation.read(row)) == "operation 4, failed: DHCP timed out"


@pytest.mark.requirement("W6-S2")
def test_settings_have_the_documents_defaults():
    plain = Whmcs6Settings.from_mapping({})
    assert plain == Whmcs6Settings()
    assert (plain.diagnostic_template, plain.location_id, plain.owner_after_termination) == ("Diag6", None, "")


@pytest.mark.requirement("W6-S4")
@pytest.mark.parametrize(
    ("written", "seconds"), [("90m", 5400), ("1.5 h", 5400), (45, 45), ("45", 45), ("2h", 7200), (0.5, 0.5)]
)
def test_times_are_written_with_units_or_in_seconds(written: object, seconds: float):
    assert Whmcs6Settings.from_mapping({"install_timeout": written}).install_timeout == seconds


@pytest.mark.requirement("W6-S6")
@pytest.mark.parametrize(("written", "read"), [(3, 3), ("", None), (None, None)])
def test_an_empty_location_means_any(written: object, read: int | None):
    assert Whmcs6Settings.from_mapping({"location_id": written}).location_id == read


@pytest.mark.parametrize(
    ("settings_", "text"),
    [
        ({"instal_timeout": 5}, "unknown setting 'instal_timeout'; the nearest there is: 'install_timeout'"),
        ({"operating_system": "x", "Pool": "y"}, "'operating_system'.*; unknown setting 'Pool'.*'pool'"),
        ({"install_timeout": "soon"}, "install_timeout is a time such as 90m"),
        ({"install_timeout": True}, "install_timeout is a time"),
        ({"install_timeout": float("nan")}, "install_timeout is a time"),
        ({"install_timeout": 0}, "above zero"),
        ({"dont_wait": "yes"}, "dont_wait is true or false"),
        ({"location_id": "main"}, "location_id is the number"),
        ({"location_id": True}, "location_id is the number"),
        ({"os": 12}, "os is text"),
    ],
)
def test_settings_that_are_not_understood_are_named(settings_: dict[str, object], text: str):
    with pytest.raises(BadSettings, match=text):
        Whmcs6Settings.from_mapping(settings_)


@pytest.mark.requirement("W6-S14")
@pytest.mark.parametrize("owner", ["stock", "stock@", "@example.com", "stock@example", "a b@example.com"])
def test_the_owner_after_termination_has_the_format_of_an_email(owner: str):
    with pytest.raises(BadSettings, match=r"user@domain\.com"):
        Whmcs6Settings(owner_after_termination=owner)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=12) | st.sampled_from(["os", "pool", "install_timeout", "location_id"]), JSON))
def test_settings_are_read_or_refused_in_words(data: dict[str, object]):
    with contextlib.suppress(BadSettings):
        assert Whmcs6Settings.from_mapping(data).install_timeout > 0


def test_the_hosts_clock_passes_and_its_time_limits_strike():
    async def main() -> None:
        clock: Clock = SystemClock()
        before = clock.now()
        await clock.sleep(0)
        assert clock.now() >= before
        with pytest.raises(TimeoutError):
            async with clock.timeout(0):
                await asyncio.Event().wait()

    asyncio.run(main())
