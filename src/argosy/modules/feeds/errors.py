"""Why feeds stops.

ArgosyError
├── NotFound ── FeedNotFound
├── Invalid ─┬─ FeedAddressRefused   not https, or with a password in it
│            ├─ ScheduleInvalid      no five fields of cron, or no day ever
│            └─ FeedInvalid          what is given does not go together
└── Conflict ── FeedExists, FeedBusy, FeedVersionConflict
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound


class FeedNotFound(NotFound):
    """There is no such feed."""

    code = "feeds.not_found"
    usual_cure = "Take the code from `GET /admin/v1/feeds`."


class FeedAddressRefused(Invalid):
    """A feed's address begins with `https://`, names a host and holds no name or password. Plain
    `http://` is only for hosts that `ARGOSY_FEED_HTTP_HOSTS` names.
    """

    code = "feeds.address_refused"
    usual_cure = "Use an https address, and give the password as the feed's secret."


class ScheduleInvalid(Invalid):
    """The schedule is not five fields of cron (minute, hour, day, month, weekday), or no day ever
    fits it. `0 5 * * *` is every day at five on the clocks of the feed's zone.
    """

    code = "feeds.schedule_invalid"
    usual_cure = "Write five fields: `0 5 * * *` is every day at five."


class FeedInvalid(Invalid):
    """What is given does not go together: a `mapped` file needs a mapping, Shopify's, Magento's and
    Icecat's files need a price list, and a secret is needed to sign in.
    """

    code = "feeds.invalid"
    usual_cure = "Give what `field` names."


class FeedExists(Conflict):
    """There is a feed with this code already. Change that one, or choose another code."""

    code = "feeds.exists"
    usual_cure = "Choose another code, or change the feed that is there."


class FeedBusy(Conflict):
    """The feed is being pulled right now. Look at its runs, and ask again when that has ended."""

    code = "feeds.busy"
    usual_cure = "Wait until the pull that is under way has ended."


class FeedVersionConflict(Conflict):
    """Somebody changed the feed since you read it. Read it again, then repeat your change with the
    new ETag in `If-Match`.
    """

    code = "feeds.version_conflict"
    usual_cure = "Read it again, and repeat the change with the new `ETag` in `If-Match`."
