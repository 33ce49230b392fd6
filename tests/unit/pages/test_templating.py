"""Texts of templates are translated when a template is compiled; values in them stay escaped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from argosy.web.pages.forms import options_of
from argosy.web.pages.templating import render
from argosy.web.pages.wording import Words, words

Say = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Renders the text of a template, in German unless said otherwise."""
    monkeypatch.setitem(words("de").texts, "Save <it>", ("Speichern <jetzt>",))
    monkeypatch.setitem(words("de").texts, "%(n)s of 100%% left", ("noch %(n)s von 100%%",))
    monkeypatch.setitem(words("de").texts, "all 100%%", ("alle 100%%",))

    def rendered(template: str, locale: str = "de", **values: object) -> str:
        (tmp_path / "one.html").write_text(template)
        return render(str(tmp_path), locale, "one.html", values)

    return rendered


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ('{{ _("Save <it>") }}', "Speichern <jetzt>"),
        ("{% trans %}Save <it>{% endtrans %}", "Speichern <jetzt>"),
        ('{{ _("Save " ~ "<it>") }}', "Speichern <jetzt>"),
        ("{{ _(text) }}", "Speichern <jetzt>"),
        ('{{ _("all 100%%") }}', "alle 100%"),
        ('{{ _("%(n)s of 100%% left", n=evil) }}', "noch &lt;b&gt; von 100%"),
        ('{{ _("%(text)s of it", text=evil) }}', "&lt;b&gt; of it"),
        ("{% trans n=evil %}{{ n }} of 100% left{% endtrans %}", "noch &lt;b&gt; von 100%"),
        ('{% set a = _("Save <it>") %}{{ a }} {{ a ~ evil }}', None),
        ('{% macro m(x) %}{{ x }}{% endmacro %}{{ m(_("Save <it>")) }}', "Speichern <jetzt>"),
        ('{{ _("Not translated & shown") }}', "Not translated & shown"),
    ],
)
def test_texts_are_said_in_the_language_and_what_is_put_into_them_is_escaped(
    say: Say, template: str, shown: str | None
) -> None:
    got = say(template, text="Save <it>", evil="<b>")
    expected = shown or "Speichern <jetzt> Speichern <jetzt>&lt;b&gt;"
    assert got == expected


def test_a_template_in_another_language_is_another_template(say: Say) -> None:
    assert say('{{ _("Save <it>") }}', "en") == "Save <it>"
    assert isinstance(words("en"), Words)


def test_the_chosen_option_alone_is_marked_and_everything_is_escaped() -> None:
    choices = (("a", "A > B"), ('"b', "<B>"), ("c", "C"))
    plain = (
        '<option value="a">A &gt; B</option><option value="&#34;b">&lt;B&gt;</option>'
        '<option value="c">C</option>'
    )
    assert options_of(choices, "other") == plain
    assert options_of(choices, "") == plain
    for value, start in (("a", "a"), ('"b', "&#34;b"), ("c", "c")):
        marked = plain.replace(f'value="{start}">', f'value="{start}" selected>')
        assert options_of(choices, value) == marked
