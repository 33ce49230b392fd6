"""Where files lie, what they take, how far a move has come, and what a clean-up would free."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.modules import media, staff
from argosy.modules.media import CleanFiles
from argosy.web.admin.access import may
from argosy.web.admin.editing import confirm_page
from argosy.web.admin.places import N_, Entry
from argosy.web.admin.showing import Crumb, Notice, admin_page, lead_to, say
from argosy.web.auth import actor, shop
from argosy.web.pages.guarding import own_pages_only
from argosy.workflows.media_unshown import unshown

AnyRequest = Request[Any, Any, Any]

PATH = "/admin/media"
_ASKED = N_("It is under way: the figures change when it is done.")


@get(PATH, include_in_schema=False, guards=[may("catalog:read")])
async def show_media(request: AnyRequest) -> Response[bytes]:
    """Figures as of the last look through all files, which the worker takes once a day."""
    app = shop(request)
    async with app.db.reading() as tx:
        tally, move, drawn = (
            await media.tally(tx), await media.latest_move(tx), await media.progress(tx)
        )  # fmt: skip
    loose = await unshown(app)
    values = {
        "settings": app.settings,
        "tally": tally,
        "move": move,
        "drawn": drawn,
        "loose": loose,
        "loose_bytes": sum(entry.byte_size for entry in loose.entries),
        "grace": app.settings.media_grace_days,
    }
    title = say(request, N_("Media storage"))
    return admin_page(request, "admin/media_files.html", values, title=title)


@post(f"{PATH}/look", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def look(request: AnyRequest) -> Response[bytes]:
    """Have the worker look through all files now; nothing is deleted."""
    async with shop(request).db.transaction() as tx:
        tx.enqueue(CleanFiles(), dedupe="media.look")
    return lead_to(request, PATH, Notice(say(request, _ASKED), "info"))


@get(f"{PATH}/clean", include_in_schema=False, guards=[may("catalog:write")])
async def ask_to_clean(request: AnyRequest) -> Response[bytes]:
    """What a clean-up does, before it does it."""
    loose = "unshown" in request.query_params
    days = shop(request).settings.media_grace_days
    says = [
        say(request, N_("Files that nothing names for %(days)s days are deleted."), days=days),
        say(request, N_("What orders, imports that can be undone or texts name is kept.")),
    ]
    if loose:
        words = N_(
            "Before that, entries older than %(days)s days are deleted that no product, brand or "
            "collection shows; their files follow after as many days."
        )
        says.insert(0, say(request, words, days=days))
    return confirm_page(
        request,
        title=say(request, N_("Clean up files")),
        says=says,
        path=f"{PATH}/clean",
        back=PATH,
        button=say(request, N_("Delete them")),
        fields={"unshown": "yes"} if loose else {},
        crumbs=[Crumb(say(request, N_("Media storage")), PATH)],
    )


@post(f"{PATH}/clean", include_in_schema=False, guards=[own_pages_only, may("catalog:write")])
async def clean(request: AnyRequest) -> Response[bytes]:
    """Have the worker delete what nothing names."""
    form = await request.form()
    job = CleanFiles(delete=True, unshown=form.get("unshown") == "yes")
    async with shop(request).db.transaction() as tx:
        tx.enqueue(job, dedupe=f"media.clean {job.unshown}")
        shown = {"unshown": job.unshown}
        await staff.audit(tx, actor(request), "media.cleaned", "media", None, shown)
    return lead_to(request, PATH, Notice(say(request, _ASKED), "info"))


ROUTES: list[HTTPRouteHandler] = [show_media, look, ask_to_clean, clean]
ENTRIES = (
    Entry(
        N_("Media storage"),
        PATH,
        N_("Imports and data"),
        "catalog:read",
        key="d",
        icon="media",
        words="pictures files videos storage s3 bucket clean up disk",
        position=60,
    ),
)
