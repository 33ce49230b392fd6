"""What the API of the administration can do, a page offers, or it is said why none does.

Most pages ask the API's own handlers, which is seen in their code. The others call the same faces;
which page that is stands here, and has to be one that there is.
"""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from types import ModuleType

from litestar.handlers import HTTPRouteHandler

from argosy.web import admin
from argosy.web.app import _files_of, collect_pages, collect_routes

# The page that offers what it does not ask the API for. Of a method and path of the API, by lines.
OFFERED = """
GET /admin/v1/audit                                     GET /admin/audit
GET /admin/v1/carts                                     GET /admin/carts
GET /admin/v1/carts/{}/quote                            GET /admin/carts/{}
GET /admin/v1/categories                                GET /admin/categories
POST /admin/v1/categories                               POST /admin/categories/new
GET /admin/v1/categories/{}                             GET /admin/categories/{}
PATCH /admin/v1/categories/{}                           POST /admin/categories/{}
DELETE /admin/v1/categories/{}                          POST /admin/categories/{}/delete
GET /admin/v1/change-sets                               GET /admin/changes
POST /admin/v1/change-sets                              POST /admin/changes/new
GET /admin/v1/change-sets/{}                            GET /admin/changes/{}
PATCH /admin/v1/change-sets/{}                          POST /admin/changes/{}/{}
POST /admin/v1/change-sets/{}/cancel                    POST /admin/changes/{}/{}
GET /admin/v1/change-sets/{}/conflicts                  GET /admin/changes/{}
PATCH /admin/v1/change-sets/{}/edits                    POST /admin/changes/stage
GET /admin/v1/change-sets/{}/edits                      GET /admin/changes/{}
DELETE /admin/v1/change-sets/{}/edits/{}                POST /admin/changes/{}/remove
POST /admin/v1/change-sets/{}/edits/{}/resolution       POST /admin/changes/{}/resolve
GET /admin/v1/change-sets/{}/preview/products/{}        GET /admin/changes/{}/preview/{}
POST /admin/v1/change-sets/{}/publish                   POST /admin/changes/{}/{}
GET /admin/v1/change-sets/{}/rollback                   GET /admin/changes/{}/rollback
POST /admin/v1/change-sets/{}/rollback                  POST /admin/changes/{}/rollback
POST /admin/v1/change-sets/{}/schedule                  POST /admin/changes/{}/schedule
POST /admin/v1/change-sets/{}/unschedule                POST /admin/changes/{}/{}
GET /admin/v1/channels/{}/compliance                    GET /admin/compliance/channels
PUT /admin/v1/collections/{}/products/{}                POST /admin/collections/{}/members
DELETE /admin/v1/collections/{}/products/{}             POST /admin/collections/{}/members
GET /admin/v1/customers                                 GET /admin/customers
GET /admin/v1/customers/{}                              GET /admin/customers/{}
PATCH /admin/v1/customers/{}                            POST /admin/customers/{}/edit
GET /admin/v1/customers/{}/addresses                    GET /admin/customers/{}
POST /admin/v1/customers/{}/erasure                     POST /admin/customers/{}/erase
GET /admin/v1/customers/{}/export                       POST /admin/customers/{}/export
GET /admin/v1/customers/{}/groups                       GET /admin/customers/{}
GET /admin/v1/customers/{}/payment-methods              GET /admin/customers/{}
POST /admin/v1/customers/{}/sign-out                    POST /admin/customers/{}/sign-out
GET /admin/v1/download-files/{}/versions/{}             GET /admin/downloads/{}/files/{}/{}
POST /admin/v1/download-files/{}/versions               POST /admin/downloads/{}/files
POST /admin/v1/variants/{}/download-files               POST /admin/downloads/{}/files
GET /admin/v1/events                                    GET /admin/events/feed
GET /admin/v1/events/parked                             GET /admin/events
POST /admin/v1/events/parked/{}/{}/replay               POST /admin/events/replay
GET /admin/v1/feeds                                     GET /admin/feeds
POST /admin/v1/feeds                                    POST /admin/feeds/new
GET /admin/v1/feeds/{}                                  GET /admin/feeds/{}
PATCH /admin/v1/feeds/{}                                POST /admin/feeds/{}/edit
DELETE /admin/v1/feeds/{}                               POST /admin/feeds/{}/remove
POST /admin/v1/feeds/{}/pause                           POST /admin/feeds/{}/pause
POST /admin/v1/feeds/{}/resume                          POST /admin/feeds/{}/resume
POST /admin/v1/feeds/{}/runs                            POST /admin/feeds/{}/run
GET /admin/v1/feeds/{}/runs                             GET /admin/feeds/{}
GET /admin/v1/import-mappings                           GET /admin/imports/new
POST /admin/v1/import-mappings                          POST /admin/imports/mapping
POST /admin/v1/import-mappings/previews                 POST /admin/imports/mapping/preview
POST /admin/v1/import-mappings/suggestions              GET /admin/imports/mapping
GET /admin/v1/import-mappings/{}                        GET /admin/imports/mapping
PUT /admin/v1/import-mappings/{}                        POST /admin/imports/mapping
POST /admin/v1/import-plans                             POST /admin/imports/new
GET /admin/v1/import-plans                              GET /admin/imports
GET /admin/v1/import-plans/{}                           GET /admin/imports/{}
POST /admin/v1/import-plans/{}/acknowledgements         POST /admin/imports/{}/acknowledge
POST /admin/v1/import-plans/{}/apply                    POST /admin/imports/{}/{}
POST /admin/v1/import-plans/{}/discard                  POST /admin/imports/{}/{}
GET /admin/v1/import-plans/{}/outliers                  GET /admin/imports/{}
POST /admin/v1/import-plans/{}/revert                   POST /admin/imports/{}/{}
GET /admin/v1/import-plans/{}/rows                      GET /admin/imports/{}
GET /admin/v1/incomplete-products                       GET /admin/products/incomplete
GET /admin/v1/invoices                                  GET /admin/orders/{}
GET /admin/v1/invoices/{}                               GET /admin/invoices/{}
GET /admin/v1/invoices/{}/page                          GET /admin/invoices/{}
POST /admin/v1/jobs/{}/requeue                          POST /admin/jobs/requeue
GET /admin/v1/keys                                      GET /admin/keys
POST /admin/v1/keys                                     POST /admin/keys/new
GET /admin/v1/keys/{}                                   GET /admin/keys/{}
DELETE /admin/v1/keys/{}                                POST /admin/keys/{}/revoke
GET /admin/v1/ledger/orders/{}                          GET /admin/books/orders/{}
GET /admin/v1/ledger/accounts                           GET /admin/books
GET /admin/v1/ledger/transactions                       GET /admin/books/transactions
GET /admin/v1/ledger/trial-balance                      GET /admin/books
GET /admin/v1/locations/{}/stock-levels                 GET /admin/stock
GET /admin/v1/me                                        GET /admin/me
GET /admin/v1/me/mfa                                    GET /admin/me
POST /admin/v1/me/mfa/recovery-codes                    POST /admin/me/recovery-codes
POST /admin/v1/me/mfa/totp                              POST /admin/me/apps
POST /admin/v1/me/mfa/totp/{}/confirm                   POST /admin/me/apps/{}/confirm
DELETE /admin/v1/me/mfa/{}                              POST /admin/me/apps/{}/remove
POST /admin/v1/me/passkeys                              POST /admin/me/passkeys
POST /admin/v1/me/passkeys/challenge                    POST /admin/me/passkeys/challenge
POST /admin/v1/me/password                              POST /admin/me/password
POST /admin/v1/me/proof                                 POST /admin/me/proof
POST /admin/v1/me/proof/passkey                         POST /admin/me/proof
POST /admin/v1/me/proof/passkey/challenge               GET /admin/me/proof
GET /admin/v1/me/views                                  GET /admin/orders
GET /admin/v1/media                                     GET /admin/media
POST /admin/v1/media                                    POST /admin/products/{}/media
POST /admin/v1/media-uploads                            POST /admin/products/{}/media/begin
GET /admin/v1/media-uploads/{}                          POST /admin/products/{}/media/complete
POST /admin/v1/media-uploads/{}/complete                POST /admin/products/{}/media/complete
PATCH /admin/v1/media/{}                                POST /admin/media/{}
DELETE /admin/v1/media/{}                               POST /admin/media/clean
GET /admin/v1/normaliser/questions                      GET /admin/normaliser
POST /admin/v1/normaliser/questions/{}/answer           POST /admin/normaliser/{}
GET /admin/v1/orders                                    GET /admin/orders
GET /admin/v1/orders/{}                                 GET /admin/orders/{}
POST /admin/v1/orders/{}/cancel                         POST /admin/orders/{}/cancel
POST /admin/v1/orders/{}/holds/{}/release               POST /admin/orders/{}/holds/{}/release
POST /admin/v1/orders/{}/invoice-preview                GET /admin/orders/{}/invoice
POST /admin/v1/orders/{}/invoices                       POST /admin/orders/{}/invoice
GET /admin/v1/orders/{}/files                           GET /admin/orders/{}
GET /admin/v1/orders/{}/mails                           GET /admin/orders/{}/mails
POST /admin/v1/orders/{}/notes                          POST /admin/orders/{}/notes
GET /admin/v1/payments                                  GET /admin/payments
GET /admin/v1/payments/{}                               GET /admin/payments/{}
POST /admin/v1/payments/{}/capture                      POST /admin/payments/{}/{}
POST /admin/v1/payments/{}/refund                       POST /admin/payments/{}/{}
POST /admin/v1/payments/{}/sync                         POST /admin/payments/{}/sync
POST /admin/v1/payments/{}/void                         POST /admin/payments/{}/{}
GET /admin/v1/price-lists/{}/explanation                GET /admin/prices/{}/{}
GET /admin/v1/price-lists/{}/history                    GET /admin/prices/{}/{}
GET /admin/v1/price-lists/{}/prices                     GET /admin/prices/{}/prices
POST /admin/v1/price-lists/{}/prices                    POST /admin/prices/{}/{}
DELETE /admin/v1/price-lists/{}/prices/{}               POST /admin/prices/{}/{}/remove
GET /admin/v1/products                                  GET /admin/products
POST /admin/v1/products                                 POST /admin/products/new
GET /admin/v1/products/{}                               GET /admin/products/{}
PATCH /admin/v1/products/{}                             POST /admin/products/{}
DELETE /admin/v1/products/{}                            POST /admin/products/{}/delete
POST /admin/v1/products/{}/option-preview               POST /admin/products/{}/options
PUT /admin/v1/products/{}/publications/{}               POST /admin/products/{}/channels/{}/publish
DELETE /admin/v1/products/{}/publications/{}  POST /admin/products/{}/channels/{}/unpublish
GET /admin/v1/products/{}/variants                      GET /admin/products/{}/variants
POST /admin/v1/products/{}/variants                     POST /admin/products/{}/variants/new
PATCH /admin/v1/products/{}/variants                    POST /admin/products/{}/grid
POST /admin/v1/promotion-checks                         POST /admin/promotions/new
GET /admin/v1/promotion-parts                           GET /admin/promotions/new
GET /admin/v1/promotion-simulations/{}                  GET /admin/promotions/simulations/{}
GET /admin/v1/promotions                                GET /admin/promotions
POST /admin/v1/promotions                               POST /admin/promotions/new
GET /admin/v1/promotions/{}                             GET /admin/promotions/{}
PUT /admin/v1/promotions/{}                             POST /admin/promotions/{}/edit
GET /admin/v1/promotions/{}/affected-carts              GET /admin/promotions/{}/pause
GET /admin/v1/promotions/{}/coupon-batches              GET /admin/promotions/{}/coupons
POST /admin/v1/promotions/{}/coupon-batches             POST /admin/promotions/{}/coupons
DELETE /admin/v1/promotions/{}/coupon-batches/{}        POST /admin/promotions/{}/coupons/end
GET /admin/v1/promotions/{}/coupons                     GET /admin/promotions/{}/coupons
POST /admin/v1/promotions/{}/coupons                    POST /admin/promotions/{}/coupons
DELETE /admin/v1/promotions/{}/coupons/{}               POST /admin/promotions/{}/coupons/end
POST /admin/v1/promotions/{}/simulations                POST /admin/promotions/{}/simulate
GET /admin/v1/promotions/{}/usage                       GET /admin/promotions/{}
GET /admin/v1/promotions/{}/versions                    GET /admin/promotions/{}
POST /admin/v1/promotions/{}/{}                         POST /admin/promotions/{}/move/{}
GET /admin/v1/roles                                     GET /admin/roles
PATCH /admin/v1/roles/{}                                POST /admin/roles/{}/factor
GET /admin/v1/search/days                               GET /admin/search
POST /admin/v1/sessions                                 POST /admin/sign-in
DELETE /admin/v1/sessions/current                       POST /admin/sign-out
POST /admin/v1/sessions/passkey                         POST /admin/sign-in/passkey
POST /admin/v1/sessions/passkey/challenge               POST /admin/sign-in/passkey/challenge
POST /admin/v1/sessions/second-factor                   POST /admin/sign-in/code
GET /admin/v1/staff                                     GET /admin/staff
POST /admin/v1/staff                                    POST /admin/staff/new
GET /admin/v1/staff/{}                                  GET /admin/staff/{}
PATCH /admin/v1/staff/{}                                POST /admin/staff/{}
DELETE /admin/v1/staff/{}/mfa                           POST /admin/staff/{}/remove-factors
PUT /admin/v1/staff/{}/password                         POST /admin/staff/{}/password
POST /admin/v1/stock-adjustments                        POST /admin/stock/{}/{}/{}
POST /admin/v1/stock-counts                             POST /admin/stock/{}/{}/{}
POST /admin/v1/stock-dispositions                       POST /admin/stock/{}/{}/{}
POST /admin/v1/stock-returns                            POST /admin/stock/{}/{}/{}
GET /admin/v1/stock-documents                           GET /admin/stock/{}/{}/journal
GET /admin/v1/stock-levels                              GET /admin/stock
POST /admin/v1/stock-transfers                          POST /admin/stock/transfers/new
GET /admin/v1/stock-transfers/{}                        GET /admin/stock/transfers/{}
POST /admin/v1/stock-transfers/{}/receipts              POST /admin/stock/transfers/{}/receive
GET /admin/v1/translations/source                       GET /admin/translations
GET /admin/v1/translations/{}/{}/{}                     GET /admin/translations/{}/{}
GET /admin/v1/variants/{}                               GET /admin/variants/{}
PATCH /admin/v1/variants/{}                             POST /admin/variants/{}
GET /admin/v1/variants/{}/stock-levels                  GET /admin/stock/{}
PATCH /admin/v1/variants/{}/stock-levels/{}             POST /admin/stock/{}/{}/selling
GET /admin/v1/variants/{}/stock-levels/{}/journal       GET /admin/stock/{}/{}/journal
"""
# What no page offers, and why.
NO_PAGE = {
    "for programs": {
        "GET /admin/v1/exports/products": "the same file comes from the list and `argosy export`",
        "POST /admin/v1/imports": "pages plan first: /admin/imports/new",
        "GET /admin/v1/imports": "runs without a plan come from programs, which look after them",
        "GET /admin/v1/imports/{}": "as above",
        "GET /admin/v1/imports/{}/issues": "as above",
        "POST /admin/v1/price-imports": "rows of a file; people type prices at the variant",
        "POST /admin/v1/uploads": "a file on its way: pages take it with their form",
        "POST /admin/v1/stock-feeds/{}/messages": "a warehouse reports",
        "GET /admin/v1/stock-feeds": "where a warehouse goes on; what it did is in the journal",
        "GET /admin/v1/promotion-schema": "the schema that the rule builder is made of",
        "POST /admin/v1/taxonomies/{}/nodes": "files of thousands of rows: `argosy taxonomy load`",
    },
}


def offered_by_pages() -> dict[str, str]:
    pairs = (re.split(r"  +", line, maxsplit=1) for line in OFFERED.strip().split("\n"))
    return {operation: page.strip() for operation, page in pairs}


def named(handler: HTTPRouteHandler) -> list[str]:
    """Methods and paths without the names of their parameters."""
    methods = sorted(handler.http_methods - {"HEAD", "OPTIONS"})
    paths = (re.sub(r"\{[^}]*\}", "{}", path) for path in sorted(handler.paths))
    return [f"{method} {path}" for path in paths for method in methods]


@cache
def _asked_in(file: ModuleType) -> frozenset[int]:
    """The handlers that the code of a file names, alone or as a member of a module."""
    found = set()
    for node in ast.walk(ast.parse(inspect.getsource(file))):
        if isinstance(node, ast.Name):
            named = getattr(file, node.id, None)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            named = getattr(getattr(file, node.value.id, None), node.attr, None)
        else:
            continue
        if isinstance(named, HTTPRouteHandler):
            found.add(id(named))
    return frozenset(found)


def test_every_operation_of_the_administration_has_a_page_or_a_reason() -> None:
    api = [one for one in collect_routes() if any(p.startswith("/admin/v1") for p in one.paths)]
    asked = frozenset().union(*(_asked_in(file) for file in _files_of(admin)))
    pages = {name for one in collect_pages() for name in named(one)}
    told, reasons = (
        offered_by_pages(),
        {name: why for kind in NO_PAGE.values() for name, why in kind.items()},
    )
    known = {name for one in api for name in named(one)}
    assert len(known) > 300
    without = {name for one in api if id(one) not in asked for name in named(one)}
    missing = without - told.keys() - reasons.keys()
    assert not missing, f"Offer them on a page, or say why not: {sorted(missing)}"
    assert set(told.values()) <= pages, sorted(set(told.values()) - pages)
    stale = (told.keys() | reasons.keys()) - known
    assert not stale, f"The API has none of these: {sorted(stale)}"
    both = told.keys() & reasons.keys()
    assert not both, sorted(both)
