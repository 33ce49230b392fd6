"""Translations of the catalogue's texts: what there is to do, and saying it."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, patch, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter
from msgspec import Meta

from argosy.kernel.ids import MalformedId
from argosy.kernel.paging import CursorInvalid, Page, encode_cursor
from argosy.modules import translations
from argosy.modules.translations import (
    TranslationChanged,
    TranslationInvalid,
    TranslationNotFound,
)
from argosy.web.auth import ADMINISTRATION, actor, requires, shop
from argosy.web.etag import RequiredIfMatch, expected_version, version_tag
from argosy.web.paging import CursorText, Limit, after, filters_of
from argosy.workflows import translating
from argosy.workflows.translating import Change, Sheet, Status, Work

AnyRequest = Request[Any, Any, Any]
Kind = Literal["product", "variant", "category", "collection", "brand", "attribute", "option"]
State = Literal["draft", "approved"]
Locale = Annotated[
    str,
    Parameter(
        pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$",
        description="The language to translate into: `de` or `de-AT`.",
    ),
]


class SaidBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a text says in the language. `value` null: nothing any more, so that the next locale of
    the channel's fallbacks is shown. A `draft` is not shown.
    """

    value: Annotated[str, Meta(min_length=1, max_length=200_000)] | None
    state: State = "approved"


class SheetBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to say, by field; fields left out stay. Each is taken to be of the text as it is now."""

    texts: Annotated[
        dict[Annotated[str, Meta(min_length=1, max_length=300)], SaidBody],
        Meta(min_length=1, max_length=500),
    ]


class SourceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The language that the catalogue itself is written in; null: nobody knows."""

    locale: (
        Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")] | None
    )


class BrokenView(msgspec.Struct, frozen=True, kw_only=True):
    """Markup and placeholders that the text has and its translation has not, and the reverse."""

    missing: list[str]
    added: list[str]


class TextView(msgspec.Struct, frozen=True, kw_only=True):
    """A text and what it says in the language. `entity` is an id, the code of an attribute or the
    name of an option. `stale`: the text has changed since; the translation is shown still.
    """

    kind: Kind
    entity: str
    name: str
    field: str
    source: str
    html: bool
    status: Status
    value: str | None
    state: State | None
    broken: BrokenView | None

    @classmethod
    def of(cls, work: Work) -> "TextView":
        """As answers show it."""
        broken = work.broken and BrokenView(
            missing=list(work.broken.missing), added=list(work.broken.added)
        )
        return cls(**(msgspec.structs.asdict(work) | {"broken": broken}))


class SheetView(msgspec.Struct, frozen=True, kw_only=True):
    """All texts of one thing in one language."""

    kind: Kind
    entity: str
    name: str
    locale: str
    texts: list[TextView]


class CompletenessView(msgspec.Struct, frozen=True, kw_only=True):
    """How many texts of a kind there are, and how they stand in the language."""

    kind: Kind
    texts: int
    current: int
    draft: int
    stale: int
    missing: int


class CompletenessList(msgspec.Struct, frozen=True, kw_only=True):
    """Completeness by kind; `share` of all texts are translated, stale ones included."""

    locale: str
    share: float
    items: list[CompletenessView]


def _tagged(sheet: Sheet) -> Response[SheetView]:
    view = SheetView(
        kind=sheet.kind,
        entity=sheet.entity,
        name=sheet.name,
        locale=sheet.locale,
        texts=[TextView.of(work) for work in sheet.texts],
    )
    return Response(view, headers={"ETag": version_tag(sheet.version)})


@get(
    "/admin/v1/translations",
    tags=["Translations"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[TranslationInvalid, CursorInvalid],
)
async def list_translations(
    request: AnyRequest,
    *,
    locale: Locale,
    kind: Annotated[
        Kind | None, Parameter(description="Only texts of things of this kind.")
    ] = None,
    status: Annotated[
        list[Status] | None,
        Parameter(description="Only texts that stand so; unless given, all but `current`."),
    ] = None,
    limit: Limit = 50,
    cursor: CursorText = None,
) -> Page[TextView]:
    """Texts to be translated, by kind and thing. All texts of a thing are on one page, which may
    therefore hold a few more than `limit`, or fewer where much of the catalogue is done.
    """
    wanted: list[Status] = status or ["missing", "stale", "draft"]
    filters = filters_of("translations", locale=locale, kind=kind, status=",".join(sorted(wanted)))
    keys = after(cursor, filters, length=2)
    async with shop(request).db.reading() as tx:
        page = await translating.list_work(
            tx,
            locale,
            kinds=translating.KINDS if kind is None else (kind,),
            statuses=wanted,
            after=None if keys is None else _place(keys),
            limit=limit,
        )
    following = None if page.following is None else encode_cursor([*page.following], filters)
    return Page(items=[TextView.of(work) for work in page.items], next_cursor=following)


def _place(keys: list[str | int | None]) -> tuple[str, str]:
    kind, entity = map(str, keys)
    if kind not in translating.KINDS:
        raise CursorInvalid("This cursor does not belong to this list.", field="cursor")
    try:
        translating.public_entity(kind, entity)
    except ValueError as error:
        message = "This cursor does not belong to this list."
        raise CursorInvalid(message, field="cursor") from error
    return kind, entity


@get(
    "/admin/v1/translations/completeness",
    tags=["Translations"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[TranslationInvalid],
)
async def get_translation_completeness(request: AnyRequest, *, locale: Locale) -> CompletenessList:
    """How far the catalogue is translated into a language. Every text is looked at."""
    found = await translating.report(shop(request).db, locale)
    texts = sum(one.texts for one in found)
    missing = sum(one.missing for one in found)
    return CompletenessList(
        locale=locale,
        share=1.0 if not texts else round((texts - missing) / texts, 4),
        items=[CompletenessView(**msgspec.structs.asdict(one)) for one in found],
    )


@get(
    "/admin/v1/translations/source",
    tags=["Translations"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
)
async def get_source_locale(request: AnyRequest) -> SourceBody:
    """The language that the catalogue itself is written in."""
    async with shop(request).db.reading() as tx:
        return SourceBody(locale=await translations.source_locale(tx))


@put(
    "/admin/v1/translations/source",
    tags=["Translations"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[TranslationInvalid],
    example={"locale": "en"},
)
async def set_source_locale(request: AnyRequest, data: SourceBody) -> SourceBody:
    """Tell in which language the catalogue itself is written: texts that are shown in it to readers
    of another language are marked so. Repeating it changes nothing.
    """
    async with shop(request).db.transaction() as tx:
        await translating.set_source_locale(tx, data.locale, actor=actor(request))
    return data


@get(
    "/admin/v1/translations/{thing:str}/{entity_id:str}/{locale:str}",
    tags=["Translations"],
    security=ADMINISTRATION,
    guards=[requires("catalog:read")],
    problems=[TranslationNotFound, TranslationInvalid, MalformedId],
)
async def get_translation(
    request: AnyRequest, thing: Kind, entity_id: str, locale: Locale
) -> Response[SheetView]:
    """All texts of one thing and what they say in a language. `entity_id` is the id of a thing, the
    code of an attribute or the name of an option.
    """
    key = translating.entity_key(thing, entity_id)
    async with shop(request).db.reading() as tx:
        return _tagged(await translating.sheet_of(tx, thing, key, locale))


@patch(
    "/admin/v1/translations/{thing:str}/{entity_id:str}/{locale:str}",
    tags=["Translations"],
    security=ADMINISTRATION,
    guards=[requires("catalog:write")],
    problems=[TranslationNotFound, TranslationChanged, TranslationInvalid, MalformedId],
    example={"texts": {"title": {"value": "Strahlendes Shirt"}}},
)
async def change_translation(
    request: AnyRequest,
    *,
    thing: Kind,
    entity_id: str,
    locale: Locale,
    data: SheetBody,
    if_match: RequiredIfMatch,
) -> Response[SheetView]:
    """Say what texts of a thing are in a language. Shown within a second or two."""
    key = translating.entity_key(thing, entity_id)
    changes = {
        field: Change(value=said.value, state=said.state) for field, said in data.texts.items()
    }
    async with shop(request).db.transaction() as tx:
        return _tagged(
            await translating.change_sheet(
                tx,
                thing,
                key,
                locale,
                changes,
                actor=actor(request),
                expected_version=expected_version(request),
            )
        )


ROUTES: list[HTTPRouteHandler] = [
    list_translations,
    get_translation_completeness,
    get_source_locale,
    set_source_locale,
    get_translation,
    change_translation,
]
