"""BMCs: asked over IPMI, recorded, compared with what a page makes of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from simulator.bmc import Bmc, load_personality, serve_bmc
from simulator.bmc.recorded import Recorded as Told
from simulator.bmc.recorded import written
from simulator.dcim.drivers.base import BmcAccess
from simulator.fabric import Fabric
from simulator.ipmi.channel import user
from simulator.ipmi.codes import Completion, NetFn
from simulator.ipmi.commands import DeviceId
from simulator.ipmi.crypto import SUITES
from simulator.ipmi.dispatch import key
from simulator.ipmi.message import checksum
from simulator.kernel import Journal, LoopClock, Streams
from simulator.kernel.wire import Wire
from simulator.plant import Physics, Plant, ServerBuild, Timings
from simulator.recording.bmc_session import bmc_session
from simulator.recording.comparing import Comparison, Difference, Kind
from simulator.recording.pages import NotLearned, Recorded, slug
from simulator.recording.questions import BmcAnswers, Question, ask_all
from simulator.recording.replacing import Replaced

__all__ = ["compare_with_page", "record"]

_DEVICE_ID = key(NetFn.APP, 0x01), b""
_SUPPORTS = ("sensor", "sdr", "sel", "fru", "event_receiver", "event_generator", "bridge", "chassis")
_MAKERS = {
    343: "Intel", 674: "Dell", 10876: "Supermicro", 11: "HPE", 47196: "HPE", 19046: "Lenovo", 2: "IBM", 2623: "ASUS",
    7154: "IPMI forum", 15370: "Gigabyte", 20974: "Quanta", 42817: "OpenBMC",
}  # fmt: skip
_LOGIN = ("ADMIN", "ADMIN")


async def _answers(access: BmcAccess, fabric: Fabric) -> BmcAnswers:
    async with bmc_session(access, fabric) as session:
        return await ask_all(session)


async def record(access: BmcAccess, fabric: Fabric, *, keep: bool, name: str = "") -> tuple[Recorded, Replaced]:
    """Ask a BMC for all that it tells, and make a page of it. `keep`: serial numbers stay as they are. Raises DeviceError, NotLearned."""
    answers = await _answers(access, fabric)
    told = Replaced()
    if not keep:
        answers.recorded = _without_serials(answers.recorded, told)
    made = _page(answers, name)
    return made, told


def _page(answers: BmcAnswers, name: str) -> Recorded:
    said = answers.recorded.answers[_DEVICE_ID]
    if said[0] != Completion.OK or len(said) < 12:
        raise NotLearned("it does not tell its device id (Get Device ID)")
    device = DeviceId.decode(said[1:])
    told = answers.not_learned
    fields = _texts(answers.recorded.inventories.get(0, b""))
    maker = _MAKERS.get(device.manufacturer) or fields.get("maker") or f"maker {device.manufacturer}"
    product = fields.get("product") or fields.get("board") or f"product {device.product}"
    title = product if product.lower().startswith(maker.lower().split()[0]) else f"{maker} {product}"
    name = name or slug(title)
    suites = [number for number in answers.suites if number in SUITES]
    if not suites:
        suites = [3]
        told.append("its cipher suites: 3, which every BMC of IPMI 2.0 must have")
    elif other := sorted(set(answers.suites) - set(suites)):
        told.append(f"cipher suites {other}: they are not spoken here")
    kinds = [word for bit, word in ((0, "none"), (2, "md5"), (4, "straight")) if answers.authentication >> bit & 1]
    told += [
        "what commands do that change something: none was sent",
        "how its readings move: they are as recorded",
        "how many sessions it bears, and whom it locks out",
    ]
    if answers.events:
        told.append(f"the {answers.events} events of its log, which are the machine's: left out")
    kept = _kept(answers)
    sensors = len({question.data for question in answers.questions if question.netfn == NetFn.SENSOR})
    full = (
        f"{title} (firmware {device.firmware_major}.{device.firmware_minor:02}): {sensors} sensors,"
        f" {len(kept.records)} records, {len(kept.inventories)} inventories, {answers.users[1]} of {answers.users[0]} users"
    )
    slow, middle = max(answers.seconds, default=0.0), median(answers.seconds) if answers.seconds else 0.0
    supports = [word for bit, word in enumerate(_SUPPORTS) if device.supports >> bit & 1]
    board = {"maker": fields.get("maker") or maker, "product": product, "part": fields.get("part", "")}
    lines = [
        f"# {full}: recorded by `rackloop record`.",
        f"# Its answers took {middle * 1000:.0f} ms, the slowest {slow * 1000:.0f} ms.",
        *(f"# not learned: {line}" for line in told),
        "source: observed",
        f"device: {device.device}",
        f"revision: {device.revision}",
        f"provides_sdrs: {json.dumps(device.provides_sdrs)}",
        f'firmware: "{device.firmware_major % 100}.{device.firmware_minor:02}"',
        f"supports: {json.dumps(supports)}",
        f"auxiliary: {list(device.auxiliary.ljust(4, bytes(1)))}",
        f"manufacturer: {device.manufacturer}",
        f"product: {device.product}",
        f"suites: {suites}",
        "soft_power: true",
        "sessions: 16",
        f"users: {max(2, answers.users[0])}",
        f"authentication: {json.dumps(kinds)}",
        f"board: {json.dumps(board)}",
        f"recorded: {name}.ipmi",
    ]
    return Recorded(name, full, "\n".join(lines) + "\n", {f"{name}.ipmi": written(kept)}, told)


def _kept(answers: BmcAnswers) -> Told:
    """Without what lives: the machine, the log and the lab's own settings answer for those. Readings stay, for nothing here
    measures; and refusals, for what a model has not does not live.
    """
    said = answers.recorded.answers
    lives = [each.key for each in answers.questions if each.lives and each.netfn != NetFn.SENSOR]
    living = {each for each in lives if said[each][0] == Completion.OK}
    return replace(
        answers.recorded, answers={each: said for each, said in answers.recorded.answers.items() if each not in living}
    )


# inventories


def _areas(inventory: bytes) -> list[tuple[str, int, int]]:
    """Chassis, board and product: where each begins and how long it is; what is damaged is left out."""
    if len(inventory) < 8 or inventory[0] & 0x0F != 1:
        return []
    found = []
    for what, place in (("chassis", 2), ("board", 3), ("product", 4)):
        start = inventory[place] * 8
        if start and start + 2 < len(inventory):
            size = inventory[start + 1] * 8
            if size and start + size <= len(inventory):
                found.append((what, start, size))
    return found


_BEFORE = {"chassis": 3, "board": 6, "product": 3}
"""Octets of an area before its first field."""
_FIELDS = {
    "chassis": ("part", "serial"),
    "board": ("maker", "product", "serial", "part", "file"),
    "product": ("maker", "product", "part", "version", "serial", "tag"),
}


def _each_field(inventory: bytes) -> list[tuple[str, str, int, int, int]]:
    """Area, field, where its octets begin, how many, and how they are coded."""
    found = []
    for what, start, size in _areas(inventory):
        place, names = start + _BEFORE[what], iter(_FIELDS[what])
        while place < start + size and inventory[place] != 0xC1:
            count, coded = inventory[place] & 0x3F, inventory[place] >> 6
            found.append((what, next(names, "other"), place + 1, min(count, start + size - place - 1), coded))
            place += 1 + count
    return found


def _texts(inventory: bytes) -> dict[str, str]:
    """The maker, product and part, of the product area, else of the board's."""
    found: dict[str, str] = {}
    for what, name, place, count, coded in _each_field(inventory):
        text = inventory[place : place + count].decode("latin-1").strip(" \0") if coded == 3 else ""
        if text and (what == "product" or name not in found) and what != "chassis":
            found["board" if (what, name) == ("board", "product") else name] = text
    return found


def _without_serials(recorded: Told, told: Replaced) -> Told:
    """Serial numbers and asset tags by X of the same length, and the areas' checksums after them."""
    inventories = {}
    for device, inventory in recorded.inventories.items():
        octets = bytearray(inventory)
        for _, name, place, count, coded in _each_field(inventory):
            if name in ("serial", "tag", "other") and count and any(octets[place : place + count]):
                octets[place : place + count] = (b"X" if coded == 3 else b"\0") * count
                told.counts["serial numbers"] = told.counts.get("serial numbers", 0) + 1
        for _, start, size in _areas(inventory):
            octets[start + size - 1] = checksum(bytes(octets[start : start + size - 1]))
        inventories[device] = bytes(octets)
    return replace(recorded, inventories=inventories)


# comparing


async def compare_with_page(access: BmcAccess, model: str, fabric: Fabric) -> Comparison:
    """A BMC with what a page (by its name, or its path) makes of it. Raises DeviceError, UnknownPersonality, BadPersonality."""
    personality = load_personality(model)
    there = await _answers(access, fabric)
    on = there.recorded.answers[key(NetFn.CHASSIS, 0x01), b""][1:2]
    clock = LoopClock()
    streams = Streams(1)
    journal = Journal(clock)
    plant = Plant(Physics(clock, streams, journal, Timings(), Wire(streams, journal)))
    build = ServerBuild(
        "compared", "E3-1230-16Gb-480SSD", [(480, "ssd")], ["02:00:00:00:00:01"], 10**9, "S1", bytes(16), [None], {}
    )
    server = plant.add_server(replace(build, powered=bool(on and on[0] & 1)))
    bmc = Bmc(server, [user(2, *_LOGIN)], personality, os.urandom)
    endpoint = await serve_bmc(bmc, fabric, ("127.0.0.1", 0))
    try:
        host, port = endpoint.address
        here = await _answers(BmcAccess(Path(model).stem, host, port, *_LOGIN), fabric)
    finally:
        endpoint.close()
        plant.close()
    again = await _again(access, fabric, there, here)
    return _compared(there, here, again)


async def _again(
    access: BmcAccess, fabric: Fabric, there: BmcAnswers, here: BmcAnswers
) -> dict[tuple[int, bytes], bytes]:
    """What differs, asked once more."""
    odd = [
        each
        for each in there.questions
        if here.recorded.answers.get(each.key) != there.recorded.answers[each.key] and not each.lives
    ]
    found = {}
    async with bmc_session(access, fabric) as session:
        for each in odd:
            code, data = await session.ask(each.netfn, each.command, each.data)
            found[each.key] = bytes((code,)) + data
    return found


def _compared(there: BmcAnswers, here: BmcAnswers, again: Mapping[tuple[int, bytes], bytes]) -> Comparison:
    differences = []
    questions = {each.key: each for each in (*there.questions, *here.questions)}
    for question in questions.values():
        one, other = there.recorded.answers.get(question.key), here.recorded.answers.get(question.key)
        if one != other:
            differences.append(_difference(question, one, other, again.get(question.key, one)))
    differences += _blobs("record", "33.12", _by_id(there.recorded), _by_id(here.recorded))
    replaced = _without_serials(there.recorded, Replaced())
    ours = here.recorded.inventories
    shown = {
        device: replaced.inventories[device] if ours.get(device) == replaced.inventories[device] else octets
        for device, octets in there.recorded.inventories.items()
    }
    differences += _blobs("inventory of FRU", "34.2", shown, ours)
    ids = _by_id(there.recorded).keys() | _by_id(here.recorded).keys()
    spoken = [number for number in there.suites if number in SUITES]
    if spoken and spoken != list(here.suites):
        differences.append(Difference("cipher suites", "22.15", "value", str(spoken), str(list(here.suites)), "sure"))
    return Comparison(len(questions) + len(ids) + len(shown.keys() | ours.keys()) + 1, differences, "answers")


def _by_id(recorded: Told) -> dict[int, bytes]:
    return dict(zip(recorded.record_ids, recorded.records, strict=True))


def _difference(question: Question, one: bytes | None, other: bytes | None, second: bytes | None) -> Difference:
    kind: Kind
    if one is None or other is None:
        kind = "only here" if one is None else "not here"
    else:
        # Readings are as recorded, unless the machine says otherwise by now.
        kind = "moves" if (question.lives and one[0] == other[0]) or second != one else "value"
    texts = [
        "nothing" if said is None else said[1:].hex(" ") or "done" if not said[0] else f"{said[0]:02X}h"
        for said in (one, other)
    ]
    return Difference(question.name, question.clause, kind, texts[0], texts[1], "sure" if second == one else "likely")


def _blobs(what: str, clause: str, there: Mapping[int, bytes], here: Mapping[int, bytes]) -> Sequence[Difference]:
    found = []
    for number in sorted(there.keys() | here.keys()):
        one, other = there.get(number), here.get(number)
        if one == other:
            continue
        kind: Kind = "only here" if one is None else "not here" if other is None else "value"
        place = next(
            (at for at, pair in enumerate(zip(one or b"", other or b"", strict=False)) if pair[0] != pair[1]), 0
        )
        texts = [
            "nothing" if octets is None else f"{len(octets)} octets, {octets[place : place + 8].hex(' ')} at {place}"
            for octets in (one, other)
        ]
        found.append(Difference(f"{what} {number}", clause, kind, texts[0], texts[1], "sure"))
    return found
