"""Names of acts and events are said in words, with the name itself in the title."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from argosy.modules.staff import AREAS
from argosy.web.admin import raw_names
from argosy.web.pages.wording import words

SOURCE = Path("src/argosy")
_ACT = re.compile(r"[a-z_]+\.[a-z_]+")


def _acts() -> set[str]:
    """What the code writes into the audit trail, where it says so in one word."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called not in {"audit", "note", "_note"}:
                continue
            given = [*node.args, *(one.value for one in node.keywords)]
            found |= {
                str(one.value)
                for one in given
                if isinstance(one, ast.Constant) and _ACT.fullmatch(str(one.value))
            }
    return found


def test_every_act_and_event_is_said_in_words_in_both_languages() -> None:
    shape = re.compile(r'TYPE: ClassVar\[str\] = "(argosy\.[^"]+)"')
    events = {
        name for path in SOURCE.rglob("events.py") for name in shape.findall(path.read_text())
    }
    acts = _acts()
    assert len(acts) > 150
    assert len(events) > 80
    unsaid = sorted(name for name in acts | events if not raw_names.knows_act(name))
    assert not unsaid, f"Say them in web/admin/raw_names.py: {unsaid}"
    assert set(AREAS) == raw_names.AREAS.keys()
    german = words("de").gettext
    assert raw_names.act_text("channel.changed", str) == "Channel: changed"
    assert raw_names.act_text("channel.changed", german) == "Kanal: geändert"
    rolled = "argosy.changesets.change_set_rolled_back.v1"
    assert raw_names.act_text(rolled, str) == "Change set: taken back"
    assert raw_names.area_text("orders:write", german) == "Bestellungen: ändern"


def test_a_name_without_words_can_be_read_and_titles_hold_no_markup() -> None:
    assert raw_names.act_text("moon.landed_on", str) == "moon landed on"
    assert raw_names.kind_text("lost_at_sea", str) == "Lost at sea"
    titled = raw_names.titled('a"b', "<i>")
    assert titled == '<span title="a&#34;b">&lt;i&gt;</span>'
