"""The agent's end: a request's octets go in, the response's octets come out, or nothing (RFC 3416 section 4.2).

It decides who may ask, in which version and context; `simulator.snmp.operations` answers. It keeps no time and no counters
of its own, and does nothing between requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, TypeVar

from simulator.snmp.engine import Answer, Engine, Opened
from simulator.snmp.errors import DecodeError, Unsupported
from simulator.snmp.message import RESPONSE, SET, Message, Status, Version, decode_message, encode_message, version_of
from simulator.snmp.mib import Template
from simulator.snmp.operations import OPERATIONS, Access, Grant, Operations

__all__ = ["Access", "Agent", "Grant", "Silent"]

S = TypeVar("S")

_FRAME = 4 + 3 + 4 + 4 + 6 + 3 + 3 + 4
"""Octets around community and bindings at most: SEQUENCE, version, community's header, PDU, id, status, index, list."""


class Silent(Exception):
    """Raised by what bends an agent: this request is not answered."""


class Agent(Operations[S]):
    """One agent: a template shared with its like, a state of its own, and who may ask."""

    __slots__ = (
        "communities",
        "contexts",
        "intercept",
        "max_size",
        "misused",
        "overheard",
        "refused",
        "rejected",
        "security",
        "versions",
    )

    def __init__(
        self,
        template: Template[S],
        state: S,
        communities: Mapping[bytes, Access],
        max_size: int = 1472,
        *,
        contexts: Callable[[bytes], S | None] | None = None,
        security: Engine | None = None,
        versions: frozenset[Version] = frozenset((Version.V1, Version.V2C)),
    ) -> None:
        """`max_size`: octets of the longest response it sends; 1472 fit an Ethernet frame (RFC 3417, 3.2).
        `contexts`: the state that a named context sees; a community names one behind `@`, as Cisco's do.
        `security`: the SNMPv3 engine, for an agent that speaks v3. `versions`: those with communities that it speaks.
        """
        super().__init__(template, state)
        self.communities = communities
        self.max_size = max_size
        self.contexts = contexts
        self.security = security
        self.versions = versions
        self.intercept: Callable[[Message, Callable[..., Answer]], Answer] | None = None
        """Middleware: stands between a request and its answer, when something is wrong with the agent."""
        self.overheard: Callable[[Message, Answer], None] | None = None
        """Told of each request and its answer."""
        self.rejected: Callable[[], None] | None = None
        """Called when a community is wrong, for an authenticationFailure trap."""
        self.misused: Callable[[], None] | None = None
        """Called when a community that may only read asks to write."""
        self.refused: Callable[[Literal["malformed", "version"]], None] | None = None
        """Called for a datagram that is no message of a version that is spoken here."""

    def handle(self, data: bytes) -> bytes | None:
        """Answer one datagram; None where an agent is silent: no SNMP, no request, or a community it does not know."""
        if self.security is not None and version_of(data) == 3:
            return self._secure(data, self.security)
        try:
            request = decode_message(data)
        except Unsupported:
            self._refuse("version")
            return None
        except DecodeError:
            self._refuse("malformed")
            return None
        if request.version not in self.versions:
            self._refuse("version")
            return None
        operation = OPERATIONS.get(request.pdu)
        if operation is None:
            return None
        grant = self._grant(request.community)
        if grant is None:
            if self.rejected is not None:
                self.rejected()
            return None
        if request.pdu == SET and grant.access < Access.WRITE and self.misused is not None:
            self.misused()
        try:
            answer = self.respond(request, grant, self.max_size - len(request.community) - _FRAME)
        except Silent:
            return None
        return self._encode(request, answer)

    def _grant(self, community: bytes) -> Grant[S] | None:
        access = self.communities.get(community)
        if access is not None:
            return Grant(access, self.state)
        if self.contexts is None:
            return None
        name, _, context = community.rpartition(b"@")
        access = self.communities.get(name)
        state = None if access is None else self.contexts(context)
        return None if access is None or state is None else Grant(access, state)

    def _refuse(self, why: Literal["malformed", "version"]) -> None:
        if self.refused is not None:
            self.refused(why)

    def _secure(self, data: bytes, security: Engine) -> bytes | None:
        """SNMPv3: the engine opens the message, the same operations answer it, the engine seals the answer."""
        try:
            opened = security.open(data)
        except DecodeError:
            self._refuse("malformed")
            return None
        if not isinstance(opened, Opened):
            return opened
        operation = OPERATIONS.get(opened.request.pdu)
        if operation is None:
            return None
        state: S | None = self.state
        if opened.context:
            state = self.contexts(opened.context) if self.contexts else None
            if state is None:
                return security.unknown_context(opened)
        assert state is not None
        grant = Grant(Access.WRITE if opened.user.write else Access.READ, state, opened.user.view)
        limit = min(self.max_size, opened.header.max_size)
        room = limit - security.overhead(opened)
        try:
            answer = security.seal(opened, self.respond(opened.request, grant, room))
        except Silent:
            return None
        if len(answer) > limit:
            answer = security.seal(opened, Answer(Status.TOO_BIG, 0, (b"",)))
        return answer

    def respond(self, request: Message, grant: Grant[S], room: int) -> Answer:
        """What a request is answered with; `room`: octets that the bindings may take. Raises Silent."""
        if self.intercept is not None:
            answer = self.intercept(request, partial(self.operate, request, grant, room))
        else:
            answer = self.operate(request, grant, room)
        if self.overheard is not None:
            answer = answer._replace(varbinds=tuple(answer.varbinds))
            self.overheard(request, answer)
        return answer

    def _encode(self, request: Message, answer: Answer) -> bytes | None:
        octets = self._message(request, answer)
        if len(octets) <= self.max_size:
            return octets
        listed = request.listed if request.version == Version.V1 else b""
        octets = self._message(request, Answer(Status.TOO_BIG, 0, (listed,)))
        return octets if len(octets) <= self.max_size else None

    def _message(self, request: Message, answer: Answer) -> bytes:
        return encode_message(
            request.version,
            request.community,
            RESPONSE,
            request.request_id if answer.request_id is None else answer.request_id,
            answer.status,
            answer.blamed,
            answer.varbinds,
        )
