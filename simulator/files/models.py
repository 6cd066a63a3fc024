"""Models and handlers that a lab file names: is there a page for each, and has the model room for that many ports?"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from simulator.bmc.personality import personality_names as bmc_models
from simulator.dcim.drivers.handlers import pdu_handler_names, switch_handler_names
from simulator.files.lab_schema import HandlerSpec, LabSpec
from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter
from simulator.pdu.personality import personality_names as pdu_models
from simulator.switch.personality import personality as switch_personality
from simulator.switch.personality import personality_names as switch_models

__all__ = ["check_models"]

Way = tuple[str | int, ...]


def check_models(spec: LabSpec, report: Reporter) -> None:
    """Note every model and handler that there is no page for."""

    def handler(what: str, spec: str | HandlerSpec | None, names: Collection[str], way: Way) -> None:
        if not isinstance(spec, HandlerSpec):
            known(what, spec, names, way)
            return
        program = Path(report.document.file).parent / spec.executable
        if not program.is_file():
            report.at((*way, "executable"), f"there is no file `{spec.executable}`")
        elif not os.access(program, os.X_OK):
            report.at((*way, "executable"), f"`{spec.executable}` may not be executed", "chmod +x")

    def known(what: str, name: str | None, names: Collection[str], way: Way) -> bool:
        if name is None or name in names:
            return True
        report.at(way, f"there is no {what} `{name}`", did_you_mean(name, names, "there are"))
        return False

    for r, rack in enumerate(spec.racks):
        for n, switch in enumerate(rack.switches):
            way: Way = ("racks", r, "switches", n)
            handler("switch handler", switch.handler, switch_handler_names(), (*way, "handler"))
            if known("switch model", switch.model, switch_models(), (*way, "model")):
                most = switch_personality(switch.model).most_ports
                if switch.ports > most:
                    report.at((*way, "ports"), f"a {switch.model} has at most {most} ports, not {switch.ports}")
        for n, pdu in enumerate(rack.pdus):
            handler("PDU handler", pdu.handler, pdu_handler_names(), ("racks", r, "pdus", n, "handler"))
            known("PDU model", pdu.model, pdu_models(), ("racks", r, "pdus", n, "model"))
        for n, server in enumerate(rack.servers):
            known("BMC model", server.model, bmc_models(), ("racks", r, "servers", n, "model"))
