"""A table that net-snmp's snmpd lets a manager write (`pass_persist`): run by snmpd, it keeps its values in a file.

The file is a walk in snmpsim's format; what may be written are INTEGERs below the names given as further arguments.
"""

from __future__ import annotations

import sys
from pathlib import Path

KINDS = {
    "2": "integer",
    "4": "string",
    "4x": "octet",
    "6": "objectid",
    "65": "counter",
    "66": "gauge",
    "67": "timeticks",
}
Name = tuple[int, ...]


def parsed(text: str) -> Name:
    return tuple(int(part) for part in text.strip(".").split("."))


def load(file: Path) -> dict[Name, tuple[str, str]]:
    rows = {}
    for line in file.read_text().splitlines():
        name, kind, value = line.split("|", 2)
        if kind in KINDS:
            rows[parsed(name)] = kind, value
    return rows


def save(file: Path, rows: dict[Name, tuple[str, str]]) -> None:
    lines = [f"{'.'.join(map(str, name))}|{kind}|{value}\n" for name, (kind, value) in sorted(rows.items())]
    part = file.with_suffix(".part")
    part.write_text("".join(lines))
    part.replace(file)


def shown(name: Name, row: tuple[str, str]) -> str:
    kind, value = row
    if kind == "4x":
        value = " ".join(value[at : at + 2] for at in range(0, len(value), 2))
    return f".{'.'.join(map(str, name))}\n{KINDS[kind]}\n{value}\n"


def main() -> None:
    file, writable = Path(sys.argv[1]), [parsed(text) for text in sys.argv[2:]]
    for line in sys.stdin:
        command = line.strip()
        rows, answer = load(file), "NONE\n"
        if command == "PING":
            answer = "PONG\n"
        elif command in ("get", "getnext"):
            name = parsed(sys.stdin.readline())
            if command == "getnext":
                name = min((each for each in rows if each > name), default=())
            if name in rows:
                answer = shown(name, rows[name])
        elif command == "set":
            name, (kind, _, value) = parsed(sys.stdin.readline()), sys.stdin.readline().strip().partition(" ")
            answer = "not-writable\n"
            if name in rows and kind == "integer" and any(name[: len(each)] == each for each in writable):
                rows[name] = "2", value
                save(file, rows)
                answer = "DONE\n"
        sys.stdout.write(answer)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
