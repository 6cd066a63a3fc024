"""Entries of the tables of platform event filtering: which event matches, and whom an alert goes to (IPMI 2.0, 17)."""

from __future__ import annotations

from enum import IntFlag
from typing import Final, NamedTuple

from simulator.ipmi.errors import Malformed
from simulator.ipmi.sel import SystemEvent

__all__ = ["FILTER_OCTETS", "POLICY_OCTETS", "Action", "EventFilter", "Policy", "next_of_set"]

FILTER_OCTETS: Final = 20
POLICY_OCTETS: Final = 3
_ANY: Final = 0xFF
_ENABLED: Final = 0x80
_PRECONFIGURED: Final = 0x40


class Action(IntFlag):
    """What a BMC may do about an event, as the masks of the filters, the capabilities and the global control have it."""

    ALERT = 0x01
    POWER_DOWN = 0x02
    RESET = 0x04
    POWER_CYCLE = 0x08
    OEM = 0x10
    DIAGNOSTIC = 0x20


class EventFilter(NamedTuple):
    """One entry of the event filter table (table 17-2). By default it is empty, and matches nothing."""

    enabled: bool = False
    preconfigured: bool = False
    """The manufacturer's; consoles leave it alone."""
    actions: int = 0
    policy: int = 0
    """Of the alert: which set of policies."""
    severity: int = 0
    """0 unspecified, 2 information, 4 OK, 8 non-critical, 10h critical, 20h non-recoverable."""
    generator: bytes = b"\xff\xff"
    sensor_type: int = _ANY
    sensor: int = _ANY
    trigger: int = _ANY
    """Event and reading type."""
    offsets: int = 0
    """Bit n: offset n matches."""
    data: bytes = bytes(9)
    """Of each octet of event data: AND mask, compare 1, compare 2. A mask of 0 asks for nothing."""

    def encode(self) -> bytes:
        first = (_ENABLED if self.enabled else 0) | (_PRECONFIGURED if self.preconfigured else 0)
        return (
            bytes((first, self.actions, self.policy, self.severity))
            + self.generator
            + bytes((self.sensor_type, self.sensor, self.trigger))
            + self.offsets.to_bytes(2, "little")
            + self.data
        )

    @classmethod
    def decode(cls, data: bytes) -> EventFilter:
        """Raises Malformed."""
        if len(data) != FILTER_OCTETS:
            raise Malformed("an event filter has 20 octets")
        return cls(
            bool(data[0] & _ENABLED),
            bool(data[0] & _PRECONFIGURED),
            data[1],
            data[2],
            data[3],
            data[4:6],
            data[6],
            data[7],
            data[8],
            int.from_bytes(data[9:11], "little"),
            data[11:20],
        )

    def matches(self, event: SystemEvent) -> bool:
        """All that the filter asks for holds (17.7)."""
        offset = event.data[0] & 0x0F
        return (
            self.enabled
            and all(
                wanted in (_ANY, there)
                for wanted, there in (
                    (self.generator[0], event.generator & 0xFF),
                    (self.generator[1], event.generator >> 8),
                    (self.sensor_type, event.sensor_type),
                    (self.sensor, event.sensor),
                    (self.trigger, event.event_type),
                )
            )
            and bool(self.offsets >> offset & 1)
            and all(_fits(octet, *self.data[3 * place : 3 * place + 3]) for place, octet in enumerate(event.data))
        )


def _fits(octet: int, mask: int, exact: int, wanted: int) -> bool:
    """Compare 1 says which bits must equal those of compare 2; of the others it is enough when one does, if any is set
    there (17.7).
    """
    masked = octet & mask
    if (masked ^ wanted) & mask & exact:
        return False
    loose = wanted & mask & ~exact
    return not loose or bool(masked & loose)


class Policy(NamedTuple):
    """One entry of the alert policy table (table 17-5)."""

    number: int = 0
    """Which set it belongs to, 1 to 15."""
    enabled: bool = False
    rule: int = 0
    """0 always; when an alert of the set has been sent already: 1 skip this, 2 stop, 3 skip this channel, 4 skip this type."""
    channel: int = 0
    destination: int = 0
    text: int = 0
    """Alert string: bit 7, one of the event's own; bits 6 to 0, its set or selector."""

    def encode(self) -> bytes:
        return bytes(
            (
                self.number << 4 | (0x08 if self.enabled else 0) | self.rule,
                self.channel << 4 | self.destination,
                self.text,
            )
        )

    @classmethod
    def decode(cls, data: bytes) -> Policy:
        """Raises Malformed."""
        if len(data) != POLICY_OCTETS:
            raise Malformed("an alert policy has 3 octets")
        return cls(data[0] >> 4, bool(data[0] & 0x08), data[0] & 0x07, data[1] >> 4, data[1] & 0x0F, data[2])


def next_of_set(policies: list[Policy], number: int, channel: int, kinds: dict[int, int]) -> list[Policy]:
    """The entries of set `number` that an alert goes to, in order, each taken to get through (17.11). `kinds`: the type
    of each destination.
    """
    chosen: list[Policy] = []
    for policy in policies:
        if not policy.enabled or policy.number != number or policy.channel != channel:
            continue
        if chosen:
            if policy.rule == 2:
                break
            if policy.rule in (1, 3):
                continue
            if policy.rule == 4 and kinds.get(policy.destination) == kinds.get(chosen[-1].destination):
                continue
        chosen.append(policy)
    return chosen
