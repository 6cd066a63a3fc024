"""Addresses of a server: what it has is given back, what it is to have is taken from a pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from provisioner.clients.dci6 import Dci6Client
from provisioner.clients.records6 import Address, Server
from provisioner.clock import Clock
from provisioner.errors import NotInPanel, PanelError
from provisioner.log import ModuleLog
from provisioner.progress import NOT_DONE, NotDone, Progress

__all__ = ["Addresses"]

SHOWN_SECONDS: Final = 60.0
"""How long a list is asked for again that does not show what the panel has said it gave."""
SHOWN_POLL_SECONDS: Final = 5.0
NOT_FOUND: Final = 404


class Addresses:
    """Of one panel."""

    def __init__(self, client: Dci6Client, clock: Clock, log: ModuleLog) -> None:
        self._client = client
        self._clock = clock
        self._log = log

    async def remove_all(self, server: Server) -> str:
        return await self.remove(server, server.addresses) or "there are none"

    async def remove(self, server: Server, addresses: Sequence[Address]) -> str:
        """Give these back; one that is gone already is what was wanted."""
        for address in addresses:
            try:
                await self._client.delete_ip(server.id, address.id)
            except PanelError as exc:
                if exc.status != NOT_FOUND:
                    raise
        return ", ".join(address.name for address in addresses)

    async def add(
        self, family: int, pool: int, count: int, prefix: int | None, server: Server, progress: Progress
    ) -> None:
        """A part of step A8: `count` addresses of a family, all or none. Its result is their ids."""

        async def add() -> list[int]:
            return await self._client.add_ips(server.id, pool, count, family=family, prefix=prefix)

        async def look(before: list[int]) -> NotDone | list[int]:
            there = await self._client.server_ips(server.id)
            new = [each.id for each in there if each.family == family and each.id not in before]
            return new[:count] if new else NOT_DONE

        before = [address.id for address in server.addresses]
        await progress.step("A8", "add an address", add, part=f"ipv{family}", before=before, look=look)

    async def of(self, server: int, progress: Progress) -> list[Address]:
        """What the server has. A list may be older than the answer that named an address: then it is asked for again."""
        given = {each for family in (4, 6) for each in progress.result(f"A8/ipv{family}") or ()}
        deadline = self._clock.now() + SHOWN_SECONDS
        while True:
            there = await self._client.server_ips(server)
            if given <= {each.id for each in there} or self._clock.now() >= deadline:
                return there
            await self._clock.sleep(SHOWN_POLL_SECONDS)

    async def settled(
        self, server: Server, there: Sequence[Address], wanted: Mapping[int, int], progress: Progress
    ) -> list[Address]:
        """What the server keeps: `there` without what step A8 was given beyond `wanted` (a number for each family), since
        its order came twice. That goes back.
        """
        surplus: list[Address] = []
        for family, count in wanted.items():
            key = f"A8/ipv{family}"
            if progress.begun(key):
                before, given = progress.before(key), progress.result(key) or []
                new = [each for each in there if each.family == family and each.id not in before]
                surplus += sorted(new, key=lambda each: each.id not in given)[count:]
        for address in surplus:

            async def give_back(address: Address = address) -> str:
                return await self.remove(server, [address])

            await progress.step("A8", "give a surplus address back", give_back, part=f"surplus/{address.id}")
            self._log.note(
                f"{address.name} was given to server {server} beyond what was ordered, and has been given back"
            )
        return [each for each in there if each not in surplus]

    async def pool(self, name: str) -> int:
        """Its id. Raises NotInPanel."""
        pool = await self._client.find_pool(name)
        if pool is None:
            raise NotInPanel(f"There is no pool {name!r} in DCImanager 6")
        return pool.id
