"""Forms as browsers send them: read strictly, screened as JSON bodies are."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from markupsafe import Markup, escape

from argosy.web.problems import RequestMalformed, UnsupportedMediaType

_MOST_FIELDS = 200
_TYPE = "application/x-www-form-urlencoded"


class Form(dict[str, str]):
    """The fields of a form, trimmed; of a repeated field the last one (`every` has them all).
    Missing ones are empty.
    """

    def __init__(
        self, fields: Mapping[str, str] | None = None, pairs: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(fields or {})
        self.update(pairs)
        self._pairs = tuple(pairs)

    @property
    def pairs(self) -> Sequence[tuple[str, str]]:
        """Every field as it was sent, in order."""
        return self._pairs

    def every(self, name: str) -> list[str]:
        """All values of a repeated field, in order (the chosen rows of a list)."""
        return [value for known, value in self._pairs if known == name]

    def __missing__(self, name: str) -> str:
        return ""


async def read_form(request: Request[Any, Any, Any], *, most: int = _MOST_FIELDS) -> Form:
    """The form that the request brought, of up to `most` fields. Raises RequestMalformed,
    UnsupportedMediaType.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and kind != _TYPE:
        raise UnsupportedMediaType("A form is expected.", cure=f"Send `Content-Type: {_TYPE}`.")
    try:
        fields = parse_qsl(
            body.decode(),
            keep_blank_values=True,
            max_num_fields=most,
            encoding="utf-8",
            errors="strict",
        )
    except ValueError as error:
        raise RequestMalformed("The form cannot be read.") from error
    if any("\0" in name or "\0" in value for name, value in fields):
        raise RequestMalformed("A form holds no NUL characters.")
    form = Form(pairs=[(name, value.strip()) for name, value in fields])
    # A failure page can give back what was typed.
    request.state.form = form
    return form


def options_of(choices: Sequence[tuple[str, str]], chosen: str) -> Markup:
    """The options of a select, by value and text. Written once for each list of choices, however
    often it is shown.
    """
    text, places = _options(tuple(choices))
    start, end = places.get(chosen, (0, 0))
    picked = text[start:end].replace(">", " selected>", 1)
    return Markup(text[:start] + picked + text[end:])  # noqa: S704 - escaped when it was written


@lru_cache(maxsize=512)
def _options(choices: tuple[tuple[str, str], ...]) -> tuple[str, dict[str, tuple[int, int]]]:
    """The options as one text, and from where to where each stands in it."""
    text, places = "", {}
    for value, said in choices:
        start = len(text)
        text += f'<option value="{escape(value)}">{escape(said)}</option>'
        places[value] = start, len(text)
    return text, places


def whole_number(text: str, *, least: int, most: int) -> int | None:
    """`text` as a whole number within bounds, else None."""
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        return None
    number = int(text)
    return number if least <= number <= most else None
