"""Main addresses of free servers in a lab file: written out, by a pattern, or the next of a pool; and what is refused."""

from __future__ import annotations

import pytest

from simulator.files.lab_file import lab_from_document
from simulator.files.problems import FileProblems
from simulator.files.reader import read_text

HALL = """\
lab: stock
racks:
  - name: A1
    servers:
      - {{name: "a{{n}}", count: {count}, configuration: E3-1230-16Gb-500SSD, address: {address}}}
      - {{name: b1, configuration: E3-1230-16Gb-500SSD, address: 192.0.2.11}}
      - {{name: c1, configuration: E3-1230-16Gb-500SSD}}
panel:
  pools:
    - {{name: public, range: 192.0.2.0-192.0.2.13, gateway: 192.0.2.1}}
    - {{name: six, range: "2001:db8::10-2001:db8::12", gateway: "2001:db8::1"}}
    - {{name: diag, range: 198.51.100.10-198.51.100.19, gateway: 198.51.100.1, deallocation: true}}
"""


def addresses(address: str, count: int = 1) -> dict[str, str]:
    document = read_text(HALL.format(address=address, count=count).encode(), "lab.yaml")
    return {name: server.address for name, server in lab_from_document(document).servers.items()}


@pytest.mark.parametrize(
    ("address", "count", "given"),
    [
        ('"192.0.2.{n}2"', 1, ["192.0.2.12"]),
        # the network's own address, its gateway and what is written out are no pool's to give
        ("public", 3, ["192.0.2.2", "192.0.2.3", "192.0.2.4"]),
        ("six", 2, ["2001:db8::10", "2001:db8::11"]),
        ("public", 10, [f"192.0.2.{n}" for n in range(2, 11)] + ["192.0.2.12"]),
    ],
)
def test_each_free_server_has_the_address_that_the_file_says(address: str, count: int, given: list[str]) -> None:
    found = addresses(address, count)
    assert [found[f"a{n}"] for n in range(1, count + 1)] == given
    assert (found["b1"], found["c1"]) == ("192.0.2.11", "")


@pytest.mark.parametrize(
    ("address", "count", "problem"),
    [
        ("192.0.2.11", 1, "192.0.2.11 is the main address of a1 already"),
        ("192.0.2.1", 1, "192.0.2.1 is in no pool that servers are sold with"),
        ("203.0.113.1", 1, "203.0.113.1 is in no pool that servers are sold with"),
        ("198.51.100.10", 1, "198.51.100.10 is in no pool that servers are sold with"),
        ("diag", 1, "the pool diag is for deallocation"),
        ("pulbic", 1, "'pulbic' is neither an address nor a pool; did you mean `public`?"),
        ("six", 4, "the pool six has no address left for a4"),
        ('"{x}"', 1, "x"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(address: str, count: int, problem: str) -> None:
    with pytest.raises(FileProblems) as caught:
        addresses(address, count)
    (found,) = {str(each) for each in caught.value.problems}
    assert found.startswith("lab.yaml:")
    assert problem in found
