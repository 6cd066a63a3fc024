"""Addresses of a dedicated server of a DCImanager 5: the aliases that are given to it, and what goes back.

What the answer to an order says counts: a list may be older than it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from provisioner.clients.coremanager import CoreError
from provisioner.clients.dci5 import Dci5Client
from provisioner.clients.dci5_records import Address5
from provisioner.clock import Clock
from provisioner.errors import NoServerBound
from provisioner.log import ModuleLog
from provisioner.modules.billmanager5.setup import SetUp
from provisioner.progress import Progress
from provisioner.services import Service

__all__ = ["STALE_POLL_SECONDS", "STALE_SECONDS", "Addresses", "bound"]

STALE_SECONDS: Final = 60.0
"""How long a list is asked for again that does not show what an answer has said."""
STALE_POLL_SECONDS: Final = 5.0


class Addresses:
    """Of servers of one panel."""

    def __init__(self, client: Dci5Client, iptype: str, clock: Clock, log: ModuleLog, servers: SetUp) -> None:
        self._client = client
        self._iptype = iptype
        self._clock = clock
        self._log = log
        self._servers = servers

    async def give_aliases(self, service: Service, domain: str, count: int, progress: Progress) -> list[str]:
        """Step 4; what was given, also in earlier tries. What the answer to an order says counts: a list may be old."""
        server = bound(service)
        earlier = list(dict.fromkeys(progress.earlier_parts("4")))
        rows = [row.ip for row in await self._client.addresses(server)] if count or earlier else []
        given = [ip for ip in earlier if ip in rows]
        missing = range(len(given) + 1, count + 1)

        async def give() -> str:
            for number in missing:

                async def add() -> str:
                    return await self._client.add_address(server, domain, iptype=self._iptype)

                given.append(
                    await progress.step(
                        "4",
                        "give an address",
                        add,
                        part=str(number),
                        before=[*rows, *given],
                        look=lambda before: self._servers.new_address(server, before),
                    )
                )
            return ", ".join(given)

        await progress.logged("4", "give addresses", give())
        return given

    async def take_surplus(self, server: int, domain: str, known: Sequence[str], progress: Progress) -> None:
        """Give back what the panel gave when an order for an address came to it twice: of the order's own domain name, and
        in no answer.
        """
        for row in await self._client.addresses(server):
            if row.ip not in known and row.domain == domain:

                async def delete(row: Address5 = row) -> None:
                    await self.delete(server, row)

                await progress.step("IP-", "give a surplus address back", delete, part=row.ip)
                self._log.note(f"{row.ip} was given beyond what was ordered, and has been given back")

    async def row(self, server: int, address: str) -> Address5 | None:
        """The server's address of this name. A list may be old: that it lacks one is believed after a while only."""
        deadline = self._clock.now() + STALE_SECONDS
        while True:
            for row in await self._client.addresses(server):
                if row.ip == address:
                    return row
            if self._clock.now() >= deadline:
                return None
            await self._clock.sleep(STALE_POLL_SECONDS)

    async def delete_additional(self, server: int) -> list[str]:
        addresses = await self._client.addresses(server)
        main = (await self._client.server(server)).ip or (addresses[0].ip if addresses else "")
        deleted = [row for row in addresses if row.ip != main]
        for row in deleted:
            await self.delete(server, row)
        return [row.ip for row in deleted]

    async def delete(self, server: int, row: Address5) -> None:
        """One that is gone already is what was wanted."""
        try:
            await self._client.delete_address(server, row.id)
        except CoreError as exc:
            if exc.type != "missed":
                raise


def bound(service: Service) -> int:
    """The server that the service has. Raises NoServerBound."""
    if service.server is None:
        raise NoServerBound(f"service {service.name} has no server")
    return service.server
