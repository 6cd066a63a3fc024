"""SNMP on the wire: BER, messages of v1 and v2c, the agent's end and the manager's. Sans-IO throughout."""

from simulator.snmp.agent import Access, Agent
from simulator.snmp.errors import (
    DecodeError,
    DisorderedAnswer,
    EncodeError,
    Malformed,
    SnmpError,
    Unsupported,
)
from simulator.snmp.manager import Manager, Request, Response
from simulator.snmp.message import Message, Status, Varbind, Version, decode_message
from simulator.snmp.mib import Object, Template, Writer, column, scalar
from simulator.snmp.oid import dotted, oid
from simulator.snmp.walk import Walk

__all__ = [
    "Access",
    "Agent",
    "DecodeError",
    "DisorderedAnswer",
    "EncodeError",
    "Malformed",
    "Manager",
    "Message",
    "Object",
    "Request",
    "Response",
    "SnmpError",
    "Status",
    "Template",
    "Unsupported",
    "Varbind",
    "Version",
    "Walk",
    "Writer",
    "column",
    "decode_message",
    "dotted",
    "oid",
    "scalar",
]
