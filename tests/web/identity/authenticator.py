"""A passkey in software: what a phone or security key does, and what a hostile one would."""

from __future__ import annotations

import hashlib
import secrets
import struct
from typing import Any

import cbor2
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, MADE = 1, 4, 64


class SoftPasskey:
    """One credential. Every part of its answers can be bent by keyword."""

    def __init__(self, counts: bool = True) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.count = 0
        self.counts = counts
        self.handle = b""

    def create(self, options: dict[str, Any], **bent: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`."""
        self.handle = base64url_to_bytes(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(bent, options["rp"]["id"], MADE) + credential
        attested = {"fmt": bent.get("fmt", "none"), "attStmt": {}, "authData": data}
        client = self._client("webauthn.create", options, bent)
        return self._answer(
            clientDataJSON=client, attestationObject=cbor2.dumps(attested), transports=["internal"]
        )

    def get(self, options: dict[str, Any], **bent: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`."""
        self.count += self.counts
        data = self._data(bent, options["rpId"], 0)
        client = self._client("webauthn.get", options, bent)
        key: ec.EllipticCurvePrivateKey = bent.get("key", self.key)
        signed = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=client,
            authenticatorData=data,
            signature=signed,
            userHandle=bent.get("handle", self.handle),
        )

    def _data(self, bent: dict[str, Any], rp_id: str, flags: int) -> bytes:
        site = hashlib.sha256(bent.get("rp_id", rp_id).encode()).digest()
        flags |= bent.get("flags", PRESENT | VERIFIED)
        return site + struct.pack(">BI", flags, bent.get("count", self.count))

    def _client(self, kind: str, options: dict[str, Any], bent: dict[str, Any]) -> bytes:
        return msgspec.json.encode(
            {
                "type": bent.get("kind", kind),
                "challenge": bent.get("challenge", options["challenge"]),
                "origin": bent.get("origin", ORIGIN),
                "crossOrigin": False,
            }
        )

    def _answer(self, **response: Any) -> dict[str, Any]:
        shown = {
            name: bytes_to_base64url(value) if isinstance(value, bytes) else value
            for name, value in response.items()
        }
        own = bytes_to_base64url(self.id)
        return {"id": own, "rawId": own, "type": "public-key", "response": shown}


HOSTILE: dict[str, dict[str, Any]] = {
    "another site's page": {"origin": "https://evil.example"},
    "a look-alike origin": {"origin": "http://localhost:8000.evil.example"},
    "made for another site": {"rp_id": "evil.example"},
    "another challenge": {"challenge": bytes_to_base64url(b"x" * 32)},
    "an answer of another kind": {"kind": "webauthn.create"},
    "nobody was present": {"flags": VERIFIED},
    "signed by another key": {"key": ec.generate_private_key(ec.SECP256R1())},
    "for another account": {"handle": b"y" * 16},
    "an odd account": {"handle": b"yy"},
}
"""Ways in which an answer can be bent; each must be refused, all alike."""

BROKEN: list[dict[str, Any]] = [
    {},
    {"id": "x"},
    {"id": "x", "rawId": "x", "type": "public-key", "response": {}},
    {"id": 1, "rawId": [], "type": None, "response": "x"},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "e30"}},
]
