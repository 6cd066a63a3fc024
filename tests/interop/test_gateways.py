"""Real gateways in front of both panels: their own time-outs make the pages, and our pages are theirs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from provisioner.clients.coremanager import CoreClient
from provisioner.clients.dci5 import Dci5Client
from provisioner.clients.dci6 import Dci6Client
from provisioner.errors import AnswerLost
from provisioner.log import ModuleLog
from simulator.faults import CATALOGUE
from simulator.lab import Lab, Run
from simulator.web.pages import page
from tests.interop.programs import need

pytestmark = pytest.mark.interop

ONE = Lab.load("one")
NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{panel}; proxy_read_timeout 1s; }}
    }}
}}
"""
HAPROXY = """
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 1s
frontend f
    bind 127.0.0.1:{port}
    default_backend b
backend b
    server panel 127.0.0.1:{panel}
"""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@asynccontextmanager
async def in_front(gateway: str, panel: int, folder: Path) -> AsyncIterator[str]:
    """The gateway, once it answers: its URL."""
    port, file = free_port(), folder / f"{gateway}.conf"
    file.write_text((NGINX if gateway == "nginx" else HAPROXY).format(folder=folder, port=port, panel=panel))
    words = [need("nginx"), "-c", str(file)] if gateway == "nginx" else [need("haproxy"), "-f", str(file), "-db"]
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert process.returncode is None, f"{gateway} ended: {file.read_text()}"
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                break
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


def hold_back(lab: Run, **params: Any) -> None:
    """The panel's answers take an hour of a clock that stands."""
    lab.faults.inject("http.slow", CATALOGUE["http.slow"].params.model_validate({"by": "1h", **params}))


@pytest.mark.parametrize("gateway", ["nginx", "haproxy"])
async def test_our_pages_are_what_the_gateway_says(gateway: str, tmp_path: Path) -> None:
    async with ONE.wire(clock="stepped") as lab:
        panel = httpx.URL(lab.dci6_url).port or 0
        async with in_front(gateway, panel, tmp_path) as url, httpx.AsyncClient() as http:
            hold_back(lab, nth=1)
            slow = await http.get(f"{url}/dci/v3/server")
    async with in_front(gateway, free_port(), tmp_path) as url, httpx.AsyncClient() as http:
        gone = await http.get(f"{url}/dci/v3/server")
    for answer in (slow, gone):
        headers, body = page(gateway, answer.status_code)
        version = answer.headers.get("server", "nginx/1.22.1").encode()
        assert answer.content == body.replace(b"nginx/1.22.1", version)
        assert answer.headers["content-type"] == dict(headers)[b"content-type"].decode()
    assert (slow.status_code, gone.status_code) == (504, 502 if gateway == "nginx" else 503)


@pytest.mark.parametrize("gateway", ["nginx", "haproxy"])
@pytest.mark.parametrize("version", [6, 5])
async def test_an_order_that_the_gateway_answers_for_a_slow_panel_is_not_known_to_have_failed(
    gateway: str, version: int, tmp_path: Path
) -> None:
    async with ONE.wire(clock="stepped") as lab:
        panel = httpx.URL(lab.dci6_url if version == 6 else lab.dci5_url).port or 0
        async with in_front(gateway, panel, tmp_path) as url:
            log = ModuleLog(lab.clock)
            owner = lab.panel.users.create("alice@example.com", "Some-Secret-1", full_name="Alice").id
            client: Dci6Client | Dci5Client
            if version == 6:
                client = Dci6Client(url, *lab.admin, clock=lab.clock, log=log)
                hold_back(lab, call="POST */owner", nth=1)
            else:
                client = Dci5Client(CoreClient(url, *lab.admin, clock=lab.clock, log=log))
                hold_back(lab, func="server.edit", nth=2)  # the first asks for the form
            with pytest.raises(AnswerLost):
                await client.set_owner(1, owner)
            assert lab.panel.inventory.servers.get(1).owner == owner, "it took effect all the same"
            await client.close()
