"""Settings: `ARGOSY_*` environment variables, a `.env` file, or files in a secrets folder.

Every field's description is its reference (docs/reference/settings.md is made from them).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """How this process runs. Read once at start; secrets are never printed."""

    model_config = SettingsConfigDict(
        env_prefix="ARGOSY_", env_file=".env", extra="ignore", frozen=True, secrets_dir=None
    )

    env: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses the sandbox payment provider and development secrets.",
    )
    database_url: str | None = Field(
        None,
        description="PostgreSQL 18 to use, as `postgresql://user:password@host:port/name`. "
        "Without it the embedded server is started.",
    )
    home: str = Field(
        ".argosy", description="Folder for the embedded database, media and local state."
    )
    secret_key: SecretStr = Field(
        SecretStr("development-only-secret-key-change-me"),
        description="At least 32 random characters. Signs order tokens and media links. "
        "Changing it invalidates the order tokens that guests hold.",
    )
    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port that the server listens on.")
    public_url: str = Field(
        "http://127.0.0.1:8000", description="How shoppers reach the server, without a final slash."
    )
    shop_channel: str = Field(
        "",
        description="Code of the channel whose shop opens at `/`; others are at `/@code/`. Empty: "
        "the first one by its code.",
    )
    passkey_rp_id: str = Field(
        "",
        description="Domain that passkeys are made for: the host of ARGOSY_PUBLIC_URL, or a domain "
        "above it. It cannot be changed without losing all passkeys. Empty: that host.",
    )
    passkey_origins: list[str] = Field(
        default_factory=list,
        description="Origins whose pages may use passkeys, as a JSON list: storefronts of your own "
        "on other hosts below that domain. Empty: ARGOSY_PUBLIC_URL.",
    )
    theme: str = Field(
        "",
        description="Folder with templates that replace the shop's own of the same name. Empty: "
        "none.",
    )
    server_processes: int = Field(
        1, ge=1, le=256, description="Server processes on this machine (Granian workers)."
    )
    database_pool_size: int = Field(
        12, ge=2, le=500, description="Connections per process to PostgreSQL."
    )
    checkout_pool_size: int = Field(
        12,
        ge=2,
        le=500,
        description="Connections per process kept for carts and checkout alone, so that a slow "
        "report can never stop a purchase (bulkhead).",
    )
    statement_timeout_s: float = Field(
        5.0, gt=0, description="Longest time of one statement in a web request."
    )
    cors_origins: list[str] = Field(
        default_factory=list,
        description="Origins of browser storefronts allowed to call the API, as a JSON list.",
    )
    body_limit_bytes: int = Field(
        1_048_576, ge=1024, description="Largest JSON request body (uploads have their own)."
    )
    draw_pictures: bool = Field(
        True,
        description="Whether this worker makes renditions of pictures. Off where another worker "
        "or `argosy media render` does.",
    )
    upload_limit_bytes: int = Field(
        209_715_200, ge=1024, description="Largest file of an import or a media upload."
    )
    feed_limit_bytes: int = Field(
        1_000_000_000, ge=1024, description="Largest file that a feed pulls."
    )
    feed_timeout_s: float = Field(
        900.0, gt=0, description="Longest time of fetching the file of a feed."
    )
    feed_http_hosts: list[str] = Field(
        default_factory=list,
        description="Hosts whose feeds may be pulled over plain `http://`, as a JSON list. Anybody "
        "on the way can then change prices; none unless named.",
    )
    feed_private_hosts: list[str] = Field(
        default_factory=list,
        description="Hosts of one's own network that feeds may be pulled from, as a JSON list: all "
        "others must have addresses of the public internet.",
    )
    media_storage: Literal["files", "s3"] = Field(
        "files",
        description="Where photographs and files are kept: `files` in `ARGOSY_HOME/media`, which "
        "all servers and workers must share, or `s3`.",
    )
    media_also_read: Literal["", "files", "s3"] = Field(
        "",
        description="A second storage that is read for what the first does not have, while "
        "`argosy media move` brings its files over.",
    )
    media_cdn_url: str = Field(
        "",
        description="Base address of a CDN over the bucket's `media/` folder, without a final "
        "slash: pictures, videos and PDFs are redirected there. Empty: they are sent by us. Only "
        "with `s3`.",
    )
    media_grace_days: int = Field(
        30,
        ge=1,
        description="Days for which a file that nothing names any more is kept.",
    )
    media_upload_minutes: int = Field(
        60, ge=1, le=1440, description="Minutes for which the address of a media upload is good."
    )
    download_link_minutes: int = Field(
        15, ge=1, le=1440, description="Minutes for which the link of a bought download is good."
    )
    answer_file_limit_bytes: int = Field(
        15_000_000,
        ge=1024,
        le=25_000_000,
        description="Largest file that a shopper may send as an answer about a product.",
    )
    answer_files_cart_bytes: int = Field(
        100_000_000, ge=1024, description="Bytes of all files of shoppers in one cart."
    )
    answer_files_sender_bytes: int = Field(
        500_000_000,
        ge=1024,
        description="Bytes of files that one network address may send to carts within a day.",
    )
    s3_bucket: str = Field("", description="Bucket for photographs and files; it must exist.")
    s3_region: str = Field("us-east-1", description="Region of the bucket.")
    s3_endpoint_url: str | None = Field(
        None,
        description="Address of an S3-compatible server (MinIO, Ceph, SeaweedFS, R2 ...), without "
        "the bucket. Unset: Amazon's.",
    )
    s3_path_style: bool = Field(
        False,
        description="Whether the bucket stands in the path (`/bucket/key`), as MinIO and most "
        "servers of one's own have it, and not in the host name.",
    )
    s3_access_key_id: str = Field(
        "",
        description="Our access key. Empty: from the environment (`AWS_*`) or the machine's role.",
    )
    s3_secret_access_key: SecretStr = Field(SecretStr(""), description="Our secret access key.")
    s3_prefix: str = Field(
        "", description="Folder in the bucket that everything is kept below; empty: none."
    )
    s3_timeout_s: float = Field(
        10.0,
        gt=0,
        le=300,
        description="Longest time of one request to S3; a large file takes more.",
    )
    rate_limit_per_minute: int = Field(
        6000, ge=1, description="Requests a minute for one storefront key and client address."
    )
    admin_rate_limit_per_minute: int = Field(
        3000, ge=1, description="Requests a minute for one admin key or staff session."
    )
    sign_in_rate_limit_per_minute: int = Field(
        60, ge=1, description="Sign-ins, sign-ups and order claims a minute for one address."
    )
    upload_rate_limit_per_minute: int = Field(
        30, ge=1, description="Files that shoppers send to carts a minute, for one address."
    )
    trusted_proxies: list[str] = Field(
        default_factory=list,
        description="Addresses or networks of reverse proxies whose `X-Forwarded-For` is believed, "
        "as a JSON list.",
    )
    client_country_header: str = Field(
        "",
        description="Header in which a trusted proxy tells the country of the client's address, "
        "such as `CF-IPCountry`. It is kept with orders of digital goods as evidence of where the "
        "buyer is.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severity that is logged."
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="`json` for machines, `console` for people."
    )
    log_requests: bool = Field(
        True, description="Log a line for every request (route, status, time; no paths)."
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="Mail server, as `smtp://user:password@host:587` (STARTTLS) or "
        "`smtps://user:password@host:465`. Without it mails are written as files into "
        "`ARGOSY_HOME/mail`, which production refuses.",
    )
    mail_from: str = Field("shop@localhost", description="Sender of mails, as `name@example.com`.")
    otlp_endpoint: str | None = Field(
        None, description="OpenTelemetry collector (HTTP) that receives traces; off without it."
    )
    trace_sample_ratio: float = Field(
        0.05, ge=0, le=1, description="Share of requests traced when a collector is set."
    )
    sandbox_psp_url: str | None = Field(
        None, description="Address of the sandbox payment provider; it enables that gateway."
    )
    sandbox_psp_public_url: str | None = Field(
        None,
        description="Address at which shoppers' browsers reach the sandbox provider's fields for a "
        "card. Empty: the same.",
    )
    sandbox_psp_api_key: SecretStr = Field(
        SecretStr("sk_sandbox_development"), description="Our key at the sandbox provider."
    )
    sandbox_psp_webhook_secret: SecretStr = Field(
        SecretStr("whsec_YXJnb3N5LXNhbmRib3gtd2ViaG9vay1zZWNyZXQ="),
        description="Secret that signs the sandbox provider's webhooks (Standard Webhooks).",
    )
    offline_gateways: list[str] = Field(
        default_factory=list,
        description="Ways to pay without a provider, as a JSON list; none unless named, because "
        "whoever may choose one buys without paying first. `invoice` and `manual` place an order "
        "whose money staff capture later; `cash` and `terminal` count as paid at once, so offer "
        "them only where staff operate the storefront (a POS).",
    )
    provider_timeout_s: float = Field(
        10.0, gt=0, description="Longest time of one call to a payment provider."
    )
    provider_pause_s: float = Field(
        5.0,
        gt=0,
        description="Seconds for which a payment provider that fails is left alone (its breaker is "
        "open) before it is tried again; doubled up to a minute while it goes on failing.",
    )
    vies_url: str | None = Field(
        None,
        description="Address of the register of EU VAT ids; it enables the check. The official one "
        "is `https://ec.europa.eu/taxation_customs/vies/rest-api`.",
    )
    vies_timeout_s: float = Field(
        4.0, gt=0, description="Longest time of one question to the register of VAT ids."
    )
    avalara_url: str | None = Field(
        None,
        description="Address of Avalara's AvaTax; it enables the tax engine `avalara`, which a "
        "channel then has to choose. `https://rest.avatax.com`, or "
        "`https://sandbox-rest.avatax.com` to try it.",
    )
    avalara_account: str = Field("", description="Our account number at Avalara.")
    avalara_license_key: SecretStr = Field(SecretStr(""), description="Our licence key at Avalara.")
    tax_engine_timeout_s: float = Field(
        3.0, gt=0, description="Longest time of one call to a tax engine."
    )
    easypost_url: str | None = Field(
        None,
        description="Address of EasyPost; it enables the carrier `easypost`, whose live rates "
        "shipping methods may then go by: `https://api.easypost.com`.",
    )
    easypost_api_key: SecretStr = Field(SecretStr(""), description="Our API key at EasyPost.")
    carrier_timeout_s: float = Field(
        1.5,
        gt=0,
        le=30,
        description="Longest time that a quote waits for carriers' rates, all together; after it "
        "the method's table counts, and the quote says so.",
    )
    carrier_rate_minutes: int = Field(
        15, ge=1, le=1440, description="Minutes for which a carrier's rate is shown unasked."
    )
    carrier_rate_honoured_minutes: int = Field(
        45,
        ge=0,
        le=1440,
        description="Further minutes for which a rate that was shown is honoured when the purchase "
        "is placed.",
    )
    cart_ttl_days: int = Field(30, ge=1, description="Days after which an untouched cart expires.")
    event_retention_days: int = Field(
        30, ge=1, description="Days for which events can be read from the feed."
    )
    import_windows_lag_s: float = Field(
        0.4,
        ge=0,
        description="Seconds that the shop windows may be behind before an import that is applied "
        "waits for them; 0: it never waits.",
    )
    import_windows_wait_s: float = Field(
        5.0,
        gt=0,
        description="Longest time that an import waits for shop windows which do not catch up (no "
        "worker runs, or it is stuck); then it goes on, and says so.",
    )
    search_warm_queries: int = Field(
        1000,
        ge=0,
        le=20_000,
        description="So many of the most frequent searches of the last week, of all channels "
        "together, are asked by a server process itself as it starts and when an index has "
        "changed, so that the first shopper finds them answered. An answer takes some 40 KB. It "
        "reads the products of these channels ahead, too; 0: nothing of this.",
    )
    placing_lease_s: float = Field(
        30.0,
        gt=0,
        description="Seconds after which an unfinished placement is taken over by recovery; "
        "longer than any single provider call.",
    )
    recovery_interval_s: float = Field(
        2.0, gt=0, description="Seconds between two looks for unfinished placements."
    )


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with `overrides` (those not None) on top."""
    return Settings(**{k: v for k, v in overrides.items() if v is not None})  # type: ignore[arg-type]


_LONGER = "Set 32 random characters: openssl rand -base64 32."


def weaknesses(settings: Settings) -> list[tuple[str, str]]:
    """What must not be so in production, each with its cure; empty when all is well."""
    found = []
    secret = settings.secret_key.get_secret_value()
    if secret.startswith("development-only"):
        found.append(("ARGOSY_SECRET_KEY is the development default.", _LONGER))
    elif len(secret) < 32:
        found.append(("ARGOSY_SECRET_KEY is shorter than 32 characters.", _LONGER))
    if settings.sandbox_psp_url:
        found.append(
            (
                "ARGOSY_SANDBOX_PSP_URL is set; the sandbox provider moves no real money.",
                "Unset it, and configure a real provider or ARGOSY_OFFLINE_GATEWAYS.",
            )
        )
    if settings.database_url is None:
        found.append(
            (
                "ARGOSY_DATABASE_URL is not set; the embedded server is for one machine.",
                "Set it to your PostgreSQL 18: postgresql://user:password@host/name.",
            )
        )
    if settings.smtp_url is None:
        found.append(
            (
                "ARGOSY_SMTP_URL is not set: confirmations and password resets are not sent.",
                "Set it to your mail server: smtp://user:password@host:587.",
            )
        )
    if not settings.public_url.startswith("https://"):
        found.append(
            (
                "ARGOSY_PUBLIC_URL is not https.",
                "Set it to the address that buyers see, behind a proxy that speaks TLS.",
            )
        )
    return found
