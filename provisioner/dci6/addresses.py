"""Addresses of a server: what it has is given back, what it is to have is taken from a pool."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.clients.dci6 import Dci6Client
from provisioner.clients.records6 import Address, Server
from provisioner.errors import NotInPanel, PanelError
from provisioner.progress import NOT_DONE, NotDone, Progress

__all__ = ["Addresses"]


class Addresses:
    """Of one panel."""

    def __init__(self, client: Dci6Client) -> None:
        self._client = client

    async def remove_all(self, server: Server) -> str:
        return await self.remove(server, server.addresses) or "there are none"

    async def remove(self, server: Server, addresses: Sequence[Address]) -> str:
        """Give these back; one that is gone already is what was wanted."""
        for address in addresses:
            try:
                await self._client.delete_ip(server.id, address.id)
            except PanelError as exc:
                if exc.status != 404:
                    raise
        return ", ".join(address.name for address in addresses)

    async def add(
        self, family: int, pool: str, count: int, prefix: int | None, server: Server, progress: Progress
    ) -> None:
        """A part of step A8: `count` addresses of a family, all or none."""

        async def add() -> None:
            await self._client.add_ips(server.id, await self.pool(pool), count, family=family, prefix=prefix)

        async def look(before: list[int]) -> NotDone | None:
            there = await self._client.server_ips(server.id)
            new = [each for each in there if each.family == family and each.id not in before]
            return None if new else NOT_DONE

        before = [address.id for address in server.addresses]
        await progress.step("A8", "add an address", add, part=f"ipv{family}", before=before, look=look)

    async def pool(self, name: str) -> int:
        """Its id. Raises NotInPanel."""
        pool = await self._client.find_pool(name)
        if pool is None:
            raise NotInPanel(f"There is no pool {name!r} in DCImanager 6")
        return pool.id
