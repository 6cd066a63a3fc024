"""A responder on pysnmp with the table of `snmp_responders`, for `snmp.py` to compare with: a dictionary and a bisection."""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from benchmarks.snmp_responders import COMMUNITY, USER, Listening, free_port, serve, table_here, until_told
from simulator.snmp import ber

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pysnmp.carrier.asyncio.dgram import udp
    from pysnmp.entity import config, engine
    from pysnmp.entity.rfc3413 import cmdrsp, context
    from pysnmp.proto import rfc1902, rfc1905
    from pysnmp.smi.instrum import AbstractMibInstrumController


async def responder(ports: int, listening: Listening) -> None:
    kinds = {
        ber.INTEGER: rfc1902.Integer32,
        ber.COUNTER32: rfc1902.Counter32,
        ber.GAUGE32: rfc1902.Gauge32,
        ber.TIME_TICKS: rfc1902.TimeTicks,
        ber.COUNTER64: rfc1902.Counter64,
    }
    values: dict[tuple[int, ...], Any] = {}
    for text, tag, content in table_here(ports):
        name = tuple(map(int, text.split(".")))
        number = int.from_bytes(content, "big", signed=True)
        values[name] = kinds[tag](number) if tag in kinds else rfc1902.OctetString(content)
    order = sorted(values)

    class Controller(AbstractMibInstrumController):
        def read_variables(self, *varbinds: Any, **context: Any) -> Sequence[Any]:
            return [(name, values.get(tuple(name), rfc1905.noSuchInstance)) for name, _ in varbinds]

        def read_next_variables(self, *varbinds: Any, **context: Any) -> Sequence[Any]:
            found = []
            for name, _ in varbinds:
                place = bisect_right(order, tuple(name))
                if place == len(order):
                    found.append((name, rfc1905.endOfMibView))
                else:
                    found.append((rfc1902.ObjectName(order[place]), values[order[place]]))
            return found

        def write_variables(self, *varbinds: Any, **context: Any) -> Sequence[Any]:
            for name, value in varbinds:
                values[tuple(name)] = value
            return varbinds

    snmp = engine.SnmpEngine()
    port = free_port()
    config.add_transport(snmp, udp.DOMAIN_NAME, udp.UdpTransport().open_server_mode(("127.0.0.1", port)))
    config.add_v1_system(snmp, "area", COMMUNITY)
    config.add_v3_user(
        snmp, USER.name, config.USM_AUTH_HMAC96_SHA, USER.auth_password, config.USM_PRIV_CFB128_AES, USER.priv_password
    )
    config.add_vacm_user(snmp, 2, "area", "noAuthNoPriv", (1, 3, 6), (1, 3, 6))
    config.add_vacm_user(snmp, 3, USER.name, "authPriv", (1, 3, 6), (1, 3, 6))
    contexts = context.SnmpContext(snmp)
    contexts.unregister_context_name(b"")
    contexts.register_context_name(b"", Controller())
    for responder in (
        cmdrsp.GetCommandResponder,
        cmdrsp.NextCommandResponder,
        cmdrsp.BulkCommandResponder,
        cmdrsp.SetCommandResponder,
    ):
        responder(snmp, contexts)
    listening("127.0.0.1", port)
    await until_told()
    snmp.close_dispatcher()


if __name__ == "__main__":
    serve(responder)
