"""Videos that others keep: which addresses are taken, and where they are shown.

Only YouTube and Vimeo: a page that embeds any address that staff paste would run anybody's code.
What is kept is the provider and the video's id, never the address itself.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

_HOSTS = {
    "youtube.com": "youtube",
    "www.youtube.com": "youtube",
    "m.youtube.com": "youtube",
    "www.youtube-nocookie.com": "youtube",
    "youtu.be": "youtube",
    "vimeo.com": "vimeo",
    "www.vimeo.com": "vimeo",
    "player.vimeo.com": "vimeo",
}
_IDS = {"youtube": re.compile(r"[A-Za-z0-9_-]{11}"), "vimeo": re.compile(r"[0-9]{5,12}")}
_EMBEDDED = {
    "youtube": "https://www.youtube-nocookie.com/embed/{}",
    "vimeo": "https://player.vimeo.com/video/{}?dnt=1",
}


def video_key(url: str) -> str | None:
    """`youtube:ID` or `vimeo:ID` of a video's address; None for any other address."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    provider = _HOSTS.get(host or "")
    if parts.scheme != "https" or provider is None or port not in {None, 443} or parts.username:
        return None
    steps = [step for step in parts.path.split("/") if step]
    wanted = parse_qs(parts.query).get("v", [""])[0] if steps == ["watch"] else (steps or [""])[-1]
    known = not steps[:-1] or steps[0] in {"embed", "shorts", "live", "video"}
    return f"{provider}:{wanted}" if known and _IDS[provider].fullmatch(wanted) else None


def is_video_key(key: str) -> bool:
    """Whether a storage key stands for a video that others keep."""
    provider, _, ident = key.partition(":")
    return provider in _IDS and bool(_IDS[provider].fullmatch(ident))


def embedded_at(key: str) -> str:
    """Where the video is shown: an address for an `iframe` that sets no cookies."""
    provider, _, ident = key.partition(":")
    return _EMBEDDED[provider].format(ident)
