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


class ChannelInvalid(Invalid):
    """A setting of the channel is not possible. `field` names it and `cure` says what would be."""

    code = "channels.invalid"


class ChannelCodeTaken(Conflict):
    """Another channel has this code. Codes are unique; choose another."""

    code = "channels.code_taken"


class ChannelChanged(Conflict):
    """The channel was changed since you read it. Read it again, then decide."""

    code = "channels.changed"
