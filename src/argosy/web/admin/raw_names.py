"""Names that the API and files use (acts, types of events, reasons, areas), as people say them.

Where a page says such a name in words, the name itself stands in its title: it is what filters,
files and the API take. A name without words is shown with spaces, so that new ones can be read.
"""

from collections.abc import Callable, Iterable

from markupsafe import Markup, escape

from argosy.web.admin.places import N_

Said = Callable[[str], str]

# What acts (`thing.verb`) and events (`argosy.island.thing_verb.v1`) are made of.
THINGS = {
    "attribute": N_("attribute"),
    "audience": N_("audience"),
    "audiences": N_("audiences"),
    "authorisation": N_("authorised payment"),
    "brand": N_("brand"),
    "cart": N_("cart"),
    "category": N_("category"),
    "change_set": N_("change set"),
    "channel": N_("channel"),
    "collection": N_("collection"),
    "compliance": N_("energy labels"),
    "contract": N_("contract"),
    "costs": N_("costs"),
    "coupons": N_("coupons"),
    "customer": N_("customer"),
    "customer_group": N_("group of customers"),
    "customer_groups": N_("groups of a customer"),
    "download": N_("download"),
    "downloads": N_("downloads"),
    "email": N_("e-mail address"),
    "email_proof": N_("proof of an e-mail address"),
    "euro_rates": N_("euro rates"),
    "event": N_("event"),
    "fee": N_("fee"),
    "feed": N_("feed"),
    "file": N_("file"),
    "field": N_("custom field"),
    "import": N_("import"),
    "job": N_("job"),
    "key": N_("key"),
    "keys": N_("licence keys"),
    "kit": N_("kit"),
    "legal_entity": N_("seller"),
    "licence_keys": N_("licence keys"),
    "licence_pool": N_("pool of licence keys"),
    "location": N_("location"),
    "mail_settings": N_("settings of mails"),
    "mapping": N_("mapping"),
    "measures": N_("measures"),
    "media": N_("picture or file"),
    "media_upload": N_("upload of media"),
    "merchandising_rule": N_("search rule"),
    "money_move": N_("move of money"),
    "name": N_("address in the shop"),
    "normaliser": N_("unclear word"),
    "order": N_("order"),
    "order_hold": N_("hold of an order"),
    "order_payment": N_("payment of an order"),
    "party": N_("manufacturer or person"),
    "passkey": N_("passkey"),
    "passport": N_("product passport"),
    "passport_schema": N_("schema of passports"),
    "password": N_("password"),
    "password_reset": N_("new password"),
    "payment": N_("payment"),
    "payment_action": N_("step of the buyer"),
    "personalisation": N_("questions to shoppers"),
    "plan": N_("import plan"),
    "price": N_("price"),
    "price_list": N_("price list"),
    "price_policy": N_("choice of prices"),
    "prices": N_("prices"),
    "product": N_("product"),
    "product_fields": N_("custom fields of a product"),
    "product_import": N_("import of products"),
    "product_type": N_("product type"),
    "promotion": N_("promotion"),
    "rating": N_("rating"),
    "redirect": N_("redirect"),
    "redirects": N_("redirects"),
    "registration": N_("registration"),
    "relations": N_("related products"),
    "restrictions": N_("restrictions"),
    "review": N_("review"),
    "role": N_("role"),
    "search_synonyms": N_("synonyms"),
    "session": N_("sign-in"),
    "sheet": N_("safety and conformity"),
    "shipping_class": N_("shipping class"),
    "shipping_method": N_("way of shipping"),
    "shipping_zone": N_("shipping zone"),
    "sign_in_link": N_("link to sign in"),
    "source_locale": N_("source language"),
    "staff": N_("staff"),
    "stock": N_("stock"),
    "stock_level": N_("stock level"),
    "tax_certificate": N_("exemption certificate"),
    "tax_class": N_("tax class"),
    "tax_pack": N_("pack of taxes"),
    "tax_policy": N_("tax policy"),
    "tax_rate": N_("tax rate"),
    "tax_rates": N_("tax rates"),
    "tax_zone": N_("tax zone"),
    "taxonomy": N_("marketplace category"),
    "texts": N_("texts"),
    "translation": N_("translation"),
    "translations": N_("translations"),
    "upload": N_("file"),
    "variant": N_("variant"),
    "variants": N_("variants"),
    "view": N_("kept view"),
}
VERBS = {
    "abandoned": N_("abandoned"),
    "acknowledged": N_("checked"),
    "action_required": N_("needs the buyer"),
    "added": N_("added"),
    "adjustment": N_("adjusted"),
    "adopted": N_("taken over"),
    "answered": N_("answered"),
    "applied": N_("applied"),
    "approved": N_("approved"),
    "archived": N_("archived"),
    "asked": N_("asked for"),
    "assigned": N_("offered"),
    "authorised": N_("authorised"),
    "begun": N_("begun"),
    "blocked": N_("blocked"),
    "cancelled": N_("cancelled"),
    "capture_requested": N_("capture asked for"),
    "captured": N_("captured"),
    "changed": N_("changed"),
    "claimed": N_("claimed"),
    "cleaned": N_("cleaned up"),
    "closed": N_("closed"),
    "compliance": N_("duties set"),
    "converted": N_("converted"),
    "count": N_("counted"),
    "created": N_("created"),
    "declined": N_("declined"),
    "defined": N_("defined"),
    "deleted": N_("deleted"),
    "delivered": N_("delivered"),
    "discarded": N_("discarded"),
    "disposition": N_("quarantine decided"),
    "drafted": N_("drafted"),
    "dropped": N_("dissolved"),
    "downloaded": N_("downloaded"),
    "ended": N_("ended"),
    "erased": N_("erased"),
    "exhausted": N_("used up"),
    "exported": N_("exported"),
    "extended": N_("extended"),
    "factor_added": N_("second factor added"),
    "factor_begun": N_("second factor begun"),
    "factor_removed": N_("second factor removed"),
    "factors_reset": N_("second factors removed"),
    "failed": N_("failed"),
    "feed_message": N_("reported by the warehouse"),
    "fields": N_("custom fields changed"),
    "filled": N_("filled"),
    "finished": N_("finished"),
    "forgot": N_("forgotten"),
    "forgotten": N_("forgotten"),
    "generated": N_("generated"),
    "granted": N_("granted"),
    "held": N_("held"),
    "hold_released": N_("hold released"),
    "imported": N_("imported"),
    "inputs_set": N_("questions set"),
    "kept": N_("kept"),
    "labelled": N_("set"),
    "lapsing": N_("about to lapse"),
    "lifted": N_("lifted"),
    "live": N_("live"),
    "loaded": N_("loaded"),
    "made": N_("made"),
    "mail_sent_again": N_("mail sent again"),
    "mapped": N_("mapped"),
    "members_added": N_("members added"),
    "members_removed": N_("members removed"),
    "merged": N_("merged"),
    "moved": N_("moved on"),
    "noted": N_("noted"),
    "opened": N_("opened"),
    "access_given": N_("access given"),
    "access_revoked": N_("access revoked"),
    "passkey_copied": N_("passkey copied"),
    "passported": N_("set"),
    "password_changed": N_("password changed"),
    "paused": N_("paused"),
    "payment_failed": N_("payment failed"),
    "pending": N_("waits for payment"),
    "placed": N_("placed"),
    "planned": N_("planned"),
    "product_put": N_("product put in"),
    "product_taken": N_("product taken out"),
    "proved": N_("identity proved"),
    "published": N_("published"),
    "pulled": N_("fetched"),
    "put": N_("put"),
    "received": N_("received"),
    "recovery_codes_made": N_("recovery codes made"),
    "refreshed": N_("worked out anew"),
    "refund_requested": N_("refund asked for"),
    "refunded": N_("refunded"),
    "registered": N_("registered"),
    "regulated": N_("safety and conformity set"),
    "rejected": N_("rejected"),
    "related": N_("related products set"),
    "released": N_("released"),
    "removed": N_("removed"),
    "renamed": N_("renamed"),
    "reopened": N_("reopened"),
    "repeated": N_("repeated"),
    "replaced": N_("replaced"),
    "replayed": N_("replayed"),
    "requested": N_("asked for"),
    "requeued": N_("queued again"),
    "required": N_("needed"),
    "resolved": N_("resolved"),
    "return": N_("returned"),
    "reverted": N_("taken back"),
    "revoked": N_("revoked"),
    "rolled_back": N_("taken back"),
    "saved": N_("saved"),
    "scheduled": N_("scheduled"),
    "set": N_("set"),
    "short": N_("run out"),
    "signed_out": N_("signed out"),
    "simulated": N_("simulated"),
    "source_told": N_("source language set"),
    "staged": N_("staged"),
    "synced": N_("compared with the provider"),
    "taken": N_("taken"),
    "translated": N_("translated"),
    "unassigned": N_("no longer offered"),
    "unmapped": N_("mapping removed"),
    "unpublished": N_("no longer shown"),
    "unscheduled": N_("no longer scheduled"),
    "uploaded": N_("uploaded"),
    "used": N_("used"),
    "verified": N_("proved"),
    "void_requested": N_("void asked for"),
    "voided": N_("voided"),
    "waits": N_("waits"),
    "withdrawn": N_("withdrawn"),
    "written": N_("written"),
}
# Areas of permissions.
AREAS = {
    "audit": N_("Audit trail"),
    "catalog": N_("Catalogue"),
    "changes": N_("Change sets"),
    "channels": N_("Channels"),
    "costs": N_("Costs"),
    "customers": N_("Customers"),
    "events": N_("Events"),
    "inventory": N_("Stock"),
    "keys": N_("Keys"),
    "ledger": N_("Books"),
    "orders": N_("Orders"),
    "payments": N_("Payments"),
    "prices": N_("Prices"),
    "promotions": N_("Promotions"),
    "reviews": N_("Reviews"),
    "settings": N_("Settings"),
    "shipping": N_("Shipping"),
    "staff": N_("Staff"),
    "taxes": N_("Taxes"),
}
# Kinds and reasons of journals, bookings, holds, consents.
KINDS = {
    "adjustment": N_("correction"),
    "allocated": N_("allocated"),
    "applied": N_("applies"),
    "authorise": N_("money held"),
    "capture": N_("money taken"),
    "captured": N_("money taken"),
    "correction": N_("correction"),
    "count": N_("count"),
    "credit_note": N_("credit note"),
    "customer_request": N_("the customer asked for it"),
    "damaged": N_("damaged"),
    "deallocated": N_("allocation taken back"),
    "demo": N_("sample stock"),
    "disposition": N_("decided after a return"),
    "energy_class": N_("energy class"),
    "energy_label": N_("energy label"),
    "energy_sheet": N_("product information sheet"),
    "expired": N_("time is over"),
    "feed": N_("report of the warehouse"),
    "found": N_("found"),
    "import": N_("import"),
    "invoice": N_("invoice"),
    "late_success": N_("paid late"),
    "lost": N_("lost"),
    "manual": N_("by hand"),
    "manufacturer": N_("manufacturer"),
    "manufacturer_address": N_("address of the manufacturer"),
    "marketing": N_("advertising"),
    "moved": N_("moved"),
    "newsletter": N_("newsletter"),
    "not_applied": N_("does not apply"),
    "opening": N_("opening stock"),
    "order_cancelled": N_("order cancelled"),
    "order_placed": N_("order placed"),
    "payment_failed": N_("payment failed"),
    "payment_review": N_("payment is checked"),
    "picture": N_("picture"),
    "placed": N_("order placed"),
    "privacy": N_("privacy"),
    "product_safety": N_("product safety"),
    "receipt": N_("goods in"),
    "received": N_("received"),
    "refund": N_("refund"),
    "refunded": N_("refund"),
    "released": N_("released"),
    "reserved": N_("reserved"),
    "responsible_person": N_("responsible person"),
    "return": N_("return"),
    "sale": N_("sale"),
    "stock_shortage": N_("too little stock"),
    "tax_true_up": N_("tax set right"),
    "terms": N_("terms"),
    "transfer": N_("transfer"),
    "transfer_in": N_("came from another location"),
    "transfer_out": N_("sent to another location"),
    "void": N_("released"),
    "warnings": N_("warnings"),
    "warnings_decided": N_("decision on warnings"),
}
# Why a price did not count.
LOST = {
    "not_yet_valid": N_("not yet in force"),
    "no_longer_valid": N_("no longer in force"),
    "quantity_too_small": N_("for more units"),
    "lower_priority": N_("another has a higher priority"),
    "larger_tier_applies": N_("that of more units counts"),
    "list_not_yet_valid": N_("its list is not offered yet"),
    "list_no_longer_valid": N_("its list is offered no longer"),
    "other_market": N_("for another country"),
    "not_offered": N_("its list is not offered to them"),
    "other_currency": N_("in another currency"),
    "lower_precedence": N_("a stronger level has a price"),
    "lower_list_priority": N_("another list has a higher priority"),
    "later_list_id": N_("an older list of equal rank has a price"),
    "not_lowest": N_("another is lower"),
    "dearer_than_held": N_("the cart keeps a lower one"),
}


def act_text(name: str, said: Said) -> str:
    """An act or the type of an event: "Channel: changed"."""
    thing, verb = _parts(name)
    if thing not in THINGS or verb not in VERBS:
        return _plain(name.rpartition(".")[2] if name.startswith("argosy.") else name)
    text = f"{said(THINGS[thing])}: {said(VERBS[verb])}"
    return text[:1].upper() + text[1:]


def knows_act(name: str) -> bool:
    """Whether there are words for the act or type of event."""
    thing, verb = _parts(name)
    return thing in THINGS and verb in VERBS


def _parts(name: str) -> tuple[str, str]:
    if not name.startswith("argosy."):
        thing, _, verb = name.partition(".")
        return thing, verb
    words = name.split(".")[2].split("_")
    # The longest thing that the name begins with: `change_set_rolled_back`.
    for length in range(len(words) - 1, 0, -1):
        thing, verb = "_".join(words[:length]), "_".join(words[length:])
        if thing in THINGS and verb in VERBS:
            return thing, verb
    return words[0], "_".join(words[1:])


def area_text(name: str, said: Said) -> str:
    """An area of permissions, or a permission: "Orders: change"."""
    area, _, verb = name.partition(":")
    text = said(AREAS[area]) if area in AREAS else _plain(area)
    verbs = {"read": N_("see"), "write": N_("change")}
    return f"{text}: {said(verbs[verb])}" if verb in verbs else text


def kind_text(name: str, said: Said) -> str:
    """A kind or reason."""
    return kinds_text([name], said)


def kinds_text(names: Iterable[str], said: Said) -> str:
    """Kinds or reasons, with commas between."""
    known = [(name, KINDS.get(name) or LOST.get(name)) for name in names]
    text = ", ".join(said(words) if words else _plain(name) for name, words in known)
    return text[:1].upper() + text[1:]


def titled(name: str, text: str) -> Markup:
    """The words, with the name itself as their title."""
    return Markup(f'<span title="{escape(name)}">{escape(text)}</span>')  # noqa: S704 - escaped


def _plain(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")
