"""Questions of the normaliser in the back office: what does this word of a file mean?"""

from typing import Any, cast

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import normalising
from argosy.web.admin.access import may
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Notice, admin_page, lead_to, refusal_text, say
from argosy.web.api.admin.normaliser import answer
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import read_form
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/normaliser"
KINDS = {
    "brand": N_("Brand"),
    "colour": N_("Colour"),
    "size": N_("Size"),
    "unit": N_("Measure"),
}
RULES = {
    "similar": N_("looks like it"),
    "contains": N_("holds the word"),
    "exact": N_("spelled otherwise"),
    "alias": N_("means the same"),
    "learned": N_("was learned"),
    "unit": N_("a number with a unit"),
}
_SHOWN = 50


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_questions(request: AnyRequest) -> Response[bytes]:
    """Open questions, and the words that were learned last. Two statements."""
    async with shop(request).db.reading() as tx:
        asked = await normalising.list_questions(tx, limit=_SHOWN)
        learned = await normalising.list_synonyms(tx, limit=_SHOWN)
    values = {
        "questions": [(encode("question", one.id), one) for one in asked],
        "learned": learned,
        "kinds": KINDS,
        "rules": RULES,
    }
    title = say(request, N_("What do these words mean?"))
    return admin_page(request, "admin/normaliser.html", values, title=title)


@post(
    f"{PATH}/{{question_id:str}}",
    include_in_schema=False,
    guards=[own_pages_only, may("catalog:write")],
)
async def answer_question(request: AnyRequest, question_id: str) -> Response[bytes]:
    """Answer one; the worker then changes the products."""
    found, form = decode("question", question_id, field="question_id"), await read_form(request)
    said = form["answer"] if form["answer"] in {"accept", "always"} else "reject"
    try:
        async with shop(request).db.transaction() as tx:
            await answer(
                tx, actor(request), found, cast("normalising.Answer", said),
                form["value"][:200] or None,
            )  # fmt: skip
    except ArgosyError as refusal:
        return lead_to(request, PATH, Notice(refusal_text(request, refusal), "bad"))
    return lead_to(request, PATH, Notice(say(request, N_("Answered."))))


ENTRIES = (
    Entry(
        N_("Unclear words"), PATH, N_("Imports and data"), "catalog:read", icon="search",
        words="normaliser synonyms brands colours sizes review queue", position=62,
    ),
)  # fmt: skip
ROUTES: list[HTTPRouteHandler] = [show_questions, answer_question]
