"""Snapshots of what outlives a stop: records of this product as JSON that a person can read, and back.

A file of saved state may come from anywhere, so nothing is made from it but data classes, named tuples and enumerations that
a room has registered under a short name of its own, and a handful of plain types. Names in files are these short ones, so
that a module can move without breaking what users have saved.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from operator import attrgetter
from typing import Any

__all__ = ["BadSnapshot", "Parts", "Stateful", "pack", "register", "restore", "save", "unpack"]

_TAG = "~"
_PLAIN = {each.__name__: each for each in (IPv4Address, IPv4Network, IPv6Address, IPv6Network)}
_SERIES = {each.__name__: each for each in (tuple, set, frozenset)}

Parts = Mapping[str, tuple[str, ...]]
"""By the dotted path of a part within something ("" is the whole), the names of the attributes that are saved."""


class BadSnapshot(ValueError):
    """Stateful state that does not fit: from another version, or damaged. The message says where."""


class Stateful(ABC):
    """Something that others hold on to, and that is therefore filled again rather than replaced."""

    __slots__ = ()

    @abstractmethod
    def state(self) -> object:
        """Its content: anything that `pack` takes."""

    @abstractmethod
    def restore(self, content: Any) -> None:
        """Have this content, and no other."""


def pack(value: object) -> Any:
    """As JSON. Raises TypeError for what cannot be saved: a task, a callable, an object with a life of its own."""
    kind = type(value)
    return (_PACKERS.get(kind) or _learn(kind))(value)


_PACKERS: dict[type, Callable[[Any], Any]] = {}


def _learn(kind: type[Any]) -> Callable[[Any], Any]:
    packer = _PACKERS[kind] = _packer(kind)
    return packer


def _packer(kind: type[Any]) -> Callable[[Any], Any]:
    """How values of exactly this type are packed: a hall has hundreds of thousands, of a few dozen types."""
    name = kind.__name__
    if issubclass(kind, Enum):
        tag = _name_of(kind)
        return lambda value: {_TAG: tag, "value": value.value}
    if kind in (type(None), bool, int, str):
        return lambda value: value
    if kind is float:
        return lambda value: value if math.isfinite(value) else {_TAG: "float", "value": str(value)}
    if issubclass(kind, Mapping):
        return _pack_mapping
    if kind in (list, deque):
        return lambda value: [pack(item) for item in value]
    if is_dataclass(kind) or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
        return _record_packer(kind)
    if kind in (set, frozenset):
        return lambda value: {_TAG: name, "value": sorted(map(pack, value), key=repr)}
    if kind is tuple:
        return lambda value: {_TAG: "tuple", "value": [pack(item) for item in value]}
    if kind in (bytes, bytearray):
        return lambda value: {_TAG: name, "value": value.hex()}
    if kind in (date, datetime):
        return lambda value: {_TAG: name, "value": value.isoformat()}
    if name in _PLAIN:
        return lambda value: {_TAG: name, "value": str(value)}
    raise TypeError(f"a {name} cannot be saved")


def _pack_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    if all(type(key) is str and not key.startswith(_TAG) for key in value):
        return {key: pack(item) for key, item in value.items()}
    return {_TAG: "dict", "value": [[pack(key), pack(item)] for key, item in value.items()]}


def _record_packer(kind: type[Any]) -> Callable[[Any], dict[str, Any]]:
    tag = _name_of(kind)
    names = tuple(field.name for field in fields(kind)) if is_dataclass(kind) else kind._fields

    def packed(value: Any) -> dict[str, Any]:
        out: dict[str, Any] = {_TAG: tag}
        for name in names:
            item = getattr(value, name)
            out[name] = (_PACKERS.get(type(item)) or _learn(type(item)))(item)
        return out

    return packed


def unpack(data: Any) -> Any:
    """What `pack` was given. Raises BadSnapshot."""
    if isinstance(data, list):
        return [unpack(item) for item in data]
    if not isinstance(data, dict):
        return data
    if _TAG not in data:
        return {key: unpack(item) for key, item in data.items()}
    name: Any = data[_TAG]
    value: Any = data.get("value")
    try:
        if name == "dict":
            return {unpack(key): unpack(item) for key, item in value}
        if name in _SERIES:
            return _SERIES[name](unpack(item) for item in value)
        if name == "float":
            return float(value)
        if name in ("bytes", "bytearray"):
            octets = bytes.fromhex(value)
            return octets if name == "bytes" else bytearray(octets)
        if name in ("date", "datetime"):
            return (date if name == "date" else datetime).fromisoformat(value)
        if name in _PLAIN:
            return _PLAIN[name](value)
        kind = _kind(name)
        if issubclass(kind, Enum):
            return kind(unpack(value))
        return kind(**{key: unpack(item) for key, item in data.items() if key != _TAG})
    except BadSnapshot:
        raise
    except (TypeError, ValueError, KeyError) as error:
        raise BadSnapshot(f"{name}: {error}") from error


# The registry of kinds: a name in a snapshot is no module's, so that code may move and old snapshots are still read.
_KINDS: dict[str, type[Any]] = {}
_NAMES: dict[type[Any], str] = {}
_RESERVED = {"dict", "float", "bytes", "bytearray", "date", "datetime", *_PLAIN, *_SERIES}


def register(kinds: Mapping[str, type[Any]]) -> None:
    """Give kinds of records the names that they have in snapshots, for ever. A room calls this once, for what it saves.

    Raises ValueError for a name or a kind that is registered otherwise, TypeError for what is no record.
    """
    for name, kind in kinds.items():
        if not (is_dataclass(kind) or issubclass(kind, Enum) or hasattr(kind, "_fields")):
            raise TypeError(f"{kind.__name__} is no record")
        if name in _RESERVED or _KINDS.get(name, kind) is not kind or _NAMES.get(kind, name) != name:
            raise ValueError(f"{name!r} is the name of another kind, or {kind.__name__} has another name")
        _KINDS[name] = kind
        _NAMES[kind] = name


def _name_of(kind: type) -> str:
    if kind not in _NAMES:
        raise TypeError(f"a {kind.__name__} of {kind.__module__} cannot be saved: it has no name in snapshots")
    return _NAMES[kind]


def _kind(name: object) -> type[Any]:
    """The record type that has this name."""
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise BadSnapshot(f"{name} is not known to this version")
    return kind


def save(whole: object, parts: Parts) -> dict[str, Any]:
    """The saved attributes of the parts, as JSON by `path.attribute`."""
    out: dict[str, Any] = {}
    for path, names in parts.items():
        part = attrgetter(path)(whole) if path else whole
        for name in names:
            value = getattr(part, name)
            out[f"{path}.{name}" if path else name] = pack(value.state() if isinstance(value, Stateful) else value)
    return out


def restore(whole: object, data: Mapping[str, Any], parts: Parts) -> None:
    """Put saved attributes in their places again; what holds others is filled again, so that it stays the same object.

    Raises BadSnapshot, before anything is changed; a Stateful that finds its content wrong may do so in the midst.
    """
    places = {f"{path}.{name}" if path else name: (path, name) for path, names in parts.items() for name in names}
    _same(data, places)
    new: list[tuple[object, str, object, Any]] = []
    for key, (path, name) in places.items():
        part = attrgetter(path)(whole) if path else whole
        old, value = getattr(part, name), unpack(data[key])
        if not _fits(old, value):
            raise BadSnapshot(f"{key} is a {type(value).__name__}, not a {type(old).__name__}")
        new.append((part, name, old, value))
    for part, name, old, value in new:
        if isinstance(old, Stateful):
            old.restore(value)
        elif isinstance(old, (dict, set)):
            old.clear()
            old.update(value)
        elif isinstance(old, (list, deque, bytearray)):
            old.clear()
            old.extend(value)
        else:
            setattr(part, name, value)


def _fits(old: object, value: object) -> bool:
    """Whether a saved value may stand where this is now. What holds nothing yet (None) says nothing of what it may hold, and
    a Stateful looks at its content itself.
    """
    if old is None or isinstance(old, Stateful):
        return True
    if isinstance(old, (int, float)) and not isinstance(old, bool):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(old, deque):
        return isinstance(value, list)
    return isinstance(value, type(old))


def _same(data: Mapping[str, Any], places: Iterable[str]) -> None:
    here, there = set(places), set(data)
    if here != there:
        odd = min(here ^ there)
        raise BadSnapshot(f"{odd} is {'missing' if odd in here else 'not known to this version'}")
