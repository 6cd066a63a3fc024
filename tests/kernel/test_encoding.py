"""The encoder that is made once writes what `json.dumps` writes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.kernel.encoding import json_encoder

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.booleans())
def test_it_writes_what_json_dumps_writes(value, sort_keys):
    expected = json.dumps(value, sort_keys=sort_keys, ensure_ascii=False, separators=(",", ":"))
    assert json_encoder(sort_keys=sort_keys)(value) == expected


def test_it_refuses_what_is_no_json():
    with pytest.raises(TypeError, match="Object of type set is not JSON serializable"):
        json_encoder()({"a": {1}})
    with pytest.raises(ValueError, match="Out of range"):
        json_encoder(allow_nan=False)([float("nan")])
