"""How a page of the back office is made: frame, language, clock, notices, answers.

Nothing here is kept by anybody: every page is one person's. Language and number formats follow the
browser (`Accept-Language`), unless the person chose a language; times follow the clock of the
place that the browser is in, which the pages' script tells by a cookie (UTC until then).
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie

from argosy.kernel.errors import ArgosyError
from argosy.kernel.money import Money
from argosy.modules.staff import Actor, covers
from argosy.web.admin import raw_names, refusals, role_words
from argosy.web.admin.access import cookie_of, own_cookie
from argosy.web.admin.cells import row_writer
from argosy.web.admin.places import Entry, grouped, visible
from argosy.web.admin.states import state_of
from argosy.web.auth import shop
from argosy.web.pages.guarding import own_path
from argosy.web.pages.templating import POLICY, render
from argosy.web.pages.wording import locale_of, money_text, words

AnyRequest = Request[Any, Any, Any]

HTML = "text/html"
ADMIN_POLICY = POLICY + "; form-action 'self'"
LANGUAGES = ("en", "de")
_FLASH = "argosy_notice"
_LANGUAGE, _ZONE = "argosy_language", "argosy_zone"
_LONGEST_NOTICE = 300


class Crumb(NamedTuple):
    """A step of the way to a page."""

    name: str
    path: str


class Undo(msgspec.Struct, frozen=True):
    """A form that takes an act back: where it is sent, and with which fields."""

    path: str
    fields: dict[str, str] = {}


class Notice(msgspec.Struct, frozen=True):
    """What the page after an act says about it. `kind`: good, bad or info."""

    text: str
    kind: str = "good"
    undo: Undo | None = None


def admin_page(
    request: AnyRequest,
    template: str,
    values: Mapping[str, Any],
    *,
    title: str,
    crumbs: Sequence[Crumb] = (),
    refusal: ArgosyError | None = None,
    status: int | None = None,
) -> Response[bytes]:
    """A page in the frame. `title` is shown as it is (translate it with `say`). `refusal`: what
    stopped the act that this page repeats; its status is answered.
    """
    notice = _notice_of(request)
    frame = frame_of(request) | {"title": title, "crumbs": crumbs, "refusal": refusal}
    html = part(request, template, {**frame, "notice": notice, **values})
    if status is None:
        status = 200 if refusal is None else refusal.http_status
    cookies = [own_cookie(request, _FLASH, "", seconds=0)] if notice is not None else []
    return answer(html, status=status, cookies=cookies)


def part(request: AnyRequest, template: str, values: Mapping[str, Any]) -> str:
    """A piece of a page, without the frame's values (see `frame_of` for these)."""
    return render(shop(request).settings.theme, locale_tag(request), template, values)


def piece(request: AnyRequest, template: str, values: Mapping[str, Any]) -> Response[bytes]:
    """What htmx asked for: a piece of a page that knows who is there."""
    return answer(part(request, template, {**frame_of(request), "refusal": None, **values}))


def answer(html: str, *, status: int = 200, cookies: Sequence[Cookie] = ()) -> Response[bytes]:
    """An answer that nobody may keep, and that loads and sends forms to this site alone."""
    headers = {
        "Content-Security-Policy": ADMIN_POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
    }
    return Response(
        html.encode(), status_code=status, media_type=HTML, headers=headers, cookies=list(cookies)
    )


def lead_to(
    request: AnyRequest,
    path: str,
    notice: Notice | None = None,
    *,
    cookies: Sequence[Cookie] = (),
) -> Response[bytes]:
    """Go on to a page of the back office after a form (303), which then shows `notice`."""
    sent = list(cookies)
    if notice is not None:
        packed = urlsafe_b64encode(msgspec.json.encode(_short(notice))).decode()
        sent.append(own_cookie(request, _FLASH, packed, seconds=60))
    headers = {"Location": own_path(path, "/admin"), "Cache-Control": "no-store"}
    return Response(b"", status_code=303, headers=headers, cookies=sent)


def frame_of(request: AnyRequest) -> dict[str, Any]:
    """What every page and piece may use: who is there, what they may do, how things are written."""
    found: Actor | None = getattr(request.state, "actor", None)
    scopes = frozenset() if found is None else found.scopes
    entries: tuple[Entry, ...] = request.app.state.admin_entries
    seen = [] if found is None else visible(entries, found)
    here = request.scope["path"]
    tag, zone = locale_tag(request), zone_of(request)
    year = shop(request).db.clock().year
    language = tag.partition("-")[0].lower()
    said = words(language).gettext
    return {
        "actor": found,
        "may": lambda scope: covers(scopes, scope),
        "sections": grouped(seen),
        "here": here,
        "current": max(
            (e.path for e in seen if here == e.path or here.startswith(e.path + "/")),
            key=len,
            default="",
        ),
        "locale": tag,
        "direction": str(locale_of(tag).text_direction),
        "languages": LANGUAGES,
        "zone": zone,
        "year": year,
        "cells": row_writer(tag, zone, year),
        "is_place": lambda path: is_place(request, path),
        "state_of": state_of,
        "act": lambda name: raw_names.titled(name, raw_names.act_text(name, said)),
        "area_of": lambda name: raw_names.titled(name, raw_names.area_text(name, said)),
        "role_texts": lambda role: role_words.role_texts(role, said),
        "role_names": lambda names: ", ".join(role_words.role_name(one, said) for one in names),
        "fault_words": lambda message: refusals.fault_words(message, said, language),
        "refusal_told": lambda error: refusals.told(error, said, language),
        "named": lambda name: raw_names.titled(name, raw_names.kind_text(name, said)),
        "crumbs": (),
        "notice": None,
    }


def is_place(request: AnyRequest, path: str) -> bool:
    """Whether `path` is a place that this person may go to."""
    found: Actor | None = getattr(request.state, "actor", None)
    entries: tuple[Entry, ...] = request.app.state.admin_entries
    return found is not None and any(entry.path == path for entry in visible(entries, found))


def say(request: AnyRequest, text: str, **values: object) -> str:
    """A text (marked with N_) in the person's language; `%(name)s` is filled from `values`."""
    said = words(locale_tag(request).partition("-")[0]).gettext(text)
    return said % values if values else said


def refusal_text(request: AnyRequest, refusal: ArgosyError) -> str:
    """A refusal in one line, for a notice: in the person's language, then in English."""
    language = locale_tag(request).partition("-")[0].lower()
    found = refusals.told(refusal, words(language).gettext, language)
    return f"{found.text} ({refusal.message})" if found.english else found.text


def locale_tag(request: AnyRequest) -> str:
    """The language of the person, as a BCP 47 tag: chosen, else the first that the browser asks for
    and that we have, else English.
    """
    chosen = request.cookies.get(_LANGUAGE, "")
    if chosen in LANGUAGES:
        return chosen
    for wanted in request.headers.get("accept-language", "")[:200].split(","):
        tag = wanted.partition(";")[0].strip()
        if tag.partition("-")[0].lower() in LANGUAGES and tag.replace("-", "").isalnum():
            return tag
    return LANGUAGES[0]


def money_shown(request: AnyRequest) -> Callable[[Mapping[str, Any]], str]:
    """How the API's amounts are written in the person's language."""
    tag = locale_tag(request)
    return lambda one: money_text(Money(one["minor"], one["currency"]), tag)


def zone_of(request: AnyRequest) -> str:
    """The zone of the person's clock (`Europe/Berlin`), as the browser told it; else UTC."""
    told = request.cookies.get(_ZONE, "").replace("%2F", "/")
    if (
        not told
        or len(told) > 60
        or not told.replace("/", "").replace("_", "").replace("-", "").replace("+", "").isalnum()
    ):
        return "UTC"
    try:
        ZoneInfo(told)
    except (ValueError, OSError, KeyError):
        return "UTC"
    return told


def local_midnight(request: AnyRequest, at: datetime) -> datetime:
    """When the day of `at` began on the person's clock."""
    local = at.astimezone(ZoneInfo(zone_of(request)))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def is_partial(request: AnyRequest) -> bool:
    """Whether htmx asks for a piece of the page."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def _notice_of(request: AnyRequest) -> Notice | None:
    packed = cookie_of(request, _FLASH)
    if not packed:
        return None
    try:
        found = msgspec.json.decode(urlsafe_b64decode(packed.encode()), type=Notice)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        return None
    safe = found.undo is None or found.undo.path.startswith("/admin/")
    return found if safe else msgspec.structs.replace(found, undo=None)


def _short(notice: Notice) -> Notice:
    return msgspec.structs.replace(notice, text=notice.text[:_LONGEST_NOTICE])
