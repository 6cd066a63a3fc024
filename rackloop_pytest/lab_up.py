"""A lab that is up on loopback in a process of its own, and what a test does with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rackloop_pytest.own_process import ChildFailed, Helper, helper

if TYPE_CHECKING:
    import httpx

__all__ = ["CLOCK", "Clock", "Faults", "LabUp", "Refused", "WentWrong", "lab_up"]

CLOCK = "scaled:600"
"""Ten minutes of lab time in a second: a client that polls sees an installation end while it waits, as with `rackloop exec`."""
_PATIENCE = 600.0
"""Real seconds for an answer of the lab control: to advance a clock may take a while."""


class Refused(ValueError):
    """The lab control cannot do it; the text says why, with the nearest word, and nothing has changed."""


class WentWrong(AssertionError):
    """What must hold did not, or a fault never came about; `lines` says how it came to it."""

    def __init__(self, what: Sequence[str], lines: Sequence[str]) -> None:
        super().__init__("\n".join(what))
        self.lines = list(lines)


class Control:
    """The lab control API, as far as it is used here."""

    def __init__(self, url: str) -> None:
        import httpx  # noqa: PLC0415 - pytest loads this for everybody

        self._client = httpx.Client(base_url=url, timeout=_PATIENCE, trust_env=False)

    def ask(self, method: str, path: str, **how: Any) -> Any:
        """The JSON that it answers. Raises Refused."""
        __tracebackhide__ = True
        answer = self._client.request(method, f"/__lab{path}", **how)
        found = answer.json()
        if answer.is_error:
            raise Refused(found.get("error", answer.text) if isinstance(found, dict) else answer.text)
        return found

    def close(self) -> None:
        self._client.close()


class Clock:
    """The lab's clock. `real` and `scaled:N` go by themselves; `stepped` goes when it is told."""

    def __init__(self, control: Control) -> None:
        self._control = control

    @property
    def now(self) -> float:
        """Seconds of lab time since the lab was started."""
        return float(self._control.ask("GET", "/clock")["now"])

    def advance(self, by: float | str) -> float:
        """Move a stepped clock by so many seconds, or by `10m`, `1h`; returns what it shows when all that was due has happened.
        Raises Refused for a clock that goes by itself.
        """
        __tracebackhide__ = True
        return float(self._control.ask("POST", "/clock/advance", json={"seconds": by})["now"])


class Faults:
    """What breaks: the catalogue's kinds, in the words of scenario files."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def inject(self, kind: str, /, **given: Any) -> None:
        """`inject("bmc.dead", server="srv-03", at="8m", lasts="5m")`; `lasts` is what files call `for`. Raises Refused for a kind,
        a parameter or a part that there is not, with the nearest that there is.
        """
        __tracebackhide__ = True
        self._control.ask("POST", "/faults", json={kind: given})

    def clear(self, kind: str | None = None, target: str | None = None) -> int:
        """Mend what matches, and call off what has not struck; how many faults that were."""
        __tracebackhide__ = True
        chosen = {name: word for name, word in (("kind", kind), ("target", target)) if word is not None}
        return int(self._control.ask("DELETE", "/faults", params=chosen)["cleared"])

    def list(self) -> list[dict[str, Any]]:
        """Those that hold (`active`) and those that were asked for and have not struck: `kind`, `target`, `active`, `params`."""
        found: list[dict[str, Any]] = self._control.ask("GET", "/faults")["list"]
        return found


class LabUp(dict[str, Any]):
    """The endpoints of a lab that is up, as `rackloop up --endpoints` writes them (docs/pytest.md has the keys), and the lab control."""

    def __init__(self, told: Mapping[str, Any], seed: int, explain: Callable[[str], list[str]]) -> None:
        super().__init__(told["endpoints"])
        self.name: str = told["lab"]
        self.seed = seed
        self.sells: Mapping[str, list[str]] = told["sells"]
        """Names that this lab offers: `configurations`, `templates` (of systems), `pools`."""
        self._explain = explain
        self.control = Control(self["control"])
        self.clock = Clock(self.control)
        self.faults = Faults(self.control)
        self._clients: list[httpx.Client] = []

    def __repr__(self) -> str:
        return f"<lab {self.name}, up, seed {self.seed}, control {self['control']}>"

    @property
    def dci6_url(self) -> str:
        return str(self["dci6"])

    @property
    def dci5_url(self) -> str:
        """With its path: `http://127.0.0.1:1500/dcimgr`."""
        return f"{self['dci5']}/dcimgr"

    def dci6(self) -> httpx.Client:
        """A client of DCImanager 6 that is logged in as the administrator; closed with the lab."""
        import httpx  # noqa: PLC0415

        token = httpx.post(
            f"{self['dci6']}/auth/v4/public/token", json=self["admin"]["dci6"], timeout=_PATIENCE, trust_env=False
        )
        token.raise_for_status()
        client = httpx.Client(
            base_url=self["dci6"],
            headers={"x-xsrf-token": token.json()["token"]},
            timeout=_PATIENCE,
            trust_env=False,
        )
        self._clients.append(client)
        return client

    def dci5(self) -> httpx.Client:
        """A client of DCImanager 5 that is logged in as the administrator: `client.get("", params={"func": "server", "out": "json"})`."""
        import httpx  # noqa: PLC0415

        admin = self["admin"]["dci5"]
        client = httpx.Client(
            base_url=self.dci5_url,
            params={"authinfo": f"{admin['username']}:{admin['password']}"},
            timeout=_PATIENCE,
            trust_env=False,
        )
        self._clients.append(client)
        return client

    def server(self, name: str) -> dict[str, Any]:
        """The truth about a server, as a technician would see it: `powered`, `state`, `screen`, `bmc_alive`, `os`, `disks`, `nics`.
        Raises KeyError.
        """
        __tracebackhide__ = True
        servers = {each["name"]: each for each in self.control.ask("GET", "/state")["servers"]}
        if name not in servers:
            raise KeyError(f"there is no server {name!r}: {', '.join(servers)}")
        found: dict[str, Any] = servers[name]
        return found

    def journal(self, subject: str | None = None, layer: str | None = None) -> list[dict[str, Any]]:
        """What happened, in order: `time` in seconds of lab time, `layer`, `subject`, `what`, `detail`."""
        chosen: dict[str, Any] = {"limit": 10_000, "since": 0}
        chosen |= {name: word for name, word in (("subject", subject), ("layer", layer)) if word is not None}
        records: list[dict[str, Any]] = []
        while True:
            page = self.control.ask("GET", "/journal", params=chosen)
            records += page["list"]
            if page["next"] in (chosen["since"], page["size"]):
                return records
            chosen["since"] = page["next"]

    def explain(self, text: str) -> list[str]:
        """What its journal knows of a failure with this text, in lines: the cause first, then the last records."""
        return self._explain(text)

    def ended(self, lines: Sequence[str]) -> None:
        """The lab is gone; what it had to say last."""
        self._explain = lambda text: list(lines)

    def close(self) -> None:
        """Close its clients; the lab itself ends with `lab_up`."""
        for client in self._clients:
            client.close()
        self.control.close()


class Explainer:
    """Asks the process of a lab what its journal knows of a failure."""

    def __init__(self, process: Helper) -> None:
        self._process = process

    def __call__(self, text: str) -> list[str]:
        try:
            lines: list[str] = self._process.ask("explain", text=text)["lines"]
        except ChildFailed as error:
            return str(error).splitlines()
        return lines


@contextmanager
def lab_up(
    lab: str | Mapping[str, Any] = "small",
    *,
    seed: int = 1,
    clock: str = CLOCK,
    known: Sequence[Mapping[str, str]] = (),
    pending_faults: bool = False,
) -> Iterator[LabUp]:
    """A lab on free ports of loopback for as long as the block lasts, for fixtures of one's own; `lab`: a name, a file, or a mapping as in
    a lab file. At the end of a block that has not failed, WentWrong is raised for what must hold and does not, unless `known` declares
    it, and, without `pending_faults`, for a fault that never came about.
    """
    with helper() as process:
        told = process.ask("up", lab=lab, seed=seed, clock=clock, known=[dict(each) for each in known])
        here = LabUp(told, seed, Explainer(process))
        failed = True
        try:
            yield here
            failed = False
        finally:
            here.close()
            ended = process.ask("finish")
            here.ended(ended["lines"])
            wrong = list(ended["wrong"])
            if not pending_faults and ended["pending"]:
                wrong.append("a fault never came about: " + ", ".join(ended["pending"]))
            if wrong and not failed:
                raise WentWrong(wrong, ended["lines"])
