"""Templates: Jinja2, every value escaped, a name that does not exist is an error.

A shop changes how its pages look without touching the package: a file of the same name in the
folder ARGOSY_THEME goes before ours (`storefront/product.html`, `storefront/_card.html`, ...), and
may extend ours by the name `ours/storefront/product.html`. Files for browsers stand in its folder
`static` (assets.py).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
)

from argosy.kernel.money import Money
from argosy.web.pages import wording
from argosy.web.pages.assets import asset_url, has_asset
from argosy.web.pages.forms import options_of

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self';"
    " media-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: its own files and nothing else; no script in its text is ever run."""


@lru_cache(maxsize=64)
def _environment(theme: str, language: str) -> Environment:
    ours = PackageLoader("argosy.web", "templates")
    loaders: list[BaseLoader] = [ours]
    if theme:
        loaders = [FileSystemLoader(Path(theme)), ours, PrefixLoader({"ours": ours})]
    made = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
    )
    made.install_gettext_translations(  # type: ignore[attr-defined]  # the extension adds it
        wording.words(language), newstyle=True
    )
    made.globals["asset"] = partial(asset_url, theme=theme)
    made.globals["has_asset"] = partial(has_asset, theme=theme)
    made.globals["options_of"] = options_of
    made.filters["decimal"] = wording.decimal_text
    return made


def render(theme: str, locale: str, template: str, values: Mapping[str, Any]) -> str:
    """The page or part of a page; `locale` decides the language and how amounts are written."""
    language = locale.partition("-")[0].lower()
    found = _environment(theme, language).get_template(template)
    return found.render(**_formats(locale), **values)


def _formats(locale: str) -> dict[str, Callable[..., str]]:
    def money(amount: Money) -> str:
        return wording.money_text(amount, locale)

    return {
        "money": money,
        "number": lambda number: wording.number_text(number, locale),
        "percent": lambda rate: wording.percent_text(rate, locale),
        "day": lambda value: wording.day_text(value, locale),
        "moment": lambda value, zone, year: wording.moment_text(value, locale, zone, year),
        "instant": lambda value, zone: wording.instant_text(value, locale, zone),
    }
