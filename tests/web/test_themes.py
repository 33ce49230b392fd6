"""The theme of docs/howto/themes.md, in a shop."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from pathlib import Path

from tests.web.test_storefront_catalog import shop, start
from tests.workflows.window_shop import Shop

from argosy.drill.clock import MovableClock

__all__ = ["shop"]

GUIDE = Path("docs/howto/themes.md")
CSS = Path("src/argosy/web/pages/static/shop.css")


def files_of_the_guide() -> dict[str, str]:
    block = re.compile(r'^```\w+ title="([^"]+)"\n(.*?)^```', re.DOTALL | re.MULTILINE)
    return dict(block.findall(GUIDE.read_text()))


def test_the_guide_names_every_token_and_no_other() -> None:
    known = set(re.findall(r"^  (--[a-z-]+):", CSS.read_text().partition("}")[0], re.MULTILINE))
    assert len(known) > 15
    table = GUIDE.read_text().partition("| Token |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(--[a-z-]+)`", table)) == known
    assert set(re.findall(r"(--[a-z-]+):", files_of_the_guide()["static/theme.css"])) <= known


async def test_the_theme_of_the_guide_is_shown_and_the_rest_stays_ours(
    shop: Shop, database_url: str, clock: MovableClock, tmp_path: Path
) -> None:
    theme = tmp_path / "theme"
    written = files_of_the_guide()
    assert set(written) == {
        "static/theme.css",
        "static/logo.svg",
        "storefront/product.html",
        "storefront/frame.html",
        "storefront/_card.html",
    }
    for name, text in written.items():
        (theme / name).parent.mkdir(parents=True, exist_ok=True)
        (theme / name).write_text(text)
    (theme / "static" / "icon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    await shop.add("tee", categories=("tops",), brand="Lumen")
    await shop.settle()
    async with AsyncExitStack() as stack:
        web = await start(stack, database_url, clock, tmp_path, theme=str(theme))
        plain = await start(stack, database_url, clock, tmp_path)
        page = (await web.get("/p/tee")).text
        assert "Free returns within 30 days." in page
        assert '<a href="/c/men">Lumen</a>' in page
        assert page.count("<h1>") == 1
        assert "Add to cart" in page
        styles = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
        assert [re.sub(r"\.\w{12}\.", ".", one) for one in styles] == [
            "/assets/shop.css",
            "/assets/theme.css",
        ]
        assert "--radius: 2px" in (await web.get(styles[1])).text
        logo = re.search(r'class="brand"[^>]*><img src="(/assets/logo\.[^"]+)"', page)
        assert logo is not None
        sent = await web.get(logo[1])
        assert sent.headers["content-type"].startswith("image/svg+xml")
        assert "immutable" in sent.headers["cache-control"]
        icon = re.search(r'rel="icon" href="([^"]+)"', page)
        assert icon is not None
        assert (await web.get(icon[1])).text.startswith("<svg xmlns='")
        assert "Imprint</a>" in (await web.get("/c/tops")).text
        card = re.search(r'<li class="card">(.*?)</li>', (await web.get("/c/tops")).text, re.DOTALL)
        assert card is not None
        assert "picture" not in card[1]
        assert styles[1] in (await web.get("/offline")).text

        ours = (await plain.get("/p/tee")).text
        assert "Free returns" not in ours
        assert "theme.css" not in ours
        await plain.get(styles[1], status=404)
        await plain.get(icon[1], status=404)
