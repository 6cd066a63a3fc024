"""Errors as COREmanager products tell them: type and object, a text, and a detail. All of them come with HTTP 200."""

from __future__ import annotations

from simulator.coremanager.document import Document, Element

__all__ = ["Refusal", "report"]


class Refusal(Exception):
    """`kind` and `subject` are the error's `type` and `object`; `value` is put into its text."""

    def __init__(self, kind: str, subject: str = "", value: str = "", detail: str = "") -> None:
        super().__init__(detail or f"{kind} {subject} {value}")
        self.kind = kind
        self.subject = subject
        self.value = value
        self.detail = detail


def report(refusal: Refusal, text: str, lang: str, func: str) -> Document:
    """The error document (layout of the family's recorded replies)."""
    attributes = {"type": refusal.kind, "lang": lang, "code": "1"}
    children = [Element("param", refusal.value, {"name": "value"})]
    if refusal.subject:
        attributes = {"type": refusal.kind, "object": refusal.subject, "lang": lang, "code": "1"}
        children.insert(0, Element("param", refusal.subject, {"name": "object", "type": "msg"}))
    stack = Element("stack", children=[Element("action", func, {"level": "0", "user": ""})])
    children += [stack, Element("detail", refusal.detail or text), Element("msg", text)]
    return Document("error", [Element("error", attributes=attributes, children=children)])
