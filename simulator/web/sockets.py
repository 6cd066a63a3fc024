"""HTTP servers of a lab on real sockets: uvicorn on the lab's own loop, with a certificate of its own for TLS."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator.kernel.hosts import LOOPBACK, reached_at
from simulator.web.request_line import LaxProtocol

__all__ = ["Certificate", "WebServer", "bind", "self_signed", "url_of"]


def bind(host: str, port: int) -> socket.socket:
    """A listening socket on this port, or on a free one where the port is taken (port 0 asks for any)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only for sockets that say that they are TCP; with it on, every answer that is
    # written in two parts waits 40 ms for the client's delayed acknowledgement.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        try:
            sock.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or port == 0:
                raise
            sock.bind((host, 0))
        sock.listen(128)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


class Certificate:
    """A self-signed certificate and its key, as a server-side TLS context wants them."""

    def __init__(self, certificate: bytes, key: bytes) -> None:
        self.certificate = certificate
        self.key = key

    @contextlib.contextmanager
    def files(self) -> Iterator[tuple[str, str]]:
        """Certificate and key as files, for as long as the body runs: OpenSSL reads them from nowhere else."""
        with tempfile.TemporaryDirectory(prefix="rackloop-") as folder:
            certificate, key = Path(folder) / "cert.pem", Path(folder) / "key.pem"
            certificate.write_bytes(self.certificate)
            key.write_bytes(self.key)
            yield str(certificate), str(key)

    def client_context(self) -> ssl.SSLContext:
        """A client context that trusts just this certificate."""
        context = ssl.create_default_context(cadata=self.certificate.decode())
        context.check_hostname = False
        return context


def self_signed(host: str, today: datetime) -> Certificate:
    """A fresh certificate for this host, valid for a year from `today`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rackloop")])
    alternatives: list[x509.GeneralName] = [x509.DNSName("localhost")]
    with contextlib.suppress(ValueError):
        addresses = dict.fromkeys([ip_address(reached_at(host)), ip_address(LOOPBACK)])
        alternatives += map(x509.IPAddress, addresses)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


class _Quiet(uvicorn.Server):
    """uvicorn as a guest: the process's signals belong to the host program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def url_of(sock: socket.socket, certificate: Certificate | None = None) -> str:
    """Where this machine reaches what listens on a socket."""
    host, port = sock.getsockname()[:2]
    host = reached_at(host)
    scheme = "https" if certificate else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class WebServer:
    """One ASGI application on one socket, on the running loop."""

    def __init__(self, app: Any, sock: socket.socket, certificate: Certificate | None = None) -> None:
        self._app = app
        self._sock = sock
        self._certificate = certificate
        self._stack = contextlib.ExitStack()
        self._server: _Quiet | None = None
        self._task: asyncio.Task[None] | None = None
        self._address = sock.getsockname()
        self._refuses = False
        self._changing: asyncio.Task[None] | None = None
        self.url = url_of(sock, certificate)
        """Where this machine reaches it."""

    def refuse(self, refuses: bool) -> None:
        """Take no more connections, so that the system refuses them, or take them again at the same address. Those that
        stand go on.
        """
        if refuses == self._refuses or self._server is None:
            return
        self._refuses = refuses
        self._changing = asyncio.ensure_future(self._change(self._changing))

    async def _change(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        server = self._server
        assert server is not None
        if self._refuses:
            for each in server.servers:
                each.close()
            server.servers.clear()
        elif not server.servers:
            config = server.config
            sock = socket.socket(self._sock.family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(self._address)
            sock.setblocking(False)

            def protocol() -> asyncio.Protocol:
                return LaxProtocol(config=config, server_state=server.server_state, app_state=server.lifespan.state)

            loop = asyncio.get_running_loop()
            server.servers.append(await loop.create_server(protocol, sock=sock, ssl=config.ssl, backlog=config.backlog))

    async def start(self) -> None:
        """Return when it answers."""
        options: dict[str, Any] = {}
        if self._certificate:
            certificate, key = self._stack.enter_context(self._certificate.files())
            options = {"ssl_certfile": certificate, "ssl_keyfile": key}
        config = uvicorn.Config(
            self._app,
            http=LaxProtocol,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=300,
            **options,
        )
        self._server = _Quiet(config)
        self._task = asyncio.get_running_loop().create_task(self._server.serve([self._sock]), name=f"web {self.url}")
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError(f"the web server on {self.url} ended before it had started")
            await asyncio.sleep(0.001)  # noqa: TID251 - real sockets, real time: no lab time is involved

    async def stop(self) -> None:
        if self._changing is not None:
            await self._changing
        if self._server and self._task:
            self._server.should_exit = True
            self._server.force_exit = True
            await self._task
        self._sock.close()
        self._stack.close()
