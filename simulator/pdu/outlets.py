"""The objects of a PDU's page over its management card."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.pdu.card import Card
from simulator.pdu.hardware import Load
from simulator.pdu.personality import (
    AllObject,
    ConstantColumn,
    ConstantObject,
    CountObject,
    LoadStateObject,
    MeteredObject,
    NameObject,
    NumberObject,
    OutletObject,
    PendingObject,
    Personality,
    SettingObject,
    StateObject,
    SystemObject,
    TextObject,
    TimerObject,
    UnitObject,
)
from simulator.snmp import Object, Writer, column, scalar
from simulator.snmp.ber import gauge32, integer, octets
from simulator.snmp.constants import encoded, ip_address
from simulator.snmp.mib import Reader, writes_integer, writes_octets

__all__ = ["metered_objects", "outlet_objects", "page_objects", "unit_objects"]

NEAR = 0.8
"""The share of its rating from which a load is near it."""

_SUBJECTS: dict[str, Callable[[Card, int], Load]] = {
    "outlet": lambda card, row: card.outlets[row],
    "bank": lambda card, row: card.hardware.banks[row],
    "phase": lambda card, row: card.hardware.phases[row],
    "whole": lambda card, row: card.hardware.whole,
    "load": lambda card, row: card.hardware.banks[row - 1] if row else card.hardware.whole,
}
_QUANTITIES: dict[str, Callable[[Card, Load], float]] = {
    "amperes": lambda card, load: load.amperes,
    "watts": lambda card, load: load.watts,
    "volt_amperes": lambda card, load: card.volts * load.amperes,
    "kilowatt_hours": lambda card, load: card.hardware.kilowatt_hours,
    "volts": lambda card, load: card.volts,
    "rating": lambda card, load: load.rating,
    "volt_amperes_rating": lambda card, load: card.volts * load.rating,
    "power_factor": lambda card, load: load.watts / (card.volts * load.amperes) if load.amperes else 1.0,
    "used": lambda card, load: load.amperes / load.rating if load.rating else 0.0,
    "volt_amperes_used": lambda card, load: load.amperes / load.rating if load.rating else 0.0,
    "headroom": lambda card, load: max(0.0, load.rating - load.amperes),
    "uptime": lambda card, load: card.uptime() // 100,
}
_SYSTEM: dict[str, Callable[[Card], bytes]] = {
    "sys_name": lambda card: card.name,
    "sys_location": lambda card: card.location,
    "sys_contact": lambda card: card.contact,
    "address": lambda card: card.traffic.address,
    "mac": lambda card: card.mac,
    "mac_text": lambda card: card.mac.hex("-").upper().encode(),
}


def page_objects(page: Personality, outlets: int) -> list[Object[Card]]:
    """All that a page says of a strip with so many outlets. Raises ValueError for more than it can have."""
    if page.places and outlets > len(page.places):
        raise ValueError(f"a {page.description} has at most {len(page.places)} outlets, not {outlets}")
    by_name: dict[bytes, list[Object[Card]]] = {}
    for objects in (unit_objects, outlet_objects, metered_objects):
        for item in objects(page, outlets):
            by_name.setdefault(item.name, []).append(item)
    return [parts[0] if len(parts) == 1 else _merged(parts) for parts in by_name.values()]


def _merged(parts: Sequence[Object[Card]]) -> Object[Card]:
    """Rows of several kinds in one column, as where each sensor of an outlet has a row: numbered through, and passed on
    to the part that they came from.
    """
    rows: dict[bytes, int] = {}
    fixed: dict[int, bytes] = {}
    origin: list[tuple[Reader[Card] | None, int]] = []
    for part in parts:
        for index, row in part.rows.items():
            if index in rows:
                raise ValueError("one instance is defined twice")
            rows[index] = len(origin)
            if row in part.fixed:
                fixed[len(origin)] = part.fixed[row]
            origin.append((part.read, row))

    def read(card: Card, row: int) -> bytes:
        reader, inner = origin[row]
        assert reader is not None  # or it is fixed
        return reader(card, inner)

    if any(part.write for part in parts):
        raise ValueError("a column of several kinds of rows cannot be written")
    return Object(parts[0].name, rows, read, fixed, None)


def unit_objects(page: Personality, outlets: int) -> list[Object[Card]]:
    """The objects of the strip as a whole."""
    return [_unit_object(item, outlets) for item in page.unit]


def outlet_objects(page: Personality, outlets: int) -> list[Object[Card]]:
    """The columns with a row for each outlet."""
    return [_outlet_object(item, _indexes(item.index, outlets, page.places), outlets) for item in page.outlets]


def _unit_object(item: UnitObject, outlets: int) -> Object[Card]:
    if isinstance(item, ConstantObject):
        return scalar(item.object, encoded(item.value, 1), instance=item.instance)
    if isinstance(item, CountObject):
        return scalar(item.object, integer(outlets), instance=item.instance)
    if isinstance(item, TextObject):
        return _text(item)
    if isinstance(item, SystemObject):
        text = _SYSTEM[item.is_]
        if item.is_ == "address":
            return scalar(item.object, lambda card, row: ip_address(text(card)), instance=item.instance)
        return scalar(item.object, lambda card, row: octets(text(card)), instance=item.instance)
    return _all(item)


def _text(item: TextObject) -> Object[Card]:
    yes, no = item.yes.ljust(item.width), item.no.ljust(item.width)

    def states(card: Card, row: int) -> bytes:
        return octets("".join([yes if outlet.on else no for outlet in card.outlets]))

    def pending(card: Card, row: int) -> bytes:
        return octets("".join([yes if card.pending(row) else no for row in range(len(card.outlets))]))

    return scalar(item.object, states if item.is_ == "all_states" else pending, instance=item.instance)


def _all(item: AllObject) -> Object[Card]:
    def command(card: Card, row: int, value: int) -> None:
        card.command_all(item.commands[value])

    reads = integer(item.reads)
    return scalar(item.object, lambda card, row: reads, writes_integer(item.commands, command), instance=item.instance)


def _outlet_object(item: OutletObject, indexes: dict[int, tuple[int, ...]], outlets: int) -> Object[Card]:
    """One column over the outlets: how it is read and written follows from the quantity that the page says it is."""
    if isinstance(item, NumberObject):
        numbers = {row: octets(str(row + 1)) if item.text else integer(row + 1) for row in range(outlets)}
        return column(item.object, indexes, None, None, numbers)
    if isinstance(item, NameObject):
        return column(item.object, indexes, lambda card, row: octets(card.outlet_name(row)), _name_writer(item))
    if isinstance(item, StateObject):
        return column(item.object, indexes, _state_reader(item), _state_writer(item))
    if isinstance(item, TimerObject):
        action = item.command
        return column(
            item.object,
            indexes,
            lambda card, row: integer(card.seconds_left(row, action)),
            writes_integer(
                range(-1, item.most + 1), lambda card, row, seconds: card.command_after(row, action, seconds)
            ),
        )
    if isinstance(item, PendingObject):
        yes, no = integer(item.yes), integer(item.no)
        return column(item.object, indexes, lambda card, row: yes if card.pending(row) else no)
    which = item.is_
    return column(item.object, indexes, lambda card, row: integer(card.setting(which, row)), _setting_writer(item))


def _indexes(pattern: str, rows: int, places: Sequence[int] = ()) -> dict[int, tuple[int, ...]]:
    found = {}
    for row in range(rows):
        at = places[row] if places else row + 1
        found[row] = tuple(int(part) for part in pattern.format(n=row + 1, n0=row, n1=row + 2, at=at).split("."))
    return found


def _state_reader(item: StateObject) -> Reader[Card]:
    if item.reads is not None:
        fixed = integer(item.reads)
        return lambda card, row: fixed
    on, off = integer(item.on), integer(item.off)
    if item.pending_on is None and item.pending_off is None and item.rebooting is None:
        return lambda card, row: on if card.outlets[row].on else off
    coming = off if item.pending_on is None else integer(item.pending_on)
    going = on if item.pending_off is None else integer(item.pending_off)
    rebooting = coming if item.rebooting is None else integer(item.rebooting)
    at_start = {
        True: on if item.start_on is None else integer(item.start_on),
        False: off if item.start_off is None else integer(item.start_off),
    }

    def state(card: Card, row: int) -> bytes:
        awaited, is_on = card.awaited(row), card.outlets[row].on
        if awaited in (("off", "reboot") if is_on else ("on",)):
            return going if is_on else rebooting if card.rebooting(row) else coming
        if not card.commanded(row):
            return at_start[is_on]
        return on if is_on else off

    return state


def metered_objects(page: Personality, outlets: int) -> list[Object[Card]]:
    """The columns of what is measured, with a row for each outlet, bank, phase or the strip."""
    return [_metered_object(page, item, outlets) for item in page.metered]


def _metered_object(page: Personality, item: MeteredObject, outlets: int) -> Object[Card]:
    """One column over what is metered: labels and volts are fixed for the model, the rest is read from the plant."""
    banks = page.banks if page.banks > 1 else 0
    rows = {"outlet": outlets, "bank": page.banks, "phase": page.phases, "whole": 1, "load": 1 + banks}[item.of]
    subject = _SUBJECTS[item.of]
    indexes = _indexes(item.index, rows, page.places if item.of == "outlet" else ())
    if isinstance(item, ConstantColumn):
        return column(item.object, indexes, None, None, {row: encoded(item.value, row + 1) for row in range(rows)})
    if isinstance(item, LoadStateObject):
        normal, near, over = integer(item.normal), integer(item.near), integer(item.over)
        off = normal if item.off is None else integer(item.off)

        def state(card: Card, row: int) -> bytes:
            if item.of == "outlet" and not card.outlets[row].on:
                return off
            load = subject(card, row)
            share = load.amperes / load.rating if load.rating else 0.0
            return normal if share < NEAR else near if share <= 1 else over

        return column(item.object, indexes, state)
    encode: Callable[[int], bytes] = gauge32 if item.gauge else integer
    quantity, per = _QUANTITIES.get(item.what), item.per
    if quantity is None:
        fixed = {row: encode(round(_label(page, item.what, item.of, row, outlets) * per)) for row in range(rows)}
        return column(item.object, indexes, None, None, fixed)
    if item.what == "volts" and item.digits is None:
        volts = encode(round(page.volts * per))
        return column(item.object, indexes, None, None, dict.fromkeys(range(rows), volts))
    measure = quantity

    if item.digits is not None:
        form = f"{{:.{item.digits}f}}"
        return column(
            item.object, indexes, lambda card, row: octets(form.format(measure(card, subject(card, row)) * per))
        )

    def value(card: Card, row: int) -> bytes:
        return encode(round(measure(card, subject(card, row)) * per))

    return column(item.object, indexes, value)


def _label(page: Personality, what: str, of: str, row: int, outlets: int) -> int:
    """Which row, phase or bank a row speaks of, 0 in APC's load table for none in particular; and how many outlets."""
    in_bank = -(-outlets // page.banks)
    if what == "outlets":
        return {"bank": min(in_bank, outlets - row * in_bank)}.get(of, outlets)
    if what == "number":
        return row + 1
    if of == "outlet":
        bank = row // in_bank
        return bank + 1 if what == "bank" else bank % page.phases + 1
    if of == "load":
        return row if what == "bank" else 1 if row == 0 else 0
    return row + 1 if of == what else 1


def _name_writer(item: NameObject) -> Writer[Card] | None:
    return None if item.longest is None else writes_octets(item.longest, Card.set_outlet_name)


def _state_writer(item: StateObject) -> Writer[Card] | None:
    if not item.commands:
        return None

    def command(card: Card, row: int, value: int) -> None:
        card.command(row, item.commands[value])

    return writes_integer(item.commands, command)


def _setting_writer(item: SettingObject) -> Writer[Card] | None:
    if item.range is None:
        return None

    def change(card: Card, row: int, seconds: int) -> None:
        card.change_setting(item.is_, row, seconds)

    least, most = item.range
    return writes_integer(range(least, most + 1), change)
