"""What MkDocs does besides, for the site and the repository to read alike: links that lead out of `docs/` lead to copies, and state
diagrams are tables, for a site that fetches no program to draw them.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("CONTRIBUTING.md", "CHANGELOG.md")
"""Of the repository's root, which the site has as pages."""
SOURCES = "source"
"""Where copies of files stand that pages name: scenarios, tests."""
_LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)\s#]+)(#[^)\s]*)?(?=\))")
_DIAGRAM = re.compile(r"```mermaid\nstateDiagram-v2\n(.*?)```", re.DOTALL)
_ENTRY = re.compile(r" *(?:[-*]|\d+\.) ")
_FENCE = re.compile(r" *```")
_ROW = re.compile(r"\s*(\S+) --> (\S+?)(?:: (.*))?$")


def on_files(files: Files, config: Any) -> Files:
    """The pages of the root, and a copy of each file that a page names."""
    for name in PAGES:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    for page in list(files.documentation_pages()):
        text = page.content_string
        for target, _ in _LINK.findall(text):
            found = _outside(page.src_uri, target)
            if (
                found
                and found not in (*PAGES, "README.md")
                and (ROOT / found).is_file()
                and f"{SOURCES}/{found}" not in files.src_uris
            ):
                files.append(File.generated(config, f"{SOURCES}/{found}", abs_src_path=str(ROOT / found)))
    return files


def _outside(page: str, target: str) -> str:
    """The path from the repository's root of what a page links to outside of `docs/`; empty for what is within."""
    folder = "" if page in PAGES else posixpath.join("docs", posixpath.dirname(page))
    path = posixpath.normpath(posixpath.join(folder, target))
    return "" if path.startswith("docs/") else path


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    here = page.file.src_uri

    def moved(match: re.Match[str]) -> str:
        target, anchor = match[1], match[2] or ""
        outside = _outside(here, target)
        if here in PAGES and target.startswith("docs/"):
            return target.removeprefix("docs/") + anchor
        if not outside:
            return match[0]
        to = outside if outside in PAGES else "index.md" if outside == "README.md" else f"{SOURCES}/{outside}"
        return posixpath.relpath(to, posixpath.dirname(here) or ".") + anchor

    return _nested(_DIAGRAM.sub(_table, _LINK.sub(moved, markdown)))


def _nested(markdown: str) -> str:
    """Lists as Python-Markdown asks for them: four spaces a level, and an empty line between a paragraph and an entry after it. The pages
    have two spaces and no such line, as elsewhere.
    """
    lines: list[str] = []
    in_list, in_fence, apart = False, False, True
    more = 0
    for line in markdown.split("\n"):
        indent = len(line) - len(line.lstrip())
        if not in_fence:
            entry = bool(_ENTRY.match(line))
            if entry and apart and lines and lines[-1].strip():
                lines.append("")
            in_list = entry or (in_list and (indent > 0 or not line))
            more = indent // 2 * 2 if in_list and indent >= 2 else 0
            # A paragraph of its own, after which an entry needs an empty line.
            apart = not entry and (apart or not line) if in_list else True
        lines.append(" " * more + line if line else line)
        if _FENCE.match(line):
            in_fence = not in_fence
    return "\n".join(lines)


def _table(match: re.Match[str]) -> str:
    rows = [row for line in match[1].splitlines() if (row := _ROW.match(line))]
    lines = [f"| {row[1]} | {row[3] or ''} | {row[2]} |" for row in rows]
    return "\n".join(["| in | when | then |", "| --- | --- | --- |", *lines])
