"""Feeds over a real https server: fetched safely, planned, applied, or left to a person."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from tests.workflows.feed_server import HOST, Answer, Server, https_server
from tests.workflows.test_product_import import a_shop

from argosy.adapters.fetching import FetchLimits, GuardedFetcher
from argosy.adapters.fetching.addresses import system_lookup
from argosy.drill.clock import MovableClock
from argosy.modules import catalog, feeds, imports, mappings
from argosy.modules.feeds import Asked, Feed, FeedFields, FeedOptions, Fetched, NotFetched, Run
from argosy.runtime.db import Database
from argosy.runtime.settings import Settings
from argosy.workflows import feeding
from argosy.workflows.app import App
from argosy.workflows.feeding import PullFeed, pull_feed, pull_now, sealed_secret

OWN = [HOST, "other.localhost", "127.0.0.1"]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    async with https_server(tmp_path) as made:
        yield made


def a_fetcher(server: Server, **limits: Any) -> GuardedFetcher:
    return GuardedFetcher(
        private_hosts=OWN, trust=server.trust, limits=FetchLimits(connect_s=2, **limits),
        lookup=looked_up,
    )  # fmt: skip


async def looked_up(host: str, port: int) -> list[str]:
    """Names of this machine, which not every system knows."""
    return ["127.0.0.1"] if host.endswith(".localhost") else await system_lookup(host, port)


@pytest.fixture
async def app(db: Database, server: Server, tmp_path: Path) -> App:
    shop = await a_shop(db, tmp_path / "home")
    more = {"settings": Settings(), "fetcher": a_fetcher(server)}
    return cast("App", SimpleNamespace(**vars(shop) | more))


async def refused(fetcher: GuardedFetcher, asked: Asked) -> str:
    found = await fetcher.fetch(asked)
    assert isinstance(found, NotFetched), found
    assert asked.secret == "" or asked.secret not in found.message
    return found.code


async def test_a_file_is_fetched_whole_and_what_is_wrong_is_told(
    server: Server, tmp_path: Path
) -> None:
    big, to = b"x" * 200_000, "location"
    server.answers |= {
        "/a": Answer(
            big, headers={"etag": '"1"', "last-modified": "Sun, 22 Nov 2026 00:00:00 GMT"}
        ),
        "/to-a": Answer(status=302, headers={to: "/a"}),
        "/elsewhere": Answer(status=307, headers={to: server.url("/a", "other.localhost")}),
        "/loop": Answer(status=301, headers={to: "/loop"}),
        "/down": Answer(status=302, headers={to: f"http://{HOST}:{server.port}/a"}),
        "/in": Answer(status=302, headers={to: "https://10.0.0.1/a"}),
        "/metadata": Answer(status=302, headers={to: "https://169.254.169.254/latest"}),
        "/short": Answer(b"abc", headers={"content-length": "10"}),
        "/empty": Answer(),
        "/broken": Answer(status=500),
        "/closed": Answer(status=401),
        "/packed": Answer(b"x", headers={"content-encoding": "br"}),
        "/slow": Answer(b"x", headers={"content-length": "10"}, stall=True),
    }
    fetcher = a_fetcher(server)
    signed = Asked(url=server.url("/to-a"), auth="basic", auth_user="ann", secret="s3cret")
    found = await fetcher.fetch(signed)
    assert isinstance(found, Fetched)
    assert (found.path.read_bytes(), found.etag) == (big, '"1"')
    found.path.unlink()
    assert [head.count("authorization: basic yw5uonmzy3jlda==") for head in server.asked] == [1, 1]
    assert f"host: {HOST}:{server.port}" in server.asked[0]
    server.asked.clear()
    gone = await fetcher.fetch(msgspec.structs.replace(signed, url=server.url("/elsewhere")))
    assert isinstance(gone, Fetched)
    gone.path.unlink()
    assert ["authorization" in head for head in server.asked] == [True, False]
    codes = {
        "/loop": "redirects", "/down": "address_refused", "/in": "address_private",
        "/metadata": "address_private", "/short": "broken_off", "/empty": "empty",
        "/broken": "status", "/closed": "sign_in_refused", "/packed": "encoding",
        "/nothing": "status",
    }  # fmt: skip
    for path, code in codes.items():
        asked = Asked(url=server.url(path), auth="bearer", secret="t0ken")
        assert (path, await refused(a_fetcher(server), asked)) == (path, code)
    small = a_fetcher(server, most_bytes=1000)
    assert await refused(small, Asked(url=server.url("/a"))) == "too_large"
    late = a_fetcher(server, deadline_s=0.3)
    assert await refused(late, Asked(url=server.url("/slow"))) == "deadline"


async def test_only_public_addresses_with_right_certificates_are_asked(server: Server) -> None:
    guarded = GuardedFetcher(trust=server.trust, lookup=looked_up)
    for url in (server.url(), "https://127.0.0.1/x", "https://[::1]/x", "https://2130706433/x",
                "https://0x7f.1/x", "https://169.254.169.254/x"):  # fmt: skip
        assert await refused(guarded, Asked(url=url)) == "address_private"
    listed = GuardedFetcher(private_hosts=["169.254.169.254"])
    assert await refused(listed, Asked(url="https://169.254.169.254/x")) == "address_private"
    assert server.asked == []
    # A name that has a public address besides, or another one the next time, gains nothing.
    answers = [["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"], ["fd00::1"]]

    async def turning(_host: str, _port: int) -> list[str]:
        return answers.pop(0)

    for _ in range(3):
        turned = GuardedFetcher(trust=server.trust, lookup=turning)
        assert await refused(turned, Asked(url=server.url())) == "address_private"
    assert server.asked == []
    system = ssl.create_default_context()
    strange = GuardedFetcher(private_hosts=OWN, trust=system, lookup=looked_up)
    assert await refused(strange, Asked(url=server.url())) == "certificate"
    # The certificate is for names: the address that was asked must not do in its place.
    wrong = GuardedFetcher(private_hosts=["wrong.localhost"], trust=server.trust, lookup=looked_up)
    assert await refused(wrong, Asked(url=server.url(host="wrong.localhost"))) == "certificate"


async def test_a_host_that_fails_is_left_alone(server: Server) -> None:
    fetcher = a_fetcher(server)
    server.answers["/broken"] = Answer(status=503)
    codes = [await refused(fetcher, Asked(url=server.url("/broken"))) for _ in range(4)]
    assert codes == ["status"] * 3 + ["breaker_open"]
    assert len(server.asked) == 3


def goods(price: str = "20.00", **more: Any) -> bytes:
    records = [
        {"kind": "product", "external_id": f"H{n}", "slug": f"hat-{n}", "title": f"Hat {n}",
         "status": "active",
         "variants": [{"sku": f"H{n}", "prices": {"usd": [{"amount": price}]}}], **more}
        for n in range(3)
    ]  # fmt: skip
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


async def a_feed(app: App, server: Server, **fields: Any) -> Feed:
    given = {
        "name": "Hats", "url": server.url(), "format": "jsonl", "schedule": "0 5 * * *",
        "zone": "America/New_York", "options": FeedOptions(), **fields,
    }  # fmt: skip
    secret = sealed_secret(app.settings, given.pop("secret", None))
    async with app.db.transaction() as tx:
        return await feeds.create_feed(
            tx, "hats", FeedFields(**given), secret=secret, author="Ann", http_hosts=()
        )


async def now(app: App) -> Feed:
    async with app.db.reading() as tx:
        return await feeds.feed_by_code(tx, "hats")


async def pull(app: App, **how: Any) -> Run:
    return await pull_now(app, "hats", asked_by="Ann", **how)


async def titles(app: App) -> dict[str, str]:
    async with app.db.reading() as tx:
        found = [await catalog.find_variant_by_sku(tx, f"H{n}") for n in range(3)]
    return {v.sku: str(v.title or "") for v in found if v}


async def test_a_feed_applies_itself_and_waits_where_something_looks_wrong(
    app: App, server: Server
) -> None:
    server.answers["/products.jsonl"] = Answer(goods(), headers={"etag": '"1"'})
    feed = await a_feed(app, server, auth="bearer", secret="t0ken")
    first = await pull(app)
    assert (first.state, first.code, first.byte_size) == ("applied", "", len(goods()))
    assert "authorization: bearer t0ken" in server.asked[-1]
    assert len(await titles(app)) == 3
    async with app.db.reading() as tx:
        stored = await feeds.secret_of(tx, feed.id)
    assert stored
    assert b"t0ken" not in stored
    # The server says that it is the same; a server that does not know gives the same bytes.
    server.answers["/products.jsonl"] = Answer(status=304)
    assert (await pull(app)).state == "unchanged"
    assert 'if-none-match: "1"' in server.asked[-1]
    server.answers["/products.jsonl"] = Answer(goods())
    assert (await pull(app)).state == "unchanged"
    fresh = await pull(app, fresh=True)
    assert fresh.state == "applied"
    assert "if-none-match" not in server.asked[-1]
    # All prices at a tenth: a person has to look, and until then nothing changes.
    server.answers["/products.jsonl"] = Answer(goods("2.00"))
    waiting = await pull(app)
    assert (waiting.state, waiting.message) == ("waiting", "Outliers: price_change.")
    assert (await pull(app)).state == "unchanged"
    # The next file is right again, and the plan of the one between is not to be applied any more.
    server.answers["/products.jsonl"] = Answer(gzip.compress(goods("21.00")))
    assert (await pull(app)).state == "applied"
    assert waiting.plan_id
    async with app.db.reading() as tx:
        assert (await imports.plan_by_id(tx, waiting.plan_id)).state == "discarded"
    assert (await now(app)).failures == 0


async def test_a_feed_that_fails_changes_nothing_and_is_tried_again_soon(
    app: App, server: Server, clock: MovableClock
) -> None:
    feed = await a_feed(app, server)
    assert feed.next_at > clock.now()
    assert await feeding.start_due(app) == 0
    clock.advance(seconds=(feed.next_at - clock.now()).total_seconds() + 1)
    assert await feeding.start_due(app) == 1
    assert await feeding.start_due(app) == 0  # one pull at a time
    async with app.db.reading() as tx:
        [run] = await feeds.runs_of(tx, feed.id, limit=5)
    await pull_feed(app, PullFeed(run_id=run.id))
    await pull_feed(app, PullFeed(run_id=run.id))  # done again: a no-op
    failed = await now(app)
    assert failed.failures == 1
    assert round((failed.next_at - clock.now()).total_seconds()) == 300
    server.answers["/products.jsonl"] = Answer(b"<html>Sorry</html>")
    assert ((await pull(app)).code, (await now(app)).failures) == ("nothing_taken", 2)
    server.answers["/products.jsonl"] = Answer(b"PK\x03\x04")
    assert ((await pull(app)).code, (await now(app)).failures) == ("unreadable", 3)
    clock.advance(hours=30)
    async with app.db.reading() as tx:
        health = await feeds.health(tx)
    assert (health.failing, health.late) == (1, 1)
    async with app.db.transaction() as tx:
        await feeds.set_paused(tx, "hats", paused=True)
    assert await feeding.start_due(app) == 0
    assert not await titles(app)


async def test_a_pull_that_was_killed_goes_on_with_its_plan(
    app: App, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/products.jsonl"] = Answer(goods())
    await a_feed(app, server)

    async def killed(*_: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(feeding, "_applied", killed)
    with pytest.raises(asyncio.CancelledError):
        await pull(app)
    monkeypatch.undo()
    with pytest.raises(feeds.FeedBusy):
        await pull(app)
    async with app.db.reading() as tx:
        [run] = await feeds.runs_of(tx, (await feeds.feed_by_code(tx, "hats")).id, limit=5)
    assert run.plan_id
    await pull_feed(app, PullFeed(run_id=run.id))
    assert len(server.asked) == 1
    async with app.db.reading() as tx:
        done = await feeds.run_by_id(tx, run.id)
    assert done
    assert done.state == "applied"
    assert len(await titles(app)) == 3


async def test_a_feed_of_any_shape_is_read_by_its_mapping(app: App, server: Server) -> None:
    document = msgspec.convert(
        {"rules": [
            {"field": "slug", "column": "Nr"}, {"field": "title", "column": "Name"},
            {"field": "variant.sku", "column": "Nr"},
            {"field": "variant.price.eur", "column": "VK",
             "transforms": [{"do": "number", "decimal": ","}]},
        ]}, mappings.Mapping,
    )  # fmt: skip
    async with app.db.transaction() as tx:
        await mappings.create_mapping(tx, code="s", name="S", document=document, author="Ann")
    server.answers["/list.csv?key=1"] = Answer(b"Nr;Name;VK\nH0;Hut;12,50\nH1;Kappe;9\n")
    await a_feed(app, server, url=server.url("/list.csv?key=1"), format="mapped", mapping="s")
    done = await pull(app)
    assert (done.state, done.message) == ("applied", "")
    assert done.plan_id
    async with app.db.reading() as tx:
        plan = await imports.plan_by_id(tx, done.plan_id)
    assert (plan.creates, plan.file_name, plan.options["mapping_version"]) == (2, "list.csv", 1)
    async with app.db.transaction() as tx:
        await mappings.delete_mapping(tx, "s")
    server.answers["/list.csv?key=1"] = Answer(b"Nr;Name;VK\nH0;Hut;13\n")
    assert (await pull(app)).code == "mappings.not_found"
