"""Which addresses of videos are taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.external_video import embedded_at, is_video_key, video_key

YOUTUBE = "youtube:dQw4w9WgXcQ"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=4", YOUTUBE),
        ("https://youtu.be/dQw4w9WgXcQ?si=x", YOUTUBE),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", YOUTUBE),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", YOUTUBE),
        ("https://vimeo.com/76979871", "vimeo:76979871"),
        ("https://player.vimeo.com/video/76979871", "vimeo:76979871"),
    ],
)
def test_videos_of_two_providers_are_taken(url: str, key: str) -> None:
    assert video_key(url) == key
    assert is_video_key(key)
    assert video_key(embedded_at(key)) == key


@pytest.mark.parametrize(
    "url",
    [
        "http://youtu.be/dQw4w9WgXcQ",
        "javascript:alert(1)//youtu.be/dQw4w9WgXcQ",
        "https://youtu.be.evil.example/dQw4w9WgXcQ",
        "https://evil.example/?https://youtu.be/dQw4w9WgXcQ",
        "https://youtu.be@evil.example/dQw4w9WgXcQ",
        "https://user@youtu.be/dQw4w9WgXcQ",
        "https://youtu.be:8443/dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXc",
        'https://youtu.be/"><script>a',
        "https://vimeo.com/channels/staffpicks/76979871",
        "https://[youtu.be/dQw4w9WgXcQ",
        "",
    ],
)
def test_no_other_address_is_taken(url: str) -> None:
    assert video_key(url) is None


@given(st.text(max_size=60))
def test_what_is_taken_is_shown_at_the_provider_only(text: str) -> None:
    key = video_key("https://youtu.be/" + text)
    if key is not None:
        assert embedded_at(key) == "https://www.youtube-nocookie.com/embed/" + key[8:]
        assert len(key) == 19
    assert not is_video_key(text) or text.startswith(("youtube:", "vimeo:"))
