"""JSON by an encoder that is made once. `json.JSONEncoder.encode` makes its C encoder anew for every value, which for the small objects
of a run costs more than the encoding.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from json import encoder as insides
from typing import Any, NoReturn

__all__ = ["json_encoder"]


def json_encoder(*, sort_keys: bool = False, allow_nan: bool = True) -> Callable[[Any], str]:
    """What `json.dumps` gives with these, no blanks and no escapes beyond what JSON asks for. Raises TypeError and ValueError as it does;
    of an object that contains itself RecursionError.
    """
    make: Any = getattr(insides, "c_make_encoder", None)
    if make is None:  # another Python than CPython
        return json.JSONEncoder(
            sort_keys=sort_keys, allow_nan=allow_nan, ensure_ascii=False, separators=(",", ":")
        ).encode
    pieces = make(None, _refuse, insides.encode_basestring, None, ":", ",", sort_keys, False, allow_nan)

    def encode(value: Any) -> str:
        return "".join(pieces(value, 0))

    return encode


def _refuse(value: Any) -> NoReturn:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
