"""The documents agree with the code and with each other."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer.main
import yaml

from argosy.entry.cli import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DEPLOY = ROOT / "deploy"
PAGES = sorted([*DOCS.rglob("*.md"), *(ROOT / n for n in ("README.md", "CONTRIBUTING.md"))])
EVERYTHING = sorted(
    [*PAGES, ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", ROOT / "mkdocs.yml"]
    + [path for path in DEPLOY.rglob("*") if path.is_file()]
    + [path for path in (DOCS / "images").rglob("*") if path.suffix == ".svg"]
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^ *```(?:bash)?\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
METRIC = re.compile(r"\bargosy_[a-z0-9_]+")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of a page's headings, as GitHub and mkdocs make them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", head.lower()).strip() for head in heads)
    return frozenset(text.replace(" ", "-") for text in plain)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text("utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} in {named(page)}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{link} in {named(page)}"


def nav_pages(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict):
        for inner in entry.values():
            yield from nav_pages(inner)
    else:
        for inner in entry:
            yield from nav_pages(inner)


def test_the_navigation_names_every_page_once_and_only_pages() -> None:
    nav = list(nav_pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]))
    assert sorted(nav) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    runbooks = set()
    for rule in alerts():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        path = ROOT / rule["annotations"]["runbook"]
        assert f"Alert: `{rule['alert']}`" in path.read_text("utf-8")
        runbooks.add(path)
    assert runbooks == {p for p in (DOCS / "runbooks").glob("*.md") if p.name != "index.md"}


@cache
def builder() -> ModuleType:
    """tools/build_cli_reference.py, which is no package."""
    path = ROOT / "tools" / "build_cli_reference.py"
    spec = importlib.util.spec_from_file_location("build_cli_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_made_from_the_code_is_current() -> None:
    for path, text in builder().pages().items():
        assert path.read_text("utf-8") == text, f"run tools/build_cli_reference.py ({path.name})"


def series() -> frozenset[str]:
    """Every name that Prometheus can scrape."""
    names = set()
    for name, (kind, _) in builder().known_metrics().items():
        names.add(name)
        if kind == "histogram":
            names |= {f"{name}_{end}" for end in ("bucket", "sum", "count")}
    return frozenset(names)


def expressions() -> list[tuple[str, str]]:
    board = json.loads((DEPLOY / "grafana" / "argosy.json").read_text("utf-8"))
    found = [(t["expr"], panel["title"]) for panel in board["panels"] for t in panel["targets"]]
    return found + [(rule["expr"], rule["alert"]) for rule in alerts()]


def test_alerts_and_dashboard_use_metrics_and_labels_that_exist() -> None:
    known = builder().known_metrics()
    for expression, where in expressions():
        assert expression.count("(") == expression.count(")"), where
        for name in METRIC.findall(expression):
            assert name in series(), f"{name} in {where}"
        labels = {label for _, metric in known.values() for label in metric._labelnames} | {"le"}
        used = re.findall(r"\b(?:by|without) \(([^)]*)\)", expression)
        used += re.findall(r"([a-z_]+)(?:=~|!=|=)\"", expression)
        for label in {part.strip() for group in used for part in group.split(",")} - {"job"}:
            assert label in labels, f"{label} in {where}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_documents_name_metrics_that_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    for name in re.findall(r"`(argosy_[a-z0-9_]+)", text):
        assert name in series() or name.removesuffix("_total") in series(), name


def spoken(page: Path) -> Iterator[list[str]]:
    """The words of every `argosy ...` command of a page, in blocks and in the text."""
    text = page.read_text("utf-8")
    blocks = [block.replace("\\\n", "") for block in BLOCK.findall(text)]
    lines = [line for block in blocks for line in block.split("\n")]
    lines += re.findall(r"`((?:\.venv/bin/)?argosy [^`\n]+)`", text)
    for line in lines:
        found = re.match(r"\s*(?:[A-Z_]+=\S+ )*(?:\S*/bin/)?argosy\s+([a-z-][^|>#]*)", line)
        if found:
            yield shlex.split(found.group(1))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_and_their_options_exist(page: Path) -> None:
    if page.name == "cli.md":
        return
    for words in spoken(page):
        command: Any = typer.main.get_command(app)
        options = {opt for p in command.params for opt in p.opts}
        for word in words:
            inner = getattr(command, "commands", {})
            if word.startswith("--"):
                assert word.partition("=")[0] in options, f"{word} of {words}"
            elif word in inner:
                command = inner[word]
                options |= {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
            else:
                takes = any(p.param_type_name == "argument" for p in command.params)
                ellipsis = word in {"...", "…"}
                assert not inner or ellipsis, f"{word} is no command ({words})"
                assert takes or ellipsis or options, f"{word} of {words}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_tests_and_files_that_documents_name_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    sources = "\n".join(p.read_text("utf-8") for p in (ROOT / "tests").rglob("test_*.py"))
    for name in re.findall(r"`(test_[a-zA-Z0-9_]+)`", text):
        assert f"def {name}(" in sources, name
    for name in re.findall(r"`((?:deploy|tools|tests|bench)/[\w./-]+)`", text):
        # The guide to a new island speaks of one that does not exist.
        assert (ROOT / name).exists() or "giftcards" in name, name


@pytest.mark.parametrize("name", ["server", "worker"])
def test_systemd_starts_a_process_again_for_as_long_as_the_database_is_away(name: str) -> None:
    """It gives up who ends five times within ten seconds, unless it is told not to."""
    unit = (DEPLOY / "systemd" / f"argosy-{name}.service").read_text("utf-8").splitlines()
    assert {"Restart=always", "StartLimitIntervalSec=0"} <= set(unit[unit.index("[Unit]") :])
    assert unit.index("StartLimitIntervalSec=0") < unit.index("[Service]")


def test_nothing_names_a_registry_or_a_place_of_one_machine() -> None:
    places = re.compile(
        r"pyp[i]\.org|python[h]osted|npm[j]s|index-url|crate[s]\.io|/home/\w|/Users/\w|/wor[k]/|/root/"
    )
    for path in EVERYTHING:
        text = path.read_text("utf-8")
        found = places.search(text)
        assert found is None, f"{found.group() if found else ''} in {named(path)}"
