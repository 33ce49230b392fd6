"""What stopped an act, for people who do not read English.

A problem says in English what happened, for programs and logs. Who reads another language is told
the kind of it in theirs, found by its stable code: by all of it, by what it ends in, else by its
status. The English words follow, marked as such: they name what is particular.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from markupsafe import Markup, escape

from argosy.kernel.errors import ArgosyError
from argosy.web.admin import raw_names
from argosy.web.admin.places import N_

Said = Callable[[str], str]


class InTheirWords(str):
    """A message of a refusal that is in the reader's language: a page made it."""

    __slots__ = ()


class English(str):
    """A message of a refusal as programs get it."""

    __slots__ = ()


class Told(NamedTuple):
    """What is told of a refusal: in the reader's language, and in English what that leaves out."""

    text: str
    cure: str = ""
    english: str = ""


_CODES: Final = {
    "auth.code_wrong": N_("This code is not right."),
    "auth.credentials_wrong": N_("E-mail address and password do not belong together."),
    "auth.forbidden": N_("You may not do this: it needs the right “%(scope)s”."),
    "auth.password_weak": N_("Please choose a longer or less common password."),
    "auth.too_many_tries": N_("Too many tries. Please wait a moment."),
    "catalog.variant_kept": N_("The variant is still needed, so it stays."),
    "email.invalid": N_("This is not an e-mail address."),
    "id.malformed": N_("This is no id of such a thing."),
    "inventory.out_of_stock": N_("There is not enough in stock."),
    "paging.cursor_invalid": N_("This page of the list is out of date. Begin at the first."),
    "quote.not_purchasable": N_("Something in it cannot be bought at the moment."),
    "staff.beyond_own_rights": N_("Nobody can give rights that they do not have."),
    "staff.last_owner": N_("The last owner stays."),
}
_ENDS: Final = {
    "not_found": N_("There is no such thing, or not any more."),
    "unknown": N_("There is no such thing, or not any more."),
    "changed": N_("Somebody else has changed it since you opened it."),
    "version_conflict": N_("Somebody else has changed it since you opened it."),
    "taken": N_("Something else is called so already."),
    "exists": N_("Something else is called so already."),
    "invalid": N_("Something that was typed cannot be taken."),
    "in_use": N_("It is used, so it stays."),
    "used": N_("It is used, so it stays."),
    "unavailable": N_("What this needs does not answer at the moment."),
    "busy": N_("Too much is asked at the moment. Try again soon."),
}
_STATUSES: Final = {
    401: N_("Please sign in first."),
    403: N_("You may not do this."),
    404: N_("There is no such thing, or not any more."),
    409: N_("This does not go with how things are now."),
    422: N_("Something that was typed cannot be taken."),
    503: N_("What this needs does not answer at the moment."),
}


# Cures for programs: a page compares what two people changed, and asks again by itself.
_FOR_PROGRAMS: Final = re.compile(r"`(ETag|If-Match|Retry-After|X-Order-Token)`")


def told(error: ArgosyError, said: Said, language: str) -> Told:
    """What people of a language are told of a refusal."""
    cure = "" if _FOR_PROGRAMS.search(error.cure) else error.cure
    if language == "en":
        return Told(error.message, cure)
    if isinstance(error.message, InTheirWords):
        return Told(error.message, cure if isinstance(cure, InTheirWords) else "")
    text = said(kind_of(error.code, error.http_status))
    if "%(scope)s" in text:
        text %= {"scope": raw_names.area_text(str(error.details.get("scope", "")), said)}
    return Told(text, english=f"{error.message} {cure}".strip())


def fault_words(message: str, said: Said, language: str) -> Markup:
    """What stands at a field that is at fault."""
    if language == "en" or not isinstance(message, English):
        return escape(message)
    own, english = escape(said(N_("Please check this."))), escape(message)
    return Markup(f'{own} <span lang="en">{english}</span>')  # noqa: S704 - both are escaped


def kind_of(code: str, status: int) -> str:
    """What a refusal of a code says, in English and without what is particular."""
    last = code.rpartition(".")[2]
    ends = (words for end, words in _ENDS.items() if last == end or last.endswith(f"_{end}"))
    found = _CODES.get(code) or next(ends, None)
    return found or _STATUSES.get(status) or N_("That did not work")
