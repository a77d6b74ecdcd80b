"""How often somebody may ask, and how guessing is slowed down."""

from __future__ import annotations

import pytest
from httpx import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.words import words
from tests.web.scenes import Scene
from tests.web.serving import serving
from tests.web.test_feed_answers import path_of
from web.app import create_app
from web.feeds.endpoint import Feeds
from web.feeds.limits import Pace, network_of
from web.settings import WebSettings


def test_a_minutes_worth_at_once_then_evenly() -> None:
    pace = Pace(6)
    assert [pace.take("a", 100.0) for _ in range(7)] == [0.0] * 6 + [10.0]
    assert pace.take("b", 100.0) == 0.0
    assert [pace.wait("a", 100.0), pace.wait("a", 104.0), pace.wait("c", 100.0)] == [10.0, 6.0, 0.0]
    assert [pace.take("a", 110.0), pace.take("a", 110.0)] == [0.0, 10.0]
    assert [pace.take("a", 1000.0) for _ in range(7)] == [0.0] * 6 + [10.0]
    assert [Pace(0).take("a", 0.0) for _ in range(1000)] == [0.0] * 1000


@settings(max_examples=50)
@given(st.integers(1, 30), st.lists(st.floats(0, 20), max_size=120))
def test_no_minute_holds_more_than_twice_what_was_set(per_minute: int, pauses: list[float]) -> None:
    """A full bucket and what runs into it meanwhile."""
    pace, now, taken = Pace(per_minute), 0.0, list[float]()
    for pause in pauses:
        now += pause
        if not pace.take("a", now):
            taken.append(now)
    assert all(sum(at <= other < at + 60 for other in taken) <= 2 * per_minute for at in taken)


def test_memory_is_bounded_and_keeps_who_waits() -> None:
    pace = Pace(2, keys=100)
    for _ in range(3):
        pace.take("eager", 0.0)
    for number in range(1000):
        pace.take(number, 0.0)
        assert len(pace._full_at) <= 100
    assert pace.wait("eager", 0.0) > 0
    pace.take("later", 1000.0)
    for number in range(200):
        pace.take(number, 1000.0)
    assert "eager" not in pace._full_at  # long full again


def test_networks() -> None:
    networks = {
        "203.0.113.9": "203.0.113.9",
        "::ffff:203.0.113.9": "203.0.113.9",
        "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::",
        "127.0.0.1": None,
        "::1": None,
        "::ffff:127.0.0.1": None,
        "unknown": "unknown",
    }
    assert {address: network_of(address) for address in networks} == networks


def limited(scene: Scene, per_minute: int = 60) -> Feeds:
    web = WebSettings(feed_requests_per_minute=per_minute)
    made = create_app(scene.office, lambda: scene.now, scene.desk.secret, scene.desk.mail, web)
    made._ticks = lambda: 0.0  # nothing runs into a bucket while a slow machine asks
    return made


def test_calendar_asked_for_too_often(played: Scene) -> None:
    path, other = path_of(played), path_of(played, "so-tu-phap")
    with serving(limited(played, 3)) as served:
        answers = [served.get(path) for _ in range(4)] + [served.request("HEAD", path), served.get(other)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429, 200]
    for refused in answers[3:5]:
        assert refused.headers["retry-after"] == "20"
        assert refused.headers["cache-control"] == "private, no-cache"
        assert "default-src 'none'" in refused.headers["content-security-policy"]
    assert answers[3].text.startswith("Lịch này đang được hỏi quá dày.")
    assert answers[4].content == b""


def test_calendar_of_everybody_may_be_asked_for_more_often(played: Scene) -> None:
    path = path_of(played, "office.workdays")
    with serving(limited(played, 1)) as served:
        assert [served.get(path).status_code for _ in range(21)] == [200] * 20 + [429]


def test_whoever_guesses_waits_and_nobody_else(played: Scene) -> None:
    path = path_of(played)
    wrong = [f"{path[:30]}{n:0>8}/x.ics" for n in range(29)] + [f"/feeds/so-noi-vu/{'A' * 32}/"]
    with serving(limited(played)) as served:

        def ask(sent: str, forwarded: str | None = "203.0.113.9") -> Response:
            return served.get(sent, headers={"X-Forwarded-For": forwarded} if forwarded else None)

        assert {ask(sent).status_code for sent in wrong} == {404}
        for sent in (wrong[0], wrong[-1]):
            refused = ask(sent)
            assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
        # Others in the same office come from the same address: they hold theirs, and need not wait.
        assert [ask(sent).status_code for sent in (path, path.rpartition("/")[0] + "/")] == [200, 200]
        assert ask(path, "203.0.113.10").status_code == 200
        # A proxy that names nobody speaks for all: they are not to wait for one of them.
        assert {ask(sent, None).status_code for sent in (*wrong, wrong[0])} == {404}
        assert ask(path, None).status_code == 200
        del served.seen[:]
        ask(path, None)
        assert served.seen == [path]  # while somebody guesses, everyone is looked at
        served.application._ticks = lambda: 60.0
        assert (ask(path).status_code, served.seen) == (200, [path])


@pytest.mark.parametrize("status", [404, 405, 410, 429, 500, 503])
def test_refusals_have_words_in_both_languages(status: int) -> None:
    said = {language: words(language)(f"feed.refused.{status}") for language in ("vi", "en")}
    assert said["vi"] != said["en"]
    assert "feed.refused" not in "".join(said.values())
