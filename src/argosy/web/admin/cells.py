"""The rows of a list, written in Python: a page of a list has hundreds of cells, and a macro for
each takes four times as long as all the rest of the page.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from argosy.web.admin import raw_names
from argosy.web.admin.lists import Column, Listing
from argosy.web.admin.places import N_
from argosy.web.admin.states import state_of
from argosy.web.pages import wording

_NOTHING = '<span class="muted">\u2013</span>'
_AT_THE_END = frozenset({"money", "number"})
_CHOOSE = N_("Choose %(row)s")


def row_writer(locale: str, zone: str, year: int) -> Callable[[Listing, Any], Markup]:
    """What writes the cells of a row (`<th>` of the first column, `<td>` of the others) for people
    of this locale, whose clock is in `zone`, in the year `year`.
    """
    said = wording.words(locale.partition("-")[0].lower()).gettext

    def badge(name: str) -> str:
        state = state_of(name)
        return f'<span class="badge {escape(state.tone)}">{escape(said(state.label))}</span>'

    def time(at: datetime) -> str:
        whole = escape(wording.instant_text(at, locale, zone))
        short = escape(wording.moment_text(at, locale, zone, year))
        return f'<time datetime="{at.isoformat()}" title="{whole}">{short}</time>'

    writers: dict[str, Callable[[Any], str]] = {
        "act": lambda value: raw_names.titled(value, raw_names.act_text(value, said)),
        "badge": badge,
        "code": lambda value: f"<code>{escape(value)}</code>",
        "instant": time,
        "money": lambda value: escape(wording.money_text(value, locale)),
        "muted": lambda value: f'<span class="muted">{escape(value)}</span>',
        "named": lambda value: raw_names.titled(value, raw_names.kind_text(value, said)),
        "number": lambda value: escape(wording.number_text(value, locale)),
    }

    def shown(column: Column, value: Any) -> str:
        nothing = value is None or value == ""
        return _NOTHING if nothing else writers.get(column.kind, escape)(value)

    def picked(listing: Listing, row: Any) -> str:
        name = listing.row_id(row)
        label = said(_CHOOSE) % {"row": listing.columns[0].value(row) or name}
        return (
            '<td class="pick"><input type="checkbox" name="chosen"'
            f' value="{escape(name)}" aria-label="{escape(label)}"></td>\n'
        )

    def write(listing: Listing, row: Any) -> Markup:
        parts = [picked(listing, row)] if listing.bulk else []
        for at, column in enumerate(listing.columns):
            text = shown(column, column.value(row))
            if column.href is not None:
                path = column.href(row)
            else:
                path = listing.row_path(row) if at == 0 and listing.row_path is not None else None
            if path:
                link = ' class="row-link"' if at == 0 else ""
                text = f'<a href="{escape(path)}"{link}>{text}</a>'
            tag, scope = ("td", "") if at else ("th", ' scope="row"')
            place = "end" if column.kind in _AT_THE_END else ""
            parts.append(f'<{tag}{scope} class="{place}{listing.fold(at)}">{text}</{tag}>\n')
        return Markup("".join(parts))  # noqa: S704 - everything in it is escaped above

    return write
