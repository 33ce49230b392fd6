"""Where a file that a shopper sent is, for a while: signed addresses that open it and nothing else.

The signature holds the time in steps of `ARGOSY_DOWNLOAD_LINK_MINUTES`: an address is good for one
to two of them, and pages that are made in the same step give the same one.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from argosy.kernel.ids import decode
from argosy.runtime.credentials import sealed, unsealed
from argosy.workflows.app import App

PATH: Final = "/answer-files"


class FileLinks(NamedTuple):
    """Makes addresses of files at a moment."""

    secret: str
    step: int
    step_s: int

    @classmethod
    def of(cls, app: App) -> "FileLinks":
        """Those of this moment."""
        step_s = app.settings.download_link_minutes * 60
        step = int(app.db.clock().timestamp()) // step_s
        return cls(app.settings.secret_key.get_secret_value(), step, step_s)

    def file(self, ref: str) -> str:
        """Where the file with this public id is, to be saved."""
        return f"{PATH}/{self._token(decode('attachment', ref))}"

    def picture(self, ref: str) -> str:
        """Where a small picture of it is, to be shown."""
        return f"{self.file(ref)}/picture"

    @property
    def expires_at(self) -> datetime:
        """Until when the addresses are good."""
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=(self.step + 2) * self.step_s)

    def opened(self, token: str) -> UUID | None:
        """The file that an address opens; None: it is over, or not ours."""
        for step in (self.step, self.step - 1):
            found = unsealed(self.secret, _purpose(step, self.step_s), token)
            if found is not None:
                return found
        return None

    def _token(self, file_id: UUID) -> str:
        return sealed(self.secret, _purpose(self.step, self.step_s), file_id)


def _purpose(step: int, step_s: int) -> str:
    return f"answer file {step} of {step_s}"
