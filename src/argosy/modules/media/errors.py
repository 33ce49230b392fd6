"""Why media stops.

ArgosyError
├── NotFound ───── AssetNotFound
├── Invalid ────── PictureRefused     the picture cannot be decoded within the limits
└── Unavailable ── StudioFailed       the process that decodes pictures ended or took too long
"""

from __future__ import annotations

from argosy.kernel.errors import Invalid, NotFound, Unavailable


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
