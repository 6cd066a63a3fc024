"""A code under a prepared key is the one that the standard library gives."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.mac import Mac

DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


@given(st.binary(max_size=128), st.binary(max_size=300), st.sampled_from(DIGESTS))
def test_a_prepared_key_gives_the_code_that_the_standard_library_gives(key: bytes, data: bytes, digest: str) -> None:
    key = key[: hashlib.new(digest).block_size]
    mac = Mac(key, digest)
    assert mac(data) == mac(data) == hmac.digest(key, data, digest)


def test_a_key_longer_than_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="65 octets is longer than a block of sha1, 64"):
        Mac(bytes(65), "sha1")
