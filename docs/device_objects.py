"""Lists what each PDU and switch model answers over SNMP: `python -m docs.device_objects` writes `docs/device-objects.md`.

Numbers are read from the pages in `simulator/pdu/personalities` and `simulator/switch/personalities`. Names of groups are those
of the makers' own MIB modules, which are no part of this project: where `RACKLOOP_MIBS` names their folder (and pysmi is
installed) they are written, else those that the page has are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from simulator.pdu import personality as pdu_page
from simulator.pdu import personality_names as pdu_names
from simulator.pdu.device import pdu_template
from simulator.snmp import dotted
from simulator.snmp.constants import Absent
from simulator.switch import personality as switch_page
from simulator.switch import personality_names as switch_names
from simulator.switch.device import switch_template
from tests.snmp.modules import PRESENT, modules

__all__ = ["PAGE", "numbers", "text"]

PAGE = Path(__file__).with_name("device-objects.md")
_HEAD = """\
# What PDUs and switches answer over SNMP

For each model, by group (a table's entry, or where scalars hang): the numbers of the objects that it answers, and of the readable
ones that its make's module has besides, with the reason. Made by `python -m docs.device_objects` from the pages of the models; a test
holds it current. Another test holds every answer against the makers' own MIB modules (type, index, named numbers, ranges, and
that nothing is absent which is not listed here), where `RACKLOOP_MIBS` names a folder with them and pysmi is installed; they are
not part of this project. Values are the plant's where it has them (relays, loads, energy, links, octets, damaged frames,
stations, VLANs), else constants of the page. An object that its module lets a manager write, and whose value is a constant, refuses a SET (notWritable).\

<!-- run -->
```console
$ rackloop run scenarios/ports/renumbered.yaml
1/1  passed  scenarios/ports/renumbered.yaml  ...
1 passed
```
"""
_ROW = re.compile(r"^\| `([0-9.]+)`(?: ([A-Za-z0-9-]+))? \|", re.MULTILINE)


def numbers(listed: Iterable[int]) -> str:
    """`1-4, 7` of 1, 2, 3, 4, 7."""
    runs: list[list[int]] = []
    for number in sorted(listed):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _groups(objects: Iterable[bytes]) -> dict[str, set[int]]:
    groups: dict[str, set[int]] = {}
    for name in objects:
        group, _, number = dotted(name).rpartition(".")
        groups.setdefault(group, set()).add(int(number))
    return groups


def _name(group: str, kept: Mapping[str, str]) -> str:
    if PRESENT:
        node = modules().get(tuple(map(int, group.split("."))))
        return f" {node.name}" if node else ""
    return f" {kept[group]}" if kept.get(group) else ""


def _order(group: str) -> tuple[int, ...]:
    return tuple(map(int, group.split(".")))


def _table(groups: Mapping[str, set[int]], absent: Sequence[Absent], kept: Mapping[str, str]) -> list[str]:
    lines = ["| group | answered | absent |", "| --- | --- | --- |"]
    for group in sorted(groups, key=_order):
        missing = [f"{numbers(each.numbers)}: {each.why}" for each in absent if each.entry == group]
        lines.append(f"| `{group}`{_name(group, kept)} | {numbers(groups[group])} | {'; '.join(missing)} |")
    return lines


def text() -> str:
    """The whole page."""
    kept = {}
    if PAGE.exists():
        kept = {match[1]: match[2] or "" for match in _ROW.finditer(PAGE.read_text(encoding="utf-8"))}
    pdus = {name: _groups(pdu_template(name, 8).objects) for name in pdu_names()}
    switches = {name: _groups(switch_template(name, 8).objects) for name in switch_names()}
    every = [*pdus.values(), *switches.values()]
    common = {group: listed for group, listed in every[0].items() if all(each.get(group) == listed for each in every)}
    lines = [*_HEAD.splitlines(), "", "## Every model", "", *_table(common, (), kept)]
    for title, models in (("PDUs", pdus), ("Switches", switches)):
        for name, groups in models.items():
            page = pdu_page(name) if models is pdus else switch_page(name)
            own = {group: listed for group, listed in groups.items() if common.get(group) != listed}
            lines += ["", f"## {title}: {name}", "", *_table(own, page.absent, kept)]
            if page.sources:
                lines += [
                    "",
                    "No module is to be had for some of it. Sources:",
                    "",
                    *[f"- {each}" for each in page.sources],
                ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
