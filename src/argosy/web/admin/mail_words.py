"""What mails about orders are called in the back office."""

from typing import Final

from argosy.modules.mails import MailKind, MailState
from argosy.web.admin.places import N_

MAIL_NAMES: Final[dict[MailKind, str]] = {
    "order_confirmed": N_("Confirmation of the order"),
    "order_received": N_("The order waits for its payment"),
    "order_cancelled": N_("The order was cancelled"),
    "order_refunded": N_("Money was given back"),
    "payment_failed": N_("The payment did not work"),
    "payment_action": N_("The payment is to be confirmed"),
    "keys_ready": N_("Licence keys are ready"),
    "downloads_ready": N_("Files are ready to be downloaded"),
}
MAIL_STATES: Final[dict[MailState, tuple[str, str]]] = {
    "waiting": (N_("waits"), "warn"),
    "sent": (N_("sent"), "good"),
    "failed": (N_("not delivered"), "bad"),
    "skipped": (N_("not sent"), ""),
}
MAIL_REASONS: Final[dict[str, str]] = {
    "unavailable": N_("The mail server does not answer; it is tried again."),
    "refused": N_("The mail server refused it for good."),
    "not_written": N_("Its template cannot be rendered; the log says why."),
    "switched_off": N_("Mails of this kind are switched off."),
    "superseded": N_("It did not fit the order any more."),
    "too_late": N_("It was old before there was anything to send it by."),
    "erased": N_("The shopper's address was erased."),
    "gone": N_("The order is not there any more."),
}
