"""What a mail says as plain text, and in a theme of the shop's own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.runtime.settings import load_settings
from argosy.web.mails.plain import subject_and_text
from argosy.web.mails.scribe import PageScribe

PROOF = {
    "what": "confirm",
    "secret": "abc-123",
    "link": "https://shop.example/account/confirm?code=abc-123&a=b",
    "expires_at": datetime(2026, 6, 1, 12, tzinfo=UTC),
}


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h2>Your\n order</h2><p>One  line</p>", "Your order\n----------\n\nOne line"),
        ("<p>a<br>b</p><ul><li>c</li><li>d</li></ul>", "a\nb\n\n- c\n- d"),
        ('<p><a href="https://x.example/?a=1&amp;b=2">Look</a></p>',
         "Look: https://x.example/?a=1&b=2"),
        ('<p><a href="https://x.example/">https://x.example/</a></p>', "https://x.example/"),
        ("<p>Code:</p><pre>k1\n</pre>", "Code:\n\n    k1"),
        (("<table><thead><tr><th>Item</th></tr></thead><tr><th>2 × Tee<br><span>M</span></th>"
         "<td>€5</td></tr><tr><th>Total</th><td>€5</td></tr></table><p>End</p>"),
         "2 × Tee  €5\n    M\nTotal  €5\n\nEnd"),
        ("<style>p{}</style><p>1 &lt; 2 &amp; 3<img src='x' alt='y'></p>", "1 < 2 & 3"),
    ],
)  # fmt: skip
def test_plain_text_is_what_people_read(html: str, text: str) -> None:
    assert subject_and_text(f"<title>S</title>{html}") == ("S", text + "\n")


@given(st.text(), st.text())
def test_whatever_stands_in_it_a_mail_has_a_text_and_a_subject_of_one_line(
    title: str, body: str
) -> None:
    subject, text = subject_and_text(f"<title>{title}</title><main><p>{body}</p></main>")
    assert len(subject.splitlines()) <= 1 or not set(subject) & set("\r\n")
    assert "\0" not in text


def test_a_theme_changes_mails_as_it_changes_pages(tmp_path: Path) -> None:
    folder = tmp_path / "mails" / "account"
    folder.mkdir(parents=True)
    (folder / "proof.html").write_text(
        '{% extends "ours/mails/account/proof.html" %}'
        "{% block subject %}Ahoy{% endblock %}{% block foot %}<p>Luma & Co</p>{% endblock %}"
    )
    settings = load_settings(secret_key="x" * 32)
    ours = PageScribe(settings).of_account("proof", "de", PROOF)
    theirs = PageScribe(settings.model_copy(update={"theme": str(tmp_path)})).of_account(
        "proof", "de", PROOF
    )
    assert ours.subject == "Bestätigen Sie Ihre E-Mail-Adresse"
    assert "\n    abc-123\n" in ours.text
    assert f"\n{PROOF['link']}\n" in ours.text
    assert (theirs.subject, theirs.text) == ("Ahoy", ours.text.rstrip("\n") + "\n\nLuma & Co\n")
