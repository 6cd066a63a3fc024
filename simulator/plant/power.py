"""Where power comes from: mains feeds, PDUs and their outlets, and the supplies that hang on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from simulator.kernel.flow import CURRENT, because
from simulator.plant.physics import Physics

__all__ = ["Circuit", "Draw", "Feed", "Mains", "Outlet", "Pdu", "Psu", "Strip"]

POWER_FACTOR = 0.95
"""Of what hangs on the outlets: supplies with active correction."""
TRIP_SECONDS = 30.0
"""Of lab time that a breaker bears a load over its rating."""

Draw = Callable[[], float]
"""What a consumer draws right now, watts."""


class Feed(Protocol):
    """Something that a plug goes into."""

    @property
    def live(self) -> bool: ...

    def feeds(self, consumer: Callable[[], None], draw: Draw | None = None) -> None:
        """Call `consumer` whenever `live` may have changed; `draw` tells what it takes while it is."""

    def load_changed(self) -> None:
        """What hangs here draws more or less than before."""


class Mains:
    """A feed of its own: a socket in the wall."""

    def __init__(self) -> None:
        self.live = True
        self._consumers: list[Callable[[], None]] = []

    def feeds(self, consumer: Callable[[], None], draw: Draw | None = None) -> None:
        self._consumers.append(consumer)

    def load_changed(self) -> None:
        """Nobody meters the mains."""

    def set_live(self, live: bool) -> None:
        self.live = live
        for consumer in self._consumers:
            consumer()


class Outlet:
    """One outlet of a PDU: a relay and whatever is plugged in."""

    __slots__ = ("_consumers", "_draws", "_pdu", "_reboot", "bank", "number", "on", "stuck")

    def __init__(self, pdu: Pdu, number: int) -> None:
        self._pdu = pdu
        self.number = number
        self.on = True
        self.stuck = False
        """The relay's contacts are welded: commands are taken and change nothing."""
        self.bank: Circuit | None = None
        """The breaker it hangs on."""
        self._consumers: list[Callable[[], None]] = []
        self._draws: list[Draw] = []
        self._reboot = 0

    @property
    def live(self) -> bool:
        return self.on and self._pdu.feed.live and not (self.bank is not None and self.bank.tripped)

    @property
    def watts(self) -> float:
        """What is drawn here."""
        return sum([draw() for draw in self._draws]) if self._draws and self.live else 0.0

    @property
    def amperes(self) -> float:
        return self.watts / (self._pdu.strip.volts * POWER_FACTOR)

    @property
    def rating(self) -> float:
        """Amperes, of its bank."""
        return 0.0 if self.bank is None else self.bank.rating

    def feeds(self, consumer: Callable[[], None], draw: Draw | None = None) -> None:
        self._consumers.append(consumer)
        if draw is not None:
            self._draws.append(draw)

    def load_changed(self) -> None:
        if self.bank is not None:
            self._pdu.load_changed(self.bank)

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
            with because(self._pdu.physics.why(self._pdu.name, (self._aspect,))):
                self._pdu.physics.note(self._pdu.name, "relay stuck", outlet=self.number)
        elif on != self.on:
            self.on = on
            number = self._pdu.physics.note(self._pdu.name, "outlet on" if on else "outlet off", outlet=self.number)
            self._pdu.physics.mark(self._pdu.name, self._aspect, number)
            with because(number):
                self._pdu.outlet_switched(self)
                self.power_changed()

    @property
    def _aspect(self) -> str:
        return f"outlet {self.number}"

    def power_changed(self) -> None:
        for consumer in self._consumers:
            consumer()
        if self._draws:
            self.load_changed()


class Circuit:
    """Outlets that share a conductor: a bank with its breaker, a phase, the whole strip."""

    __slots__ = ("_name", "_overload", "number", "outlets", "physics", "rating", "tripped", "volts")

    def __init__(
        self, name: str, number: int, outlets: Sequence[Outlet], rating: float, volts: float, physics: Physics
    ) -> None:
        """`rating`: amperes; 0 has no breaker."""
        self._name = name
        self.number = number
        self.outlets = tuple(outlets)
        self.rating = rating
        self.volts = volts
        self.physics = physics
        self.tripped = False
        self._overload: object = None

    @property
    def watts(self) -> float:
        return sum([outlet.watts for outlet in self.outlets])

    @property
    def amperes(self) -> float:
        return self.watts / (self.volts * POWER_FACTOR)

    def load_changed(self) -> None:
        """A breaker over its rating trips when the load does not fall in time."""
        if not self.rating or self.tripped:
            return
        if self.amperes <= self.rating:
            self._overload = None
        elif self._overload is None:
            mine = self._overload = object()
            amperes = round(self.amperes, 1)
            with because(self.physics.note(self._name, "bank overloaded", bank=self.number, amperes=amperes)):
                self.physics.clock.call_later(TRIP_SECONDS, lambda: self.trip() if self._overload is mine else None)

    def trip(self) -> None:
        """The breaker opens; whoever stands before it must close it again."""
        self._throw(True)

    def reset(self) -> None:
        """Somebody closes the breaker."""
        self._throw(False)

    def _throw(self, tripped: bool) -> None:
        self._overload = None
        if tripped != self.tripped:
            self.tripped = tripped
            with because(self.physics.note(self._name, "bank tripped" if tripped else "bank reset", bank=self.number)):
                for outlet in self.outlets:
                    outlet.power_changed()


class Strip(NamedTuple):
    """How a PDU is wired inside."""

    banks: int = 1
    bank_rating: float = 0.0
    """Amperes that the breaker of each bank bears; 0 has none."""
    phases: int = 1
    volts: float = 230.0


class Started:
    """Equipment that answers only when it has power and its start is over."""

    def __init__(self, name: str, feed: Feed, physics: Physics) -> None:
        self.name = name
        self.feed = feed
        self.physics = physics
        self.booted_at = physics.clock.now()
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
            number = self.physics.note(self.name, "power lost") if self._up else CURRENT.get()
            self.physics.mark(self.name, "equipment", number)
            self._up = False
            with because(number):
                self.state_changed()
            return
        mine = self._starts
        delay = self.physics.draw(self.name, "start", self.physics.timings.equipment_start)
        self.physics.clock.call_later(delay, lambda: self._started() if self._starts == mine else None)

    def restart(self) -> None:
        """Start anew, as after a short loss of power."""
        self.physics.mark(self.name, "equipment", CURRENT.get())
        self._up = False
        self.state_changed()
        self._feed_changed()

    def _started(self) -> None:
        self._up = True
        self.booted_at = self.physics.clock.now()
        self.physics.free(self.name, "equipment")
        with because(self.physics.note(self.name, "started")):
            self.started()
            self.state_changed()

    def started(self) -> None:
        """For those who have something to do first when a start is over."""

    def state_changed(self) -> None:
        """For those who have something to do when `alive` changed."""


class Pdu(Started):
    """A rack PDU: a feed, a row of relays, a management card. The relays keep their places without power."""

    def __init__(self, name: str, outlets: int, physics: Physics, strip: Strip | None = None) -> None:
        """Outlets are dealt to the banks in runs, the last bank may be shorter; every `strip.phases`-th bank hangs on the
        same phase.
        """
        self.mains = Mains()
        self._watchers: list[tuple[Callable[[Outlet], None], Callable[[], None]]] = []
        self.revision = 0
        """Another one whenever a relay or a load may have changed."""
        super().__init__(name, self.mains, physics)
        self.strip = strip = strip or Strip()
        self.outlets: Sequence[Outlet] = tuple(Outlet(self, number + 1) for number in range(outlets))
        size = -(-outlets // strip.banks)
        self.banks = tuple(
            self._circuit(n + 1, self.outlets[n * size : (n + 1) * size], strip.bank_rating) for n in range(strip.banks)
        )
        for bank in self.banks:
            for outlet in bank.outlets:
                outlet.bank = bank
        self.phases = tuple(
            self._circuit(
                n + 1,
                [outlet for bank in self.banks[n :: strip.phases] for outlet in bank.outlets],
                strip.bank_rating * len(self.banks[n :: strip.phases]),
            )
            for n in range(strip.phases)
        )
        self.whole = self._circuit(1, self.outlets, strip.bank_rating * strip.banks)
        self._joules = 0.0
        self._metered_at = physics.clock.now()
        self._metered_watts = 0.0
        self._watts: list[float] = []
        """Of each outlet, since then."""
        self.mains.feeds(self._pass_on)

    def watch(self, switched: Callable[[Outlet], None], started: Callable[[], None]) -> None:
        """Call these when an outlet's relay has moved, and when the card has started."""
        self._watchers.append((switched, started))

    def outlet_switched(self, outlet: Outlet) -> None:
        self.revision += 1
        for switched, _ in self._watchers:
            switched(outlet)

    def started(self) -> None:
        for _, started in self._watchers:
            started()

    def _circuit(self, number: int, outlets: Sequence[Outlet], rating: float) -> Circuit:
        return Circuit(self.name, number, outlets, rating, self.strip.volts, self.physics)

    @property
    def kilowatt_hours(self) -> float:
        """Taken through its outlets since the lab's start."""
        self._meter()
        return self._joules / 3_600_000

    def load_changed(self, bank: Circuit) -> None:
        self._meter()
        bank.load_changed()

    def _meter(self) -> None:
        """Draws hold until the next change, which calls here; so the sum is exact."""
        now = self.physics.clock.now()
        self._joules += self._metered_watts * (now - self._metered_at)
        self._metered_at = now
        watts = [outlet.watts for outlet in self.outlets]
        if watts != self._watts:
            self._watts = watts
            self._metered_watts = sum(watts)
            self.revision += 1

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
