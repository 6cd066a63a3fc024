"""The site (`make check` builds it too): built strictly, with all pages in its menu, and with nothing that is fetched from elsewhere."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner

from simulator.cli import app
from simulator.commands import docs as command
from simulator.commands.docs import NoSite, server
from tests.docs.pages import DOCS, ROOT, pages

mkdocs = pytest.importorskip("mkdocs")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)]
    done = subprocess.run(
        words, check=False, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.slow
def test_every_page_is_in_the_menu_and_on_the_site(site):
    for page in pages():
        assert (site / page.relative_to(DOCS)).with_suffix(".html").is_file(), page
    home = (site / "index.html").read_text()
    for name in ("faults.html", "start/tests.html", "CHANGELOG.html", "pytest.html"):
        assert f'href="{name}"' in home


@pytest.mark.slow
def test_nothing_is_fetched_from_elsewhere(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        fetched = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?(https?:[^\">\s]+)", text)
        fetched += re.findall(
            r"<link\b[^>]*\brel=\"?(?:stylesheet|preload|icon|preconnect)\b[^>]*\bhref=\"?(https?:[^\">\s]+)", text
        )
        assert not fetched, page
        assert 'class="mermaid"' not in text, f"{page}: would load a program to draw it"
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"url\(\"?https?:", sheet.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_links_to_files_of_the_repository_lead_to_copies(site):
    faults = (site / "faults.html").read_text()
    links = re.findall(r'href="(source/[^"]+)"', faults)
    assert len(links) > 50
    assert all((site / link).is_file() for link in links)


def test_the_site_is_served_on_loopback_without_a_network(tmp_path):
    (tmp_path / "index.html").write_text("<title>Rackloop</title>")
    (tmp_path / "a.yaml").write_text("lab: x\n")
    with server(tmp_path, 0) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{serving.server_port}/"
            assert b"Rackloop" in urlopen(url).read()
            with urlopen(url + "a.yaml") as answer:
                assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        finally:
            serving.shutdown()
            thread.join()


def test_lists_are_as_the_site_s_markdown_asks_for_them():
    nested = runpy.run_path(str(DOCS / "site_hooks.py"))["_nested"]
    page = "Two things:\n- one\n  - of it\n- two\n\n  ```yaml\n  a: 1\n  ```\n\n  More of two.\n- three\n\nEnd.\n"
    assert nested(page) == (
        "Two things:\n\n- one\n    - of it\n- two\n\n    ```yaml\n    a: 1\n    ```\n\n    More of two.\n\n- three\n\nEnd.\n"
    )


def test_an_installation_without_the_site_says_so(monkeypatch):
    def none() -> Path:
        raise NoSite("the site is not in this installation")

    monkeypatch.setattr(command, "site", none)
    done = CliRunner().invoke(app, ["docs"])
    assert (done.exit_code, done.output) == (2, "rackloop docs: the site is not in this installation\n")


@pytest.mark.slow
def test_a_wheel_has_the_site(tmp_path):
    words = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("rackloop-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"simulator/_data/site/index.html", "simulator/_data/site/faults.html"} <= set(names)
