"""`argosy fees` as a person and a program use it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.entry.test_cli_promotions import Run, run, written

__all__ = ["run"]

WRAP = {
    "code": "wrap", "kind": "gift_wrap", "name": "Gift wrap", "per": "order", "amount_minor": 250,
    "when": {"product_types": ["gifts"], "from_quantity": 2},
}  # fmt: skip


def test_a_fee_is_made_from_a_file_and_listed(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "wrap.json", WRAP)
    made = run("fees", "create", file, "--channel", "us", as_json=True)
    assert made.exit_code == 0, made.output
    (one,) = json.loads(made.stdout)
    assert (one["code"], one["channel"], one["amount"]) == ("wrap", "us", "250")
    (listed,) = json.loads(run("fees", "list", "--channel", "us", as_json=True).stdout)
    assert listed == one
    assert json.loads(run("fees", "list", "--channel", "eu", as_json=True).stdout) == []


def test_what_is_no_fee_or_no_goods_is_refused_with_the_reason(run: Run, tmp_path: Path) -> None:
    file = written(tmp_path / "wrap.json", WRAP)
    for bad in ({"kind": "bribe"}, {"when": []}, {"when": {"products": ["x"]}}, {"percent": "5"}):
        wrong = written(tmp_path / "bad.json", WRAP | bad)
        refused = run("fees", "create", wrong, "--channel", "us")
        assert refused.exit_code == 1, refused.output
        assert "Traceback" not in refused.output
    options = ("fees", "try", file, "--channel", "us")
    assert run(*options).exit_code == 2
    assert run(*options, "--goods", "A", "--cart", "cart_x").exit_code == 2
    gone = run(*options, "--goods", "NO-SUCH=2")
    assert gone.exit_code == 1
    assert "NO-SUCH" in gone.output
