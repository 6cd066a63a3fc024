"""Where what listens everywhere is reached, and from where a host is asked."""

import pytest

from simulator.kernel.hosts import is_everywhere, is_loopback, local_for, reached_at


@pytest.mark.parametrize(
    ("host", "reached", "loopback", "local"),
    [
        ("0.0.0.0", "127.0.0.1", False, ("0.0.0.0", 0)),
        ("::", "::1", False, ("::", 0)),
        ("127.16.0.1", "127.16.0.1", True, None),
        ("::1", "::1", True, ("::", 0)),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1", True, ("::", 0)),
        ("127.0.0.1.example", "127.0.0.1.example", False, None),
        ("192.0.2.2", "192.0.2.2", False, ("0.0.0.0", 0)),
    ],
)
def test_a_wildcard_address_is_reached_on_loopback_and_every_other_at_itself(host, reached, loopback, local):
    assert reached_at(host) == reached
    assert is_everywhere(host) is (reached != host)
    assert is_loopback(host) is loopback
    assert local_for(host) == local
