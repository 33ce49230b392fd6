"""Receive a file as the plain body of a request, bounded, to the disk and not into memory."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Request
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat

from argosy.web.spooling import spooled


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


def received(request: Request[Any, Any, Any], limit: int) -> AbstractAsyncContextManager[Path]:
    """The body in a temporary file, for as long as the block runs; see `spooled`.

    Raises UploadEmpty, RequestTooLarge, RequestCutShort.
    """
    return spooled(request.stream(), limit=limit, field="body")
