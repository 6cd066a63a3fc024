"""A server's power and boot as a table."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.plant import LIFECYCLE, BootEvent, BootState


@given(st.lists(st.sampled_from(list(BootEvent)), max_size=40))
def test_every_powered_state_can_lose_power_and_be_reset(events):
    state = BootState.OFF
    for event in events:
        if LIFECYCLE.allows(state, event):
            state = LIFECYCLE.next(state, event)
        if state not in (BootState.OFF, BootState.NO_AC):
            assert LIFECYCLE.next(state, BootEvent.AC_LOST) is BootState.NO_AC
            assert LIFECYCLE.next(state, BootEvent.RESET) is BootState.POST
