"""The OpenAPI 3.1 document at `/schema/openapi.json` and `.yaml`."""

from litestar.handlers import HTTPRouteHandler

ROUTES: list[HTTPRouteHandler] = []
