"""What is kept in memory of calendars, and when the database is asked all the same."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response

import web.feeds.finding as finding
from actions.feeds import bind_feeds
from actions.office import Office
from actions.receiving import Receipt, submit
from calendars.feeds import token
from calendars.options import FeedOptions
from calendars.working import WorkingCalendar
from plans.deadlines import DeadlineKey
from plans.problems import EnvironmentFault
from store.database import Database
from store.feeds import find_feed, reads_of, revoke, touch_all
from store.marks import secret
from tests.conftest import load_text, local, make_desk, make_office
from tests.scheduler.homes import LIST, PLAN, UNITS
from tests.web.scenes import Post, Scene, act
from tests.web.test_feed_answers import path_of
from web.feeds.answers import Cache, Calendar, answer
from web.feeds.reads import Reads
from web.feeds.refusals import GONE


@pytest.fixture
def scene(database: Database, calendar: WorkingCalendar, tmp_path: Path) -> Scene:
    """The small province, on both engines."""
    office = make_office(database, calendar)
    load_text(office, local("2026-11-02 09:00"), UNITS, PLAN)
    return Scene(office, make_desk(office, tmp_path / "maildir"), Post(), local("2026-11-02 10:00"))


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The owners of the feeds that were joined."""
    owners: list[str] = []
    join = finding.join_feed

    def counted(tx: Any, office: Any, feed: Any, *options: Any) -> bytes:
        owners.append(feed.owner)
        return join(tx, office, feed, *options)

    monkeypatch.setattr(finding, "join_feed", counted)
    return owners


def test_bytes_are_joined_once_for_all_until_something_changes(scene: Scene, joined: list[str]) -> None:
    path = path_of(scene, "so-y-te")

    async def ask_all() -> list[Response]:
        async with AsyncClient(transport=ASGITransport(scene.app), base_url=scene.office.base_url) as client:
            return await asyncio.gather(*(client.get(path) for _ in range(20)))

    answers = asyncio.run(ask_all())
    assert {a.status_code for a in answers} == {200}
    assert len({a.content for a in answers}) == 1
    assert scene.get(path).content == answers[0].content
    joined_at_first = len(joined)
    assert joined_at_first == 1
    assert scene.get(path + "?alarms=1").content != answers[0].content
    assert set(joined) == {"so-y-te"}
    del joined[:]
    key = DeadlineKey.parse(LIST)
    assert key is not None
    submit(scene.office, act("2026-11-02 10:30"), key, ["so-y-te"], Receipt(local("2026-11-02 10:30").date()))
    scene.now += timedelta(hours=1)
    changed = scene.get(path, headers={"If-None-Match": answers[0].headers["etag"]})
    assert (changed.status_code, changed.headers["last-modified"]) == (200, "Mon, 02 Nov 2026 03:30:00 GMT")
    assert scene.get(path, headers={"If-None-Match": changed.headers["etag"]}).status_code == 304
    assert joined == ["so-y-te"]


def test_feed_that_was_touched_for_nothing_is_as_old_as_before(scene: Scene) -> None:
    path = path_of(scene, "so-y-te")
    bind_feeds(scene.office)
    before = scene.get(path)
    scene.now += timedelta(hours=1)
    with scene.office.database.write() as tx:
        touch_all(tx, scene.now - timedelta(minutes=5))
    for query in ("", "?todo=1"):
        again = scene.get(path + query)
        assert again.headers["last-modified"] == before.headers["last-modified"] == "Mon, 02 Nov 2026 02:00:00 GMT"
    assert scene.get(path).headers["etag"] == before.headers["etag"]
    bind_feeds(scene.office)
    assert dict(scene.get(path).headers) == dict(before.headers)


def test_revoked_feed_is_gone(scene: Scene) -> None:
    path = path_of(scene, "so-y-te")
    assert scene.get(path).status_code == 200
    with scene.office.database.write() as tx:
        revoke(tx, "so-y-te", scene.now)
    gone = scene.get(path)
    assert gone.status_code == 410
    assert gone.text.startswith("Địa chỉ lịch này đã được thay")
    assert scene.get(path.rpartition("/")[0] + "/").status_code == 410


def test_who_asks_after_a_change_gets_no_answer_from_before_it(
    sqlite_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_text(sqlite_office, local("2026-11-02 09:00"), UNITS, PLAN)
    with sqlite_office.database.read() as tx:
        key = secret(tx)
    finder = finding.Finder(sqlite_office, key, lambda: local("2026-11-02 10:00"))
    read, begun, may_end = finder._read, threading.Event(), threading.Event()

    def slow(*what: Any) -> Any:
        found = read(*what)
        begun.set()
        assert may_end.wait(20)
        return found

    async def ask() -> list[Any]:
        monkeypatch.setattr(finder, "_read", slow)
        asked = "so-y-te", token(key, "so-y-te", 1), FeedOptions()
        first = asyncio.create_task(finder.find(*asked))
        assert await asyncio.to_thread(begun.wait, 20)
        with sqlite_office.database.write() as tx:
            revoke(tx, "so-y-te", local("2026-11-02 10:00"))
        second = asyncio.create_task(finder.find(*asked))
        await asyncio.sleep(0)
        may_end.set()
        return list(await asyncio.gather(first, second))

    before, after = asyncio.run(ask())
    assert before.calendar.body.startswith(b"BEGIN:VCALENDAR")
    assert after == GONE


def test_reads_are_written_apart_and_kept_while_that_fails(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    path = path_of(scene, "so-y-te")
    database = scene.office.database
    for agent in ("iOS/16.5 (20F75) dataaccessd/1.0", "vdirsyncer/0.21", "vdirsyncer/0.22"):
        scene.get(path, headers={"User-Agent": agent})
    scene.head(path, headers={"User-Agent": "khal/0.14"})
    wrong = path.replace(path.split("/")[3], "x" * 32)
    assert scene.get(wrong, headers={"User-Agent": "Thunderbird/128"}).status_code == 404
    with database.read() as tx:
        feed = find_feed(tx, "so-y-te")
        assert feed is not None
        assert reads_of(tx, feed.id) == []
    with monkeypatch.context() as patched:
        patched.setattr("web.feeds.reads.note_reads", fail)
        with pytest.raises(EnvironmentFault):
            scene.app.flush()
    first, scene.now = scene.now, scene.now + timedelta(minutes=3)
    scene.get(path, headers={"User-Agent": "khal/0.14"})
    assert scene.app.flush() == 3
    with database.read() as tx:
        assert reads_of(tx, feed.id) == [("vdirsyncer", first), ("khal", first), ("apple", first)]
    scene.get(path, headers={"User-Agent": "khal/0.14"})
    assert (scene.app.flush(), scene.app.flush()) == (1, 0)
    with database.read() as tx:
        assert reads_of(tx, feed.id)[0] == ("khal", scene.now)


def fail(*_: object) -> None:
    raise EnvironmentFault("database_failed", url="u", detail="d")


def test_database_out_of_reach_is_to_be_asked_later(played: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    path = path_of(played, "so-y-te")
    monkeypatch.setattr(finding, "find_feed", fail)
    answer = played.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "300")
    assert answer.text == "Chưa đọc được cơ sở dữ liệu. Đề nghị để máy tự hỏi lại sau ít phút.\n"
    monkeypatch.undo()
    assert played.get(path).status_code == 200


def test_answers_used_last_are_kept_within_the_limit() -> None:
    def made(size: int) -> Any:
        calendar = Calendar(1, "token", (1, 1), b"x" * size, b'"tag"', local("2026-11-02 09:00"))
        return answer(calendar, "lich.ics", None, dated=True)

    plain, alarmed = FeedOptions(), FeedOptions(alarms=True)
    cache = Cache(4 * made(10_000).size)
    for owner in "abcd":
        cache.put(owner, plain, made(10_000))
    assert cache.get("a", plain) is not None
    cache.put("e", alarmed, made(10_000))
    assert [o for o in "abcde" for options in (plain, alarmed) if cache.get(o, options)] == ["a", "c", "d", "e"]
    cache.put("a", plain, made(20_000))  # in place of the smaller one
    assert len(cache) == 3
    cache.put("f", plain, made(1_000_000))  # more than all there is room for
    assert len(cache) == 0
    cache.put("g", plain, made(10_000))
    assert cache.get("g", plain) is not None


def test_reads_of_one_minute_cost_one_entry() -> None:
    moments = iter([local("2026-11-02 09:00"), local("2026-11-02 09:05")])
    reads = Reads(lambda: next(moments))
    for feed in (1, 1, 1, 2, 2):
        reads.note(feed, "khal")
    assert reads.of(1) == {"khal": local("2026-11-02 09:00")}
    assert reads.of(2) == {"khal": local("2026-11-02 09:05")}
