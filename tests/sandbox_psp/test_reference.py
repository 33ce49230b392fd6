"""The page about the sandbox says what the sandbox does."""

from __future__ import annotations

from pathlib import Path

from litestar.handlers import HTTPRouteHandler

from argosy.sandbox_psp import TOKENS, api, control

PAGE = (Path(__file__).parents[2] / "docs/reference/sandbox-psp.md").read_text("utf-8")


def test_every_token_is_documented_as_it_is() -> None:
    missing = [t.token for t in TOKENS.values() if f"| `{t.token}` | {t.says} |" not in PAGE]
    assert not missing


def test_every_route_is_documented() -> None:
    routes: list[HTTPRouteHandler] = [*api.ROUTES, *control.ROUTES]
    for route in routes:
        (method,) = route.http_methods - {"HEAD", "OPTIONS"}
        (path,) = route.paths
        shown = path.replace(":str", "").replace("{payment_id}", "{id}")
        if (method, shown) not in {("GET", "/_test/behaviour"), ("GET", "/_test/webhooks")}:
            assert f"`{method} {shown}" in PAGE, f"{method} {shown}"
