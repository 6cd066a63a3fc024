"""What users have beside their records: access lists, SSH keys, roles, settings, bans, one-time codes."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.dcim.errors import AddressRefused, Invalid, NotFound, PanelError
from simulator.dcim.people.access_lists import AccessLists
from simulator.dcim.people.roles import Roles, sub_role
from simulator.dcim.people.second_factor import one_time_code
from simulator.dcim.people.settings import Settings
from simulator.dcim.people.ssh_keys import SshKeys

ADDRESSES = st.integers(0, 2**32 - 1).map(lambda number: str(IPv4Address(number)))


def let_in(lists: AccessLists, user: int, address: str) -> bool:
    try:
        lists.check(user, address)
    except AddressRefused:
        return False
    return True


@given(ADDRESSES, ADDRESSES, ADDRESSES)
@settings(deadline=None, max_examples=50)
def test_a_range_lets_in_what_lies_in_it(one, other, caller):
    first, last = sorted((one, other), key=ip_address)
    lists = AccessLists()
    lists.set_own(1, [f"{first}-{last}"])
    assert let_in(lists, 1, caller) == (ip_address(first) <= ip_address(caller) <= ip_address(last))
    assert let_in(lists, 2, caller)
    assert not let_in(lists, 1, "::1")
    assert not let_in(lists, 1, "a unix socket")


@given(st.text(max_size=20))
@settings(deadline=None, max_examples=60)
def test_any_text_as_a_range_is_understood_or_refused(text):
    lists = AccessLists()
    try:
        lists.set_own(1, [text])
    except Invalid:
        assert lists.own(1) == ()
    else:
        assert lists.own(1) == (text,)


def test_of_several_lists_any_lets_in():
    lists = AccessLists()
    lists.create("office", ["10.0.0.0/8"], [1])
    lists.create("home", ["2001:db8::/32"], [1, 1])
    assert let_in(lists, 1, "10.9.9.9")
    assert let_in(lists, 1, "2001:db8::1")
    assert not let_in(lists, 1, "192.0.2.1")
    lists.forget(1)
    assert let_in(lists, 1, "192.0.2.1")


@given(st.text(max_size=60) | st.from_regex(r"ssh-rsa [A-Za-z0-9+/]{0,20}={0,3}( .*)?", fullmatch=True))
@settings(deadline=None, max_examples=60)
def test_any_text_as_an_ssh_key_is_kept_as_it_is_or_refused(text):
    keys = SshKeys()
    try:
        key = keys.add(1, "mine", text)
    except Invalid:
        assert keys.of(1) == []
    else:
        assert key.text == text.strip()
        with pytest.raises(NotFound):
            keys.get(2, key.id)


@given(st.text(max_size=20), st.integers(-(10**12), 10**12))
@settings(deadline=None, max_examples=60)
def test_any_secret_gives_six_digits_or_is_refused(secret, at):
    try:
        code = one_time_code(secret, abs(at))
    except Invalid:
        return
    assert 0 <= code < 1_000_000


@given(st.text(max_size=12), st.text(max_size=12))
@settings(deadline=None, max_examples=60)
def test_any_setting_is_taken_or_refused_and_then_nothing_has_changed(name, value):
    kept = Settings(3600.0)
    for key in (name, "token_ttl", "timezone"):
        before = kept.token_ttl
        try:
            kept.set(key, value)
        except PanelError:
            assert kept.token_ttl == before
        else:
            assert kept.get(key) == value


def test_sub_roles_go_by_kind_and_by_reading_or_writing():
    assert sub_role("server.power_on", "POST") == "@server_write"
    assert sub_role("auth.user.list", "GET") == "@user_read"
    assert sub_role("auth.acl.delete", "DELETE") == "@acl_write"


def test_a_grant_ends_with_either_of_its_people():
    roles = Roles()
    roles.grant(1, 2, ["@user"])
    roles.grant(3, 1, ["@user"], instance=1)
    roles.forget(1)
    assert roles.granted(1, 2) == roles.granted(3, 1, 1) == ()
    with pytest.raises(Invalid):
        roles.grant(1, 2, ["@king"])
