"""How a session of IPMI 2.0 is set up at the BMC's end: Open Session and RAKP 1 to 4 (IPMI 2.0, 13.17 to 13.24).

Each function takes a packet's payload and returns that of its answer. A packet that comes again gets the same answer,
without new work: consoles resend when an answer is late.
"""

from __future__ import annotations

import hmac

from simulator.ipmi.channel import NAME_OCTETS, Channel, User
from simulator.ipmi.codes import Privilege, Status, status_text
from simulator.ipmi.crypto import CipherSuite, SessionKeys, match_suite
from simulator.ipmi.errors import Malformed
from simulator.ipmi.session import Event, Peer, Phase, Session
from simulator.ipmi.sessions import SessionTable
from simulator.ipmi.setup import NAME_ONLY, Exchange, OpenRequest, OpenResponse, Rakp1, Rakp2, Rakp3, Rakp4
from simulator.ipmi.window import Window

__all__ = ["answer_rakp1", "answer_rakp3", "open_session"]


def open_session(table: SessionTable, data: bytes, peer: Peer, now: float) -> bytes:
    """Open Session: agree on a cipher suite. Raises Malformed."""
    if len(data) < 8:
        raise Malformed("an Open Session request has 32 octets")
    console_id = int.from_bytes(data[4:8], "little")
    try:
        request = OpenRequest.decode(data)
    except Malformed:
        return OpenResponse(data[0], Status.ILLEGAL_PARAMETER, 0, console_id).encode()
    question = data[1:32]
    for session in table.half_open:
        if session.open_request == question and session.peer == peer:
            return data[:1] + session.open_response[1:]
    suite, status = _choose_suite(table.channel, request)
    refusal = table.host.refuse()
    if refusal:
        suite, status = None, refusal
    if suite is None:
        return OpenResponse(request.tag, status, request.privilege, console_id).encode()
    limit = min(request.privilege or Privilege.ADMINISTRATOR, table.channel.suite_limit(suite))
    slot = table.open_slot(peer, console_id, suite, limit, now)
    if slot is None:
        return OpenResponse(request.tag, Status.NO_RESOURCES, request.privilege, console_id).encode()
    answer = OpenResponse(request.tag, Status.OK, limit, console_id, slot.bmc_id, request.algorithms).encode()
    slot.open_request, slot.open_response = question, answer
    return answer


def _choose_suite(channel: Channel, request: OpenRequest) -> tuple[CipherSuite | None, int]:
    offered = channel.suites
    if request.privilege > Privilege.ADMINISTRATOR:
        return None, Status.INVALID_ROLE
    suite = match_suite(offered, request.algorithms)
    if suite is not None:
        return (suite, Status.OK) if channel.suite_limit(suite) else (None, Status.NO_SUITE_MATCH)
    authentication, integrity, confidentiality = request.algorithms
    if all(suite.authentication != authentication for suite in offered):
        return None, Status.INVALID_AUTHENTICATION
    if all(suite.integrity != integrity for suite in offered):
        return None, Status.INVALID_INTEGRITY
    if all(suite.confidentiality != confidentiality for suite in offered):
        return None, Status.INVALID_CONFIDENTIALITY
    return None, Status.NO_SUITE_MATCH


def answer_rakp1(table: SessionTable, data: bytes, now: float) -> bytes:
    """RAKP 1: who wants to log in, and as what; RAKP 2 proves to him that the BMC knows his password. Raises Malformed."""
    rakp = Rakp1.decode(data)
    session = table.find(rakp.bmc_id)
    if session is None or session.suite is None:
        return Rakp2(rakp.tag, Status.INVALID_SESSION, 0).encode()
    if session.setup_request == data[1:]:
        return data[:1] + session.setup_response[1:]
    if not session.allows(Event.RAKP1):
        return Rakp2(rakp.tag, Status.INVALID_SESSION, session.console_id).encode()
    user, status = _authorize(table, rakp, session, now)
    refusal = table.host.refuse()
    if refusal:
        user, status = None, refusal
    if user is None:
        session.fire(Event.REFUSE)
        answer = Rakp2(rakp.tag, status, session.console_id).encode()
        table.host.notify("login refused", rakp.name, status_text(status))
    else:
        session.fire(Event.RAKP1)
        session.user = user
        quirks = table.channel.quirks
        session.exchange = exchange = Exchange(
            session.suite,
            session.console_id,
            session.bmc_id,
            rakp.random,
            table.octets(16),
            table.host.guid,
            rakp.role,
            rakp.name,
            user.key,
            table.host.kg,
            session.limit if "opensesspriv" in quirks or "sun20" in quirks else None,
        )
        answer = Rakp2(
            rakp.tag, Status.OK, session.console_id, exchange.bmc_random, exchange.guid, exchange.code2()
        ).encode()
        if "supermicro20" in quirks or "sun20" in quirks:
            answer += b"\0"
    session.setup_request, session.setup_response = data[1:], answer
    return answer


def _authorize(table: SessionTable, rakp: Rakp1, session: Session, now: float) -> tuple[User | None, int]:
    role = rakp.role & 0x0F
    if len(rakp.name) > NAME_OCTETS:
        return None, Status.INVALID_NAME_LENGTH
    if not Privilege.CALLBACK <= role <= Privilege.ADMINISTRATOR:
        return None, Status.INVALID_ROLE
    name = rakp.name.rstrip(b"\0") if "intel20" in table.channel.quirks else rakp.name
    first = table.logins.find(name, now)
    if first is None:
        return None, Status.UNAUTHORIZED_NAME
    if role > session.limit:
        return None, Status.UNAUTHORIZED_ROLE
    # By name and privilege the same name may stand for several users, each with a password of its own.
    known = [first] if rakp.role & NAME_ONLY else table.logins.all_of(name)
    allowed = [user for user in known if role <= user.limit]
    if not allowed:
        return None, Status.UNAUTHORIZED_ROLE
    user = min(allowed, key=lambda user: user.limit)
    return (None, Status.NO_RESOURCES) if table.exhausted(user) else (user, Status.OK)


def answer_rakp3(table: SessionTable, data: bytes, now: float) -> bytes:
    """RAKP 3: he proves that he knows it too; RAKP 4 shows that both have the same keys. Raises Malformed."""
    rakp = Rakp3.decode(data)
    session = table.find(rakp.bmc_id)
    if session is None or session.suite is None:
        return Rakp4(rakp.tag, Status.INVALID_SESSION, 0).encode()
    if session.setup_request == data[1:]:
        return data[:1] + session.setup_response[1:]
    if not session.allows(Event.RAKP3):
        return Rakp4(rakp.tag, Status.INVALID_SESSION, session.console_id).encode()
    if rakp.status:
        # The console found our code wrong and gives up; it wants no answer (IPMI 2.0, 13.22).
        if session.user is not None and session.state is Phase.CHALLENGED:
            table.logins.failed(session.user.name, now)
        table.end(session, Event.ABANDON)
        return b""
    exchange, user = session.exchange, session.user
    assert exchange is not None
    assert user is not None
    quirks = table.channel.quirks
    refusal = table.host.refuse()
    proved = exchange
    if "intel20" in quirks:
        proved = exchange._replace(role=exchange.role & 0x0F, name=exchange.name.rstrip(b"\0"))
    if not refusal and not hmac.compare_digest(proved.code3(), rakp.code):
        refusal = Status.INVALID_CHECK_VALUE
        table.logins.failed(user.name, now)
    if refusal:
        session.fire(Event.REFUSE)
        table.host.notify("login refused", exchange.name, status_text(refusal))
        answer = Rakp4(rakp.tag, refusal, session.console_id).encode()
    else:
        session.fire(Event.RAKP3)
        session.keys = keys = SessionKeys(session.suite, exchange.sik())
        session.window = Window()
        session.limit = exchange.role & 0x0F
        session.privilege = min(session.limit, Privilege.USER)
        session.deadline = now + table.channel.inactivity
        table.logins.succeeded(user.name)
        proof = keys.check_value(exchange.proof4())
        if "integritycheckvalue" in quirks and not proof:
            proof = bytes(12)
        answer = Rakp4(rakp.tag, Status.OK, session.console_id, proof).encode()
    session.exchange = None
    session.setup_request, session.setup_response = data[1:], answer
    return answer
