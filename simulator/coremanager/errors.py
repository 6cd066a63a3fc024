"""Errors as COREmanager products tell them: type and object, a text, and a detail. All of them come with HTTP 200."""

from __future__ import annotations

from simulator.coremanager.document import Document, Element

__all__ = ["Refusal", "report"]


class Refusal(Exception):
    """`kind` and `subject` are the error's `type` and `object`; `value` is put into its text. `reason` says more, for the
    journal: callers read the text alone. `text`, where it is known already, stands for the one that the kind has.
    """

    def __init__(self, kind: str, subject: str = "", value: str = "", reason: str = "", *, text: str = "") -> None:
        super().__init__(reason or f"{kind} {subject} {value}")
        self.kind = kind
        self.subject = subject
        self.value = value
        self.reason = reason
        self.text = text


def report(refusal: Refusal, text: str, lang: str, func: str) -> Document:
    """The error document. Its `detail` is its `msg`: both are what people read, in their language (the family's recorded
    replies).
    """
    attributes = {"type": refusal.kind, "lang": lang, "code": "1"}
    children = [Element("param", refusal.value, {"name": "value"})]
    if refusal.subject:
        attributes = {"type": refusal.kind, "object": refusal.subject, "lang": lang, "code": "1"}
        children.insert(0, Element("param", refusal.subject, {"name": "object", "type": "msg"}))
    stack = Element("stack", children=[Element("action", func, {"level": "0", "user": ""})])
    children += [stack, Element("detail", text), Element("msg", text)]
    return Document("error", [Element("error", attributes=attributes, children=children)])
