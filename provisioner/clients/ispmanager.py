"""ispmanager, function by function: what the billing side asks of a shared hosting server, in its own terms.

Accounts are known by their names, which tell upper from lower case. The functions are those of the vendor's page on the
integration with BILLmanager (`user`, `preset`, `user.add.finish`) and of its WHMCS module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from provisioner.clients.coremanager import CoreClient, CoreError, CoreLoginRefused, Element

__all__ = ["ADMINISTRATOR", "Account", "IspmanagerClient"]

T = TypeVar("T")
ADMINISTRATOR: Final = 29
"""The least level of one who may manage accounts."""
_USER: Final = "16"
_PAGE: Final = 500
"""Rows asked for at a time."""
_LIMIT: Final = 1000
"""Pages of one list; a panel that gives more repeats itself."""


@dataclass(frozen=True, slots=True)
class Account:
    """A row of the list of users."""

    name: str
    full_name: str
    preset: str
    active: bool

    @classmethod
    def read(cls, row: Element) -> Account:
        """Raises ValueError for a row without a name."""
        name = _text(row, "name")
        if not name:
            raise ValueError("a user has no name")
        # A panel that says nothing of it has no disabled users in its list.
        return cls(name, _text(row, "fullname"), _text(row, "preset"), _text(row, "active") != "off")


class IspmanagerClient:
    """The functions. All of them raise CoreError for what the panel refuses, PanelUnavailable for silence; what changes
    something, AnswerLost.
    """

    def __init__(self, core: CoreClient) -> None:
        self.core = core

    async def close(self) -> None:
        await self.core.close()

    async def level(self) -> int:
        """Of the user of the connection; 0 where the panel does not say."""
        user = (await self.core.ask("whoami")).find("user")
        level = "" if user is None else user.get("level", "")
        return int(level) if level.isascii() and level.isdigit() else 0

    async def accounts(self) -> list[Account]:
        return await self._list("user", Account.read)

    async def account(self, name: str) -> Account | None:
        """The one whose name is exactly this."""
        return next((each for each in await self.accounts() if each.name == name), None)

    async def presets(self) -> list[str]:
        return await self._list("preset", lambda row: _text(row, "name"))

    async def knows(self, name: str, password: str) -> bool:
        """Whether a user logs in with this password. No session remains."""
        try:
            await self.core.ask_as(name, password, "whoami")
        except CoreLoginRefused:
            return False
        return True

    async def create(
        self,
        name: str,
        password: str,
        *,
        full_name: str = "",
        preset: str = "",
        limits: Mapping[str, str] | None = None,
    ) -> None:
        """A user without sites and mail domains, on a shared address. Raises CoreError `exists` for a taken name."""
        chosen = {"preset": preset} if preset else {}
        await self.core.act(
            "user.add.finish",
            sok="ok",
            name=name,
            passwd=password,
            confirm=password,
            fullname=full_name,
            webdomain="off",
            emaildomain="off",
            ipsrc="do_not_assign",
            **chosen,
            **(limits or {}),
        )

    async def suspend(self, name: str) -> None:
        await self.core.act("user.suspend", elid=name)

    async def resume(self, name: str) -> None:
        await self.core.act("user.resume", elid=name)

    async def delete(self, name: str) -> None:
        """With everything that the account holds."""
        await self.core.act("user.delete", elid=name)

    async def set_password(self, name: str, password: str) -> None:
        await self.core.act("user.edit", elid=name, sok="ok", passwd=password, confirm=password)

    async def set_preset(self, name: str, preset: str) -> None:
        await self.core.act("user.edit", elid=name, sok="ok", preset=preset)

    async def _list(self, func: str, reader: Callable[[Element], T]) -> list[T]:
        """All rows of a list, page by page. An empty list has no `elem`."""
        rows: list[T] = []
        seen = 0
        for page in range(1, _LIMIT):
            document = await self.core.ask(func, p_num=page, p_cnt=_PAGE)
            found = document.findall("elem")
            seen += len(found)
            try:
                rows.extend(reader(row) for row in found if _text(row, "level") in ("", _USER))
            except ValueError as exc:
                raise CoreError(func, "client", "bad_response", f"the answer is not understood: {exc}") from exc
            total = _text(document, "p_elems")
            if not found or not total.isdecimal() or seen >= int(total):
                break
        return rows


def _text(row: Element, name: str) -> str:
    return (row.findtext(name) or "").strip()
