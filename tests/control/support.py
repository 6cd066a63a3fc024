"""A simulated lab and a client of its control API."""

import httpx

from simulator.control.app import create_control
from simulator.kernel import run
from simulator.lab import Lab
from simulator.web.in_process import InProcessTransport

ONE = Lab.load("one")
JSON = {"content-type": "application/json"}


def in_lab(scene, *, access=None, base_url="http://control"):
    async def main():
        async with ONE.simulated() as lab:
            transport = InProcessTransport(create_control(lab, access))
            async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
                return await scene(lab, client)

    return run(main())
