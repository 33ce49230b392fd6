"""`argosy drill`: the two stories as an engineer on call sees them, and what a report says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from argosy.drill import storms
from argosy.entry import cli_drill
from argosy.entry.cli import app

QUICK = ["--json", "--lease", "1.5"]


def told(*arguments: str) -> Any:
    """The document that the command printed."""
    ended = CliRunner().invoke(app, ["drill", *arguments], env={"ARGOSY_ENV": "development"})
    assert ended.exit_code == 0, ended.output + ended.stderr
    return json.loads(ended.stdout)


def lines(story: Any, who: str) -> list[str]:
    return [moment["what"] for moment in story["timeline"] if moment["who"] == who]


@pytest.mark.slow
def test_paid_no_order_ends_as_one_order_with_one_charge() -> None:
    story = told("paid-no-order", *QUICK)
    assert story["violations"] == []
    assert story["charges"] == 1
    assert story["order_number"] == "E-100001"
    at = [moment["at"] for moment in story["timeline"]]
    assert at == sorted(at)
    assert at[0] < 0 < at[-1], "seconds count from the kill"
    # The money is there before the order is; nobody but the worker places it, after the lease.
    (placed,) = [m for m in story["timeline"] if "order E-100001 placed" in m["what"]]
    assert placed["who"] == "worker"
    assert placed["at"] > story["lease_s"] - 0.5
    assert any("authorised 14.90 EUR" in line for line in lines(story, "provider"))
    assert "entries of this order: none" in lines(story, "books")
    assert any(line.startswith("placed: ") for line in lines(story, "books"))
    assert "was asked: authorise, lookup" in lines(story, "provider"), "never charged again"
    assert "and once more: the same bytes" in lines(story, "shopper")


@pytest.mark.slow
def test_order_no_pay_ends_as_nothing_and_the_same_key_buys_afterwards() -> None:
    story = told("order-no-pay", *QUICK)
    assert story["violations"] == []
    assert "its records: no payment: it was never asked" in lines(story, "provider")
    (over,) = [m for m in story["timeline"] if "stock released, cart reopened" in m["what"]]
    assert over["who"] == "worker"
    assert over["at"] > 2 * story["lease_s"] - 0.5, "absent is believed only after two leases"
    assert "cart open, order payment_failed, 0 shirt held, 10 left" in lines(story, "shop")
    assert story["charges"] == 1, "that of the shopper's own second try"


def test_pages_that_a_failing_provider_drags_along_are_a_violation() -> None:
    calm = {"normal": 10.0, "down": 12.0, "slow": 149.0}
    assert storms._dragged_along(calm) == []
    (found,) = storms._dragged_along(calm | {"slow": 151.0})
    assert "slow" in found
    assert storms._dragged_along(calm | {"down": float("inf")}), "no page was served at all"


def test_a_story_fits_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from argosy.drill.story import Moment, Story

    console = Console(width=80, record=True, force_terminal=False, quiet=False)
    monkeypatch.setattr(cli_drill, "console", console)
    long = Moment(at=-100.25, who="provider", what="word " * 30)
    cli_drill._show_story(Story(drill="x", lease_s=5, timeline=[long], held="all", see=["a b"]))
    shown = console.export_text()
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert shown.split().count("word") == 30
    assert "Held: all." in shown


def test_a_drill_that_does_not_exist_is_refused_with_the_names_of_those_that_do() -> None:
    ended = CliRunner().invoke(app, ["drill", "flood"])
    assert ended.exit_code == 1
    assert "same-place" in ended.stderr


def test_drills_do_not_run_in_production() -> None:
    environment = {"ARGOSY_ENV": "production", "ARGOSY_SECRET_KEY": "x" * 40}
    ended = CliRunner().invoke(app, ["drill", "rush"], env=environment)
    assert ended.exit_code == 1
    assert "production" in ended.stderr


@pytest.mark.parametrize("name", [*cli_drill.DRILLS])
def test_a_violation_is_shown_with_the_command_that_repeats_it(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def found(drill: str, seed: int, duration: float, *_: Any, **__: Any) -> Any:
        again = f"argosy drill {drill} --seed {seed} --duration {duration:g}"
        return cli_drill.Report(drill=drill, seed=seed, violations=["torn"], again=again)

    monkeypatch.setattr(cli_drill, "_run", found)
    ended = CliRunner().invoke(app, ["drill", name, "--seed", "7"])
    assert ended.exit_code == 1
    assert "torn" in ended.output
    assert f"argosy drill {name} --seed 7" in ended.output
