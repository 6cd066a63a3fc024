"""The picture of a second factor is read by a program that knows nothing of us."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.api6.support.world import Client, with_client
from tests.interop.programs import need

SECRET = base64.b32encode(bytes(range(40))).decode()
QR_CODE = "/auth/v4/public/2fa/qrcode"
pytestmark = pytest.mark.interop


@pytest.mark.parametrize(
    ("name", "size", "recovery"),
    [("panel", 256, "medium"), ("alice@example.com", 177, "low"), ("Панель & Co", 1024, "highest"), ("x", 500, "high")],
)
def test_zbarimg_reads_the_key_uri(tmp_path: Path, name: str, size: int, recovery: str) -> None:
    async def scene(client: Client) -> None:
        body = {"name": name, "secret": SECRET, "size": size, "recovery": recovery}
        answer = await client.http.post(QR_CODE, json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        picture.write_bytes(answer.content)

    picture = tmp_path / "code.png"
    with_client(scene)
    width, height = (int.from_bytes(picture.read_bytes()[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (size, size)
    done = subprocess.run(
        [need("zbarimg"), "--quiet", "--raw", str(picture)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == f"otpauth://totp/{quote(name)}?secret={SECRET}"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"secret": SECRET[:-1] + "1"}, "secret"),
        ({"secret": "A" * 8}, "secret"),
        ({"size": 100}, "size"),
        ({"size": 177, "name": "x" * 2200}, "size"),
        ({"name": "x" * 3000}, "name"),
        ({"recovery": "most"}, "recovery"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_field(change: dict[str, object], field: str) -> None:
    async def scene(client: Client) -> None:
        refused = await client.refused("POST", QR_CODE, {"name": "panel", "secret": SECRET, **change})
        assert refused[0] == 400
        assert field in refused

    with_client(scene)
