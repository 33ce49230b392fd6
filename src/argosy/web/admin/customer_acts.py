"""What is done to a customer: profile, groups, sessions, the copy of their data, erasure."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler

from argosy.kernel.errors import ArgosyError
from argosy.kernel.ids import decode, encode
from argosy.modules import customers, staff
from argosy.modules.customers import Customer
from argosy.web.admin.access import may
from argosy.web.admin.customers import PATH, crumbs, customer_page, customer_path
from argosy.web.admin.editing import OPENED, chosen, clash_of, confirm_page, faults_of
from argosy.web.admin.places import N_
from argosy.web.admin.showing import Crumb, Notice, Undo, admin_page, lead_to, say
from argosy.web.api.storefront.address_book import ExportView
from argosy.web.auth import actor, shop
from argosy.web.pages.forms import Form, read_form, whole_number
from argosy.web.pages.guarding import own_pages_only

AnyRequest = Request[Any, Any, Any]

ONE = f"{PATH}/{{customer_id:str}}"
_FIELDS = ("name", "phone", "locale")
_LABELS = {"name": N_("Name"), "phone": N_("Telephone"), "locale": N_("Language")}
_LONGEST = 200
_MOST_VERSIONS = 2**31 - 1


@get(f"{ONE}/edit", include_in_schema=False, guards=[may("customers:write")])
async def show_edit(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """The profile as a form."""
    async with shop(request).db.reading() as tx:
        one = await customers.customer_by_id(tx, decode("customer", customer_id))
    return _form(request, one, Form(_held(one)), None)


@post(f"{ONE}/edit", include_in_schema=False, guards=[own_pages_only, may("customers:write")])
async def edit(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """Take the new profile, as it was seen; else show what somebody else changed."""
    found, form = decode("customer", customer_id), chosen(await read_form(request), _FIELDS)
    version = whole_number(form["version"], least=1, most=_MOST_VERSIONS)
    change = customers.ChangeProfile(**{name: form[name][:_LONGEST] for name in _FIELDS})
    try:
        async with shop(request).db.transaction() as tx:
            before = await customers.customer_by_id(tx, found)
            after = await customers.change_profile(tx, found, change, version=version or 0)
            changed = [n for n in _FIELDS if getattr(before, n) != getattr(after, n)]
            # The trail outlives the person: it names the fields, not what was in them.
            what = {"fields": changed, "version": after.version}
            await staff.audit(
                tx, actor(request), "customer.changed", encode("customer", found), None, what
            )
    except customers.CustomerChanged as refusal:
        return await _clashing(request, found, form, refusal)
    except ArgosyError as refusal:
        async with shop(request).db.reading() as tx:
            one = await customers.customer_by_id(tx, found)
        return _form(request, one, form, refusal)
    return lead_to(request, customer_path(found), Notice(say(request, N_("Saved."))))


@post(f"{ONE}/groups", include_in_schema=False, guards=[own_pages_only, may("customers:write")])
async def join_group(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """Put the customer into a group."""
    return await _moved(request, decode("customer", customer_id), into=True)


@post(
    f"{ONE}/groups/leave", include_in_schema=False, guards=[own_pages_only, may("customers:write")]
)
async def leave_group(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """Take the customer out of a group."""
    return await _moved(request, decode("customer", customer_id), into=False)


@post(f"{ONE}/sign-out", include_in_schema=False, guards=[own_pages_only, may("customers:write")])
async def sign_out(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """End all sessions of the customer."""
    app, found = shop(request), decode("customer", customer_id)
    async with app.db.transaction() as tx:
        await customers.customer_by_id(tx, found)
        await customers.end_all_sessions(tx, found)
        await staff.audit(tx, actor(request), "customer.signed_out", encode("customer", found))
    app.cache.forget(customers.SESSIONS_TOPIC, str(found))
    done = Notice(say(request, N_("They are signed out on every device.")))
    return lead_to(request, customer_path(found), done)


@post(f"{ONE}/export", include_in_schema=False, guards=[own_pages_only, may("customers:write")])
async def export(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """Everything that the account holds, as the file that the API answers. It is audited."""
    found = decode("customer", customer_id)
    public = encode("customer", found)
    async with shop(request).db.transaction() as tx:
        held = await ExportView.read(tx, found)
        await staff.audit(tx, actor(request), "customer.exported", public)
    body = msgspec.json.format(msgspec.json.encode(held), indent=2)
    headers = {
        "Content-Disposition": f'attachment; filename="{public}.json"',
        "Cache-Control": "no-store",
    }
    return Response(body, status_code=200, media_type="application/json", headers=headers)


@get(f"{ONE}/erase", include_in_schema=False, guards=[may("customers:write")])
async def ask_erase(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """Say what erasing a person means, to somebody who has shown who they are."""
    staff.check_proved(actor(request), shop(request).db.clock())
    async with shop(request).db.reading() as tx:
        one = await customers.customer_by_id(tx, decode("customer", customer_id))
    path = customer_path(one.id)
    if one.erased_at is not None:
        return lead_to(request, path, Notice(say(request, N_("They are erased already.")), "info"))
    return confirm_page(
        request,
        title=say(request, N_("Erase this customer")),
        says=[
            say(request, text)
            for text in (
                N_("Name, e-mail address, telephone number and address book are deleted for good."),
                N_("They are signed out everywhere, and cannot sign in again."),
                N_("Their orders and invoices stay as the law asks, without the person's account."),
                N_("Nobody can take this back. Export their data first if they asked for it."),
            )
        ],
        path=f"{path}/erase",
        back=path,
        button=say(request, N_("Erase them")),
        typed=one.email,
        crumbs=crumbs(request, Crumb(one.name or one.email, path)),
    )


@post(f"{ONE}/erase", include_in_schema=False, guards=[own_pages_only, may("customers:write")])
async def erase(request: AnyRequest, customer_id: str) -> Response[bytes]:
    """Erase the person, if the e-mail address was typed."""
    app, found, form = shop(request), decode("customer", customer_id), await read_form(request)
    staff.check_proved(actor(request), app.db.clock())
    async with app.db.transaction() as tx:
        one = await customers.customer_by_id(tx, found)
        if form["typed"].casefold() != one.email.casefold():
            said = say(request, N_("Nothing is erased: what you typed is not the e-mail address."))
            return lead_to(request, f"{customer_path(found)}/erase", Notice(said, "bad"))
        await customers.erase_customer(tx, found)
        await staff.audit(tx, actor(request), "customer.erased", encode("customer", found))
    app.cache.forget(customers.SESSIONS_TOPIC, str(found))
    return lead_to(request, customer_path(found), Notice(say(request, N_("They are erased."))))


async def _moved(request: AnyRequest, customer_id: UUID, *, into: bool) -> Response[bytes]:
    form = await read_form(request)
    code, path = form["group"][:63], customer_path(customer_id)
    move = customers.add_members if into else customers.remove_members
    said = "added" if into else "removed"
    try:
        async with shop(request).db.transaction() as tx:
            count = await move(tx, code, [customer_id])
            action = f"customer_group.members_{said}"
            await staff.audit(tx, actor(request), action, code, None, {said: count})
    except ArgosyError as refusal:
        return await customer_page(request, customer_id, refusal)
    notice = N_("They are in the group.") if into else N_("They have left the group.")
    undo = Undo(f"{path}/groups/leave" if into else f"{path}/groups", {"group": code})
    return lead_to(request, path, Notice(say(request, notice), undo=undo))


async def _clashing(
    request: AnyRequest, customer_id: UUID, form: Form, refusal: ArgosyError
) -> Response[bytes]:
    async with shop(request).db.reading() as tx:
        one = await customers.customer_by_id(tx, customer_id)
        labels = {name: say(request, label) for name, label in _LABELS.items()}
        subject = encode("customer", customer_id)
        clash = await clash_of(tx, subject, labels, form, _held(one))
    return _form(request, one, Form(clash.merged), refusal, clash)


def _form(
    request: AnyRequest,
    one: Customer,
    form: Form,
    refusal: ArgosyError | None,
    clash: object = None,
) -> Response[bytes]:
    path = customer_path(one.id)
    # What failed otherwise keeps what it was opened with: somebody may have been faster as well.
    first = refusal is None or clash is not None
    held = _held(one) if first else {name: form[OPENED + name] for name in _FIELDS}
    values = {
        "version": one.version if first else form["version"],
        "path": path,
        "form": form,
        "held": held,
        "clash": clash,
        "faults": faults_of(refusal, _FIELDS),
    }
    return admin_page(
        request,
        "admin/customer_edit.html",
        values,
        title=say(request, N_("Edit the profile")),
        crumbs=crumbs(request, Crumb(one.name or one.email, path)),
        refusal=refusal,
    )


def _held(one: Customer) -> dict[str, str]:
    return {"name": one.name, "phone": one.phone, "locale": one.locale}


ROUTES: list[HTTPRouteHandler] = [
    show_edit,
    edit,
    join_group,
    leave_group,
    sign_out,
    export,
    ask_erase,
    erase,
]
