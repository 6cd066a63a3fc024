"""Pages made of walks: what of a PDU's outlets and a switch's ports is known lives, all else is as it was recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from statistics import median

from simulator.dcim.drivers.handlers import pdu_handler, pdu_handler_names, switch_handler
from simulator.dcim.drivers.handlers.pages import Control, PduHandler
from simulator.pdu.personality import NameObject, personality, personality_names
from simulator.recording.asking import Answers
from simulator.recording.objects import described
from simulator.snmp import oid
from simulator.snmp.ber import INTEGER
from simulator.snmp.oid import dotted, subids
from simulator.snmp.snmprec import Instance, written
from simulator.switch.personality import personality as switch_personality
from simulator.switch.personality import personality_names as switch_models

__all__ = ["NotLearned", "Recorded", "outlet_names", "pdu_page", "slug", "switch_page"]


class NotLearned(ValueError):
    """No page can be made of the device; the message says for want of what."""


@dataclass(slots=True)
class Recorded:
    """A device as it was recorded: the text of its page and of what stands beside it."""

    name: str
    """Of the files, without their endings."""
    title: str
    """As people call it, with what it has."""
    page: str
    beside: dict[str, str]
    """Other files by name."""
    not_learned: list[str] = field(default_factory=list)


_DESCRIPTION, _OBJECT_ID, _SERVICES = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.7.0"
_TYPE, _GIGABIT = "1.3.6.1.2.1.2.2.1.3", 117
_IF_DESCRIPTION = "1.3.6.1.2.1.2.2.1.2"


def slug(text: str) -> str:
    """`APC AP8641` as `apc-ap8641`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "device"


def outlet_names() -> frozenset[bytes]:
    """The object types that hold names of outlets, of all models that are known."""
    return frozenset(
        oid(item.object)
        for model in personality_names()
        for item in personality(model).outlets
        if isinstance(item, NameObject)
    )


def _by_name(walk: Sequence[Instance]) -> dict[str, Instance]:
    return {dotted(item.name): item for item in walk}


def _rows(walk: Sequence[Instance], column: str, instance: str = "") -> dict[int, int]:
    """Row -> value of a column of numbers, of which each row's name ends with `instance`."""
    base = subids(oid(column))
    tail = tuple(int(part) for part in instance.strip(".").split(".") if part)
    found = {}
    for item in walk:
        numbers = subids(item.name)
        if item.tag == INTEGER and numbers[: len(base)] == base and numbers[len(base) + 1 :] == tail:
            found[numbers[len(base)]] = item.number
    return found


def _system(walk: Sequence[Instance]) -> tuple[str, str, int]:
    """Description, object id and services. Raises NotLearned."""
    found = _by_name(walk)
    if _OBJECT_ID not in found:
        raise NotLearned("it has no sysObjectID: is that an SNMP agent's walk?")
    description = found.get(_DESCRIPTION)
    services = found.get(_SERVICES)
    text = description.content.decode("latin-1") if description else ""
    return text[:255], dotted(found[_OBJECT_ID].content), services.number if services and services.tag == INTEGER else 0


def _head(title: str, answers: Answers, told: Sequence[str]) -> list[str]:
    slow = max(answers.seconds, default=0.0)
    middle = median(answers.seconds) if answers.seconds else 0.0
    return [
        f"# {title}: recorded by `rackloop record`.",
        f"# Its answers took {middle * 1000:.0f} ms, the slowest {slow * 1000:.0f} ms.",
        *(f"# not learned: {line}" for line in told),
    ]


def _objects(walk: Sequence[Instance]) -> str:
    unknown = sum(not described(dotted(item.name))[0] for item in walk)
    return f"{len(walk)} objects, {unknown} of no MIB that is known here"


def _title(description: str) -> str:
    """What a description says first, in few words."""
    model = re.search(r"MN:\s*(\S+)", description)
    if model:
        return f"APC {model[1]}"
    return " ".join(re.split(r"[\s,]+", description.strip())[:4]) or "an SNMP agent"


# PDUs


def pdu_page(answers: Answers, name: str = "") -> Recorded:
    """Raises NotLearned where no handler of the panel finds outlets in it."""
    walk = answers.instances
    description, object_id, services = _system(walk)
    chosen, rows = _pdu_handler(walk)
    handler = pdu_handler(chosen)
    title = _title(description)
    name = name or slug(title)
    order = sorted(rows)
    told = [
        "what a SET does (nothing was written): outlets obey at once, as the handler commands them",
        "loads, names and times of outlets: they are as recorded, and do not change",
    ]
    states, places = _outlet_objects(walk, handler, order, rows, told)
    full = f"{title}: {len(order)} outlets; {_objects(walk)}"
    lines = [
        *_head(full, answers, told),
        f"handler: {chosen}",
        f"description: {json.dumps(description)}",
        f"object_id: {object_id}",
        f"services: {min(services, 127)}",
        f"walk: {name}.walk",
        'outlet_name: "Outlet {n}"',
    ]
    if places:
        lines.append(f"places: {list(places)}")
    lines += ["outlets:", *(f"  - {json.dumps(state)}" for state in states)]
    return Recorded(name, full, "\n".join(lines) + "\n", {f"{name}.walk": written(walk)}, told)


def _pdu_handler(walk: Sequence[Instance]) -> tuple[str, dict[int, int]]:
    """The one that finds the most outlets which it can switch; its name, and the outlets' states by row."""
    best: tuple[tuple[int, int], str, dict[int, int]] = ((0, 0), "", {})
    for name in pdu_handler_names():
        handler = pdu_handler(name)
        rows = _rows(walk, handler.status.column, handler.status.instance)
        commands = any(dotted(item.name).startswith(f"{handler.control.column}.") for item in walk)
        rank = (int(commands), len(rows))
        if rows and rank > best[0]:
            best = rank, name, rows
    if not best[1]:
        raise NotLearned(
            f"none of the panel's handlers finds outlets in it; there are {', '.join(pdu_handler_names())}"
        )
    return best[1], best[2]


def _outlet_objects(
    walk: Sequence[Instance], handler: PduHandler, order: Sequence[int], rows: dict[int, int], told: list[str]
) -> tuple[list[dict[str, object]], tuple[int, ...]]:
    """The objects that tell and command, and where outlet 1, 2, ... stand where that is not at 1, 2, ..."""
    status, control = handler.status, handler.control
    gaps = tuple(order) if list(order) != list(range(1, len(order) + 1)) else ()
    index = ("{at}" if gaps else "{n}") + status.instance
    shown: dict[str, object] = {
        "object": status.column,
        "is": "state",
        "on": status.on,
        "off": status.off,
        "index": index,
    }
    if any(value not in (status.on, status.off) for value in rows.values()):
        told.append("what states other than on and off mean: they are shown as off")
    if control.column == status.column:
        return [{**shown, "commands": _commands(control)}], gaps
    found: list[dict[str, object]] = [shown]
    if control.places and gaps:
        told.append("how outlets are commanded: their numbers have gaps")
        return found, gaps
    places = gaps or tuple(control.places[: len(order)])
    at = "{at}" if places else "{n1}" if control.offset == 1 else "{n}"
    parts = [(control.column, "on")] if control.off_column else [(control.column, "both")]
    if control.off_column:
        parts.append((control.off_column, "off"))
    for column, which in parts:
        commands = _commands(control) if which == "both" else {control.on if which == "on" else control.off: which}
        values = _rows(walk, column, control.instance)
        item: dict[str, object] = {
            "object": column, "is": "state", "on": control.on, "off": control.off, "index": at + control.instance,
            "commands": commands,
        }  # fmt: skip
        agree = which == "both" and all(
            values.get(row) == (control.on if state == status.on else control.off) for row, state in rows.items()
        )
        if not agree and values:
            item["reads"] = next(iter(values.values()))
            if len(set(values.values())) > 1:
                told.append(f"what {column} reads as, where it does not tell the state")
        found.append(item)
    return found, places


def _commands(control: Control) -> dict[int, str]:
    return {control.on: "on", control.off: "off"}


# switches


def switch_page(answers: Answers, name: str = "") -> Recorded:
    """Raises NotLearned for an agent without Ethernet interfaces."""
    walk = answers.instances
    description, object_id, services = _system(walk)
    told: list[str] = []
    chosen = _switch_handler(object_id, set(_rows(walk, _TYPE).values()), told)
    page = switch_handler(chosen)
    names = _by_name(walk)
    ports = []
    for row, kind in sorted(_rows(walk, _TYPE).items()):
        shown = names.get(f"{_IF_DESCRIPTION}.{row}")
        text = shown.content.decode("latin-1") if shown else ""
        if kind in page.port_types and not (page.not_ports and text.startswith(page.not_ports)):
            ports.append(row)
    if not ports:
        raise NotLearned("it has no Ethernet interfaces (ifType 6): is that a switch?")
    title = _title(description)
    name = name or slug(title)
    told += [
        "what a SET does (nothing was written): ports obey at once",
        "VLANs: they are as recorded, and cannot be set",
    ]
    full = f"{title}: {len(ports)} ports; {_objects(walk)}"
    lines = [
        *_head(full, answers, told),
        f"handler: {chosen}",
        f"description: {json.dumps(description)}",
        f"object_id: {object_id}",
        f"services: {min(services, 127)}",
        f"walk: {name}.walk",
        f"indexes: {ports}",
    ]
    return Recorded(name, full, "\n".join(lines) + "\n", {f"{name}.walk": written(walk)}, told)


def _switch_handler(object_id: str, types: Collection[int], told: list[str]) -> str:
    """That of a known model of the same maker; without, one that needs no more than IF-MIB and Q-BRIDGE-MIB."""
    maker = object_id.split(".")[:7]
    for model in switch_models():
        if switch_personality(model).object_id.split(".")[:7] == maker:
            return switch_personality(model).handler
    chosen = "dlink" if _GIGABIT in types else "arista"
    told.append(
        f"which handler fits its maker ({'.'.join(maker)}): `{chosen}`, which asks for IF-MIB and Q-BRIDGE-MIB only"
    )
    return chosen
