"""Forms: what was wrong with which field, and what to do when somebody else was faster.

A form that fails is shown again with everything that was typed; `faults_of` puts each message at
its field. A form of something with a version carries that version and, for every field, what it
held when the form was opened (`opened.<name>`). When the version is gone, `clash_of` compares three
ways: what only the other person changed is taken over, what only you changed is kept, and what both
changed is for you to choose (`choose.<name>`: yours or theirs). A form that sets one of many facts
by a key that is typed carries all of them as they were (`seen@`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from litestar import Request, Response

from argosy.kernel.errors import ArgosyError
from argosy.modules import staff
from argosy.modules.staff import AuditFilter
from argosy.runtime.db import Tx
from argosy.web.admin.refusals import English, InTheirWords
from argosy.web.admin.showing import Crumb, admin_page
from argosy.web.pages.forms import Form

OPENED, CHOOSE, SEEN = "opened.", "choose.", "seen@"


class Faults(NamedTuple):
    """The messages of a refusal: at their fields, and those that belong to none that is shown."""

    at: Mapping[str, str]
    rest: Sequence[ArgosyError]

    def of(self, name: str) -> str:
        """The message at a field; empty if there is none."""
        return self.at.get(name, "")


NO_FAULTS = Faults({}, ())


def faults_of(
    refusal: ArgosyError | None, shown: Sequence[str], names: Mapping[str, str] | None = None
) -> Faults:
    """Where to say what. `shown`: the fields of the form. `names` maps a problem's field to the
    form's where they differ (`lines.0.quantity` is also looked up as `lines`).
    """
    if refusal is None:
        return NO_FAULTS
    at: dict[str, str] = {}
    for field, message in _told(refusal):
        for wanted in (field, field.partition(".")[0]):
            name = (names or {}).get(wanted, wanted)
            if name in shown:
                own = isinstance(message, InTheirWords)
                at.setdefault(name, message if own else English(message))
                break
    told_at_field = refusal.field is not None and bool(at)
    return Faults(at, () if told_at_field else (refusal,))


def _told(refusal: ArgosyError) -> list[tuple[str, str]]:
    told = [] if refusal.field is None else [(refusal.field, refusal.message)]
    listed = refusal.details.get("errors", ())
    for one in listed if isinstance(listed, list | tuple) else ():
        field, message = getattr(one, "field", None), getattr(one, "message", None)
        if isinstance(one, dict):
            field, message = one.get("field"), one.get("message")
        if isinstance(field, str) and isinstance(message, str):
            told.append((field, message))
    return told


class Difference(NamedTuple):
    """A field that both changed: what it was, what you want, what it is now."""

    name: str
    label: str
    was: str
    yours: str
    theirs: str


class Clash(NamedTuple):
    """What stands between you and the change. `merged` is what the form holds next, with the other
    person's changes taken over where you made none; `taken` are the labels of those.
    """

    differences: Sequence[Difference]
    taken: Sequence[str]
    merged: Mapping[str, str]
    who: str
    at: datetime | None


async def clash_of(
    tx: Tx, subject: str, labels: Mapping[str, str], form: Form, theirs: Mapping[str, str]
) -> Clash:
    """Compare the form with how its object is now, by the fields in `labels`; the last entry of the
    audit trail about `subject` (a public id) tells who changed it. One statement.
    """
    trail = await staff.list_audit(tx, AuditFilter(subject=subject), limit=1)
    differences, taken, merged = compared(labels, form, theirs)
    return Clash(
        differences,
        taken,
        merged,
        trail[0].actor_name if trail else "",
        trail[0].at if trail else None,
    )


def compared(
    labels: Mapping[str, str], form: Mapping[str, str], theirs: Mapping[str, str]
) -> tuple[list[Difference], list[str], dict[str, str]]:
    """The fields that both changed, the labels of those that only they changed, and the form with
    the latter taken over.
    """
    differences, taken, merged = [], [], {}
    for name, label in labels.items():
        yours, now = form.get(name, ""), theirs.get(name, "")
        was = form.get(OPENED + name, now)
        merged[name] = yours
        if now in (was, yours):
            continue
        if yours == was:
            merged[name] = now
            taken.append(label)
        else:
            differences.append(Difference(name, label, was, yours, now))
    return differences, taken, merged


def chosen(form: Form, names: Sequence[str]) -> Form:
    """The form with what was chosen where both had changed a field."""
    made = Form(form)
    for name in names:
        if form[CHOOSE + name] == "theirs":
            made[name] = form["theirs." + name]
    return made


def seen(facts: Mapping[str, tuple[int, str]]) -> str:
    """What a form of many facts carries: version and value of each, by its key."""
    return msgspec.json.encode(facts).decode()


def seen_in(form: Form, key: str) -> tuple[int | None, str]:
    """The version and value that the form knew of a fact; (0, "") for none. Without a version where
    the form does not say what it knew.
    """
    if not form[SEEN]:
        return None, ""
    try:
        known = msgspec.json.decode(form[SEEN], type=dict[str, tuple[int, str]])
    except msgspec.MsgspecError:
        return 0, ""
    return known.get(key, (0, ""))


def confirm_page(
    request: Request[Any, Any, Any],
    *,
    title: str,
    says: Sequence[str],
    path: str,
    back: str,
    button: str,
    fields: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    danger: bool = True,
    typed: str = "",
    crumbs: Sequence[Crumb] = (),
) -> Response[bytes]:
    """Ask before a dangerous act: what will happen (`says`), and a form to `path` with `fields` and
    `sure=yes`. `typed`: what has to be typed to go on (the order's number, the person's e-mail).
    """
    pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
    values = {
        "says": says,
        "path": path,
        "back": back,
        "button": button,
        "fields": pairs,
        "danger": danger,
        "typed": typed,
    }
    return admin_page(request, "admin/confirm.html", values, title=title, crumbs=crumbs)
