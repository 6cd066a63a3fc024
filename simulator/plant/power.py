"""Where power comes from: mains feeds, PDUs and their outlets, and the supplies that hang on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from simulator.plant.physics import Physics

__all__ = ["Feed", "Mains", "Outlet", "Pdu", "Psu"]


class Feed(Protocol):
    """Something that a plug goes into."""

    @property
    def live(self) -> bool: ...

    def feeds(self, consumer: Callable[[], None]) -> None:
        """Call `consumer` whenever `live` may have changed."""


class Mains:
    """A feed of its own: a socket in the wall."""

    def __init__(self) -> None:
        self.live = True
        self._consumers: list[Callable[[], None]] = []

    def feeds(self, consumer: Callable[[], None]) -> None:
        self._consumers.append(consumer)

    def set_live(self, live: bool) -> None:
        self.live = live
        for consumer in self._consumers:
            consumer()


class Outlet:
    """One outlet of a PDU: a relay and whatever is plugged in."""

    __slots__ = ("_consumers", "_pdu", "_reboot", "number", "on", "stuck")

    def __init__(self, pdu: Pdu, number: int) -> None:
        self._pdu = pdu
        self.number = number
        self.on = True
        self.stuck = False
        """The relay's contacts are welded: commands are taken and change nothing."""
        self._consumers: list[Callable[[], None]] = []
        self._reboot = 0

    @property
    def live(self) -> bool:
        return self.on and self._pdu.feed.live

    def feeds(self, consumer: Callable[[], None]) -> None:
        self._consumers.append(consumer)

    def turn_on(self) -> None:
        self._reboot += 1
        self._set(True)

    def turn_off(self) -> None:
        self._reboot += 1
        self._set(False)

    def reboot(self, seconds: float) -> None:
        """Off now, on again after `seconds`; a later command calls the return off."""
        self._reboot += 1
        mine = self._reboot
        self._set(False)
        self._pdu.physics.clock.call_later(seconds, lambda: self._set(True) if self._reboot == mine else None)

    def _set(self, on: bool) -> None:
        if self.stuck:
            self._pdu.physics.note(self._pdu.name, "relay stuck", outlet=self.number)
        elif on != self.on:
            self.on = on
            self._pdu.physics.note(self._pdu.name, "outlet on" if on else "outlet off", outlet=self.number)
            self.power_changed()

    def power_changed(self) -> None:
        for consumer in self._consumers:
            consumer()


class Started:
    """Equipment that answers only when it has power and its start is over."""

    def __init__(self, name: str, feed: Feed, physics: Physics) -> None:
        self.name = name
        self.feed = feed
        self.physics = physics
        self.booted_at = 0.0
        self.failed = False
        """Its electronics are broken: it has power and does nothing."""
        self._up = feed.live
        self._starts = 0
        feed.feeds(self._feed_changed)

    @property
    def alive(self) -> bool:
        return self._up and not self.failed

    def _feed_changed(self) -> None:
        self._starts += 1
        if not self.feed.live:
            if self._up:
                self.physics.note(self.name, "power lost")
            self._up = False
            self.state_changed()
            return
        mine = self._starts
        delay = self.physics.draw(self.name, "start", self.physics.timings.equipment_start)
        self.physics.clock.call_later(delay, lambda: self._started() if self._starts == mine else None)

    def restart(self) -> None:
        """Start anew, as after a short loss of power."""
        self._up = False
        self.state_changed()
        self._feed_changed()

    def _started(self) -> None:
        self._up = True
        self.booted_at = self.physics.clock.now()
        self.physics.note(self.name, "started")
        self.state_changed()

    def state_changed(self) -> None:
        """For those who have something to do when `alive` changed."""


class Pdu(Started):
    """A rack PDU: a feed, a row of relays, a management card. The relays keep their places without power."""

    def __init__(self, name: str, outlets: int, physics: Physics) -> None:
        self.mains = Mains()
        super().__init__(name, self.mains, physics)
        self.outlets: Sequence[Outlet] = tuple(Outlet(self, number + 1) for number in range(outlets))
        self.mains.feeds(self._pass_on)

    def _pass_on(self) -> None:
        for outlet in self.outlets:
            outlet.power_changed()


class Psu:
    """A server's power supply on one feed."""

    __slots__ = ("failed", "feed", "name")

    def __init__(self, name: str, feed: Feed) -> None:
        self.name = name
        self.feed = feed
        self.failed = False

    @property
    def delivers(self) -> bool:
        return self.feed.live and not self.failed
