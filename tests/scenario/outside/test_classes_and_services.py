"""A Python class and an HTTP service as billing modules."""

from __future__ import annotations

import json
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from simulator.files.problems import FileProblems
from simulator.scenario.billing.outside.plan import load_module
from tests.scenario.outside.support import ORDER, described, play, seen

ASYNC = """
    class {name}:
        def __init__(self, lab):
            self.lab = lab
            self.http = lab.client()

        async def create(self, given):
            login = {{"email": self.lab.panel["email"], "password": self.lab.panel["password"]}}
            token = (await self.http.post("/auth/v4/public/token", json=login)).json()["token"]
            await self.lab.sleep(600)
            rows = (await self.http.get("/dci/v3/server", headers={{"x-xsrf-token": token}})).json()["list"]
            raise RuntimeError(f"{{len(rows)}} servers at {{self.lab.now():.0f}}")

        async def suspend(self, given): ...
        async def unsuspend(self, given): ...
        async def terminate(self, given): ...
        async def close(self):
            await self.http.aclose()
"""


def python(folder: Path, source: str, name: str, **more: Any) -> Path:
    (folder / f"mod_{name.lower()}.py").write_text(
        textwrap.dedent(source.replace("{name}", name).replace("{{", "{").replace("}}", "}"))
    )
    return described(folder, {"python": f"mod_{name.lower()}:{name}", **more})


def test_coroutines_run_in_virtual_time(tmp_path: Path):
    file = python(tmp_path, ASYNC, "Virtual")
    result = play(file, ORDER + "\n    expect: {error: 3 servers at 600}", "wait: 5d", expect="limit: 30d\n")
    assert (result.failures, result.mode) == ((), "simulated")


def test_functions_run_in_a_thread_on_real_sockets(tmp_path: Path):
    source = ASYNC.replace("async ", "").replace("await ", "").replace("client()", "http()").replace("aclose", "close")
    result = play(python(tmp_path, source, "Threaded"), ORDER + "\n    expect: {error: 3 servers at 600}")
    assert (result.failures, result.mode) == ((), "wire")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return {'ok': 1}", "returned no answer"),
        ("return given['nothing']", "KeyError"),
        ("return self.nothing", "AttributeError"),
        ("raise SystemExit(3)", "exit(3)"),
    ],
)
def test_a_mistake_of_the_programmer_is_no_refusal(tmp_path: Path, body: str, told: str):
    name = f"Broken{abs(hash(body))}"
    source = ASYNC.replace("async ", "").replace("await ", "").replace("client()", "http()").replace("aclose", "close")
    head, _, tail = source.partition("def create(self, given):\n")
    broken = (
        f"{head}def create(self, given):\n            {body}\n\n        def suspend{tail.partition('def suspend')[2]}"
    )
    result = play(python(tmp_path, broken, name), ORDER + "\n    expect: {error: '*'}")
    assert result.failures[0].expected == "an answer of the module"
    assert told in seen(result)


def test_a_class_that_cannot_be_had_or_lacks_a_verb_is_refused_at_once(tmp_path: Path):
    (tmp_path / "mod_lacks.py").write_text("class Lacks:\n    def create(self, given): ...\n")
    for word, why in (
        ("mod_lacks:Lacks", "no method `suspend`"),
        ("mod_lacks:Las", "cannot be imported"),
        ("nonesuch:X", "cannot be imported"),
    ):
        with pytest.raises(FileProblems, match=why):
            assert load_module(str(described(tmp_path, {"python": word}))).on_wire


@contextmanager
def service(status: int, body: bytes) -> Iterator[tuple[str, list[dict]]]:
    asked: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_service_is_asked_by_post(tmp_path: Path):
    with service(200, b'{"ok": false, "error": "sold out"}') as (url, asked):
        result = play(described(tmp_path, {"http": url}), ORDER + "\n    expect: {error: sold out}")
    assert result.failures == ()
    assert [(each["verb"], each["service"]) for each in asked] == [("create", "web1")]


@pytest.mark.parametrize(
    ("status", "body", "told"), [(500, b"<h1>oops", "status 500: <h1>oops"), (200, b"[]", "JSON object")]
)
def test_a_service_that_gives_no_answer_is_a_verdict(tmp_path: Path, status: int, body: bytes, told: str):
    with service(status, body) as (url, _):
        assert told in seen(play(described(tmp_path, {"http": url})))
    assert "the module gave no answer" in seen(play(described(tmp_path, {"http": url})))
