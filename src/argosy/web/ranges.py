"""A part of a file, as players of videos ask for it (RFC 9110, section 14)."""

import re
from typing import Any, NamedTuple

from litestar import Request

from argosy.kernel.errors import Invalid
from argosy.web.etag import matches

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*")


class RangeUnsatisfiable(Invalid):
    """The `Range` header asks for bytes beyond the end of the file. `Content-Range` of the answer
    says how long the file is.
    """

    code = "request.range_unsatisfiable"
    usual_cure = "Ask for bytes within the file, or leave out the `Range` header."
    http_status = 416


class Part(NamedTuple):
    """Bytes from `start` to before `stop`; `whole` when that is all of the file."""

    start: int
    stop: int
    whole: bool


def part_wanted(request: Request[Any, Any, Any], size: int, tag: str) -> Part:
    """What the `Range` header asks for; all of the file without one, with several ranges, or when
    `If-Range` names another version. Raises RangeUnsatisfiable.
    """
    everything = Part(0, size, whole=True)
    wanted = _ONE_RANGE.fullmatch(request.headers.get("range", ""))
    if_range = request.headers.get("if-range")
    if wanted is None or not any(wanted.groups()) or (if_range and not matches(if_range, tag)):
        return everything
    first, last = wanted.groups()
    if first:
        start = int(first)
        stop = min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return everything
    else:
        start, stop = max(0, size - int(last)), size
    if start >= size or stop <= start:
        raise RangeUnsatisfiable(f"The file has {size} bytes.", field="Range")
    return Part(start, stop, whole=False)
