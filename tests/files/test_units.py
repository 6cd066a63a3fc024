"""Quantities with units, as files write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.modules.whmcs6 import Whmcs6Settings
from simulator.files.units import (
    parse_duration,
    parse_moment,
    parse_octets,
    parse_rate,
    parse_share,
    parse_zone,
)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_duration, "90s", 90.0),
        (parse_duration, "25 m", 1500.0),
        (parse_duration, "1.5h", 5400.0),
        (parse_duration, "250ms", 0.25),
        (parse_duration, 7, 7.0),
        (parse_octets, "900 MB", 900_000_000),
        (parse_octets, "1TB", 10**12),
        (parse_rate, "1 Gbit/s", 10**9),
        (parse_rate, "450 MB/s", 3_600_000_000),
        (parse_share, "40%", 0.4),
        (parse_share, 0.4, 0.4),
    ],
)
def test_quantities_are_read(parse, text, value) -> None:
    assert parse(text) == pytest.approx(value)


@pytest.mark.parametrize("parse", [parse_duration, parse_octets, parse_rate, parse_share])
@settings(deadline=None, max_examples=100)
@given(value=st.one_of(st.text(max_size=12), st.floats(), st.integers(), st.booleans(), st.none(), st.lists(st.text())))
def test_anything_else_is_a_value_error(parse, value) -> None:
    try:
        found = parse(value)
    except ValueError as error:
        assert "write it as" in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert 0 <= found < 1e19


@pytest.mark.parametrize("text", ["9" * 400 + "d", "150%", "-3s", "10 parsecs", "", True])
def test_what_cannot_be_is_refused(text) -> None:
    for parse in (parse_duration, parse_share):
        with pytest.raises(ValueError):
            parse(text)


@pytest.mark.parametrize(
    "text", ["2026-03-29T00:30:00Z", "2026-03-29 02:30:00+02:00", "2026-03-29T00:30:00", "2026-03-29T00:30:00.5Z"]
)
def test_an_instant_is_read_in_utc_to_whole_seconds(text) -> None:
    assert parse_moment(text) == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


@settings(deadline=None, max_examples=200)
@given(value=st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.none(), st.datetimes(), st.dates()))
def test_what_is_no_instant_or_zone_is_a_value_error(value) -> None:
    for parse in (parse_moment, parse_zone):
        try:
            found = parse(value)
        except ValueError as error:
            assert "write it as" in str(error)  # noqa: PT017 - either outcome is right
        else:
            assert parse(found) == found


@pytest.mark.parametrize("text", ["Europe/Berlni", "../../etc/passwd", "/etc/localtime", "", 3, "x" * 5000])
def test_a_zone_that_there_is_not_is_refused(text) -> None:
    with pytest.raises(ValueError, match="is no time zone"):
        parse_zone(text)


@given(
    st.integers(1, 9999),
    st.sampled_from(["", ".5", ".25"]),
    st.sampled_from(["", " "]),
    st.sampled_from(["", "s", "m", "min", "h", "d"]),
)
def test_a_billing_module_reads_a_duration_as_a_scenario_does(whole, part, space, unit):
    text = f"{whole}{part}{space}{unit}"
    settings = Whmcs6Settings.from_mapping({"install_timeout": text})
    assert settings.install_timeout == parse_duration(text)
