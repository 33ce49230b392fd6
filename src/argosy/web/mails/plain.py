"""The plain text of a mail, made of its HTML, so that both say the same in every theme."""

import re
from html.parser import HTMLParser
from typing import Final

_SPACES: Final = re.compile(r"[ \t\r\n]+")
_PARAGRAPHS: Final = frozenset(
    {"address", "blockquote", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "header",
     "main", "ol", "p", "pre", "section", "table", "ul"}
)  # fmt: skip
_UNSEEN: Final = frozenset({"head", "style", "script", "thead"})
_INDENT: Final = "    "


class _Reader(HTMLParser):
    """Walks through the mail and writes down what people read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.blocks: list[str] = []
        self._line = ""
        self._lines: list[str] = []
        self._cells: list[list[str]] | None = None
        self._unseen: list[str] = []
        self._in_title = False
        self._link = ("", 0)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = True
        elif tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag == "br":
            self._break()
        elif tag == "tr":
            self._block()
            self._cells = []
        elif tag == "li":
            self._break()
            self._line = "- "
        elif tag == "a":
            self._link = (dict(attrs).get("href") or "", len(self._line))
        elif tag in _PARAGRAPHS and self._cells is None:
            self._block()

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif self._unseen and tag == self._unseen[-1]:
            self._unseen.pop()
        elif tag in {"th", "td"} and self._cells is not None:
            self._break()
            self._cells.append(self._lines)
            self._lines = []
        elif tag == "tr":
            self._row()
        elif tag == "a":
            self._named_link()
        elif tag in {"h1", "h2"}:
            self._heading()
        elif tag == "pre":
            self._block()
            self.blocks[-1] = _INDENT + self.blocks[-1].replace("\n", "\n" + _INDENT)
        elif tag in _PARAGRAPHS and self._cells is None:
            self._block()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._unseen:
            text = _SPACES.sub(" ", data)
            self._line += text.lstrip(" ") if not self._line else text

    def close(self) -> None:
        super().close()
        self._block()

    def _named_link(self) -> None:
        href, start = self._link
        text = self._line[start:].strip()
        if href.startswith("http") and href != text:
            self._line = f"{self._line[:start]}{text}: {href}" if text else href
        self._link = ("", 0)

    def _heading(self) -> None:
        text = self._line.strip()
        self._block()
        if text:
            self.blocks[-1] += "\n" + "-" * min(len(text), 60)

    def _row(self) -> None:
        cells, self._cells = [one for one in self._cells or [] if one], None
        if not cells:
            return
        first = "  ".join(one[0] for one in cells)
        rest = [_INDENT + line for one in cells for line in one[1:]]
        self._append("\n".join([first, *rest]), row=True)

    def _break(self) -> None:
        if self._line.strip(" "):
            self._lines.append(self._line.rstrip(" "))
        self._line = ""

    def _block(self) -> None:
        self._break()
        if self._lines:
            self._append("\n".join(self._lines), row=False)
        self._lines = []

    def _append(self, text: str, *, row: bool) -> None:
        # Rows of a table follow each other without a gap.
        if row and self.blocks and self.blocks[-1].endswith("\0"):
            self.blocks[-1] = self.blocks[-1][:-1] + "\n" + text + "\0"
        else:
            self.blocks.append(text + ("\0" if row else ""))


def subject_and_text(html: str) -> tuple[str, str]:
    """The title of the mail as one line, and its body as plain text."""
    reader = _Reader()
    reader.feed(html.replace("\0", ""))
    reader.close()
    text = "\n\n".join(block.removesuffix("\0") for block in reader.blocks)
    return _SPACES.sub(" ", reader.title).strip(), text.replace("\0", "") + "\n"
