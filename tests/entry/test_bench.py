"""The bench counts what the server logged, and divides what belongs together."""

from __future__ import annotations

from pathlib import Path

from argosy.entry.bench_load import FOLDER, RequestLog
from argosy.entry.cli_bench import Bench, _result
from argosy.runtime import telemetry
from argosy.runtime.tracing import Work, begin, end


def _line(route: str, status: int, statements: int) -> str:
    work, token = begin("a-request-id", None)
    assert isinstance(work, Work)
    work.status = status
    end(token)
    return telemetry._request_line(work, route, "POST", 0.01, statements)


def test_statements_of_a_purchase_are_those_of_all_its_good_requests(tmp_path: Path) -> None:
    path = tmp_path / "server.log"
    path.write_text(_line("/v1/purchases", 201, 99))
    log = RequestLog(path)
    log.skip()
    with path.open("a") as file:
        file.write(_line("/v1/carts", 201, 2) + "something else\n")
        file.write(_line("/v1/carts/{cart_id}/place", 201, 7))
        file.write(_line("/v1/carts/{cart_id}/place", 409, 5))
    assert log.statements("/place") == (1, 9)


def test_ratios_are_to_the_mean_of_the_reference_and_absent_without_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 1, 5)
    bench.rates = {"onecall": 300.0, "onecall_one_line": 400.0, "flash": 320.0}
    assert _result(bench)["ratios"]["onecall"] is None
    bench.rates |= {"reference_before": 1000.0, "reference_after": 2000.0}
    ratios = _result(bench)["ratios"]
    assert (ratios["onecall"], ratios["flash"], ratios["list"]) == (0.2, 0.8, None)


def test_every_load_script_is_there() -> None:
    scripts = {path.stem for path in (FOLDER / "lua").glob("*.lua")}
    assert {"onecall", "purchase", "reading"} <= scripts
