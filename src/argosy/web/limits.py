"""How much a client may ask, and which operations go first when the server is full.

Every request belongs to a class, decided from method and path before routing, so that refusing is
cheap. Each class has two limits:

* a rate per client (DOMAIN.md P9): the generic cell rate algorithm, which keeps one number per
  client and is exact, reported in `RateLimit` and `RateLimit-Policy` (IETF httpapi draft 10).
  Litestar's own rate limiter keeps a JSON list of time stamps per client behind one lock, so it
  costs in proportion to the quota and serialises requests; this costs about a microsecond.
* a number of requests in flight (P8): browsing and administration are turned away with
  `service.busy` long before checkout is. Checkout also has connections of its own.

A storefront client is its publishable key and network address; an admin client is its credential.
State is per process: with n server processes a client may reach n times its quota. A reverse proxy
in `trusted_proxies` is believed about the client's address (last untrusted of `X-Forwarded-For`).
"""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network
from time import monotonic

from argosy.kernel.errors import TooMany
from argosy.runtime.settings import Settings
from argosy.web.problems import ServerBusy
from argosy.web.site_paths import split

WINDOW_S = 60.0
_MOST_CLIENTS = 200_000
_SIGN_IN = frozenset(
    {
        "/v1/sessions",
        "/v1/customers",
        "/v1/orders/claim",
        "/v1/password-resets",
        "/v1/password-resets/complete",
        "/v1/email-proofs",
        "/v1/sign-in-links",
        "/v1/sessions/passkey",
        "/v1/sessions/passkey/challenge",
        "/v1/customers/me/passkeys",
        "/v1/customers/me/passkeys/challenge",
        "/v1/sign-in-links/complete",
        "/v1/customers/me/password",
        "/v1/customers/me/email",
        "/v1/customers/me/email-verification",
        "/v1/customers/me/erasure",
        "/admin/v1/me/password",
        "/admin/v1/me/proof",
        "/admin/v1/me/proof/passkey",
        "/admin/v1/me/passkeys",
        "/admin/v1/sessions/passkey",
        "/admin/v1/sessions/passkey/challenge",
        "/admin/sign-in/passkey/challenge",
        "/admin/me/passkeys",
        "/admin/sign-in/passkey",
        "/admin/v1/sessions",
        "/admin/v1/sessions/second-factor",
        "/admin/me/proof",
        "/admin/sign-in/code",
        "/admin/sign-in",
    }
)


_UNLIMITED = ("/assets/", "/health", "/media/", "/metrics", "/problems/", "/schema")


class RateLimited(TooMany):
    """This client has used up its requests for this class of operations.

    `RateLimit` says how many remain (`r`) and in how many seconds the quota is whole again (`t`).
    Wait for the seconds in `Retry-After`, then continue more slowly.
    """

    code = "request.rate_limited"
    usual_cure = "Wait for the seconds in `Retry-After`, then continue more slowly."


class OperationClass:
    """A class of operations: its quota per client and its number of requests in flight."""

    __slots__ = (
        "_form",
        "_interval",
        "_next_free",
        "_now",
        "in_flight",
        "most",
        "name",
        "policy",
        "quota",
    )

    def __init__(self, name: str, *, quota: int, most: int, now: Callable[[], float]) -> None:
        self.name = name
        self.quota = quota
        self.most = most
        self.in_flight = 0
        self._now = now
        self._interval = WINDOW_S / quota
        self._next_free: dict[object, float] = {}
        self.policy = (b"ratelimit-policy", f'"{name}";q={quota};w={WINDOW_S:.0f}'.encode())
        self._form = f'"{name}";r=%d;t=%d'.encode()

    def take(self, client: object) -> bytes:
        """Count one request of `client`; the value of its `RateLimit` header.

        Raises RateLimited. GCRA: `next_free` is when the quota would be whole if nothing more came.
        """
        now = self._now()
        known = self._next_free.get(client)
        at = (now if known is None or known < now else known) + self._interval
        left = WINDOW_S - (at - now)
        if left < -1e-9:
            wait = int(-left) + 1
            raise RateLimited(
                f"More than {self.quota} requests of class {self.name} in {WINDOW_S:.0f} s.",
                retry_after=wait,
                policy=self.name,
                cure=f"Wait {wait} s.",
            )
        if known is None and len(self._next_free) >= _MOST_CLIENTS:
            self._forget(now)
        self._next_free[client] = at
        remaining = int((left + 1e-9) / self._interval)
        return self._form % (remaining, int(at - now) + 1)

    def enter(self) -> None:
        """Count a request in flight. Raises ServerBusy; else `in_flight -= 1` must follow."""
        if self.in_flight >= self.most:
            raise ServerBusy("The server is busy; nothing was done.", retry_after=1)
        self.in_flight += 1

    def _forget(self, now: float) -> None:
        kept = {client: at for client, at in self._next_free.items() if at > now}
        # A flood of addresses must not exhaust memory; forgetting all favours honest clients.
        self._next_free = kept if len(kept) < _MOST_CLIENTS // 2 else {}


class Limits:
    """The limits of one process, built from its settings."""

    def __init__(self, settings: Settings, *, now: Callable[[], float] = monotonic) -> None:
        shop = _quota(settings, "rate_limit_per_minute")
        admin = _quota(settings, "admin_rate_limit_per_minute")
        sign_in = _quota(settings, "sign_in_rate_limit_per_minute")
        most = 16 * settings.database_pool_size
        self.browse = OperationClass("browse", quota=shop, most=most, now=now)
        self.checkout = OperationClass("checkout", quota=shop, most=4096, now=now)
        self.sign_in = OperationClass("sign_in", quota=sign_in, most=64, now=now)
        sent = _quota(settings, "upload_rate_limit_per_minute")
        self.upload = OperationClass("upload", quota=sent, most=16, now=now)
        self.admin = OperationClass("admin", quota=admin, most=most, now=now)
        self.webhook = OperationClass("webhook", quota=shop, most=512, now=now)
        self.trusted = tuple(settings.trusted_proxies)

    def classify(self, method: str, path: str) -> OperationClass | None:
        """The class of an operation; None for health, metrics, documents, media and assets."""
        if path.startswith("/v1/"):
            if method == "POST" and path.startswith("/v1/carts/") and path.endswith("/files"):
                return self.upload
            if path.startswith(("/v1/carts", "/v1/purchases")):
                return self.checkout
            return self.sign_in if method == "POST" and path in _SIGN_IN else self.browse
        if path.startswith("/admin/v1/"):
            return self.sign_in if method == "POST" and path in _SIGN_IN else self.admin
        if path.startswith("/webhooks/"):
            return self.webhook
        return None if path.startswith(_UNLIMITED) else self._of_page(method, path)

    def _of_page(self, method: str, path: str) -> OperationClass:
        """A page of the shop (of one that is not the first, its name stands before), or of the back
        office.
        """
        _, page = split(path)
        if page == "/admin" or page.startswith("/admin/"):
            return self.sign_in if method == "POST" and page in _SIGN_IN else self.admin
        if method == "POST" and page.startswith("/account/"):
            return self.sign_in
        if method == "POST" and page == "/cart/uploads":
            return self.upload
        return self.checkout if page.startswith(("/cart", "/checkout")) else self.browse

    def address(self, peer: str, forwarded: bytes | None) -> str:
        """The client's address: the peer's, unless the peer is a trusted proxy that names it."""
        return client_address(peer, forwarded, self.trusted)


def client_address(peer: str, forwarded: bytes | None, trusted: tuple[str, ...]) -> str:
    """The client's address, where these proxies are trusted to name it."""
    if forwarded is None or not trusted or not is_trusted(peer, trusted):
        return peer
    for hop in reversed(forwarded.decode("latin-1").split(",")):
        if not is_trusted(hop.strip(), trusted):
            return hop.strip()[:64]
    return peer


@lru_cache(maxsize=4096)
def is_trusted(address: str, networks: tuple[str, ...]) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in ip_network(network, strict=False) for network in networks)


def _quota(settings: Settings, name: str) -> int:
    """Requests a minute. In development the defaults are a hundredfold, so that load tests from
    one machine measure the server; a value that is set is always kept.
    """
    value: int = getattr(settings, name)
    if settings.env == "development" and name not in settings.model_fields_set:
        return value * 100
    return value
