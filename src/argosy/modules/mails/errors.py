"""Why mails about orders stop.

ArgosyError
├── Invalid ─── MailSettingsInvalid
└── Conflict ─┬ MailSettingsChanged
              └ MailNotFitting
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid


class MailSettingsInvalid(Invalid):
    """A setting of a channel's mails does not make sense: names are one line of at most 80
    characters, texts have at most 10,000, and languages are tags like `en` or `de-AT`.
    """

    code = "mails.settings_invalid"
    usual_cure = "Correct the field that is named."


class MailSettingsChanged(Conflict):
    """Somebody else changed the settings of the channel's mails since they were read."""

    code = "mails.settings_changed"
    usual_cure = "Read them again, and send your change with their present version."


class MailNotFitting(Conflict):
    """A mail of this kind does not fit the order as it is now: an order that is not cancelled has
    no mail about that, and one that was erased has no address. The detail `reason` says which.
    """

    code = "mails.not_fitting"
    usual_cure = "Choose a kind of mail that fits what became of the order."
