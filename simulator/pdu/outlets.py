"""The objects of a PDU's page over its management card."""

from __future__ import annotations

from simulator.pdu.card import Card
from simulator.pdu.personality import (
    AllObject,
    ConstantObject,
    CountObject,
    NameObject,
    NumberObject,
    OutletObject,
    PendingObject,
    Personality,
    SettingObject,
    StateObject,
    TextObject,
    UnitObject,
)
from simulator.snmp import Object, Writer, column, scalar
from simulator.snmp.ber import integer, octets
from simulator.snmp.mib import writes_integer, writes_octets

__all__ = ["outlet_objects", "unit_objects"]


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
    indexes = {
        row: tuple(int(part) for part in item.index.replace("{n}", str(row + 1)).split(".")) for row in range(outlets)
    }
    if isinstance(item, NumberObject):
        numbers = {row: octets(str(row + 1)) if item.text else integer(row + 1) for row in range(outlets)}
        return column(item.object, indexes, None, None, numbers)
    if isinstance(item, NameObject):
        return column(item.object, indexes, lambda card, row: octets(card.outlet_name(row)), _name_writer(item))
    if isinstance(item, StateObject):
        on, off = integer(item.on), integer(item.off)
        return column(item.object, indexes, lambda card, row: on if card.outlets[row].on else off, _state_writer(item))
    if isinstance(item, PendingObject):
        yes, no = integer(item.yes), integer(item.no)
        return column(item.object, indexes, lambda card, row: yes if card.pending(row) else no)
    which = item.is_
    return column(item.object, indexes, lambda card, row: integer(card.setting(which, row)), _setting_writer(item))


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
