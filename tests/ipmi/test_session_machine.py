"""Any order of log-ins, commands, resends, garbage and waiting: the session layer keeps its promises."""

import random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from simulator.ipmi.client import Client, Phase, Request
from simulator.ipmi.crypto import SUITES
from simulator.ipmi.session import Phase as SessionPhase
from tests.ipmi.support import device

SLOTS = 4
INACTIVITY = 60.0


class Sessions(RuleBasedStateMachine):
    """Consoles at one BMC, each with a port of its own. Nothing is lost here unless a rule loses it."""

    def __init__(self):
        super().__init__()
        self.bmc, self.chassis = device(session_limit=SLOTS, authentication=(0, 2, 4))
        self.now = 0.0
        self.consoles = []
        self.ports = 0
        self.sent = []
        self.chance = random.Random(4)

    def deliver(self, data, port):
        self.sent.append((data, port))
        return self.bmc.receive(data, ("10.0.0.1", port), self.now)

    def carry(self, console, port, pending):
        while pending:
            for answer in self.deliver(pending.pop(0), port):
                pending += console.receive(answer, self.now)

    @rule(number=st.sampled_from(sorted(SUITES)), good=st.booleans())
    def login(self, number, good):
        self.ports += 1
        full = len(self.bmc.sessions) == SLOTS
        console = Client("ADMIN", "secret" if good else "wrong", self.chance.randbytes, suites=[SUITES[number]])
        self.carry(console, self.ports, console.start(self.now))
        well = (good or number == 0) and not full
        assert console.state is (Phase.READY if well else Phase.FAILED)
        if well:
            self.consoles.append((console, self.ports, self.now))

    @precondition(lambda self: self.consoles)
    @rule(data=st.data())
    def command(self, data):
        console, port, _ = data.draw(st.sampled_from(self.consoles))
        request = Request(0, 1)
        self.carry(console, port, console.request(request, self.now))
        assert request.code == 0
        self.consoles = [(c, p, self.now if c is console else t) for c, p, t in self.consoles]

    @precondition(lambda self: self.consoles)
    @rule(data=st.data())
    def logout(self, data):
        chosen = data.draw(st.sampled_from(self.consoles))
        console, port, _ = chosen
        self.carry(console, port, console.close(self.now))
        assert console.state is Phase.CLOSED
        self.consoles.remove(chosen)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def resend(self, data):
        """An old datagram once more, from anywhere: no session comes of it, and none goes."""
        datagram, port = data.draw(st.sampled_from(self.sent[-30:]))
        before = [session.bmc_id for session in self.bmc.sessions]
        self.bmc.receive(datagram, ("10.0.0.1", port), self.now)
        assert [session.bmc_id for session in self.bmc.sessions] == before

    @rule(octets=st.binary(max_size=60))
    def garbage(self, octets):
        before = len(self.bmc.sessions)
        self.bmc.receive(b"\x06\0\xff\x07" + octets, ("10.0.0.9", 9), self.now)
        assert len(self.bmc.sessions) == before

    @rule(seconds=st.sampled_from([1.0, 20.0, 59.0, 61.0]))
    def wait(self, seconds):
        self.now += seconds
        self.bmc.receive(b"", ("10.0.0.9", 9), self.now)
        self.consoles = [each for each in self.consoles if each[2] + INACTIVITY > self.now]

    @rule()
    def power_lost(self):
        self.bmc.power_lost()
        self.consoles.clear()

    @invariant()
    def the_active_sessions_are_those_of_the_consoles_that_are_up(self):
        assert len(self.bmc.sessions) == len(self.consoles)

    @invariant()
    def slots_hold(self):
        sessions = self.bmc.table._sessions.values()
        assert len(sessions) <= SLOTS
        assert all(session.state is not SessionPhase.GONE for session in sessions)
        assert len({session.bmc_id for session in sessions}) == len(sessions)


Sessions.TestCase.settings = settings(deadline=None, max_examples=25, stateful_step_count=25)
TestSessions = Sessions.TestCase
