"""Texts that people type and e-mail addresses: shown as typed, compared normalised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.kernel.email import EmailInvalid, checked_email
from argosy.kernel.passwords import PasswordWeak, check_password
from argosy.kernel.text import folded, is_storable, tidy


@pytest.mark.parametrize(
    ("typed", "normalised"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("  ann@example.com ", "ann@example.com"),
        ("ann+shop@example.com", "ann+shop@example.com"),
        ("müller@bücher.example", "müller@xn--bcher-kva.example"),
        ("MÜLLER@XN--BCHER-KVA.example", "müller@xn--bcher-kva.example"),
        ("ann@example.com", "ann@example.com"),
        ("用户@例子.中国", "用户@xn--fsqu00a.xn--fiqs8s"),
        ("straße@example.com", "strasse@example.com"),
        ("o'neil@example.co.uk", "o'neil@example.co.uk"),
    ],
)
def test_38_email_is_compared_normalised_and_shown_as_typed(typed: str, normalised: str) -> None:
    email = checked_email(typed)
    assert email.normalised == normalised
    assert email.shown == typed.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@localhost",
        "ann@10.0.0.1",
        "ann@@example.com",
        "ann b@example.com",
        "ann@exa mple.com",
        ".ann@example.com",
        "ann..b@example.com",
        "ann\u0000@example.com",
        "ann@example.com\nBcc: eve@example.com",
        "ann@-.com",
        "ann@" + "a" * 250 + ".com",
        "a" * 65 + "@example.com",
        "ann\ud800@example.com",
        '"ann"@example.com',
        "<ann@example.com>",
    ],
)
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(EmailInvalid) as refused:
        checked_email(text, field="contact.email")
    assert refused.value.field == "contact.email"


@given(st.text(max_size=40), st.sampled_from(["example.com", "BÜCHER.example", "a.b.co"]))
def test_38_normalising_twice_changes_nothing(local: str, domain: str) -> None:
    try:
        once = checked_email(f"{local}@{domain}")
    except EmailInvalid:
        return
    assert checked_email(once.normalised).normalised == once.normalised


@given(st.text(max_size=80))
def test_text_forms_are_stable(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert folded(folded(text)) == folded(text)
    if is_storable(text):
        assert "\x00" not in text
        text.encode()  # no lone surrogates


@pytest.mark.parametrize("bad", ["a\x00b", "a\x1bb", "\ud800", "tab\there", "line\nbreak"])
def test_controls_and_surrogates_are_not_storable(bad: str) -> None:
    assert not is_storable(bad)


@pytest.mark.parametrize("good", ["Ann", "Zoë O’Neill", "李小龍", "محمد", "👩‍🚀", ""])
def test_all_scripts_are_storable(good: str) -> None:
    assert is_storable(good)


@pytest.mark.parametrize(
    "password",
    ["short", "x" * 257, "aaaaaaaaaaaa", "abababababab", "Ann@Example.com", "a\x00bcdefghijk"],
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(PasswordWeak):
        check_password(password, email="ann@example.com", shortest=8)


@pytest.mark.parametrize(
    "password", ["correct horse", "hunter22", "пароль на русском", "        1234"]
)
def test_no_kinds_of_characters_are_demanded(password: str) -> None:
    check_password(password, email="ann@example.com", shortest=8)
