"""Sessions and one-time keys against the plain rule: an hour since the last call, from one address; a key opens once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.coremanager.sessions import KEY_LIFE, SESSION_LIFE, OneTimeKeys, Sessions
from simulator.kernel import LoopClock, Streams, run

HOSTS = ["192.0.2.1", "192.0.2.2"]
PAUSES = st.sampled_from([0.0, 1.0, 1800.0, SESSION_LIFE - 1, SESSION_LIFE, SESSION_LIFE + 1])
USERS = st.integers(1, 2)


@given(
    st.lists(st.tuples(PAUSES, st.sampled_from(["open", "call", "close"]), USERS, st.sampled_from(HOSTS)), max_size=25)
)
@settings(deadline=None, max_examples=60)
def test_a_session_lives_an_hour_after_its_last_call_from_its_address(story):
    async def main() -> None:
        clock = LoopClock()
        sessions = Sessions(clock, Streams(1)["sessions"].randbytes)
        model: dict[str, tuple[int, str, float]] = {}
        for pause, what, user, host in story:
            await clock.sleep(pause)
            now = clock.now()
            model = {key: one for key, one in model.items() if one[2] + SESSION_LIFE > now}
            if what == "open":
                model[sessions.open(user, host).id] = (user, host, now)
            for key, (owner, home, _) in list(model.items()):
                if what == "close" and owner == user:
                    assert sessions.close(key)
                    assert not sessions.close(key)
                    del model[key]
                    assert sessions.find(key, home) is None
                elif what == "call":
                    assert sessions.find(key, host) == (owner if host == home else None)
                    if host == home:
                        sessions.renew(key)
                        model[key] = (owner, home, now)
            alive = {session.id: (session.user, session.client, now - idle) for session, idle in sessions.alive()}
            assert alive == model
        assert sessions.find("made-up", HOSTS[0]) is None

    run(main())


@pytest.mark.parametrize(
    ("holder", "comes", "after", "opens"),
    [(1, 1, 0.0, True), (1, 2, 0.0, False), (None, 2, 0.0, True), (1, 1, KEY_LIFE - 1, True), (1, 1, KEY_LIFE, False)],
)
def test_a_key_opens_once_for_its_user_within_its_hour(holder, comes, after, opens):
    async def main() -> None:
        clock = LoopClock()
        keys = OneTimeKeys(clock)
        assert keys.add(holder, "k")
        assert not keys.add(2, "k")
        await clock.sleep(after)
        assert keys.use(comes, "k") is opens
        if opens:
            assert not keys.use(comes, "k")
            assert keys.add(holder, "k")

    run(main())
