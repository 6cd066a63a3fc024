"""What of a recording belongs to its owner and to nobody else: names, serial numbers, MACs, addresses. Each is replaced by another
of its kind, everywhere in the same way; who is behind a device (ARP, forwarding, neighbours, connections) is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from simulator.snmp import oid
from simulator.snmp.ber import IP_ADDRESS, OCTET_STRING
from simulator.snmp.oid import subids, suffix
from simulator.snmp.snmprec import Instance

__all__ = ["Replaced", "replace_private"]

_LEFT_OUT = {
    "addresses of others (ARP, routes)": (
        "1.3.6.1.2.1.3", "1.3.6.1.2.1.4.21", "1.3.6.1.2.1.4.22", "1.3.6.1.2.1.4.24", "1.3.6.1.2.1.4.32",
        "1.3.6.1.2.1.4.34", "1.3.6.1.2.1.4.35", "1.3.6.1.2.1.4.37", "1.3.6.1.2.1.31.1.4", "1.3.6.1.2.1.55",
    ),
    "connections": (
        "1.3.6.1.2.1.6.13", "1.3.6.1.2.1.6.19", "1.3.6.1.2.1.6.20", "1.3.6.1.2.1.7.5", "1.3.6.1.2.1.7.7",
    ),
    "stations behind its ports": ("1.3.6.1.2.1.17.4.3", "1.3.6.1.2.1.17.7.1.2"),
    "neighbours": ("1.0.8802.1.1.2.1.4", "1.3.6.1.4.1.9.9.23.1.2", "1.3.6.1.2.1.16"),
    "programs that run on it": ("1.3.6.1.2.1.25.4", "1.3.6.1.2.1.25.5", "1.3.6.1.2.1.25.6", "1.3.6.1.4.1.8072.1.3"),
}  # fmt: skip
_SERIALS = tuple(
    oid(name)
    for name in (
        "1.3.6.1.2.1.47.1.1.1.1.11",  # entPhysicalSerialNum
        "1.3.6.1.4.1.318.1.1.4.1.5", "1.3.6.1.4.1.318.1.1.12.1.6", "1.3.6.1.4.1.318.1.1.26.2.1.9",
        "1.3.6.1.4.1.318.1.1.26.2.1.13", "1.3.6.1.4.1.318.1.1.1.1.2.3",
        "1.3.6.1.4.1.13742.6.3.2.1.1.4", "1.3.6.1.4.1.13742.4.1.1.2",
        "1.3.6.1.4.1.534.6.6.7.1.2.1.4", "1.3.6.1.4.1.534.1.1.6",
        "1.3.6.1.4.1.3808.1.1.3.1.6", "1.3.6.1.4.1.3808.1.1.1.1.2.3",
        "1.3.6.1.4.1.9.3.6.3", "1.3.6.1.4.1.9.5.1.2.19", "1.3.6.1.4.1.11.2.36.1.1.2.9",
        "1.3.6.1.4.1.1991.1.1.1.1.2", "1.3.6.1.4.1.1718.4.1.2.2.1.6", "1.3.6.1.4.1.1718.3.1.1",
        "1.3.6.1.4.1.476.1.42.2.1.4", "1.3.6.1.4.1.171.12.1.1.12", "1.3.6.1.4.1.2011.5.25.188.1.6",
    )
)  # fmt: skip
_NAMES = {
    oid("1.3.6.1.2.1.1.4"): "contact",
    oid("1.3.6.1.2.1.1.5"): "name",
    oid("1.3.6.1.2.1.1.6"): "location",
    oid("1.3.6.1.2.1.31.1.1.1.18"): "alias of a port",
}
_IN_TEXT = re.compile(r"\b(?:SN|S/N|Serial(?: Number)?)\s*[:=]\s*([A-Za-z0-9-]{5,})")
_MAC_TEXT = re.compile(
    r"\b[0-9A-Fa-f]{2}([-: ])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}\b|\b(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}\b"
)
_IP_TEXT = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
_MACS = tuple(oid(name) for name in ("1.3.6.1.2.1.2.2.1.6", "1.3.6.1.2.1.17.1.1"))
_OWN = oid("1.3.6.1.2.1.4.20.1")
_OWN_ADDRESS = subids(_OWN)
_NO_HOST = (0, 127, 255)
"""How addresses begin that tell nothing of anybody, and masks."""
_BRIEF = 3


@dataclass(slots=True)
class Replaced:
    """What was, for whoever sends the recording to others."""

    counts: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    """By what it is, how many instances."""

    def __str__(self) -> str:
        said = [f"{count} {what if count != 1 else _one(what)}" for what, count in self.counts.items()]
        return ", ".join(said) or "nothing"


class _Replacing:
    def __init__(self, secrets: Iterable[str], outlet_names: frozenset[bytes]) -> None:
        self.told = Replaced()
        self._texts: dict[str, str] = {text: "public" for text in secrets if len(text) > _BRIEF and text != "private"}
        self._outlet_names = outlet_names
        self._macs: dict[bytes, bytes] = {}
        self._addresses: dict[bytes, bytes] = {}
        self._serials: dict[str, str] = {}

    def learn(self, walk: Iterable[Instance]) -> None:
        """Texts that are the owner's, wherever else they stand."""
        for item in walk:
            if item.tag != OCTET_STRING:
                continue
            if item.name.startswith(_MACS) and len(item.content) == 6 and any(item.content):
                self._mac(item.content)
            text = item.content.decode("latin-1").strip("\0 ")
            if item.name.startswith(_SERIALS) and len(text) > _BRIEF:
                self._serial(text)
            for found in _IN_TEXT.findall(text):
                self._serial(found)
            if item.name.startswith(oid("1.3.6.1.2.1.1.5")) and len(text) > _BRIEF:
                self._texts[text] = "device"

    def _serial(self, text: str) -> None:
        if text not in self._serials:
            number = f"{len(self._serials) + 1}"
            self._serials[text] = "X" * max(1, len(text) - len(number)) + number
            self._count("serial numbers")

    def _count(self, what: str) -> None:
        self.told.counts[what] = self.told.counts.get(what, 0) + 1

    def _mac(self, mac: bytes) -> bytes:
        """The maker's half stays."""
        if mac not in self._macs:
            self._count("MACs")
            self._macs[mac] = mac[:3] + (len(self._macs) + 1).to_bytes(3, "big")
        return self._macs[mac]

    def address(self, octets: bytes) -> bytes:
        if octets[0] in _NO_HOST or octets[0] >= 224:
            return octets
        if octets not in self._addresses:
            self._count("IP addresses")
            self._addresses[octets] = bytes((192, 0, 2, len(self._addresses) % 254 + 1))
        return self._addresses[octets]

    def text(self, text: str) -> str:
        for was, now in (*self._serials.items(), *self._texts.items()):
            text = text.replace(was, now)
        text = _MAC_TEXT.sub(lambda match: self._mac_text(match[0]), text)
        return _IP_TEXT.sub(self._ip_text, text)

    def _mac_text(self, text: str) -> str:
        digits = re.sub("[^0-9A-Fa-f]", "", text)
        now = self._mac(bytes.fromhex(digits)).hex()
        if digits.upper() == digits:
            now = now.upper()
        place = iter(now)
        return "".join(next(place) if sign not in "-: ." else sign for sign in text)

    def _ip_text(self, match: re.Match[str]) -> str:
        parts = [int(part) for part in match[0].split(".")]
        if max(parts) > 255 or parts[0] < 10:  # a version, more likely
            return match[0]
        return ".".join(map(str, self.address(bytes(parts))))

    def _within(self, octets: bytes) -> bytes:
        """A MAC may stand inside of something, as in an engine's ID."""
        for was, now in self._macs.items():
            octets = octets.replace(was, now)
        return octets

    def instance(self, item: Instance) -> Instance:
        numbers = subids(item.name)
        if numbers[: len(_OWN_ADDRESS)] == _OWN_ADDRESS and len(numbers) == len(_OWN_ADDRESS) + 5:
            own = self.address(bytes(numbers[-4:]))
            item = item._replace(name=_OWN + suffix(numbers[len(_OWN_ADDRESS)], *own))
        if item.tag == IP_ADDRESS and len(item.content) == 4:
            return item._replace(content=self.address(item.content))
        if item.tag != OCTET_STRING or not item.content:
            return item
        if item.content in self._macs:
            return item._replace(content=self._macs[item.content])
        what = next((what for name, what in _NAMES.items() if item.name.startswith(name)), None)
        if what is not None:
            return item._replace(content=b"device" if what == "name" else b"")
        if item.name.startswith(tuple(self._outlet_names)):
            return item._replace(content=f"Outlet {numbers[-1]}".encode())
        try:
            text = item.content.decode("ascii")
        except UnicodeDecodeError:
            return item._replace(content=self._within(item.content))
        return item._replace(content=self.text(text).encode())


def replace_private(
    walk: Iterable[Instance], secrets: Iterable[str] = (), outlet_names: frozenset[bytes] = frozenset()
) -> tuple[list[Instance], Replaced]:
    """`secrets`: communities and the like; `outlet_names`: object types that hold what the owner calls his outlets."""
    kept: list[Instance] = []
    work = _Replacing(secrets, outlet_names)
    prefixes = [(oid(name), what) for what, names in _LEFT_OUT.items() for name in names]
    for item in walk:
        what = next((what for prefix, what in prefixes if item.name.startswith(prefix)), None)
        if what is None:
            kept.append(item)
        else:
            work.told.left_out[what] = work.told.left_out.get(what, 0) + 1
    work.learn(kept)
    changed = [work.instance(item) for item in kept]
    names = sum(was != now for was, now in zip(kept, changed, strict=True) if was.name.startswith(tuple(_NAMES)))
    names += sum(
        was != now
        for was, now in zip(kept, changed, strict=True)
        if outlet_names and was.name.startswith(tuple(outlet_names))
    )
    if names:
        work.told.counts["names"] = names
    return list(_once(changed)), work.told


def _once(walk: Iterable[Instance]) -> Iterator[Instance]:
    found = {item.name: item for item in walk}
    return iter([found[name] for name in sorted(found, key=subids)])


def _one(what: str) -> str:
    return what.removesuffix("es") if what.endswith("sses") else what.removesuffix("s")
