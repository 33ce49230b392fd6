"""What happens when: the one page that says who reacts to which fact, and who does which job.

A reaction runs in the worker, in order, in the transaction that moves its cursor: once in effect.
It only writes to our own database; what must reach the world is enqueued as a job.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from argosy.kernel.events import Event, Job
from argosy.modules import (
    audiences,
    brands,
    cart,
    catalog,
    changesets,
    channels,
    collections,
    compliance,
    contracts,
    customers,
    downloads,
    feeds,
    fees,
    fields,
    imports,
    inventory,
    invoices,
    kits,
    licences,
    media,
    orders,
    passports,
    payments,
    personalisation,
    pricing,
    producttypes,
    promotions,
    relations,
    reviews,
    shipping,
    staff,
    tax,
    taxonomy,
    translations,
    wallets,
)
from argosy.runtime.db import Tx
from argosy.runtime.subscriptions import Delivered, Subscription
from argosy.workflows.addressing import part_names, retire_names
from argosy.workflows.app import App
from argosy.workflows.asking import forget_inputs
from argosy.workflows.branding import note_brands
from argosy.workflows.change_publishing import PublishChangeSet, publish_change_set
from argosy.workflows.classing import forget_classes
from argosy.workflows.collecting import forget_members
from argosy.workflows.complying import Recheck, comply_changed, recheck
from argosy.workflows.downloading import end_downloads, forget_downloads, owe_downloads
from argosy.workflows.feeding import PullFeed, pull_feed
from argosy.workflows.fielding import copy_fields, drop_field, forget_fields
from argosy.workflows.forgetting import ForgetPerson, ask_to_forget, forget_person
from argosy.workflows.giving_back import give_back_uses
from argosy.workflows.invoicing import credit_refunded, invoice_paid
from argosy.workflows.kitting import forget_kits
from argosy.workflows.licensing import end_keys, owe_keys
from argosy.workflows.mailing import SendProof, ask_for_mail, send_proof
from argosy.workflows.media_unshown import clean_files
from argosy.workflows.money_moves import apply_webhook, resolve_operation_job
from argosy.workflows.normalising_values import AnswerQuestion, settle_question
from argosy.workflows.order_mails import ask_for_order_mails
from argosy.workflows.product_applying import ApplyImportPlan, apply_import_plan
from argosy.workflows.product_import import RunProductImport, run_product_import
from argosy.workflows.product_planning import MakeImportPlan, make_import_plan
from argosy.workflows.product_reverting import RevertImportPlan, revert_import_plan
from argosy.workflows.projecting import note_changes
from argosy.workflows.promotion_trials import SimulatePromotion, simulate
from argosy.workflows.relating import forget_relations
from argosy.workflows.renditions import note_media
from argosy.workflows.reviewing import anonymise_reviews, forget_reviews
from argosy.workflows.saved_ways import forget_method, forget_methods, keep_method
from argosy.workflows.scoring import RescoreType, rescore_type, run_rescore, score_changed
from argosy.workflows.tax_filing import (
    tell_of_cancellations,
    tell_of_credit_notes,
    tell_of_refunds,
)
from argosy.workflows.telling import SendNotice, send_notice, tell_holder, tell_member
from argosy.workflows.voicing import forget_translations, note_translations

Reaction = Callable[[Tx, Sequence[Delivered]], Awaitable[None]]

ON: Mapping[type[Event], tuple[Reaction, ...]] = {
    audiences.AudiencesChanged: (note_changes,),
    audiences.RestrictionsChanged: (note_changes,),
    brands.BrandChanged: (part_names,),
    brands.BrandDeleted: (forget_translations, retire_names),
    catalog.AttributeDefined: (note_changes,),
    catalog.CategoryChanged: (note_changes, part_names),
    catalog.CategoryDeleted: (note_changes, forget_classes, forget_translations, retire_names),
    catalog.ProductChanged: (
        comply_changed,
        note_brands,
        note_changes,
        note_media,
        part_names,
        score_changed,
    ),
    catalog.ProductDeleted: (
        comply_changed,
        note_changes,
        forget_classes,
        forget_fields,
        forget_inputs,
        forget_kits,
        forget_members,
        forget_relations,
        forget_reviews,
        forget_translations,
        retire_names,
        score_changed,
    ),
    catalog.ProductPublished: (comply_changed, note_changes, score_changed),
    catalog.ProductUnpublished: (comply_changed, note_changes, score_changed),
    catalog.VariantDeleted: (note_changes, forget_fields, forget_kits, forget_translations),
    channels.ChannelReconfigured: (comply_changed, note_changes),
    collections.CollectionChanged: (part_names,),
    collections.CollectionDeleted: (forget_translations, retire_names),
    compliance.SheetChanged: (comply_changed, note_changes),
    customers.CustomerErased: (
        anonymise_reviews,
        ask_to_forget,
        forget_downloads,
        forget_fields,
        forget_methods,
    ),
    customers.CustomerRegistered: (ask_for_mail,),
    customers.RegistrationRepeated: (ask_for_mail,),
    customers.PasswordResetAsked: (ask_for_mail,),
    customers.EmailProofAsked: (ask_for_mail,),
    customers.SignInLinkAsked: (ask_for_mail,),
    customers.EmailChanged: (ask_for_mail,),
    customers.PasskeyAdded: (tell_holder,),
    customers.PasskeyRemoved: (tell_holder,),
    customers.PasswordChanged: (tell_holder,),
    fields.FieldDefined: (note_changes,),
    fields.ProductFieldsChanged: (note_changes,),
    inventory.AvailabilityChanged: (note_changes,),
    invoices.DocumentIssued: (tell_of_credit_notes,),
    kits.KitChanged: (note_changes,),
    downloads.DownloadsGranted: (ask_for_order_mails,),
    licences.KeysDelivered: (ask_for_order_mails,),
    orders.OrderPaymentFailed: (ask_for_order_mails,),
    orders.OrderPending: (ask_for_order_mails, copy_fields),
    orders.OrderPlaced: (ask_for_order_mails, copy_fields, owe_downloads, owe_keys),
    orders.OrderCancelled: (
        ask_for_order_mails,
        end_downloads,
        end_keys,
        give_back_uses,
        tell_of_cancellations,
    ),
    passports.PassportPublished: (comply_changed, note_changes),
    passports.PassportWithdrawn: (comply_changed, note_changes),
    payments.PaymentActionRequired: (ask_for_order_mails,),
    payments.PaymentCaptured: (invoice_paid, owe_downloads, owe_keys),
    payments.PaymentRefunded: (
        ask_for_order_mails,
        tell_of_refunds,
        credit_refunded,
        end_downloads,
        end_keys,
    ),
    payments.PaymentVoided: (end_downloads, end_keys),
    personalisation.PersonalisationChanged: (note_changes,),
    pricing.MeasuresChanged: (note_changes,),
    pricing.PriceListAssigned: (note_changes,),
    pricing.PricePolicyChanged: (note_changes,),
    pricing.PricesChanged: (note_changes, score_changed),
    producttypes.ProductTypePublished: (rescore_type,),
    reviews.RatingChanged: (note_changes,),
    translations.SourceLocaleChanged: (note_translations,),
    translations.TextsTranslated: (note_translations,),
}

UNHEARD: frozenset[type[Event]] = frozenset(
    {
        cart.CartAbandoned,
        cart.CartMerged,
        catalog.ProductImportFinished,
        changesets.ChangeSetBlocked,
        changesets.ChangeSetCancelled,
        changesets.ChangeSetPublished,
        changesets.ChangeSetRolledBack,
        changesets.ChangeSetScheduled,
        channels.ChannelOpened,
        contracts.ContractClosed,
        contracts.ContractSet,
        customers.CustomerGroupsChanged,
        customers.EmailVerified,
        downloads.DownloadsEnded,
        downloads.FileDownloaded,
        feeds.FeedApplied,
        feeds.FeedFailed,
        feeds.FeedWaits,
        fees.FeeChanged,
        imports.PlanApplied,
        imports.PlanFailed,
        imports.PlanMade,
        imports.PlanReverted,
        inventory.ReservationExpired,
        inventory.StockAdjusted,
        inventory.StockCounted,
        inventory.StockFeedReceived,
        inventory.StockOversold,
        licences.KeysRevoked,
        licences.KeysShort,
        orders.OrderClaimed,
        orders.OrderHeld,
        orders.OrderHoldReleased,
        orders.OrderOpened,
        payments.AuthorisationLapsing,
        payments.MoneyMoveFailed,
        payments.PaymentAuthorised,
        payments.PaymentDeclined,
        payments.PaymentFailed,
        pricing.PriceListCreated,
        promotions.CouponsGenerated,
        promotions.PromotionExhausted,
        promotions.PromotionMoved,
        promotions.PromotionSaved,
        promotions.PromotionUsed,
        relations.RelationsChanged,
        reviews.ReviewApproved,
        reviews.ReviewRejected,
        reviews.ReviewReopened,
        reviews.ReviewWithdrawn,
        reviews.ReviewWritten,
        shipping.ShippingMethodChanged,
        shipping.ShippingZoneChanged,
        tax.CertificateRevoked,
        tax.CertificateStored,
        tax.TaxFilingFailed,
        tax.TaxIdChecked,
        tax.TaxPolicySet,
        tax.TaxRulesChanged,
        tax.TaxTruedUp,
        taxonomy.MappingChanged,
    }
)
"""Facts that only readers of the event feed care about, so far."""


async def _issue_reset(app: App, job: customers.IssueReset) -> None:
    async with app.db.transaction() as tx:
        await customers.issue_reset(tx, job)


async def _issue_sign_in_link(app: App, job: customers.IssueSignInLink) -> None:
    async with app.db.transaction() as tx:
        await customers.issue_sign_in_link(tx, job)


# Each handler takes exactly the job that it is registered for.
JOBS: Mapping[type[Job], Callable[[App, Any], Awaitable[None]]] = {
    RescoreType: run_rescore,
    PublishChangeSet: publish_change_set,
    RunProductImport: run_product_import,
    MakeImportPlan: make_import_plan,
    ApplyImportPlan: apply_import_plan,
    RevertImportPlan: revert_import_plan,
    PullFeed: pull_feed,
    AnswerQuestion: settle_question,
    Recheck: recheck,
    ForgetPerson: forget_person,
    SendNotice: send_notice,
    SendProof: send_proof,
    SimulatePromotion: simulate,
    customers.IssueReset: _issue_reset,
    customers.IssueSignInLink: _issue_sign_in_link,
    fields.DropField: drop_field,
    media.CleanFiles: clean_files,
    payments.ApplyWebhook: apply_webhook,
    payments.KeepMethod: keep_method,
    payments.ResolveOperation: resolve_operation_job,
    staff.TellMember: tell_member,
    wallets.ForgetMethod: forget_method,
}


def subscriptions(_app: App) -> list[Subscription]:
    """One subscription per reaction, named like its function."""
    heard: dict[Reaction, set[str]] = {}
    for event, reactions in ON.items():
        for reaction in reactions:
            heard.setdefault(reaction, set()).add(event.TYPE)
    return [
        Subscription(reaction.__name__, frozenset(types), reaction)
        for reaction, types in heard.items()
    ]
