"""Attachments: files that shoppers send as answers about a line, bound to the cart they sent them
to and to the order it becomes.

Owns schema `attachments`. Emits nothing. Knows carts by id only, and bytes by their key: it stores
none, and gives no link.
"""

from argosy.modules.attachments.commands import (
    add,
    check_room,
    drop,
    drop_old,
    forget_senders,
    mark_ordered,
    move,
    touch,
)
from argosy.modules.attachments.errors import (
    AttachmentInvalid,
    AttachmentNotFound,
    AttachmentsFull,
    TooManyAttachments,
)
from argosy.modules.attachments.queries import (
    file_by_id,
    file_of,
    files_of,
    keys_named,
    old_files,
)
from argosy.modules.attachments.rules import format_of, kept_name
from argosy.modules.attachments.types import MAX_OF_CART, Attachment, NewAttachment, Room

__all__ = [
    "MAX_OF_CART",
    "Attachment",
    "AttachmentInvalid",
    "AttachmentNotFound",
    "AttachmentsFull",
    "NewAttachment",
    "Room",
    "TooManyAttachments",
    "add",
    "check_room",
    "drop",
    "drop_old",
    "file_by_id",
    "file_of",
    "files_of",
    "forget_senders",
    "format_of",
    "kept_name",
    "keys_named",
    "mark_ordered",
    "move",
    "old_files",
    "touch",
]
