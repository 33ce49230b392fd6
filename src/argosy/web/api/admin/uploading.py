"""Receive a file as the plain body of a request, bounded, to the disk and not into memory."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Request
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat

from argosy.kernel.errors import Invalid
from argosy.web.problems import RequestTooLarge


class UploadEmpty(Invalid):
    """The request has no body. Send the file's bytes as the body, for example with
    `curl --data-binary @file`.
    """

    code = "uploads.empty"
    usual_cure = "Send the file's bytes as the body, for example with `curl --data-binary @file`."


@dataclass
class FileUpload(Operation):
    """Says in the OpenAPI document that the body is a file."""

    def __post_init__(self) -> None:
        binary = OpenAPIMediaType(
            schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        )
        self.request_body = RequestBody(
            content={"application/octet-stream": binary},
            description="The bytes of the file.",
            required=True,
        )


async def received(request: Request[Any, Any, Any], limit: int) -> Path:
    """The body in a temporary file, which the caller moves or removes.

    Raises UploadEmpty, RequestTooLarge.
    """
    handle = tempfile.NamedTemporaryFile(prefix="argosy-upload-", delete=False)  # noqa: SIM115
    path, size = Path(handle.name), 0
    try:
        with handle:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise RequestTooLarge(f"The file is larger than {limit} bytes.", field="body")
                handle.write(chunk)
        if not size:
            raise UploadEmpty("The request has no body.", field="body")
    except BaseException:
        discard(path)
        raise
    return path


def discard(path: Path) -> None:
    """Remove a received file; nothing when it has been moved on."""
    path.unlink(missing_ok=True)
