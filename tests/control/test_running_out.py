"""What runs out, or would run for ever: descriptors, half requests, steps of a thousand years, clocks that are no clocks."""

import asyncio
import errno

import httpx
import pytest

from simulator.api6 import create_app, create_gateway
from simulator.control.descriptors import say_seldom
from simulator.control.up import stand
from simulator.kernel import LAB_EPOCH, Activity, run
from simulator.lab import Lab
from simulator.lab.options import WireOptions
from simulator.lab.running import make_clock
from simulator.web import request_line
from simulator.web.in_process import InProcessTransport
from simulator.web.sockets import WebServer, bind

ONE = Lab.load("one")


async def test_without_descriptors_a_line_a_second_is_said_and_other_errors_are_told_as_before():
    said, told = [], []
    loop = asyncio.get_running_loop()

    class Loop:
        """What the handler asks of a loop."""

        now = 0.0

        def set_exception_handler(self, handle):
            self.handle = handle

        def time(self):
            return self.now

        def default_exception_handler(self, context):
            told.append(context)

    fake = Loop()
    say_seldom(fake, said.append)
    for fake.now in (0.0, 0.3, 0.9, 1.1, 1.2, 5.0):
        for _ in range(1000):
            fake.handle(fake, {"exception": OSError(errno.EMFILE, "Too many open files")})
    assert len(said) == 3
    assert said[0] == "rackloop up: no new connections for the moment: Too many open files (1 times)"
    assert told == []
    fake.handle(fake, {"exception": ValueError("ours"), "message": "a bug"})
    assert [str(context["exception"]) for context in told] == ["ours"]
    assert loop.is_running()


async def answering(host, port, octets):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(octets)
    return reader, writer


@pytest.mark.parametrize(
    "half",
    [b"", b"GET", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"],
)
async def test_half_a_request_is_given_its_time_and_then_up(monkeypatch, half):
    monkeypatch.setattr(request_line, "HALF_SENT", 0.05)

    async def app(scope, receive, send):
        body = (await receive()).get("body")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        assert body is not None

    sock = bind("127.0.0.1", 0)
    server = WebServer(app, sock)
    await server.start()
    try:
        host, port = sock.getsockname()
        whole_reader, whole = await answering(host, port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" in await whole_reader.readline()
        reader, writer = await answering(host, port, half)
        assert await reader.read() == b"" or half.startswith(b"POST")  # closed, without an answer to what was not asked
        writer.close()
        whole.write(
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        )  # a connection that waits between two requests is not half a request
        assert b"ok" in await whole_reader.readuntil(b"ok")
        assert b"200" in await whole_reader.readuntil(b"200")
        whole.close()
    finally:
        await server.stop()


async def test_a_step_of_thirty_years_can_be_called_off():
    options = WireOptions(clock="stepped")
    async with stand(ONE.plan, options, control_port=0) as standing, httpx.AsyncClient(timeout=30) as client:
        clock = f"{standing.control}/__lab/clock"
        far = asyncio.ensure_future(client.post(f"{clock}/advance", json={"seconds": 1e9}))
        while standing.run.clock.now() == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        halted = await client.post(f"{clock}/halt")
        assert halted.status_code == 200
        stands = (await far).json()["now"]
        assert 0 < stands < 1e9
        with pytest.raises(httpx.ReadTimeout):  # whoever goes away calls it off too
            await client.post(f"{clock}/advance", json={"seconds": 1e9}, timeout=0.2)
        near = (await client.post(f"{clock}/advance", json={"seconds": 60})).json()["now"]
        assert near < stands + 1e8


@pytest.mark.parametrize("rate", ["1e9", "1e300", "100001", "1e-300", "0.0001", "-1", "nan", "inf", "0"])
def test_a_rate_at_which_nothing_would_be_in_time_is_refused(rate):
    with pytest.raises(ValueError, match="clock"):
        make_clock(f"scaled:{rate}", Activity(), LAB_EPOCH)


def test_the_openapi_document_is_made_once(monkeypatch):
    made = []

    async def main():
        async with ONE.simulated() as lab:
            monkeypatch.setattr(
                "simulator.api6.app.document_of", lambda *words: made.append(words) or {"openapi": "3.1.0"}
            )
            transport = InProcessTransport(create_gateway(create_app(lab.panel)))
            async with httpx.AsyncClient(transport=transport, base_url="http://panel") as client:
                return {(await client.get(path)).text for path in ("/openapi.json", "/swagger/openapi.json") * 3}

    assert run(main()) == {'{"openapi":"3.1.0"}'}
    assert len(made) == 1
