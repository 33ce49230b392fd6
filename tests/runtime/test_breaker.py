"""The breaker's states, driven by a clock that only the test moves."""

from __future__ import annotations

from argosy.runtime.breaker import Breaker, BreakerRules

RULES = BreakerRules(
    window_s=10, minimum_calls=4, failure_ratio=0.5, pause_s=5, probes=2, successes_to_close=3
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def breaker() -> tuple[Breaker, Clock, list[str]]:
    clock, seen = Clock(), []
    return Breaker(RULES, clock=clock, on_change=seen.append), clock, seen


def calls(target: Breaker, *results: bool) -> None:
    for result in results:
        assert target.allows()
        target.report(result)


def test_a_few_failures_are_no_reason_to_open() -> None:
    target, _, seen = breaker()
    calls(target, False, False, False)
    assert (target.state, seen) == ("closed", [])


def test_opens_at_the_ratio_once_there_is_volume() -> None:
    target, _, seen = breaker()
    calls(target, True, True, False, False)
    assert (target.state, seen) == ("open", ["open"])
    assert not target.allows()


def test_opens_when_all_fail_however_many_were_good_just_before() -> None:
    target, _, seen = breaker()
    calls(target, *([True] * 100), False, False, False)
    assert target.state == "closed"
    calls(target, True, False, False, False)
    assert target.state == "closed"
    calls(target, False)
    assert (target.state, seen) == ("open", ["open"])


def test_old_failures_are_forgotten() -> None:
    target, clock, _ = breaker()
    calls(target, False, False, False)
    clock.now = 11
    calls(target, False, True)
    assert target.state == "closed"


def test_half_open_lets_a_quota_through_and_closes_after_enough_successes() -> None:
    target, clock, seen = breaker()
    calls(target, False, False, False, False)
    clock.now = 5
    assert target.state == "half_open"
    assert [target.allows() for _ in range(4)] == [True, True, False, False]
    target.report(True)
    target.report(True)
    assert target.state == "half_open"
    calls(target, True)
    assert seen == ["open", "half_open", "closed"]


def test_a_failed_probe_reopens_for_twice_as_long() -> None:
    target, clock, _ = breaker()
    calls(target, False, False, False, False)
    clock.now = 5
    calls(target, False)
    clock.now = 14
    assert target.state == "open"
    clock.now = 15
    assert target.state == "half_open"


def test_a_cancelled_probe_gives_its_place_back() -> None:
    target, clock, _ = breaker()
    calls(target, False, False, False, False)
    clock.now = 5
    assert target.allows()
    assert target.allows()
    target.report(None)
    assert target.allows()


def test_a_late_answer_of_before_does_not_disturb_an_open_breaker() -> None:
    target, clock, _ = breaker()
    assert target.allows()
    calls(target, False, False, False, False)
    target.report(True)
    assert target.state == "open"
    clock.now = 5
    assert target.state == "half_open"


def test_a_person_can_hold_it() -> None:
    target, clock, seen = breaker()
    target.hold("open")
    clock.now = 1000
    assert not target.allows()
    target.hold("closed")
    calls(target, *([False] * 20))
    assert target.state == "closed"
    target.hold(None)
    assert target.state == "closed"
    assert seen[:2] == ["open", "closed"]
