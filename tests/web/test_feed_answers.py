"""Calendars over a socket: the first answer is made by the application, later ones are written by the protocol."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from actions.feeds import feed_url
from actions.receiving import Receipt, submit
from store.feeds import find_feed, rotate
from tests.conftest import local
from tests.web.scenes import KEY, Scene, act
from tests.web.serving import Served, serving
from web.app import create_app
from web.settings import WebSettings

UNIT = "so-cong-thuong"


@pytest.fixture(scope="module")
def served(played: Scene) -> Iterator[Served]:
    unlimited = WebSettings(feed_requests_per_minute=0)
    application = create_app(played.office, lambda: played.now, played.desk.secret, played.desk.mail, unlimited)
    with serving(application) as found:
        yield found


def path_of(scene: Scene, owner: str = UNIT) -> str:
    with scene.office.database.read() as tx:
        feed = find_feed(tx, owner)
    assert feed is not None
    return feed_url(scene.office, scene.desk.secret, feed).removeprefix(scene.office.base_url)


@pytest.fixture(scope="module")
def path(played: Scene) -> str:
    return path_of(played)


@pytest.mark.parametrize("query", ["", "?alarms=1", "?todo=1&role=lead", "?utm_source=x"])
def test_both_ways_say_the_same(served: Served, path: str, query: str) -> None:
    first = served.get(path + query)
    del served.seen[:]
    second = served.get(path + query)
    unchanged = served.get(path + query, headers={"If-None-Match": first.headers["etag"]})
    assert served.seen == []
    for answer in (first, second):
        del answer.headers["date"]
        assert answer.status_code == 200
    assert (first.headers, first.content) == (second.headers, second.content)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    del unchanged.headers["date"]
    left_out = ("content-type", "content-length", "content-disposition")
    assert dict(unchanged.headers) == {n: v for n, v in first.headers.items() if n not in left_out}


def test_answer_carries_what_it_must_and_nothing_more(served: Served, path: str) -> None:
    for way in range(2):
        headers = dict(served.get(path, headers={"Accept-Encoding": "gzip, br"}).headers)
        assert headers.pop("date")
        assert headers.pop("etag").startswith('"')
        assert int(headers.pop("content-length")) > 1000
        assert "2026" in headers.pop("last-modified"), way
        policy = headers.pop("content-security-policy")
        assert policy.startswith("default-src 'none'")
        assert headers == {
            "cache-control": "private, max-age=3600",
            "content-disposition": 'inline; filename="so-cong-thuong.ics"',
            "content-type": "text/calendar; charset=utf-8",
            "cross-origin-opener-policy": "same-origin",
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
        }


CONDITIONS = [
    # A list, weak tags and * of RFC 9110 §13.1.2.
    ([("If-None-Match", "{tag}")], 304),
    ([("If-None-Match", "W/{tag}")], 304),
    ([("If-None-Match", '"x", W/"y" ,{tag}')], 304),
    ([("If-None-Match", '"x"'), ("If-None-Match", "{tag}")], 304),
    ([("If-None-Match", "*")], 304),
    ([("If-None-Match", '"x"')], 200),
    ([("If-None-Match", "")], 200),
    ([("If-None-Match", "{bare}")], 200),
    # The three forms of a date (§5.6.7), and what is none.
    ([("If-Modified-Since", "{modified:%a, %d %b %Y %H:%M:%S GMT}")], 304),
    ([("If-Modified-Since", "{modified:%A, %d-%b-%y %H:%M:%S GMT}")], 304),
    ([("If-Modified-Since", "{modified:%a %b %d %H:%M:%S %Y}")], 304),
    ([("If-Modified-Since", "Fri, 31 Dec 2100 00:00:00 GMT")], 304),
    ([("If-Modified-Since", "{earlier:%a, %d %b %Y %H:%M:%S GMT}")], 200),
    ([("If-Modified-Since", "yesterday")], 200),
    ([("If-Modified-Since", "99999999999")], 200),
    ([("If-Modified-Since", "Fri, 31 Dec 2100 00:00:00 GMT")] * 2, 200),
    # The date does not count beside a tag (§13.1.3).
    ([("If-None-Match", '"x"'), ("If-Modified-Since", "Fri, 31 Dec 2100 00:00:00 GMT")], 200),
    ([("If-None-Match", "{tag}"), ("If-Modified-Since", "{earlier:%a, %d %b %Y %H:%M:%S GMT}")], 304),
]


def test_conditions(served: Served, path: str) -> None:
    known = served.get(path).headers
    tag, said = known["etag"], known["last-modified"]
    modified = datetime.strptime(said, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert format_datetime(modified, usegmt=True) == said
    values = {"tag": tag, "bare": tag.strip('"'), "modified": modified, "earlier": modified - timedelta(seconds=1)}
    for conditions, status in CONDITIONS:
        headers = [(name, value.format(**values)) for name, value in conditions]
        for method in ("GET", "HEAD"):  # the shortcut's way and the application's
            answer = served.request(method, path, headers=headers)
            assert (answer.status_code, answer.headers["etag"]) == (status, tag), (method, headers)
            assert bool(answer.content) == (status == 200 and method == "GET")


def test_head_says_the_same_without_the_calendar(served: Served, path: str) -> None:
    whole, head = served.get(path), served.request("HEAD", path)
    assert head.content == b""
    assert dict(head.headers) | {"date": ""} == dict(whole.headers) | {"date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_calendars_are_only_read(served: Served, path: str, method: str) -> None:
    answer = served.request(method, path, content=b"BEGIN:VCALENDAR")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert served.get(path).status_code == 200


def lines(path: str, version: str = "1.1", *more: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/{version}", "Host: 127.0.0.1:8088", *more, "", ""]).encode()


def test_requests_in_one_packet_are_answered_in_their_order(served: Served, path: str) -> None:
    served.get(path)
    body = served.get(path).content
    many = 40  # more than the buffer of the connection holds
    sent = (
        lines("/health")
        + lines(path) * many
        + lines("/khong-co")
        + lines(path)
        + lines("/dang-nhap", "1.1", "Connection: close")
    )
    found = served.exchange(sent)
    assert found.count(body) == many + 1
    starts = [part.partition(b"\r\n")[0] for part in found.split(b"HTTP/1.1 ")[1:]]
    assert [s[:3] for s in starts] == [b"200", *[b"200"] * many, b"404", b"200", b"200"]
    assert found.rpartition(b"HTTP/1.1 ")[2].endswith(b"</html>")


def test_other_forms_of_a_request_are_answered_too(served: Served, path: str) -> None:
    body = served.get(path).content
    for sent in (
        lines(path, "1.0"),
        lines(path, "1.1", "Connection: close"),
        lines(path.replace("-", "%2D"), "1.1", "Connection: close"),
        lines(path, "1.1", "Content-Length: 3", "Connection: close") + b"abc",
        lines(path, "1.1", "Connection: Upgrade, close", "Upgrade: h2c"),
        lines(path) + b"nonsense\r\n\r\n",
    ):
        answer = served.exchange(sent)
        head, _, rest = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK"), sent
        assert rest.startswith(body), sent


def test_changes_are_seen_at_once(replayed: Scene) -> None:
    scene = replayed
    path = path_of(scene)
    with serving(scene.app) as served:
        tag = served.get(path).headers["etag"]
        condition = {"If-None-Match": tag}
        assert served.get(path, headers=condition).status_code == 304
        del served.seen[:]
        assert served.get(path, headers=condition).status_code == 304
        assert served.seen == []
        submit(scene.office, act("2026-12-09 09:40"), KEY, [UNIT], Receipt(local("2026-12-09 09:40").date()))
        scene.now = local("2026-12-09 09:40")
        for _ in range(2):  # its second is not over, so another change could come under the same date
            changed = served.get(path, headers=condition)
            assert changed.status_code == 200
            assert "[Đã gửi" in changed.content.decode().replace("\r\n ", "")
            assert "last-modified" not in changed.headers
        assert served.seen == [path, path]
        scene.now += timedelta(seconds=1)
        assert served.get(path).content == changed.content
        del served.seen[:]
        changed = served.get(path)
        assert served.seen == []
        assert changed.headers["last-modified"] == "Wed, 09 Dec 2026 02:40:00 GMT"
        with scene.office.database.write() as tx:
            rotate(tx, UNIT, scene.now)
        assert served.get(path).status_code == 410
        assert served.get(path_of(scene), headers={"If-None-Match": changed.headers["etag"]}).status_code == 304


def test_no_log_holds_a_token(
    replayed: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    path = path_of(replayed)
    token = path.split("/")[3]
    with serving(replayed.app) as served:
        for sent in (
            path,
            path,
            f"{path}?alarms=1",
            path[:-8],
            path.rpartition("/")[0] + "/",
            f"{path}/x",
            "/feeds/%00/x",
        ):
            served.get(sent)
        served.request("POST", path)
        served.exchange(f"GET {path} HTTP/1.1\r\nbroken\r\n\r\n".encode())
        with monkeypatch.context() as patched:
            patched.setattr("web.feeds.finding.join_feed", lambda *_: 1 / 0)
            broken = served.get(f"{path}?todo=1")
        replayed.office.database.close()
        with monkeypatch.context() as patched:
            patched.setattr(replayed.office.database, "engine", None)
            patched.setattr(replayed.office.database, "mark", lambda: None)
            assert served.get(path).status_code == 500
    assert broken.status_code == 500
    ours = [r for r in caplog.records if not r.name.startswith("http")]  # and not the client's of this test
    said = "\n".join(logging.Formatter().format(r) for r in ours)
    assert "the calendar of so-cong-thuong could not be made" in said
    assert token not in said
