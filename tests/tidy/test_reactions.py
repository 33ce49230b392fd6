"""Every event is heard by a reaction or listed as unheard, and is well formed."""

from __future__ import annotations

import importlib
import re

import msgspec

from argosy.kernel.events import Event, Job
from argosy.kernel.ids import PREFIXES
from argosy.workflows.reactions import JOBS, ON, UNHEARD
from tests.tidy.source import SRC


def every(kind: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    for path in sorted(SRC.rglob("*.py")):
        if path.name in {"events.py", "types.py"} or path.parent.name == "workflows":
            name = ".".join(("argosy", *path.relative_to(SRC).with_suffix("").parts))
            importlib.import_module(name.removesuffix(".__init__"))
    found: set[type[msgspec.Struct]] = set()
    waiting = [kind]
    while waiting:
        for sub in waiting.pop().__subclasses__():
            waiting.append(sub)
            if sub.__module__.startswith("argosy.") and not sub.__name__.startswith("_"):
                found.add(sub)
    return found


def test_every_event_is_heard_or_listed_as_unheard() -> None:
    named = set(ON) | UNHEARD
    assert every(Event) - named == set()
    assert not set(ON) & UNHEARD


def test_every_event_has_a_type_and_a_subject() -> None:
    types = []
    for event in every(Event):
        assert issubclass(event, Event)
        assert re.fullmatch(r"argosy\.[a-z]+\.[a-z_]+\.v[0-9]+", event.TYPE), event
        assert event.SUBJECT_KIND in PREFIXES, event
        assert event.SUBJECT_FIELD in event.__struct_fields__, event
        types.append(event.TYPE)
    assert len(types) == len(set(types))


def test_every_job_has_a_handler_and_a_name_of_its_own() -> None:
    jobs = every(Job)
    assert jobs - set(JOBS) == set()
    names = [job.NAME for job in jobs if issubclass(job, Job)]
    assert all(names)
    assert len(names) == len(set(names))
