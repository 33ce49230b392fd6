"""Search as merchandisers tune it: synonyms."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, get, put
from litestar.handlers import HTTPRouteHandler

from argosy.modules import search, staff
from argosy.web.auth import ADMINISTRATION, actor, requires, shop

AnyRequest = Request[Any, Any, Any]
Term = Annotated[str, msgspec.Meta(min_length=1, max_length=80, examples=["notebook"])]
Group = Annotated[list[Term], msgspec.Meta(min_length=2, max_length=20)]


class SynonymsBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All synonyms of a language; no group removes them all."""

    groups: Annotated[list[Group], msgspec.Meta(max_length=2000)]


class SynonymsView(msgspec.Struct, frozen=True, kw_only=True):
    """The synonyms of a language: each group's terms find what any of them finds. `usual` are those
    that hold besides, until a group has one of their terms.
    """

    language: str
    groups: list[list[str]]
    usual: list[list[str]]

    @classmethod
    def of(cls, language: str, groups: Sequence[tuple[str, ...]]) -> "SynonymsView":
        """As answers show them."""
        return cls(
            language=language,
            groups=[list(terms) for terms in groups],
            usual=[list(terms) for terms in search.usual_synonyms(language, groups)],
        )


@get(
    "/admin/v1/search/synonyms/{language:str}",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def get_synonyms(request: AnyRequest, language: str) -> SynonymsView:
    """The synonyms of a language, named as in the channel's locale: `en`, `de`."""
    async with shop(request).db.reading() as tx:
        groups = await search.synonyms_of(tx, _code(language))
    return SynonymsView.of(_code(language), groups)


@put(
    "/admin/v1/search/synonyms/{language:str}",
    tags=["Search"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[search.SynonymsInvalid],
    example={"groups": [["laptop", "notebook"], ["usb stick", "flash drive", "thumb drive"]]},
)
async def set_synonyms(request: AnyRequest, language: str, data: SynonymsBody) -> SynonymsView:
    """Replace the synonyms of a language. Searches use them within a second."""
    code = _code(language)
    async with shop(request).db.transaction() as tx:
        before = await search.synonyms_of(tx, code)
        groups = await search.set_synonyms(tx, code, data.groups)
        await staff.audit(
            tx,
            actor(request),
            "search_synonyms.set",
            code,
            {"groups": len(before)},
            {"groups": len(groups)},
        )
    return SynonymsView.of(code, groups)


def _code(language: str) -> str:
    return search.language_of(language).code


ROUTES: list[HTTPRouteHandler] = [get_synonyms, set_synonyms]
