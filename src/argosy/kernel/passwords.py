"""What a password must be. How it is hashed is runtime/credentials.py."""

from __future__ import annotations

from argosy.kernel.errors import Invalid
from argosy.kernel.text import folded, is_storable

LONGEST = 256


class PasswordWeak(Invalid):
    """The password is too short, too long or too easily guessed.

    Any characters are welcome and none are required; a few random words are good. It must not be
    the e-mail address or repeat two or three characters.
    """

    code = "auth.password_weak"
    usual_cure = "Choose a longer or less obvious password; a few random words are good."


def check_password(password: str, *, email: str, shortest: int, field: str = "password") -> None:
    """Raises PasswordWeak. Length and the obvious guesses only, as NIST SP 800-63B 3.1.1.2 asks:
    rules about kinds of characters make passwords worse.
    """
    plain = folded(password)
    if not shortest <= len(password) <= LONGEST:
        problem = f"The password must have {shortest} to {LONGEST} characters."
    elif plain in {folded(email), folded(email).partition("@")[0]}:
        problem = "The password must not be the e-mail address."
    elif len(set(plain)) < 4:
        problem = "The password repeats too few characters."
    elif not is_storable(password):
        problem = "The password contains control characters."
    else:
        return
    raise PasswordWeak(problem, field=field, cure="A few random words are a good password.")
