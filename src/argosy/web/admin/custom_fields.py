"""Custom fields: what a shop keeps of products, variants, customers, carts and orders besides."""

from typing import Any

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from argosy.web.admin.lists import Column, Filter
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import say
from argosy.web.admin.struct_forms import LINES, Codec, Document, Shaping
from argosy.web.admin.things import Things, column, pages_of, shaped
from argosy.web.api.admin import fields as api

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/fields"
SUBJECTS = {
    "product": N_("product"),
    "variant": N_("variant"),
    "customer": N_("customer"),
    "cart": N_("cart"),
    "order": N_("order"),
}
KINDS = {
    "text": N_("text"),
    "integer": N_("whole number"),
    "number": N_("decimal number"),
    "boolean": N_("yes or no"),
    "date": N_("date"),
    "choice": N_("one of a list"),
    "choices": N_("several of a list"),
}
WORDS = {
    "subject": (N_("Field of a"), ""),
    "code": (N_("Code"), N_("Small letters, digits, _. Another code renames it.")),
    "label": (N_("Name"), N_("As people read it.")),
    "kind": (N_("Kind"), N_("It never changes.")),
    "required": (N_("Must be filled in"), ""),
    "default": (N_("If nothing is said"), ""),
    "visible": (N_("Seen by"), ""),
    "visible:staff": (N_("the staff alone"), ""),
    "visible:storefront": (N_("shoppers, too"), ""),
    "shopper_writes": (N_("Shoppers fill it in, in their cart"), ""),
    "on_order": (N_("A cart's value goes onto its order"), ""),
    "minimum": (N_("At least"), ""),
    "maximum": (N_("At most"), ""),
    "max_length": (N_("Letters at most"), ""),
    "pattern": (N_("Pattern"), N_("A regular expression for the whole text.")),
    "choices": (N_("Choices"), N_("One a line.")),
    **{f"subject:{one}": (said, "") for one, said in SUBJECTS.items()},
    **{f"kind:{one}": (said, "") for one, said in KINDS.items()},
}


def default_codec(kind: str) -> Codec:
    """How a default is written: of yes or no as a word, of several choices with commas."""

    def show(value: Any) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        return ", ".join(value) if isinstance(value, list) else str(value)

    def read(text: str) -> Any:
        if kind == "boolean" and text in {"yes", "no"}:
            return text == "yes"
        if kind == "integer" and text.removeprefix("-").isdigit():
            return int(text)
        if kind == "choices":
            return [one.strip() for one in text.split(",") if one.strip()]
        return text

    return Codec(show, read, "text")


async def _shaping(request: AnyRequest, row: Document) -> Shaping:
    codec = default_codec(str(row.get("kind", "text")))
    return shaped(request, words=WORDS, codecs={"default": codec, "choices": LINES})


async def _filters(request: AnyRequest) -> list[Filter]:
    choices = tuple((one, say(request, said)) for one, said in SUBJECTS.items())
    return [Filter("subject", say(request, N_("Field of a")), choices)]


def _columns(request: AnyRequest) -> list[Column]:
    return [
        column(request, "label", N_("Name")),
        Column(
            "subject",
            say(request, N_("Field of a")),
            lambda row: say(request, SUBJECTS[row["subject"]]),
        ),
        column(request, "code", N_("Code"), "code", narrow=False),
        Column(
            "kind",
            say(request, N_("Kind")),
            lambda row: say(request, KINDS[row["kind"]]),
            narrow=False,
        ),
        Column(
            "visible",
            say(request, N_("Seen by")),
            lambda row: say(request, WORDS[f"visible:{row['visible']}"][0]),
            "muted",
            narrow=False,
        ),
    ]


FIELDS = Things(
    path=PATH,
    title=N_("Custom fields"),
    new=N_("New field"),
    area="settings",
    rows=api.list_fields,
    make=api.define_field,
    change=api.change_field,
    remove=api.delete_field,
    param="field_id",
    called=lambda row: str(row["label"]),
    columns=_columns,
    shaping=_shaping,
    filters=_filters,
    empty=(
        N_("No custom fields yet"),
        N_("A field keeps what the shop wants to know besides: an engraving, a supplier's number."),
    ),
    removal=(
        N_("All its values go with it, of every product, customer and order."),
        N_("Nobody sees it any more, at once."),
    ),
    cards=(
        (N_("What it is"), ("subject", "label", "code", "kind")),
        (N_("Who sees and fills it"), ("visible", "shopper_writes", "on_order", "required")),
        (
            N_("What it may hold"),
            ("choices", "default", "minimum", "maximum", "max_length", "pattern"),
        ),
    ),
)
ENTRIES = (
    Entry(
        N_("Custom fields"), PATH, N_("System"), "settings:read", icon="settings",
        words="metafields attributes own data", position=30,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = pages_of(FIELDS)
