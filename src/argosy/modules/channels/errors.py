"""Why a use case of channels stops.

ArgosyError
├── NotFound ── ChannelNotFound   channels.not_found
├── Invalid ─── ChannelInvalid    channels.invalid
└── Conflict ┬─ ChannelCodeTaken  channels.code_taken
             └─ ChannelChanged    channels.changed
"""

from argosy.kernel.errors import Conflict, Invalid, NotFound


class ChannelNotFound(NotFound):
    """There is no channel with this id or code. List the channels to see which there are."""

    code = "channels.not_found"
    usual_cure = "Use the id of a channel that `GET /admin/v1/channels` lists."


class ChannelInvalid(Invalid):
    """A setting of the channel is not possible. `field` names it and `cure` says what would be."""

    code = "channels.invalid"
    usual_cure = "Correct the setting that `field` names."


class ChannelCodeTaken(Conflict):
    """Another channel has this code. Codes are unique; choose another."""

    code = "channels.code_taken"
    usual_cure = "Choose another code."


class ChannelChanged(Conflict):
    """The channel was changed since you read it. Read it again, then decide."""

    code = "channels.changed"
    usual_cure = "Read the channel again, and repeat the change with its new `ETag` in `If-Match`."
