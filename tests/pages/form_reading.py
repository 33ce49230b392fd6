"""The forms of a page, as a browser would fill and send them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

TYPED = frozenset(
    {"text", "search", "email", "tel", "url", "password", "number", "date", "datetime-local",
     "time", "area"}
)  # fmt: skip


class Field(NamedTuple):
    """A field: its kind, what it holds, what can be chosen."""

    name: str
    kind: str
    value: str
    options: tuple[str, ...] = ()
    longest: int = 10**9


class Sheet(NamedTuple):
    """A form: where it is sent, and its fields in order. Buttons with names are fields, too."""

    method: str
    action: str
    fields: tuple[Field, ...]

    def filled(self) -> list[tuple[str, str]]:
        """What the browser sends when nobody touches it, with its first button."""
        sent, pressed = [], False
        for field in self.fields:
            if field.kind == "button":
                if pressed or not field.name:
                    continue
                pressed = True
            if field.name and field.kind not in ("off", "file"):
                sent.append((field.name, field.value))
        return sent

    def typed(self) -> list[Field]:
        """What people type into."""
        return [field for field in self.fields if field.kind in TYPED and field.name]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str, list[Field]]] = []
        self._in = False
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._area: tuple[str, int, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._in = True
            self.sheets.append((given.get("method", "get").lower(), given.get("action", ""), []))
        elif self._in and tag == "input":
            self._add(_input(given))
        elif self._in and tag == "button" and "form" not in given:
            if given.get("type", "submit") == "submit":
                self._add(Field(given.get("name", ""), "button", given.get("value", "")))
        elif self._in and tag == "select":
            self._select = (given.get("name", ""), [])
        elif tag == "option" and self._select is not None:
            self._select[1].append((given.get("value", ""), "selected" in given))
        elif self._in and tag == "textarea":
            longest = int(given.get("maxlength", 10**9))
            self._area = (given.get("name", ""), longest, [])

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area[2].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in = False
        elif tag == "select" and self._select is not None:
            name, options = self._select
            chosen = next((value for value, picked in options if picked), None)
            values = tuple(value for value, _ in options)
            first = values[0] if values else ""
            self._add(Field(name, "select", first if chosen is None else chosen, values))
            self._select = None
        elif tag == "textarea" and self._area is not None:
            name, longest, text = self._area
            written = re.sub(r"\A\r?\n", "", "".join(text))
            self._add(Field(name, "area", written, longest=longest))
            self._area = None

    def _add(self, field: Field) -> None:
        self.sheets[-1][2].append(field)


def _input(given: dict[str, str]) -> Field:
    kind = given.get("type", "text").lower()
    value = given.get("value", "")
    if kind in ("checkbox", "radio"):
        return Field(given.get("name", ""), "tick" if "checked" in given else "off", value or "on")
    return Field(given.get("name", ""), kind, value, longest=int(given.get("maxlength", 10**9)))


def sheets_in(html: str) -> list[Sheet]:
    """Every form of a page."""
    reader = _Reader()
    reader.feed(html)
    return [Sheet(method, action, tuple(fields)) for method, action, fields in reader.sheets]
