"""Asking carriers for rates: in parallel, within one deadline, with no transaction open (K1, K2).

quote --unrated--> questions --memory, then the table that all processes share--> known?
                             '--else the carriers, all at once--> kept for everybody
whoever is silent: the method's table, and the quote says `estimated`; asked again soon
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from argosy.modules import shipping
from argosy.modules.shipping import KnownAnswer, RateAnswer, Rated, RateQuestion, RateSilent
from argosy.modules.shipping.ports import RateCarrier
from argosy.runtime import metrics
from argosy.runtime.db import DatabaseUnavailable
from argosy.workflows.app import App
from argosy.workflows.rate_book import RateBook

SILENCE_KEPT = timedelta(seconds=30)
"""So long a carrier that gave no price for a question is not asked it again."""

log = structlog.get_logger(__name__)


class RatesWanted(Exception):
    """What these carriers say is not known. For whoever may wait for it."""

    def __init__(self, questions: Mapping[str, RateQuestion]) -> None:
        super().__init__()
        self.questions = questions


async def learn_rates(
    app: App, questions: Mapping[str, RateQuestion], *, honoured: bool = False
) -> None:
    """Know an answer to each question afterwards, if only that there is none now.

    Takes no longer than `carrier_timeout_s`, whatever the carriers do. `honoured`: answers that
    were shown a while ago do. Never raises for what a carrier does.
    """
    book, now = app.part(RateBook), app.checkout_db.clock()
    fresh = timedelta(minutes=app.settings.carrier_rate_minutes)
    longer = fresh + timedelta(minutes=app.settings.carrier_rate_honoured_minutes)
    async with app.checkout_db.reading() as tx:
        stored = await shipping.stored_rates(tx, sorted(questions))
    left = dict(questions)
    for one in stored:
        if one.asked_at + (longer if honoured else fresh) > now:
            book.keep(one.key, KnownAnswer(Rated(rates=one.rates), one.asked_at), fresh, longer)
            left.pop(one.key, None)
    if not left:
        return
    answers = await ask_carriers(app, left)
    for key, answer in answers.items():
        known = KnownAnswer(answer, now)
        if isinstance(answer, Rated):
            book.keep(key, known, fresh, longer)
        else:
            book.keep(key, known, SILENCE_KEPT, SILENCE_KEPT)
    await _share(app, answers, now)


async def ask_carriers(app: App, questions: Mapping[str, RateQuestion]) -> dict[str, RateAnswer]:
    """Each carrier's answer to its question, all asked at once; silence after the deadline."""
    tasks = {
        key: asyncio.create_task(_ask(app.carriers.get(question.carrier), question))
        for key, question in questions.items()
    }
    try:
        await asyncio.wait(tasks.values(), timeout=app.settings.carrier_timeout_s)
    finally:
        for task in tasks.values():
            task.cancel()
    answers: dict[str, RateAnswer] = {}
    for key, task in tasks.items():
        done = task.done() and not task.cancelled()
        answer = task.result() if done else RateSilent(reason="deadline")
        answers[key] = answer
        word = type(answer).__name__.removeprefix("Rate").lower()
        metrics.CARRIER_CALLS.labels(questions[key].carrier, word).inc()
    return answers


async def forget_rates(app: App) -> None:
    """Delete the answers that nobody honours any more."""
    kept = app.settings.carrier_rate_minutes + app.settings.carrier_rate_honoured_minutes
    async with app.db.transaction() as tx:
        await shipping.forget_rates(tx, tx.now - timedelta(minutes=kept))


async def _ask(carrier: RateCarrier | None, question: RateQuestion) -> RateAnswer:
    if carrier is None:
        return RateSilent(reason="not_set_up")
    try:
        return await carrier.rates(question)
    except Exception:
        # A carrier's adapter that fails is a carrier that is silent: the shop goes on selling.
        log.exception("carrier.adapter_failed", provider=question.carrier)
        return RateSilent(reason="adapter_failed")


async def _share(app: App, answers: Mapping[str, RateAnswer], now: datetime) -> None:
    rates = [
        shipping.StoredRate(key=key, rates=answer.rates, asked_at=now)
        for key, answer in answers.items()
        if isinstance(answer, Rated)
    ]
    if not rates:
        return
    try:
        async with app.checkout_db.reading() as tx:
            await shipping.keep_rates(tx, rates)
    except DatabaseUnavailable:
        # This process knows them; the others ask for themselves.
        log.warning("carrier.rates_not_shared")
