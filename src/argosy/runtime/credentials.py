"""Passwords and tokens: argon2id for what people choose, SHA-256 for what we draw at random.

Hashing a password costs tens of milliseconds and megabytes on purpose, so it runs in a small
executor beside the event loop, with a bounded queue: a flood of sign-ins waits or is turned away
and never takes the shop's CPU or memory with it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar, TypeVarTuple, Unpack
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken

from argosy.kernel.errors import Unavailable

Result = TypeVar("Result")
Arguments = TypeVarTuple("Arguments")

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN_LENGTH = 43  # 43 of 62 characters: 256 bits


class SignInBusy(Unavailable):
    """Too many people are signing in at this moment. Nothing was decided; send the same request
    again after the seconds in `Retry-After`.
    """

    code = "auth.busy"
    usual_cure = "Send the same request again after the seconds in `Retry-After`."


@cache
def _nobodys_hash(passes: int, memory_kib: int, lanes: int) -> str:
    """The hash of a password that nobody knows; it costs what any hash with these parameters does,
    and is made when the process starts.
    """
    hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
    return hasher.hash(secrets.token_urlsafe(16))


class Passwords:
    """Hashes and checks passwords beside the event loop. One per process.

    Defaults are RFC 9106's second recommendation (64 MiB, 3 passes, 4 lanes). `hashings` counts
    the hashes computed, which is how tests show that no path skips one.
    """

    def __init__(
        self,
        *,
        memory_kib: int = 65536,
        passes: int = 3,
        lanes: int = 4,
        threads: int = 2,
        queue: int = 64,
    ) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._places = asyncio.Semaphore(queue)
        self._nobody = _nobodys_hash(passes, memory_kib, lanes)
        self.hashings = 0

    async def hash(self, password: str) -> str:
        """The argon2id hash of `password`, with its parameters and salt. Raises SignInBusy."""
        return await self._beside(self._hasher.hash, _prepared(password))

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether `password` has the hash `stored`. Raises SignInBusy.

        `stored` None (no such account) costs one hashing too, so that the time tells nothing.
        """
        return await self._beside(self._verify, stored, _prepared(password))

    def is_outdated(self, stored: str) -> bool:
        """Whether `stored` was made with other parameters and should be made anew."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Stop the threads; hashes under way are finished."""
        self._executor.shutdown(wait=True)

    def _verify(self, stored: str | None, password: str) -> bool:
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    async def _beside(
        self, work: Callable[[Unpack[Arguments]], Result], *arguments: *Arguments
    ) -> Result:
        if self._places.locked():
            raise SignInBusy("Too many sign-ins at once.", retry_after=2)
        async with self._places:
            self.hashings += 1
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, work, *arguments)


def _prepared(password: str) -> str:
    # NIST SP 800-63B 3.1.1.2: the same password typed on another keyboard must match.
    return unicodedata.normalize("NFKC", password)


def new_token(prefix: str) -> str:
    """A new secret of 256 random bits, for example `sk_4fQ...`. Show it once, store its hash."""
    return prefix + "_" + "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_LENGTH))


def is_token(text: str, prefix: str) -> bool:
    """Whether `text` has the form of a token of that kind; a wrong form saves a look-up."""
    start = len(prefix) + 1
    return (
        len(text) == start + TOKEN_LENGTH
        and text.startswith(prefix + "_")
        and text[start:].isascii()
        and text[start:].isalnum()
    )


def token_hash(token: str) -> bytes:
    """What is stored of a token. Unsalted and fast is right for 256 random bits: there is nothing
    to guess, and the hash is the look-up key.
    """
    return hashlib.sha256(token.encode()).digest()


def sealed(secret_key: str, purpose: str, value: UUID) -> str:
    """A text that only a holder of `secret_key` can make for this purpose and id (for mails)."""
    mac = hmac.new(secret_key.encode(), f"{purpose}:{value}".encode(), hashlib.sha256)
    return f"{value.hex}{mac.hexdigest()[:48]}"


def unsealed(secret_key: str, purpose: str, text: str) -> UUID | None:
    """The id in a text made by `sealed` with the same key and purpose, else None."""
    try:
        value = UUID(hex=text[:32])
    except ValueError:
        return None
    expected = sealed(secret_key, purpose, value)
    return value if hmac.compare_digest(expected.encode(), text.encode()) else None


def keyed_hash(secret_key: str, purpose: str, text: str) -> bytes:
    """What is stored of a short secret (a recovery code): without `secret_key` it cannot be guessed
    from a copy of the database.
    """
    return hmac.new(secret_key.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).digest()


def locked(secret_key: str, text: str, *, purpose: str = "staff factors") -> bytes:
    """`text` encrypted and signed, for what must be read again (the secret of one-time codes). What
    is put away for one purpose cannot be read for another.
    """
    return _box(secret_key, purpose).encrypt(text.encode())


def unlocked(secret_key: str, box: bytes, *, purpose: str = "staff factors") -> str | None:
    """What `locked` put away under the same key and purpose; None for anything else."""
    try:
        return _box(secret_key, purpose).decrypt(box).decode()
    except InvalidToken:
        return None


def _box(secret_key: str, purpose: str) -> Fernet:
    derived = hmac.new(secret_key.encode(), purpose.encode(), hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(derived))


def bucket(*parts: str) -> bytes:
    """The hashed name of an attempt bucket (runtime/attempts.py)."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=20).digest()
