"""The serial console of a running system: a login prompt that nobody has the password of, and the magic SysRq key."""

from __future__ import annotations

from typing import Final, Protocol

__all__ = ["Host", "Login"]

_ENTER: Final = b"\r\n"
_ERASE: Final = b"\x08\x7f"


class Host(Protocol):
    """The machine whose serial port it is."""

    name: str
    restart_cause: str

    def show(self, text: str, end: str = "\n") -> None: ...

    def reset(self) -> None: ...


class Login:
    """What answers to keys: it echoes a name, takes a password without echo, and says no."""

    __slots__ = ("_host", "_line", "_name", "_sysrq")

    def __init__(self, host: Host) -> None:
        self._host = host
        self._line = bytearray()
        self._name: bytes | None = None
        """The name that was typed; None while it is asked for."""
        self._sysrq = False

    def prompt(self) -> None:
        """A system came up: ask for a name."""
        self._line.clear()
        self._name = None
        self._host.show(f"\n{self._host.name} login: ", end="")

    def typed(self, octets: bytes) -> None:
        for octet in octets:
            if self._sysrq:
                self._sysrq = False
                self._magic(octet)
            elif octet in _ENTER:
                self._entered()
            elif octet in _ERASE:
                if self._line:
                    self._line.pop()
                    self._echo("\b \b")
            elif 0x20 <= octet < 0x7F:
                self._line.append(octet)
                self._echo(chr(octet))

    def serial_break(self) -> None:
        """The next key is a SysRq command (Linux, admin-guide/sysrq)."""
        self._sysrq = True

    def _echo(self, text: str) -> None:
        if self._name is None:
            self._host.show(text, end="")

    def _entered(self) -> None:
        if self._name is None and not self._line:
            self._host.show("")
            self.prompt()
        elif self._name is None:
            self._name = bytes(self._line)
            self._line.clear()
            self._host.show("\nPassword: ", end="")
        else:
            self._host.show("\n\nLogin incorrect", end="")
            self.prompt()

    def _magic(self, octet: int) -> None:
        if octet == ord("b"):
            self._host.show("sysrq: Resetting")
            self._host.reset()
            self._host.restart_cause = "unknown"
        else:
            self._host.show("sysrq: HELP : loglevel(0-9) reboot(b) ...")
