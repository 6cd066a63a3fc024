"""Models and handlers that a lab file names: is there a page for each, and has the model room for that many ports?"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path

from simulator.bmc.personality import BadPersonality, UnknownPersonality, load_personality
from simulator.bmc.personality import personality_names as bmc_models
from simulator.dcim.drivers.handlers import pdu_handler_names, switch_handler_names
from simulator.files.lab_schema import HandlerSpec, LabSpec
from simulator.files.problems import did_you_mean
from simulator.files.reader import Reporter
from simulator.kernel.pages import UnknownPage, is_file
from simulator.pdu.personality import personality_names as pdu_models
from simulator.pdu.personality import recorded_outlets
from simulator.pdu.personality import recorded_walk as recorded_pdu
from simulator.switch.personality import personality as switch_personality
from simulator.switch.personality import personality_names as switch_models
from simulator.switch.personality import recorded_walk as recorded_switch

__all__ = ["check_models", "model_file"]

Way = tuple[str | int, ...]


def model_file(name: str, report: Reporter) -> str:
    """A model as devices are made of it: a shipped one by its name, another by the path of its page."""
    return str((Path(report.document.file).parent / name).resolve()) if is_file(name) else name


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

    def page(what: str, name: str, load: Callable[[str], object], names: Collection[str], way: Way) -> bool:
        """Whether there is such a model, shipped or of the lab's own folder."""
        if not is_file(name):
            return known(what, name, names, way)
        file = model_file(name, report)
        if report.document.in_file and not Path(file).is_relative_to(Path(report.document.file).parent.resolve()):
            report.at(way, f"{name} is outside of the lab's folder")
            return False
        try:
            load(file)
        except (UnknownPage, BadPersonality, UnknownPersonality) as error:
            report.at(way, str(error))
            return False
        return True

    for r, rack in enumerate(spec.racks):
        for n, switch in enumerate(rack.switches):
            way: Way = ("racks", r, "switches", n)
            handler("switch handler", switch.handler, switch_handler_names(), (*way, "handler"))
            if page("switch model", switch.model, recorded_switch, switch_models(), (*way, "model")):
                most = switch_personality(model_file(switch.model, report)).most_ports
                if switch.ports > most:
                    report.at((*way, "ports"), f"a {switch.model} has at most {most} ports, not {switch.ports}")
        for n, pdu in enumerate(rack.pdus):
            handler("PDU handler", pdu.handler, pdu_handler_names(), ("racks", r, "pdus", n, "handler"))
            way = ("racks", r, "pdus", n)
            if page("PDU model", pdu.model, recorded_pdu, pdu_models(), (*way, "model")):
                has = recorded_outlets(model_file(pdu.model, report))
                if has is not None and pdu.outlets > has and "outlets" in pdu.model_fields_set:
                    report.at((*way, "outlets"), f"{pdu.model} has {has} outlets, not {pdu.outlets}")
        for n, server in enumerate(rack.servers):
            page("BMC model", server.model, load_personality, bmc_models(), ("racks", r, "servers", n, "model"))
