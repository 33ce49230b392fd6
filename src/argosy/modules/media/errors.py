"""Why media stops.

ArgosyError
├── NotFound ───── AssetNotFound
│                  UploadNotFound
├── Invalid ────── PictureRefused     the picture cannot be decoded within the limits
│                  UploadRefused      what was sent is not what was said
├── Conflict ───── UploadNotReceived  the storage does not have the file yet
│                  UploadExpired      its time is over
└── Unavailable ── StudioFailed       the process that decodes pictures ended or took too long
                   FileBeingRemoved   the same file is just being deleted
"""

from __future__ import annotations

from argosy.kernel.errors import Conflict, Invalid, NotFound, Unavailable


class AssetNotFound(NotFound):
    """There is no stored file with this key."""

    code = "media.asset_not_found"
    usual_cure = "Use the key of a file that the catalogue shows, from `GET /admin/v1/media`."


class PictureRefused(Invalid):
    """The file looks like a picture and is none that can be decoded: it is cut off, damaged, or
    says of itself what is not so. Open it in an image editor and export it anew.
    """

    code = "media.picture_refused"
    usual_cure = "Open the picture in an image editor, export it anew, and send that file."


class StudioFailed(Unavailable):
    """The process that decodes pictures ended or took too long over this one. It is tried again
    by itself; a picture that fails three times is listed as failed.
    """

    code = "media.studio_failed"
    usual_cure = "Try again; if it stays so, export the picture anew with fewer pixels."


class FileBeingRemoved(Unavailable):
    """A clean-up is just deleting a file with these very bytes, because nothing named it for a
    long time. It is stored anew as soon as that is done: send the same request again.
    """

    code = "media.file_being_removed"
    usual_cure = "Send the same request again after `Retry-After`."


class UploadNotFound(NotFound):
    """There is no media upload with this id. Uploads are forgotten some days after their time."""

    code = "media.upload_not_found"
    usual_cure = "Begin a new upload with `POST /admin/v1/media-uploads`."


class UploadNotReceived(Conflict):
    """The file has not come yet. Send its bytes to the address of the upload with `PUT`, and
    complete the upload when that has been answered with 200.
    """

    code = "media.upload_not_received"
    usual_cure = "Send the file to the address of the upload first, with `PUT`."


class UploadExpired(Conflict):
    """The time of the upload is over and the file has not come, or it was taken away since."""

    code = "media.upload_expired"
    usual_cure = "Begin a new upload with `POST /admin/v1/media-uploads`."


class UploadRefused(Invalid):
    """The file that came is not the one that was announced: it has another size or another
    SHA-256. It was deleted and nothing refers to it.
    """

    code = "media.upload_refused"
    usual_cure = "Begin a new upload, with the size and SHA-256 of the file that you send."
