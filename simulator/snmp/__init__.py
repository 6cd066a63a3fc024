"""SNMP on the wire: BER, messages of v1, v2c and v3 (USM), the agent's end and the manager's. Sans-IO throughout."""

from simulator.snmp.agent import Access, Agent, Grant
from simulator.snmp.engine import Engine
from simulator.snmp.errors import (
    DecodeError,
    DisorderedAnswer,
    EncodeError,
    Malformed,
    SnmpError,
    Unsupported,
)
from simulator.snmp.manager import Asker, Manager, Report, Request, Response
from simulator.snmp.message import Message, Status, Varbind, Version, decode_message
from simulator.snmp.mib import Change, Object, Refused, Rows, Table, Template, Writer, column, read_only, scalar
from simulator.snmp.oid import dotted, oid, subids
from simulator.snmp.secure_manager import SecureManager
from simulator.snmp.usm import User
from simulator.snmp.walk import Walk

__all__ = [
    "Access",
    "Agent",
    "Asker",
    "Change",
    "DecodeError",
    "DisorderedAnswer",
    "EncodeError",
    "Engine",
    "Grant",
    "Malformed",
    "Manager",
    "Message",
    "Object",
    "Refused",
    "Report",
    "Request",
    "Response",
    "Rows",
    "SecureManager",
    "SnmpError",
    "Status",
    "Table",
    "Template",
    "Unsupported",
    "User",
    "Varbind",
    "Version",
    "Walk",
    "Writer",
    "column",
    "decode_message",
    "dotted",
    "oid",
    "read_only",
    "scalar",
    "subids",
]
