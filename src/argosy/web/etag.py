"""Entity tags: conditional reads (304) and updates that cannot overwrite a change unseen (412).

In the administration an object with a tag is changed only by naming its version (428 without).

A versioned object's tag is its version, `"v7"`; a prepared answer's tag is the hash of its bytes.
Tags are strong and compared exactly; `W/` is ignored for reads, as RFC 9110 8.8.3.2 allows.
"""

import re
from hashlib import blake2b
from typing import Annotated, Any

from litestar import Request
from litestar.params import HeaderParameter

from argosy.web.problems import PreconditionFailed

# Declared as a parameter of a handler, so that the header stands in the OpenAPI document.
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="The `ETag` of the version that is changed. The change is refused if the "
        "object has another version by now.",
    ),
]
RequiredIfMatch = Annotated[
    str,
    HeaderParameter(
        name="If-Match",
        description="The `ETag` of the version that is changed, or `*` for whichever there is. "
        "Required: the change is refused if the object has another version by now.",
    ),
]

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def version_tag(version: int) -> str:
    """The tag of an object with a `version` column: `"v7"`."""
    return f'"v{version}"'


def content_tag(body: bytes) -> str:
    """The tag of an answer by its bytes."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def is_fresh(request: Request[Any, Any, Any], tag: str) -> bool:
    """Whether the client already has `tag` (If-None-Match): answer 304 without a body."""
    sent = request.headers.get("if-none-match")
    return sent is not None and matches(sent, tag)


def matches(sent: str, tag: str) -> bool:
    """Whether an `If-None-Match` names `tag`."""
    return sent.strip() == "*" or tag in _TAG.findall(sent)


def expected_version(request: Request[Any, Any, Any]) -> int | None:
    """The version that `If-Match` names, None if it is absent or `*`.

    Pass it to the command, whose compare-and-set decides. A handler that declares RequiredIfMatch
    is not reached without the header. Raises PreconditionFailed if no version of ours can match.
    """
    sent = request.headers.get("if-match")
    if sent is None or sent.strip() == "*":
        return None
    found = re.fullmatch(r'\s*"v([0-9]{1,18})"\s*', sent)
    if found is None:
        raise PreconditionFailed(
            "No version of this object has that tag.", field="If-Match", cure=_READ_AGAIN
        )
    return int(found.group(1))


def require_version(request: Request[Any, Any, Any], version: int) -> None:
    """Raise PreconditionFailed if `If-Match` is sent and does not name `version`."""
    expected = expected_version(request)
    if expected is not None and expected != version:
        raise PreconditionFailed(
            f"The object is at version {version}, not {expected}.",
            field="If-Match",
            cure=_READ_AGAIN,
        )


_READ_AGAIN = "Read it again and apply the change to what is there now."
