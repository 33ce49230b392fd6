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

import nh3
from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    nodes,
)
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from argosy.kernel.money import Money
from argosy.web.pages import wording
from argosy.web.pages.assets import asset_url, has_asset
from argosy.web.pages.forms import options_of
from argosy.web.pages.postal import address_lines

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self';"
    " media-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load: its own files and nothing else; no script in its text is ever run."""


class _Said(NodeTransformer):
    """Puts the translation of each text that stands in a template into its place."""

    def __init__(self, words: wording.Words) -> None:
        self._words = words

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's name
        match node:
            case nodes.Call(
                node=nodes.Name(name="_" | "gettext"),
                args=[nodes.Const(value=str(text))],
                kwargs=[],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                # The texts are formats, also those without values: "%%" is a percent sign.
                said = nodes.Const(self._words.gettext(text) % {}, lineno=node.lineno)
                return nodes.MarkSafe(said, lineno=node.lineno)
        return self.generic_visit(node)


class _SaidOnce(CodeGenerator):
    """Templates are compiled for one language each, so what they say is looked up then, and not
    each time a page is made: dozens of calls a page.
    """

    def visit_Template(  # noqa: N802 - the visitor's name
        self, node: nodes.Template, frame: Frame | None = None
    ) -> None:
        words = self.environment.globals["words"]
        assert isinstance(words, wording.Words), "every environment is of one language"
        said: nodes.Template = _Said(words).visit(node)
        super().visit_Template(said, frame)


def _gettext(words: wording.Words) -> Callable[..., Markup]:
    def say(text: str, /, **values: object) -> Markup:
        """A text that is known only when the page is made, or that has values in it."""
        return Markup(words.gettext(text)) % values  # noqa: S704 - the values are escaped

    return say


def _cleaned(html: str) -> Markup:
    """HTML that somebody wrote, without anything that could run. It was cleaned when it was stored,
    but for translations of categories that are older than that rule.
    """
    return Markup(nh3.clean(html))  # noqa: S704 - it was cleaned


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
    made.code_generator_class = _SaidOnce
    words = wording.words(language)
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    made.globals["words"] = words
    made.globals["_"] = made.globals["gettext"] = _gettext(words)
    made.globals["asset"] = partial(asset_url, theme=theme)
    made.globals["has_asset"] = partial(has_asset, theme=theme)
    made.globals["options_of"] = options_of
    made.filters["decimal"] = wording.decimal_text
    made.filters["cleaned"] = _cleaned
    return made


def render(theme: str, locale: str, template: str, values: Mapping[str, Any]) -> str:
    """The page or part of a page; `locale` decides the language and how amounts are written."""
    language = locale.partition("-")[0].lower()
    found = _environment(theme, language).get_template(template)
    return found.render(**_formats(locale), **values)


def _formats(locale: str) -> dict[str, Callable[..., Any]]:
    def money(amount: Money) -> str:
        return wording.money_text(amount, locale)

    return {
        "money": money,
        "number": lambda number: wording.number_text(number, locale),
        "percent": lambda rate: wording.percent_text(rate, locale),
        "address_lines": lambda address: address_lines(address, locale),
        "date": lambda value, zone: wording.date_text(value, locale, zone),
        "day": lambda value: wording.day_text(value, locale),
        "moment": lambda value, zone, year: wording.moment_text(value, locale, zone, year),
        "instant": lambda value, zone: wording.instant_text(value, locale, zone),
    }
