"""The kinds of faults that there are, for `pytest.mark.parametrize`."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from rackloop_pytest.own_process import helper
from rackloop_pytest.words import nearest

__all__ = ["fault_kinds"]


@cache
def _kinds() -> list[dict[str, Any]]:
    with helper() as process:
        kinds: list[dict[str, Any]] = process.ask("catalogue")["kinds"]
    return kinds


def fault_kinds(*patterns: str, given: Collection[str] = ("server",)) -> list[str]:
    """Names of the kinds of faults that match one of the patterns (all, without any), and that take every parameter in `given` and must
    have no other:

        @pytest.mark.parametrize("fault", rackloop_pytest.fault_kinds("bmc.*", "nic.*", given=["server"]))
        def test_the_server_is_given_back(rackloop_up, fault):
            rackloop_up.faults.inject(fault, server="srv-03")

    Raises ValueError for a pattern that no kind matches, with the nearest name, and for a parameter that no kind takes.
    """
    __tracebackhide__ = True
    kinds = _kinds()
    names = [kind["name"] for kind in kinds]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(f"fault_kinds: no kind of fault is like {pattern!r}{nearest(pattern, names)}")
    parameters = {name for kind in kinds for name in kind["takes"]}
    for name in given:
        if name not in parameters:
            raise ValueError(f"fault_kinds: given: no fault takes {name!r}{nearest(name, parameters)}")
    wanted = set(given)
    return [
        kind["name"]
        for kind in kinds
        if set(kind["needs"]) <= wanted <= set(kind["takes"])
        and (not patterns or any(fnmatchcase(kind["name"], pattern) for pattern in patterns))
    ]
