"""Passkeys at the edge: what browsers are asked, and what they answer, in JSON and in forms."""

from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response

from argosy.kernel.errors import ArgosyError
from argosy.runtime import passkeys
from argosy.runtime.passkeys import Ceremony, RelyingParty
from argosy.web.auth import shop
from argosy.web.pages.forms import Form

LONGEST_ANSWER = 20_000

CeremonyToken = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=2000, description="The `token` that came with the challenge."
    ),
]
Credential = Annotated[
    dict[str, Any],
    msgspec.Meta(description="What `navigator.credentials` gave, by its `toJSON()`."),
]
PasskeyName = Annotated[str, msgspec.Meta(min_length=1, max_length=120, examples=["My phone"])]


class NewPasskeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The passkey that the browser made, and what it shall be called."""

    token: CeremonyToken
    credential: Credential
    name: PasskeyName


class PasskeyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The browser's answer to a challenge."""

    token: CeremonyToken
    credential: Credential


class CeremonyView(msgspec.Struct, frozen=True, kw_only=True):
    """A challenge: hand `options` to `navigator.credentials` (with
    `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`), and send
    `token` back with the answer within five minutes. It is good once.
    """

    token: str
    options: dict[str, Any]

    @classmethod
    def of(cls, ceremony: Ceremony) -> "CeremonyView":
        """As answers show it."""
        return cls(token=ceremony.token, options=ceremony.options)


def party_of(request: Request[Any, Any, Any]) -> RelyingParty:
    """For whom passkeys are made here. Raises PasskeysOff."""
    return passkeys.party_of(shop(request).settings)


def offered(request: Request[Any, Any, Any]) -> bool:
    """Whether pages at the address that this browser asked can use passkeys at all."""
    party = passkeys.relying_party(shop(request).settings)
    host = request.headers.get("host", "")
    return party is not None and host in {urlsplit(origin).netloc for origin in party.origins}


def answer_in(form: Form) -> dict[str, Any]:
    """The browser's answer that a form carries. Raises PasskeyRefused for anything else."""
    text = form["answer"]
    try:
        return msgspec.json.decode(text if len(text) <= LONGEST_ANSWER else "", type=dict[str, Any])
    except msgspec.MsgspecError:
        raise passkeys.refused() from None


def ceremony_answer(ceremony: Ceremony) -> Response[bytes]:
    """A challenge for a script of our own pages."""
    return _json(CeremonyView.of(ceremony), 200)


def refusal_answer(refusal: ArgosyError) -> Response[bytes]:
    """Why there is none: the script shows its page's own words."""
    return _json({"code": refusal.code}, refusal.http_status)


def _json(body: object, status: int) -> Response[bytes]:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
