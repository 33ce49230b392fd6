"""The reference is made from the code and current; error codes and event fields only grow (P2)."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from types import ModuleType

import msgspec
import pytest

from tests.tidy.source import ROOT


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    path = ROOT / "tools" / "build_reference.py"
    spec = importlib.util.spec_from_file_location("build_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.load_everything()
    return module


def _committed(path: str) -> str:
    """The file as the last commit has it; as it is where there is no history."""
    shown = subprocess.run(
        ["git", "show", f"HEAD:{path}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return shown.stdout if shown.returncode == 0 else (ROOT / path).read_text("utf-8")


def test_the_reference_is_current(reference):
    stale = [
        str(path.relative_to(ROOT))
        for path, text in reference.made().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    assert not stale, "run: python tools/build_reference.py"


def test_P2_no_error_code_is_removed_or_renamed(reference):
    known = set(_committed("tests/tidy/error_codes.txt").split())
    assert known <= set(reference.errors()), known - set(reference.errors())


def test_P2_events_keep_their_fields_and_gain_only_optional_ones(reference):
    known = msgspec.json.decode(_committed("tests/tidy/event_fields.json"))
    now = {
        wire: {name: list(field) for name, field in reference.fields_of(kind).items()}
        for wire, kind in reference.events().items()
    }
    broken = []
    for wire, fields in known.items():
        for name, field in fields.items():
            if now.get(wire, {}).get(name) != field:
                broken.append(f"{wire}: {name} was {field}")
        for name, (_, required) in now.get(wire, {}).items():
            if name not in fields and required:
                broken.append(f"{wire}: {name} is new and not optional")
    assert not broken


def test_every_error_explains_itself_and_is_well_named(reference):
    for code, kind in reference.errors().items():
        text = kind.__doc__ or ""
        assert len(text.split()) >= 5, f"{kind.__qualname__} needs a docstring: cause and cure"
        assert kind.__doc__ is not getattr(kind.__base__, "__doc__", None), kind
        area, _, word = code.rpartition(".")
        assert code == code.lower(), code
        assert area or word == "internal", code


def test_every_error_has_a_cure_of_its_own(reference):
    for code, kind in reference.errors().items():
        cure = vars(kind).get("usual_cure", "")
        assert cure, f"{kind.__qualname__} ({code}) needs a usual_cure"
        assert cure[0].isupper(), code
        assert cure.endswith("."), code
        assert 3 <= len(cure.split()) <= 30, code


def test_the_cures_name_operations_that_there_are(reference):
    there = {
        f"{method.upper()} {re.sub('{[^}]*}', '{id}', path)}"
        for path, method, _ in reference.operations_of(reference.build_document(reference.routes()))
    }
    for code, kind in reference.errors().items():
        for named in re.findall(r"(?:GET|POST|PUT|PATCH|DELETE) /[^`?]*", kind.usual_cure):
            assert named in there, f"{code}: {named}"


def test_every_event_explains_itself_and_is_well_typed(reference):
    for wire, kind in reference.events().items():
        island = kind.__module__.split(".")[2]
        assert wire.startswith(f"argosy.{island}."), wire
        assert kind.__doc__, wire
        assert kind.SUBJECT_FIELD in kind.__struct_fields__, wire
