"""The shop's handlers and their OpenAPI document, made once for all tests of a process.

Nobody changes it: who must, takes a copy.
"""

from __future__ import annotations

from argosy.web import health
from argosy.web.app import collect_routes
from argosy.web.openapi import build_document

HANDLERS = [*collect_routes(), *health.ROUTES]
DOCUMENT = build_document(HANDLERS)
