"""The objects of a PDU's page over its management card."""

from __future__ import annotations

from collections.abc import Callable

from simulator.pdu.card import Card
from simulator.pdu.hardware import Load
from simulator.pdu.personality import (
    AllObject,
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
    TextObject,
    TimerObject,
    UnitObject,
)
from simulator.snmp import Object, Writer, column, scalar
from simulator.snmp.ber import gauge32, integer, octets
from simulator.snmp.mib import Reader, writes_integer, writes_octets

__all__ = ["metered_objects", "outlet_objects", "unit_objects"]

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
}


def unit_objects(page: Personality, outlets: int) -> list[Object[Card]]:
    """The objects of the strip as a whole."""
    return [_unit_object(item, outlets) for item in page.unit]


def outlet_objects(page: Personality, outlets: int) -> list[Object[Card]]:
    """The columns with a row for each outlet."""
    return [_outlet_object(item, outlets) for item in page.outlets]


def _unit_object(item: UnitObject, outlets: int) -> Object[Card]:
    if isinstance(item, ConstantObject):
        value = integer(item.value) if isinstance(item.value, int) else octets(item.value)
        return scalar(item.object, value, instance=item.instance)
    if isinstance(item, CountObject):
        return scalar(item.object, integer(outlets), instance=item.instance)
    if isinstance(item, TextObject):
        return _text(item)
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


def _outlet_object(item: OutletObject, outlets: int) -> Object[Card]:
    """One column over the outlets: how it is read and written follows from the quantity that the page says it is."""
    indexes = _indexes(item.index, outlets)
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


def _indexes(pattern: str, rows: int) -> dict[int, tuple[int, ...]]:
    return {row: tuple(int(part) for part in pattern.format(n=row + 1, n0=row).split(".")) for row in range(rows)}


def _state_reader(item: StateObject) -> Reader[Card]:
    if item.reads is not None:
        fixed = integer(item.reads)
        return lambda card, row: fixed
    on, off = integer(item.on), integer(item.off)
    if item.pending_on is None or item.pending_off is None:
        return lambda card, row: on if card.outlets[row].on else off
    coming, going = integer(item.pending_on), integer(item.pending_off)

    def state(card: Card, row: int) -> bytes:
        awaited = card.awaited(row)
        if card.outlets[row].on:
            return going if awaited in ("off", "reboot") else on
        return coming if awaited == "on" else off

    return state


def metered_objects(page: Personality, outlets: int) -> list[Object[Card]]:
    """The columns of what is measured, with a row for each outlet, bank, phase or the strip."""
    return [_metered_object(page, item, outlets) for item in page.metered]


def _metered_object(page: Personality, item: MeteredObject, outlets: int) -> Object[Card]:
    """One column over what is metered: labels and volts are fixed for the model, the rest is read from the plant."""
    banks = page.banks if page.banks > 1 else 0
    rows = {"outlet": outlets, "bank": page.banks, "phase": page.phases, "whole": 1, "load": 1 + banks}[item.of]
    subject = _SUBJECTS[item.of]
    if isinstance(item, LoadStateObject):
        normal, near, over = integer(item.normal), integer(item.near), integer(item.over)

        def state(card: Card, row: int) -> bytes:
            load = subject(card, row)
            share = load.amperes / load.rating if load.rating else 0.0
            return normal if share < NEAR else near if share <= 1 else over

        return column(item.object, _indexes(item.index, rows), state)
    encode = gauge32 if item.gauge else integer
    quantity, per = _QUANTITIES.get(item.what), item.per
    if quantity is None:
        fixed = {row: encode(_label(item.what, item.of, row)) for row in range(rows)}
        return column(item.object, _indexes(item.index, rows), None, None, fixed)
    if item.what == "volts":
        volts = encode(round(page.volts * per))
        return column(item.object, _indexes(item.index, rows), None, None, dict.fromkeys(range(rows), volts))
    measure = quantity

    def value(card: Card, row: int) -> bytes:
        return encode(round(measure(card, subject(card, row)) * per))

    return column(item.object, _indexes(item.index, rows), value)


def _label(what: str, of: str, row: int) -> int:
    """Which row, phase or bank a row speaks of; 0 in APC's load table for none in particular."""
    if what == "number":
        return row + 1
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
