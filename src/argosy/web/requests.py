"""How a request's JSON body is read: strictly, straight into the handler's type, screened first.

Litestar would decode into dicts and convert leniently ("3" counts as 3). This class reads the body
once, into the Struct that the handler declares as `data`, with nothing coerced; unknown fields are
refused by the Structs themselves.
"""

import math
from collections.abc import AsyncGenerator
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import Headers, State
from litestar.exceptions.http_exceptions import InternalServerException, RequestEntityTooLarge
from litestar.types import Empty

from argosy.web.problems import (
    RequestCutShort,
    RequestMalformed,
    RequestTooDeep,
    UnsupportedMediaType,
)
from argosy.web.screening import screen_body

_HUNG_UP = "The client hung up before its request was whole."
JSON_TYPES = ("application/json", "application/merge-patch+json")


class ShopRequest(Request[Any, Any, State]):
    """Litestar's request with a strict, typed, screened JSON body."""

    @property
    def headers(self) -> Headers:
        """The headers, read once; Litestar's own property looks for them at every use."""
        found = self._connection_state.headers
        return Headers.from_scope(self.scope) if found is Empty else found

    async def body(self) -> bytes:
        """The whole body, received once. Raises RequestEntityTooLarge over the handler's limit,
        RequestCutShort when the client hangs up while it is sent.

        As Litestar's own, without an asynchronous generator around what is mostly one message.
        """
        state = self._connection_state
        if state.body is Empty:
            most = self.route_handler.resolve_request_max_body_size() or math.inf
            if (self.content_length or 0) > most:
                raise RequestEntityTooLarge
            state.body = await self._received(most)
        return state.body

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes, also of a form with files. Raises RequestEntityTooLarge,
        RequestCutShort when the client hangs up while it is sent.
        """
        try:
            async for piece in super().stream():
                yield piece
        except InternalServerException as error:
            if not self.is_connected:
                raise  # Read twice: a failure of ours.
            raise RequestCutShort(_HUNG_UP) from error

    async def _received(self, most: float) -> bytes:
        parts, length = [], 0
        while True:
            event = await self.receive()
            if event["type"] == "http.disconnect":
                raise RequestCutShort(_HUNG_UP)
            part: bytes = event["body"]  # type: ignore[typeddict-item]
            length += len(part)
            if length > most:
                raise RequestEntityTooLarge
            parts.append(part)
            if not event.get("more_body"):
                self.is_connected = False
                return part if len(parts) == 1 else b"".join(parts)

    async def json(self) -> Any:
        """The body as the type of the handler's `data` parameter.

        Raises RequestMalformed, RequestTooDeep, UnsupportedMediaType, the refusals of
        `screening.py`, and msgspec.ValidationError (422).
        """
        if self._json is Empty:
            state = self._connection_state
            if state.json is Empty:
                declared = self.route_handler.parsed_fn_signature.parameters.get("data")
                state.json = decode_json(
                    await self.body(),
                    Any if declared is None else declared.annotation,
                    self.headers.get("content-type", ""),
                )
            self._json = state.json
        return self._json


def decode_json(body: bytes, kind: Any, content_type: str) -> Any:
    """`body` as `kind`, strictly. Raises as `ShopRequest.json` does."""
    if content_type.partition(";")[0].strip().lower() not in JSON_TYPES:
        raise UnsupportedMediaType(
            "The body must be JSON.", cure="Send the header `Content-Type: application/json`."
        )
    screen_body(body)
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError:
        raise
    except RecursionError as error:
        raise RequestTooDeep("The JSON body is nested too deeply.", field="body") from error
    except ValueError as error:
        raise RequestMalformed(
            f"The body is not well-formed JSON: {_where(error)}.",
            cure="Send one JSON value, encoded in UTF-8.",
        ) from error


def _where(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "a text is not valid UTF-8"
    return str(error).removeprefix("JSON is malformed: ").rstrip(".").lower()


@lru_cache(maxsize=1024)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, strict=True)
